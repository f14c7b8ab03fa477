#!/usr/bin/env python3
"""Draws the dashboard with the data of a Prometheus.

    picture.py --prometheus http://127.0.0.1:9090 --minutes 5 docs/dashboard.png

The panels, their places, queries and legends are the dashboard's; the drawing is not Grafana's.
"""

import argparse
import io
import json
import math
import re
import time
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy
from matplotlib.colors import LogNorm
from matplotlib.ticker import FuncFormatter
from PIL import Image

import queries
from stack import ask

BACKGROUND, PANEL, TEXT, FAINT = "#111217", "#181b1f", "#ccccdc", "#8e8e99"
COLOURS = [
    "#73bf69", "#f2cc0c", "#5794f2", "#ff9830", "#f2495c",
    "#b877d9", "#8ab8ff", "#96d98d", "#ffb357", "#ca95e5",
]  # fmt: skip
# The size of a grid column and a grid line in pixels. The total width fits a README.
COLUMN, LINE = 42, 27
DPI = 100
# The file has twice as many pixels, for screens with a high resolution.
SHARPNESS = 2
FIXED = {
    "green": "#73bf69", "yellow": "#f2cc0c", "blue": "#5794f2", "orange": "#ff9830",
    "red": "#f2495c", "text": FAINT,
}  # fmt: skip
# The number of lines that fit into the legend of a panel.
LEGEND_LINES = 3


def scaled(value, units, base=1000):
    for unit in units:
        if abs(value) < base or unit == units[-1]:
            return f"{value:.{4 if value >= 1000 else 3}g}{unit}"
        value /= base


def formatted(value, unit):
    if math.isnan(value):
        return "–"
    if unit == "percentunit":
        percent = value * 100
        return f"{percent:,.0f}%" if abs(percent) >= 1000 else f"{percent:.3g}%"
    if unit == "s":
        if value == 0 or value >= 1:
            return f"{value:.3g} s" if value < 120 else f"{value / 60:.3g} min"
        return f"{value * 1000:.3g} ms"
    if unit in ("bytes", "Bps"):
        text = scaled(value, [" B", " KiB", " MiB", " GiB"], 1024)
        return text + ("/s" if unit == "Bps" else "")
    return scaled(value, ["", "k", "M", "G"]) + ("/s" if unit in ("reqps", "cps") else "")


def legend(template, labels):
    if not template:
        return ""
    return re.sub(r"{{(\w+)}}", lambda found: labels.get(found.group(1), ""), template)


def colour(panel, name, at):
    """The colour of a series: the panel's override for its name, or the next colour of the palette."""
    for override in panel["fieldConfig"]["overrides"]:
        matcher, first = override["matcher"], override["properties"][0]
        if first["id"] == "color" and matcher["id"] == "byRegexp":
            if re.search(matcher["options"].strip("/"), name):
                return FIXED.get(first["value"]["fixedColor"], TEXT)
    return COLOURS[at % len(COLOURS)]


class Picture:
    def __init__(self, prometheus, start, end, height):
        self.prometheus, self.start, self.end = prometheus, start, end
        self.height = height
        self.figure = plt.figure(
            figsize=(24 * COLUMN / DPI, height * LINE / DPI), dpi=DPI, facecolor=BACKGROUND
        )

    def series(self, target):
        """The name, times and values of each series of a query."""
        query = queries.without_variables(target["expr"])
        step = max(1, int((self.end - self.start) / 120))
        found = ask(
            self.prometheus,
            "query_range",
            query=query,
            start=self.start,
            end=self.end,
            step=step,
        )["result"]
        for each in found:
            points = numpy.array([[float(at), float(value)] for at, value in each["values"]])
            name = legend(target.get("legendFormat"), each["metric"])
            yield name, each["metric"], points[:, 0], points[:, 1]

    def axes(self, place, left=0.0, right=0.0, top=0.0, bottom=0.0):
        """Axes at a place in the grid, with margins in pixels."""
        x, y = place["x"] * COLUMN + left, place["y"] * LINE + top
        w, h = place["w"] * COLUMN - left - right, place["h"] * LINE - top - bottom
        width, height = 24 * COLUMN, self.height * LINE
        return self.figure.add_axes((x / width, 1 - (y + h) / height, w / width, h / height))

    def panel(self, panel):
        place = panel["gridPos"]
        if panel["type"] == "row":
            box = self.axes(place, left=8)
            box.axis("off")
            box.text(0, 0.4, f"▾ {panel['title']}", color=TEXT, fontsize=10, weight="bold")
            return
        frame = self.axes(place, 3, 3, 3, 3)
        frame.set_facecolor(PANEL)
        frame.set(xticks=[], yticks=[])
        frame.spines[:].set_color("#24272c")
        titled = {"color": TEXT, "fontsize": 8, "weight": "bold", "va": "top"}
        frame.text(0.02, 0.965, panel["title"], transform=frame.transAxes, **titled)
        unit = panel["fieldConfig"]["defaults"].get("unit", "short")
        draw = {"stat": self.stat, "heatmap": self.heat_map, "table": self.table}
        draw.get(panel["type"], self.lines)(panel, unit)

    def stat(self, panel, unit):
        box = self.axes(panel["gridPos"], 8, 8, 30, 8)
        box.axis("off")
        found = next(self.series(panel["targets"][0]), None)
        if found is None:
            return self.no_data(box)
        name, _, times, values = found
        steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
        reached = [step for step in steps if step["value"] is None or step["value"] <= values[-1]]
        colour = {"green": COLOURS[0], "red": COLOURS[4]}[reached[-1]["color"]]
        if panel["options"]["textMode"] == "name":
            text = name
        else:
            text = formatted(values[-1], unit)
            trend = self.axes(panel["gridPos"], 4, 4, 75, 4)
            trend.axis("off")
            trend.fill_between(times, values, color=colour, alpha=0.25)
            trend.set_ylim(0, numpy.nanmax(values) * 1.1 or 1)
        style = {"ha": "center", "va": "center", "fontsize": 19, "weight": "bold"}
        box.text(0.5, 0.62, text, transform=box.transAxes, color=colour, **style)

    def scales(self, box, unit=None):
        box.set_facecolor(PANEL)
        box.set_xlim(self.start, self.end)
        box.tick_params(colors=FAINT, labelsize=7, length=0)
        box.grid(color="#2c3036", linewidth=0.6)
        box.spines[:].set_visible(False)
        box.xaxis.set_major_locator(plt.MaxNLocator(3))
        clock = FuncFormatter(lambda at, _: time.strftime("%H:%M:%S", time.gmtime(at)))
        box.xaxis.set_major_formatter(clock)
        if unit:
            box.yaxis.set_major_locator(plt.MaxNLocator(4))
            box.yaxis.set_major_formatter(FuncFormatter(lambda value, _: formatted(value, unit)))

    def no_data(self, box):
        style = {"ha": "center", "va": "center", "fontsize": 8}
        box.text(0.5, 0.5, "No data", transform=box.transAxes, color=FAINT, **style)

    def lines(self, panel, unit):
        box = self.axes(panel["gridPos"], 58, 14, 30, 66)
        self.scales(box, unit)
        found = [each for target in panel["targets"] for each in self.series(target)]
        if not found:
            return self.no_data(box)
        custom = panel["fieldConfig"]["defaults"].get("custom", {})
        if custom.get("stacking", {}).get("mode") == "normal":
            times = numpy.unique(numpy.concatenate([times for _, _, times, _ in found]))
            layers = []
            for _, _, own, values in found:
                layer = numpy.zeros(len(times))
                layer[numpy.searchsorted(times, own)] = numpy.nan_to_num(values)
                layers.append(layer)
            colours = [colour(panel, name, at) for at, (name, *_) in enumerate(found)]
            marks = box.stackplot(times, layers, colors=colours, alpha=0.55)
        else:
            marks = []
            for at, (name, _, times, values) in enumerate(found):
                marks += box.plot(times, values, color=colour(panel, name, at), linewidth=1.1)
        if "min" in panel["fieldConfig"]["defaults"]:
            highest = max(numpy.nanmax(values) for *_, values in found)
            box.set_ylim(panel["fieldConfig"]["defaults"]["min"], highest * 1.1 or 1)
        names = [name for name, *_ in found]
        longest = max(map(len, names))
        columns = 5 if longest < 5 else 3 if longest < 11 else 2
        room = columns * LEGEND_LINES
        box.legend(
            marks[:room],
            [*names[: room - 1], "…"] if len(names) > room else names,
            loc="upper left",
            bbox_to_anchor=(-50 / (panel["gridPos"]["w"] * COLUMN - 72), -0.11),
            ncols=columns,
            frameon=False,
            fontsize=7,
            labelcolor=TEXT,
            handlelength=1,
            columnspacing=1,
            labelspacing=0.25,
        )

    def heat_map(self, panel, unit):
        box = self.axes(panel["gridPos"], 58, 14, 30, 30)
        self.scales(box)
        box.grid(visible=False)
        found = [
            (float(labels["le"]), times, values)
            for _, labels, times, values in self.series(panel["targets"][0])
        ]
        if not found:
            return self.no_data(box)
        found.sort(key=lambda each: each[0])
        times = numpy.unique(numpy.concatenate([times for _, times, _ in found]))
        sums = numpy.zeros((len(found), len(times)))
        for at, (_, own, values) in enumerate(found):
            sums[at, numpy.searchsorted(times, own)] = numpy.nan_to_num(values)
        cells = numpy.diff(sums, axis=0, prepend=0)
        shown = numpy.ma.masked_less(cells, 0.5)
        rows = numpy.arange(len(found))
        box.pcolormesh(times, rows, shown, cmap="viridis", norm=LogNorm(), shading="nearest")
        unit = panel["options"]["yAxis"].get("unit", unit)
        bounds = ["∞" if math.isinf(le) else formatted(le, unit) for le, *_ in found]
        every = max(1, len(found) // 7)
        box.set_yticks(rows[::every], bounds[::every])

    def table(self, panel, _unit):
        box = self.axes(panel["gridPos"], 12, 10, 32, 6)
        box.axis("off")
        units = {
            override["matcher"]["options"]: override["properties"][0]["value"]
            for override in panel["fieldConfig"]["overrides"]
        }
        rows, columns = {}, []
        for target in panel["targets"]:
            columns.append(target["legendFormat"])
            query = queries.without_variables(target["expr"])
            for each in ask(self.prometheus, "query", query=query, time=self.end)["result"]:
                row = rows.setdefault(each["metric"].get("path", ""), {})
                row[columns[-1]] = float(each["value"][1])
        ordered = sorted(rows.items(), key=lambda row: -row[1].get(columns[0], 0))[:7]
        style = {"transform": box.transAxes, "va": "top", "fontsize": 7.5}
        for line, (path, values) in enumerate([("Route", None), *ordered]):
            y, colour = 1 - line * 0.125, FAINT if values is None else TEXT
            box.text(0, y, path, color=colour, **style)
            for at, column in enumerate(columns):
                value = (values or {}).get(column, math.nan)
                text = column if values is None else formatted(value, units[column])
                box.text(0.64 + at * 0.18, y, text, color=colour, ha="right", **style)

    def save(self, path):
        drawn = io.BytesIO()
        self.figure.savefig(drawn, format="png", facecolor=BACKGROUND, dpi=DPI * SHARPNESS)
        # A palette reduces the size to a third, with little visible difference.
        Image.open(drawn).convert("RGB").quantize(96).save(path, optimize=True)


def draw(prometheus, dashboard, start, end, path):
    # Only the panels that are visible first. The rows are collapsed.
    panels = json.loads(dashboard.read_text())["panels"]
    panels = [panel for panel in panels if panel["type"] != "row"]
    height = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels)
    picture = Picture(prometheus, start, end, height)
    for panel in panels:
        picture.panel(panel)
    picture.save(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--prometheus", default="http://127.0.0.1:9090")
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("path", type=Path)
    args = parser.parse_args()
    end = time.time()
    dashboard = Path(__file__).with_name("grafana") / "dashboard.json"
    draw(args.prometheus, dashboard, end - args.minutes * 60, end, args.path)


if __name__ == "__main__":
    main()
