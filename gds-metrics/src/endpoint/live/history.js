// The history of the last minutes: the increases or the values of each series, scrape by scrape.

// Five minutes at the shortest interval.
const SLOTS = 151;
const WINDOW = 300;

// The instants of the scrapes, in seconds. A slot is used again after `SLOTS` scrapes.
class Timeline {
  times = new Float64Array(SLOTS);
  spans = new Float64Array(SLOTS);
  count = 0;

  advance(now) {
    const span = this.count > 0 ? now - this.times[this.slot] : 0;
    this.count += 1;
    this.times[this.slot] = now;
    this.spans[this.slot] = span;
  }

  get slot() {
    return (this.count - 1) % SLOTS;
  }

  // The slots of the last `seconds`, oldest first. The first scrape has no increase, so its slot is left out.
  slots(seconds) {
    const slots = [];
    if (this.count === 0) return slots;
    const since = this.times[this.slot] - seconds - 0.5;
    const oldest = Math.max(this.count - SLOTS, 0);
    for (let scrape = this.count - 1; scrape >= oldest; scrape -= 1) {
      const slot = scrape % SLOTS;
      // The increase began at the previous scrape.
      if (this.times[slot] - this.spans[slot] < since && slots.length > 0) break;
      if (this.spans[slot] > 0) slots.push(slot);
    }
    return slots.reverse();
  }

  span(slots) {
    return slots.reduce((sum, slot) => sum + this.spans[slot], 0);
  }
}

// The indexes of a series' values. The buckets follow these.
const COUNT = 0;
const SUM = 1;
const ERRORS = 2;
const BUCKETS = 3;

// A series, or several series that are added up, such as all hosts and codes of a route.
class Series {
  #before = [];
  #now = [];
  #increases = null;
  #values = null;
  bounds = [];
  value = NaN;
  scrape = 0;

  constructor(fields) {
    Object.assign(this, fields);
  }

  get isGauge() {
    return this.kind === "gauge";
  }

  add(scrape, index, value) {
    if (this.scrape !== scrape) {
      this.scrape = scrape;
      this.#now.fill(0);
      this.value = this.isGauge ? 0 : NaN;
    }
    if (this.isGauge) this.value += value;
    else this.#now[index] = (this.#now[index] ?? 0) + value;
  }

  // Adds the values of another series in one scrape.
  addAll(scrape, other) {
    if (this.bounds.length < other.bounds.length) this.bounds = other.bounds;
    other.#now.forEach((value, index) => this.add(scrape, index, value));
  }

  bucket(bound) {
    let index = this.bounds.indexOf(bound);
    if (index < 0) index = this.bounds.push(bound) - 1;
    return BUCKETS + index;
  }

  // Ends a scrape. Counts from before the first scrape are not an increase.
  commit(scrape, slot, isFirst) {
    const isThere = this.scrape === scrape;
    if (this.isGauge) {
      this.#values ??= new Float64Array(SLOTS).fill(NaN);
      if (!isThere) this.value = NaN;
      this.#values[slot] = this.value;
      return;
    }
    const size = BUCKETS + this.bounds.length;
    if (this.#increases?.length !== size * SLOTS) this.#increases = new Float32Array(size * SLOTS);
    for (let index = 0; index < size; index += 1) {
      const now = this.#now[index] ?? 0;
      const before = this.#before[index] ?? 0;
      // A smaller value means that the counter was reset.
      const increase = now < before ? now : now - before;
      this.#increases[slot * size + index] = isFirst || !isThere ? 0 : increase;
      if (isThere) this.#before[index] = now;
    }
    if (isThere) this.value = this.#now[COUNT] ?? 0;
  }

  increase(slots, index) {
    const size = BUCKETS + this.bounds.length;
    let sum = 0;
    for (const slot of slots) sum += this.#increases[slot * size + index];
    return sum;
  }

  at(slot) {
    return this.#values[slot];
  }

  // Computes the same as Prometheus's `histogram_quantile`, but returns `null` if there were no observations,
  // and `Infinity` beyond the last finite bound.
  quantiles(slots, wanted) {
    const counts = this.bounds.map((_, index) => this.increase(slots, BUCKETS + index));
    const total = counts.at(-1) ?? 0;
    return wanted.map((quantile) => {
      if (!(total > 0)) return null;
      const rank = quantile * total;
      const found = counts.findIndex((count) => count >= rank);
      const upper = this.bounds[found];
      if (upper === Infinity) return Infinity;
      const below = found > 0 ? counts[found - 1] : 0;
      const lower = found > 0 ? this.bounds[found - 1] : Math.min(upper, 0);
      return lower + (upper - lower) * ((rank - below) / (counts[found] - below));
    });
  }

  get lastBound() {
    return this.bounds.findLast(Number.isFinite);
  }
}
