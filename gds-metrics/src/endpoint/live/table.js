// A table with headings that sort it, a field that filters it, and a limit on the number of rows shown.

const PAGE_OF_ROWS = 50;

class Table {
  #rows = new Map();
  #shown = [];
  #series = [];
  #limit = PAGE_OF_ROWS;

  // A column has a `title`, a function `value` to sort by, and a function `text`, or `fill`, which writes the cell.
  constructor(section, columns, { sort, descending, noun, grouped }) {
    this.columns = columns;
    this.sort = sort;
    this.descending = descending;
    this.noun = noun;
    this.grouped = grouped;
    this.filter = section.querySelector("input");
    this.status = section.querySelector(".count");
    this.more = section.querySelector(".more");
    this.table = section.querySelector("table");
    this.headings = columns.map((column, index) => this.#heading(column, index));
    this.table.createTHead().append(element("tr", {}, ...this.headings));
    this.body = this.table.createTBody();
    this.filter?.addEventListener("input", () => this.render());
    this.more?.addEventListener("click", () => {
      this.#limit += PAGE_OF_ROWS;
      this.render();
    });
  }

  show(series) {
    this.#series = series;
    this.render();
  }

  render() {
    const words = (this.filter?.value ?? "").toLowerCase().split(/\s+/).filter(Boolean);
    const found = this.#series.filter(({ text }) => words.every((word) => text.includes(word)));
    const column = this.columns[this.sort];
    const values = new Map(found.map((series) => [series, sortable(column.value(series))]));
    const sign = this.descending ? -1 : 1;
    found.sort((a, b) => sign * compare(values.get(a), values.get(b)) || compare(a.key, b.key));

    let shown = found.slice(0, this.#limit);
    // While a row has the focus, the order of the rows does not change, because moving the row would lose the focus.
    if (this.body.contains(document.activeElement)) shown = this.#inShownOrder(found, shown);
    this.#place(shown);
    shown.forEach((series, index) => this.#fill(series, shown[index - 1]));

    const total = this.#series.length;
    const of = words.length > 0 ? `${formatCount(found.length)} found of` : "";
    const [one, many] = this.noun;
    const all = `${of} ${formatCount(total)} ${total === 1 ? one : many}`.trim();
    if (this.status) {
      setText(this.status, shown.length < found.length ? `${shown.length} shown of ${all}` : all);
    }
    if (this.more) this.more.hidden = shown.length === found.length;
  }

  #heading(column, index) {
    if (!column.value) return element("th", { scope: "col", className: column.className ?? "" }, column.title);
    const button = element("button", { type: "button" }, column.title);
    button.addEventListener("click", () => {
      this.descending = this.sort === index ? !this.descending : Boolean(column.descending);
      this.sort = index;
      this.#markSort();
      this.render();
    });
    const heading = element("th", { scope: "col", className: column.className ?? "" }, button);
    if (index === this.sort) heading.setAttribute("aria-sort", this.descending ? "descending" : "ascending");
    return heading;
  }

  #markSort() {
    this.headings.forEach((heading, index) => {
      if (index !== this.sort) heading.removeAttribute("aria-sort");
      else heading.setAttribute("aria-sort", this.descending ? "descending" : "ascending");
    });
  }

  #inShownOrder(found, shown) {
    const isFound = new Set(found);
    const stay = this.#shown.filter((series) => isFound.has(series));
    const isShown = new Set(stay);
    return [...stay, ...shown.filter((series) => !isShown.has(series))].slice(0, this.#limit);
  }

  #place(shown) {
    const isShown = new Set(shown);
    for (const series of this.#shown) {
      if (isShown.has(series)) continue;
      this.#rows.get(series).remove();
      this.#rows.delete(series);
    }
    let next = this.body.firstChild;
    for (const series of shown) {
      let row = this.#rows.get(series);
      if (!row) this.#rows.set(series, (row = this.#row(series)));
      if (row === next) next = row.nextSibling;
      else this.body.insertBefore(row, next);
    }
    this.#shown = shown;
  }

  #row(series) {
    const cells = this.columns.map((column, index) => {
      const name = index === 0 ? "th" : "td";
      const cell = element(name, { className: column.className ?? "" });
      if (index === 0) cell.scope = "row";
      column.make?.(cell, series);
      return cell;
    });
    return element("tr", {}, ...cells);
  }

  #fill(series, previous) {
    const row = this.#rows.get(series);
    if (this.grouped) {
      const isFirst = !previous || this.grouped(previous) !== this.grouped(series);
      row.classList.toggle("continued", !isFirst);
    }
    this.columns.forEach((column, index) => {
      const cell = row.cells[index];
      if (column.fill) column.fill(cell, series);
      else setText(cell, column.text(series));
    });
  }
}

// A missing value sorts below all others.
function sortable(value) {
  return value === null || Number.isNaN(value) ? -Infinity : value;
}

function compare(a, b) {
  if (typeof a === "string" && typeof b === "string") return a < b ? -1 : a > b ? 1 : 0;
  return a - b || 0;
}
