#!/usr/bin/env python3
"""Checks that every alert leads to a section of the page of troubleshooting that says something, and
that no section is there for an alert that is not."""

import sys

import yaml

from stack import HERE, ROOT

PAGE = ROOT / "gds-metrics/docs/troubleshooting.md"
URL = "https://docs.rs/gds-metrics/latest/gds_metrics/guides/troubleshooting/index.html#"


def sections():
    """The sections below `# Alerts`, with their text, by the anchor that rustdoc gives them."""
    _, _, alerts = PAGE.read_text().partition("\n# Alerts\n")
    found = {}
    for section in alerts.split("\n## ")[1:]:
        heading, _, text = section.partition("\n")
        found[heading.strip().lower()] = text.strip()
    return found


def main():
    there, problems, used = sections(), [], set()
    for path in sorted(HERE.glob("rules/*.yml")):
        for group in yaml.safe_load(path.read_text())["groups"]:
            for rule in group["rules"]:
                if "alert" not in rule:
                    continue
                url = rule["annotations"].get("runbook_url", "")
                anchor = url.removeprefix(URL)
                used.add(anchor)
                if not url.startswith(URL) or anchor != rule["alert"].lower():
                    problems.append(f"{rule['alert']}: its runbook_url is {url!r}")
                elif not there.get(anchor):
                    problems.append(f"{rule['alert']}: {PAGE.name} has no such section")
                tests = (HERE / "rules_test.yml").read_text()
                if rule["alert"] not in tests:
                    problems.append(f"{rule['alert']}: no test fires it")
    problems += [f"{anchor}: no such alert" for anchor in there if anchor not in used]
    if problems:
        sys.exit("\n".join(problems))
    print(f"{len(used)} alerts lead to their sections")


if __name__ == "__main__":
    main()
