// Fills the parts of the page.

const QUANTILE_COLORS = ["green", "blue", "orange"];

class View {
  #model;
  #figures;
  #selected = null;

  constructor(model) {
    this.#model = model;
    this.#figures = new Figures(model.timeline);
    this.charts = {
      requests: new Chart(
        find("#chart-requests"),
        [{ label: "Requests", color: "blue" }, { label: "Errors (5xx, panics)", color: "red" }],
        { format: formatNumber },
      ),
      duration: new Chart(find("#chart-duration"), quantileLabels(QUANTILE_COLORS), {
        format: formatSeconds,
      }),
      active: new Chart(find("#chart-active"), [{ label: "In flight", color: "blue" }], {
        format: formatNumber,
      }),
      delay: new Chart(find("#chart-delay"), quantileLabels(QUANTILE_COLORS), {
        format: formatSeconds,
      }),
    };
    this.routes = this.#routesTable();
    this.exceptions = this.#exceptionsTable();
    this.others = this.#othersTable();
    find("#range").addEventListener("change", () => this.render());
    find("#all-routes").addEventListener("click", () => {
      this.#select(null);
      find("#routes").focus();
    });
  }

  render() {
    this.#figures.range = Number(find("#range").value);
    this.#figures.refresh();
    this.#renderTiles();
    this.#renderCharts();
    this.routes.show(Model.present(this.#model.routes));
    this.exceptions.show(Model.present(this.#model.exceptions));
    const others = Model.present(this.#model.others);
    this.others.show(others);
    find("#others").hidden = others.length === 0;
  }

  #select(route) {
    this.#selected = route === this.#selected ? null : route;
    setText(find("#selected"), this.#selected?.key ?? "All routes");
    find("#all-routes").hidden = !this.#selected;
    this.#renderCharts();
    this.routes.render();
  }

  #renderTiles() {
    const { timeline, total, failed, active, delay } = this.#model;
    const now = timeline.slots(10);
    const minutes = timeline.slots(WINDOW);
    const rate = (slots, index) => {
      const span = timeline.span(slots);
      return span > 0 ? total.increase(slots, index) / span : null;
    };
    const tile = (name, text, sub, isBad = false) => {
      setText(find(`#now-${name}`), text);
      setText(find(`#sub-${name}`), sub);
      find(`#now-${name}`).classList.toggle("bad", isBad);
    };

    const requests = rate(now, COUNT);
    tile("requests", formatNumber(requests), `${formatNumber(rate(minutes, COUNT))} over 5 minutes`);

    const errors = rate(now, ERRORS);
    const share = requests > 0 ? `${formatNumber((100 * errors) / requests)}% of requests` : "";
    tile("errors", formatNumber(errors), share, errors > 0);

    const [p50, p95, p99] = total.quantiles(now, QUANTILES).map((each) => formatQuantile(each, total));
    tile("duration", p95, `p50 ${p50}, p99 ${p99}`);

    if (this.#model.has(active)) {
      const most = Math.max(...this.#figures.values(active).filter(Number.isFinite), 0);
      tile("active", formatNumber(active.value), `at most ${formatNumber(most)} in 5 minutes`);
    } else {
      tile("active", NONE, "needs .extended(true)");
    }

    const exceptions = failed.increase(minutes, COUNT);
    const all = formatCount(this.#model.has(failed) ? failed.value : null);
    tile("exceptions", formatCount(exceptions), `in 5 minutes, ${all} in all`, exceptions > 0);

    if (this.#model.has(delay)) {
      const [, , late] = delay.quantiles(now, QUANTILES).map((each) => formatQuantile(each, delay));
      const [, , latest] = delay.quantiles(minutes, QUANTILES).map((each) => formatQuantile(each, delay));
      tile("delay", late, `${latest} over 5 minutes`);
    } else {
      tile("delay", NONE, "needs .event_loop_delay(true)");
    }
  }

  #renderCharts() {
    const { total, active, delay } = this.#model;
    const shown = this.#selected ?? total;
    const figures = this.#figures;
    const times = figures.windowTimes;
    this.charts.requests.show(times, [figures.rates(shown, COUNT), figures.rates(shown, ERRORS)]);
    this.charts.duration.show(times, figures.quantileLines(shown));
    for (const [chart, series] of [[this.charts.active, active], [this.charts.delay, delay]]) {
      chart.figure.hidden = !this.#model.has(series);
      if (chart.figure.hidden) continue;
      chart.show(times, series.isGauge ? [figures.values(series)] : figures.quantileLines(series));
    }
  }

  #routesTable() {
    const figures = this.#figures;
    const route = {
      title: "Route",
      className: "wide",
      value: (series) => `${series.path} ${series.method}`,
      make: (cell, series) => {
        const method = element("span", { className: "method" }, series.method);
        const button = element("button", { type: "button", className: "route" }, method, series.path);
        button.addEventListener("click", () => this.#select(series));
        cell.append(button);
      },
      fill: (cell, series) => {
        cell.firstChild.setAttribute("aria-pressed", String(series === this.#selected));
      },
    };
    const total = {
      title: "Requests in all",
      className: "number",
      descending: true,
      value: (series) => series.value,
      text: (series) => formatCount(series.value),
    };
    const columns = [
      route,
      figures.rateColumn("Requests a second"),
      figures.errorsColumn("Errors a second"),
      figures.quantileColumn(0),
      figures.quantileColumn(1),
      figures.quantileColumn(2),
      total,
      figures.trendColumn(),
    ];
    return new Table(find("#routes"), columns, { sort: 1, descending: true, noun: ["route", "routes"] });
  }

  #exceptionsTable() {
    const figures = this.#figures;
    const count = (title, value) => {
      const text = (series) => formatCount(value(series));
      return { title, className: "number", descending: true, value, text };
    };
    const columns = [
      { title: "Error", className: "wide", value: (series) => series.key, text: (series) => series.key },
      figures.rateColumn("Exceptions a second"),
      count("In the last 5 minutes", (series) => series.increase(this.#model.timeline.slots(WINDOW), COUNT)),
      count("In all", (series) => series.value),
      figures.trendColumn(),
    ];
    return new Table(find("#exceptions"), columns, { sort: 3, descending: true, noun: ["kind", "kinds"] });
  }

  #othersTable() {
    const figures = this.#figures;
    const format = (series) => formatFor(series.family.name);
    const metric = {
      title: "Metric",
      className: "wide",
      value: (series) => series.key,
      make: (cell, { family }) => {
        const type = element("span", { className: "type" }, family.type);
        const help = element("div", { className: "help" }, family.help);
        cell.append(element("span", { className: "name mono" }, family.name), type, help);
      },
      fill: () => {},
    };
    const labels = {
      title: "Labels",
      value: (series) => labelText(series.labels),
      make: (cell, series) => {
        cell.append(element("span", { className: "labels mono" }, labelText(series.labels)));
      },
      fill: () => {},
    };
    const value = {
      title: "Value or count",
      className: "number",
      descending: true,
      value: (series) => series.value,
      text: (series) => (isObserved(series) ? formatCount : format(series))(series.value),
    };
    const columns = [
      metric,
      labels,
      value,
      figures.rateColumn("A second"),
      figures.quantileColumn(0, format),
      figures.quantileColumn(1, format),
      figures.quantileColumn(2, format),
      figures.trendColumn(),
    ];
    return new Table(find("#others"), columns, {
      sort: 0,
      descending: false,
      noun: ["series", "series"],
      grouped: (series) => series.family,
    });
  }
}

function quantileLabels(colors) {
  return QUANTILES.map((quantile, index) => ({ label: `p${quantile * 100}`, color: colors[index] }));
}

function labelText(labels) {
  return labels.map(([label, value]) => `${label}=${JSON.stringify(value)}`).join(", ");
}

function isObserved(series) {
  return series.kind === "histogram" || series.family.type === "summary" && !series.isGauge;
}
