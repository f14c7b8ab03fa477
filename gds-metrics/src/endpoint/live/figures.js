// Computes rates and quantiles of each series over the chosen range, and makes columns for tables.

const QUANTILES = [0.5, 0.95, 0.99];

class Figures {
  range = 60;
  #slots = [];
  #span = 0;
  #window = [];
  #version = 0;

  constructor(timeline) {
    this.timeline = timeline;
  }

  // Call it after an update, and when the range has changed.
  refresh() {
    this.#slots = this.timeline.slots(this.range);
    this.#span = this.timeline.span(this.#slots);
    this.#window = this.timeline.slots(WINDOW);
    this.#version += 1;
  }

  of(series) {
    if (series.figures?.version !== this.#version) {
      series.figures = {
        version: this.#version,
        rate: this.#rate(series, COUNT),
        errors: this.#rate(series, ERRORS),
        quantiles: series.kind === "histogram" ? series.quantiles(this.#slots, QUANTILES) : [],
      };
    }
    return series.figures;
  }

  #rate(series, index) {
    if (series.isGauge || this.#span === 0) return null;
    return series.increase(this.#slots, index) / this.#span;
  }

  trend(series) {
    if (series.isGauge) return this.#window.map((slot) => series.at(slot));
    return this.rates(series, COUNT);
  }

  // One value for each scrape of the last minutes.
  rates(series, index) {
    const { spans } = this.timeline;
    return this.#window.map((slot) => series.increase([slot], index) / spans[slot]);
  }

  values(series) {
    return this.#window.map((slot) => (Number.isNaN(series.at(slot)) ? null : series.at(slot)));
  }

  quantileLines(series) {
    const rows = this.#window.map((slot) => series.quantiles([slot], QUANTILES));
    // A quantile beyond the last bucket is drawn at the bound of that bucket.
    return QUANTILES.map((_, index) => {
      return rows.map((row) => (row[index] === Infinity ? series.lastBound ?? null : row[index]));
    });
  }

  get windowTimes() {
    return this.#window.map((slot) => this.timeline.times[slot]);
  }

  // The columns that several tables share.

  rateColumn(title) {
    const value = (series) => this.of(series).rate;
    const text = (series) => (series.isGauge ? "" : formatNumber(value(series)));
    return { title, className: "number", descending: true, value, text };
  }

  errorsColumn(title) {
    const value = (series) => this.of(series).errors;
    const fill = (cell, series) => {
      setText(cell, formatNumber(value(series)));
      cell.classList.toggle("bad", value(series) > 0);
    };
    return { title, className: "number", descending: true, value, fill };
  }

  quantileColumn(index, format = () => formatSeconds) {
    const value = (series) => this.of(series).quantiles[index] ?? null;
    const text = (series) => {
      if (series.kind !== "histogram") return "";
      return formatQuantile(value(series), series, format(series));
    };
    const title = `p${QUANTILES[index] * 100}`;
    return { title, className: "number", descending: true, value, text };
  }

  trendColumn() {
    return {
      title: "Last 5 minutes",
      className: "trend",
      make: (cell) => cell.append(sparkline()),
      fill: (cell, series) => drawSparkline(cell.firstChild, this.trend(series)),
    };
  }
}
