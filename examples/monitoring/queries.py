"""Reads the queries out of the dashboard and the rules, so that a check sees what users get."""

import json
import re

import yaml

# What Grafana would put in place of the variables, with everything selected.
VARIABLES = {
    "$__rate_interval": "1m",
    "$job": ".*",
    "$host": ".*",
    "$path": ".*",
    "$endpoint": "/metrics",
}
COMPARISON = re.compile(r"==|!=|>=|<=|>|<")
SCALAR = re.compile(r"\s*(bool\s+)?[-+]?\d[\d.e]*(\s*[-+*/]\s*\d[\d.e]*)*")
STRING_OR_SELECTOR = re.compile(r'"(?:\\.|[^"\\])*"|\{(?:"(?:\\.|[^"\\])*"|[^"}])*\}')


def without_variables(expression):
    for variable, value in VARIABLES.items():
        expression = expression.replace(variable, value)
    if "$" in expression:
        raise ValueError(f"a variable without a value: {expression}")
    return expression


def without_comparisons(expression):
    """What a rule looks at, whatever it then compares it with.

    `unless` becomes `and`: of both sides there must be something.
    """
    kept, at = [], 0
    while at < len(expression):
        if opaque := STRING_OR_SELECTOR.match(expression, at):
            kept.append(opaque.group())
            at = opaque.end()
        elif comparison := COMPARISON.match(expression, at):
            scalar = SCALAR.match(expression, comparison.end())
            if not scalar:
                raise ValueError(f"a comparison with something else than a number: {expression}")
            at = scalar.end()
        else:
            kept.append(expression[at])
            at += 1
    return re.sub(r"\bunless\b", "and", "".join(kept))


def of_dashboard(path):
    """Yields what a query is for and the query, for each panel and target."""
    for panel in json.loads(path.read_text())["panels"]:
        targets = panel.get("targets", [])
        if panel["type"] != "row" and not targets:
            raise ValueError(f"the panel {panel['title']} asks for nothing")
        for target in targets:
            what = f"panel {panel['id']} ({panel['title']}) {target['refId']}"
            yield what, without_variables(target["expr"])


def of_variables(path):
    """Yields name, series selector and label of each `label_values(…)`."""
    for variable in json.loads(path.read_text())["templating"]["list"]:
        if variable["type"] == "query":
            query = variable["query"]["query"]
            selector, label = re.fullmatch(r"label_values\((.*), (\w+)\)", query).groups()
            yield variable["name"], without_variables(selector), label


def of_rules(paths):
    for path in paths:
        for group in yaml.safe_load(path.read_text())["groups"]:
            for rule in group["rules"]:
                name = rule.get("alert") or rule["record"]
                yield f"rule {name}", without_comparisons(rule["expr"])
