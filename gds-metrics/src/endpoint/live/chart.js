// Draws lines over the last minutes with uPlot.

const CHART_HEIGHT = 170;
const DASHES = [[], [6, 4], [2, 3]];

class Chart {
  #data = [[]];
  #plot = null;

  // A line has a `label`, the name of its `color` in the style sheet, and a function to `format` values.
  constructor(figure, lines, { format }) {
    this.figure = figure;
    this.lines = lines;
    this.format = format;
    this.place = figure.querySelector(".plot");
    this.legend = lines.map((line, index) => {
      const value = element("span", { className: "value" });
      const item = element("li", { className: `line ${line.color} dash-${index}` }, `${line.label} `, value);
      figure.querySelector("ul").append(item);
      return value;
    });
    new ResizeObserver(() => this.#resize()).observe(this.place);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#make());
    this.#make();
  }

  // `times` are the instants, and `values` has one list for each line. `null` is a gap.
  show(times, values) {
    this.#data = [times, ...values];
    this.#plot.setData(this.#data);
    this.#writeLegend(null);
  }

  #make() {
    this.#plot?.destroy();
    const style = getComputedStyle(document.documentElement);
    const color = (name) => style.getPropertyValue(`--${name}`).trim();
    const axis = {
      stroke: color("muted"),
      font: "12px system-ui, sans-serif",
      grid: { stroke: color("grid"), width: 1 },
      ticks: { show: false },
    };
    const series = this.lines.map((line, index) => ({
      label: line.label,
      stroke: color(line.color),
      width: 2,
      dash: DASHES[index],
      points: { size: 4, fill: color(line.color) },
    }));
    const options = {
      width: Math.max(this.place.clientWidth, 100),
      height: CHART_HEIGHT,
      legend: { show: false },
      cursor: { sync: { key: "live" }, drag: { x: false, y: false }, y: false },
      scales: {
        x: { range: (plot, least, most) => timeRange(least ?? 0, most ?? 0) },
        y: { range: (plot, least, most) => [0, most > 0 ? most * 1.1 : 1] },
      },
      axes: [
        { ...axis, size: 28, space: 80, values: (plot, splits) => splits.map(formatTime), incrs: [10, 20, 30, 60, 120, 300] },
        { ...axis, size: 64, space: 30, values: (plot, splits) => splits.map((value) => this.format(value)) },
      ],
      series: [{}, ...series],
      hooks: { setCursor: [(plot) => this.#writeLegend(plot.cursor.idx)] },
    };
    this.#plot = new uPlot(options, this.#data, this.place);
  }

  #resize() {
    const width = this.place.clientWidth;
    if (width > 0 && width !== this.#plot.width) this.#plot.setSize({ width, height: CHART_HEIGHT });
  }

  #writeLegend(index) {
    const at = index ?? this.#data[0].length - 1;
    this.legend.forEach((value, line) => {
      setText(value, this.format(this.#data[line + 1]?.[at] ?? null));
    });
  }
}

// At least a minute, so that the first points do not fill the whole chart.
function timeRange(first, last) {
  return [Math.max(last - WINDOW, Math.min(first, last - 60)), last];
}

function formatTime(seconds) {
  return new Date(seconds * 1000).toTimeString().slice(0, 8);
}
