// Turns samples into the data of the page: routes, exceptions, requests in flight, delays, and other metrics.

const DURATION = "http_server_request_duration_seconds";
const EXCEPTIONS = "http_server_exceptions_total";
const ACTIVE = "http_server_active_requests";
const DELAY = "gds_metrics_event_loop_delay_seconds";
const OWN = /^(http_server_(?!block)|gds_metrics_)/;

class Model {
  timeline = new Timeline();
  routes = new Map();
  exceptions = new Map();
  others = new Map();
  total = new Series({ kind: "histogram" });
  failed = new Series({ kind: "counter" });
  active = new Series({ kind: "gauge" });
  delay = new Series({ kind: "histogram" });
  #exposition = new Exposition();
  #scrape = 0;

  // Reads an exposition that was scraped at `now`, in seconds.
  update(text, now) {
    const samples = this.#exposition.read(text);
    this.timeline.advance(now);
    this.#scrape += 1;
    for (const sample of samples) {
      if (sample.series === undefined || sample.series?.isDropped) this.#assign(sample);
      const { series, index, value } = sample;
      if (!series) continue;
      series.add(this.#scrape, index, value);
      if (sample.isError) series.add(this.#scrape, ERRORS, value);
    }
    for (const route of this.routes.values()) {
      if (route.scrape === this.#scrape) this.total.addAll(this.#scrape, route);
    }
    for (const kind of this.exceptions.values()) {
      if (kind.scrape === this.#scrape) this.failed.addAll(this.#scrape, kind);
    }
    const { slot } = this.timeline;
    const isFirst = this.timeline.count === 1;
    for (const map of [this.routes, this.exceptions, this.others]) {
      for (const [key, series] of map) {
        series.commit(this.#scrape, slot, isFirst);
        series.isGone = series.scrape !== this.#scrape;
        series.isDropped = this.#scrape - series.scrape > SLOTS;
        if (series.isDropped) map.delete(key);
      }
    }
    for (const series of [this.total, this.failed, this.active, this.delay]) {
      series.commit(this.#scrape, slot, isFirst);
    }
    return samples.length;
  }

  // Whether a family was in the last exposition.
  has(series) {
    return series.scrape === this.#scrape;
  }

  static present(map) {
    return [...map.values()].filter((series) => !series.isGone);
  }

  #assign(sample) {
    const { family, name } = sample;
    sample.series = null;
    sample.index = COUNT;
    if (family.name === DURATION) {
      this.#assignRoute(sample);
    } else if (family.name === EXCEPTIONS) {
      const kind = sample.labels.find(([label]) => label === "error")?.[1] ?? "";
      sample.series = keep(this.exceptions, kind, () => new Series({ kind: "counter", key: kind, text: kind }));
    } else if (name === ACTIVE) {
      sample.series = this.active;
    } else if (family.name === DELAY) {
      sample.series = this.delay;
      place(sample, sample.series);
    } else if (!OWN.test(family.name)) {
      this.#assignOther(sample);
    }
  }

  #assignRoute(sample) {
    const labels = Object.fromEntries(sample.labels);
    // The labels have this crate's names or OpenTelemetry's. A request without a route has no `http_route`.
    const method = labels.method ?? labels.http_request_method ?? "";
    const path = labels.path ?? labels.http_route ?? "No endpoint";
    const code = labels.code ?? labels.http_response_status_code;
    const key = `${method} ${path}`;
    const route = keep(this.routes, key, () => {
      return new Series({ kind: "histogram", key, method, path, text: key.toLowerCase() });
    });
    sample.series = route;
    place(sample, route);
    const failed = code ? code.startsWith("5") : (labels.error_type ?? "cancelled") !== "cancelled";
    sample.isError = failed && sample.index === COUNT;
  }

  #assignOther(sample) {
    const { family } = sample;
    const isHistogram = family.type === "histogram";
    const labels = isHistogram ? sample.labels.filter(([label]) => label !== "le") : sample.labels;
    const isSummary = family.type === "summary" && sample.name !== family.name;
    const key = JSON.stringify([isHistogram || isSummary ? family.name : sample.name, labels]);
    sample.series = keep(this.others, key, () => {
      const kinds = { counter: "counter", histogram: "histogram", summary: "counter" };
      const kind = family.type === "summary" && !isSummary ? "gauge" : kinds[family.type] ?? "gauge";
      const text = [family.name, family.help, ...labels.flat()].join(" ").toLowerCase();
      return new Series({ kind, key, family, labels, text });
    });
    if (isHistogram || isSummary) place(sample, sample.series);
  }
}

// Finds the part of a histogram or a summary that a sample belongs to.
function place(sample, series) {
  if (sample.name.endsWith("_sum")) {
    sample.index = SUM;
  } else if (sample.name.endsWith("_bucket")) {
    const bound = sample.labels.find(([label]) => label === "le")?.[1] ?? "NaN";
    sample.index = series.bucket(parseValue(bound));
  }
}

function keep(map, key, make) {
  let series = map.get(key);
  if (!series) map.set(key, (series = make()));
  return series;
}
