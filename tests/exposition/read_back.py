"""Parses expositions and prints the differences from the expected families.

Standard input is a list of {"text", "openmetrics", "families"}. "families" maps the name of a gauge to
[help, [[labels, value], ...]].
"""

import json
import sys

from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client import parser as text


def families(parsed):
    return {
        family.name: [
            family.documentation,
            sorted([sorted(s.labels.items()), s.value] for s in family.samples),
        ]
        for family in parsed
    }


cases = json.load(sys.stdin)
for number, case in enumerate(cases):
    for name, parse in (
        ("text", text.text_string_to_metric_families),
        ("openmetrics", openmetrics.text_string_to_metric_families),
    ):
        try:
            found = families(parse(case[name]))
        except Exception as error:
            sys.exit(f"case {number} as {name}: {error!r}\n{case[name]}")
        for family, (help, samples) in case["families"].items():
            expected = [
                help,
                sorted([sorted(labels.items()), float(value)] for labels, value in samples),
            ]
            if found.get(family) != expected:
                sys.exit(
                    f"case {number} as {name}: {family} is {found.get(family)!r}, "
                    f"not {expected!r}\n{case[name]}"
                )
print(f"{len(cases)} read back")
