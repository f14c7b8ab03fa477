#!/usr/bin/env python3
"""Checks that every alert has a section on the troubleshooting page, a test in which it fires and a test in
which it must not fire. Also checks that every section on that page belongs to an alert."""

import sys

import yaml

from stack import HERE, ROOT

PAGE = ROOT / "gds-metrics/docs/troubleshooting.md"
URL = "https://docs.rs/gds-metrics/latest/gds_metrics/guides/troubleshooting/index.html#"


def sections():
    """Maps the rustdoc anchor of each section below `# Alerts` to the text of the section."""
    _, _, alerts = PAGE.read_text().partition("\n# Alerts\n")
    found = {}
    for section in alerts.split("\n## ")[1:]:
        heading, _, text = section.partition("\n")
        found[heading.strip().lower()] = text.strip()
    return found


def alerts():
    """Yields each alert and its `runbook_url`."""
    for path in sorted(HERE.glob("rules/*.yml")):
        for group in yaml.safe_load(path.read_text())["groups"]:
            for rule in group["rules"]:
                if "alert" in rule:
                    yield rule["alert"], rule["annotations"].get("runbook_url", "")


def tested():
    """Returns the alerts that fire in a test, and the alerts that must not fire in a test."""
    fire, must_not = set(), set()
    for test in yaml.safe_load((HERE / "rules_test.yml").read_text())["tests"]:
        for case in test.get("alert_rule_test", []):
            (fire if case["exp_alerts"] else must_not).add(case["alertname"])
    return fire, must_not


def main():
    there, problems, used = sections(), [], set()
    fire, must_not = tested()
    for name, url in alerts():
        anchor = url.removeprefix(URL)
        used.add(anchor)
        if not url.startswith(URL) or anchor != name.lower():
            problems.append(f"{name}: its runbook_url is {url!r}")
        elif not there.get(anchor):
            problems.append(f"{name}: {PAGE.name} has no such section")
        if name not in fire:
            problems.append(f"{name}: no test fires it")
        if name not in must_not:
            problems.append(f"{name}: no test has `exp_alerts: []` for it")
    problems += [f"{anchor}: no such alert" for anchor in there if anchor not in used]
    if problems:
        sys.exit("\n".join(sorted(set(problems))))
    print(f"{len(used)} alerts have their sections and tests of both kinds")


if __name__ == "__main__":
    main()
