"""Reads the queries from the dashboard and the rules, so that the checks run the queries that users get."""

import json
import re

import yaml

# The values of Grafana's variables if everything is selected.
VARIABLES = {
    "$__rate_interval": "1m",
    "$job": ".*",
    "$host": ".*",
    "$path": ".*",
    "$instance": ".*",
    # A check does not run for a week.
    " offset 1w": " offset 5s",
}
# A metric that the service or a rule produces, with its matchers.
SELECTOR = re.compile(
    r"\b((?:slo|path|job|job_path|job_path_code|job_error|instance):[\w:]+"
    r"|(?:http_server|process|gds_metrics|scrape)_\w+|up\b)(\{[^}]*\})?"
)


def without_variables(expression):
    for variable, value in VARIABLES.items():
        expression = expression.replace(variable, value)
    if "$" in expression:
        raise ValueError(f"a variable without a value: {expression}")
    return expression


def panels(path):
    """Yields all panels, including those in rows."""
    for panel in json.loads(path.read_text())["panels"]:
        yield panel
        yield from panel.get("panels") or []


def of_dashboard(path):
    """Yields a description and the query of each target of each panel."""
    for panel in panels(path):
        targets = panel.get("targets", [])
        if panel["type"] != "row" and not targets:
            raise ValueError(f"the panel {panel['title']} asks for nothing")
        for target in targets:
            what = f"panel {panel['id']} ({panel['title']}) {target['refId']}"
            yield what, without_variables(target["expr"])


def of_variables(path):
    """Yields the name, the series selector and the label of each `label_values(…)`."""
    for variable in json.loads(path.read_text())["templating"]["list"]:
        if variable["type"] == "query":
            query = variable["query"]["query"]
            selector, label = re.fullmatch(r"label_values\((.*), (\w+)\)", query).groups()
            yield variable["name"], without_variables(selector), label


def of_rules(paths):
    """Yields descriptions and queries: the recorded series of each recording rule, and the series in the
    expression of each alert."""
    for path in paths:
        for group in yaml.safe_load(path.read_text())["groups"]:
            for rule in group["rules"]:
                if "record" in rule:
                    labels = ", ".join(f'{k}="{v}"' for k, v in rule.get("labels", {}).items())
                    yield f"rule {rule['record']}", f"{rule['record']}{{{labels}}}"
                    continue
                expression = re.sub(r"\b(on|by|without) \([^)]*\)", "", rule["expr"])
                for name, selection in set(SELECTOR.findall(expression)):
                    yield f"rule {rule['alert']}", name + selection
