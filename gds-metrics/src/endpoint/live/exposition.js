// Reads Prometheus's text exposition format.
//
// From one scrape to the next, most lines differ only in their values. Each line is compared with the sample
// that came next in the last scrape, and parsed only if it is a different sample.

const BRACES_END = /"(?:[^"\\]|\\.)*"|\}/g;
const LABEL = /([^\s=,{"]+|"(?:[^"\\]|\\.)*")\s*=\s*"((?:[^"\\]|\\.)*)"/g;
const HISTOGRAM_SUFFIXES = ["_bucket", "_sum", "_count"];
const SUMMARY_SUFFIXES = ["_sum", "_count"];

class Exposition {
  #known = new Map();
  #first = null;
  #scrape = 0;
  families = new Map();

  // The samples of an exposition, in its order. A sample of the last scrape is returned as the same object.
  read(text) {
    this.#scrape += 1;
    const samples = [];
    let family = null;
    let expected = this.#first;
    let previous = null;
    for (let start = 0, end; start < text.length; start = end + 1) {
      end = text.indexOf("\n", start);
      if (end < 0) end = text.length;
      if (end === start) continue;
      if (text[start] === "#") {
        family = this.#comment(text.slice(start, end), family);
        continue;
      }
      let sample = expected;
      if (!sample || !text.startsWith(sample.key, start)) {
        sample = this.#find(text.slice(start, end), family);
        if (!sample) continue;
      }
      if (sample.next) expected = sample.next;
      sample.value = parseValue(text.slice(start + sample.key.length, end));
      sample.scrape = this.#scrape;
      if (previous) previous.next = sample;
      else this.#first = sample;
      previous = sample;
      samples.push(sample);
    }
    this.#forget(samples.length);
    return samples;
  }

  #comment(line, family) {
    const [, keyword, name, rest] = /^#\s+(HELP|TYPE)\s+(\S+)\s?(.*)$/.exec(line) ?? [];
    if (!keyword) return family;
    if (family?.name !== name) {
      family = this.families.get(name) ?? { name, type: "untyped", help: "" };
      this.families.set(name, family);
    }
    if (keyword === "TYPE") family.type = rest.trim();
    else family.help = unescape(rest);
    return family;
  }

  #find(line, family) {
    const key = keyOf(line);
    let sample = this.#known.get(key);
    if (key && !sample) {
      const name = /^[^{\s]+/.exec(key)?.[0];
      if (!name) return null;
      if (!isOf(name, family)) {
        family = this.families.get(name) ?? { name, type: "untyped", help: "" };
        this.families.set(name, family);
      }
      const labels = [];
      for (const [, label, value] of key.slice(name.length).matchAll(LABEL)) {
        labels.push([label.startsWith('"') ? unescape(label.slice(1, -1)) : label, unescape(value)]);
      }
      sample = { key, name, labels, family, value: NaN, scrape: 0, next: null };
      this.#known.set(key, sample);
    }
    return sample ?? null;
  }

  #forget(count) {
    if (this.#known.size < 2 * count + 1000) return;
    for (const [key, sample] of this.#known) {
      if (sample.scrape !== this.#scrape) this.#known.delete(key);
    }
  }
}

// The text of a line before its value.
function keyOf(line) {
  let end = line.search(/[{\s]/);
  if (end < 0) return "";
  if (line[end] === "{") {
    BRACES_END.lastIndex = end;
    let match;
    while ((match = BRACES_END.exec(line)) && match[0] !== "}");
    if (!match) return "";
    end = BRACES_END.lastIndex;
  }
  while (line[end] === " " || line[end] === "\t") end += 1;
  return line.slice(0, end);
}

function isOf(name, family) {
  if (!family || !name.startsWith(family.name)) return false;
  const suffix = name.slice(family.name.length);
  if (suffix === "") return true;
  if (family.type === "histogram") return HISTOGRAM_SUFFIXES.includes(suffix);
  return family.type === "summary" && SUMMARY_SUFFIXES.includes(suffix);
}

function parseValue(text) {
  const value = Number(text);
  if (!Number.isNaN(value)) return value;
  // A timestamp follows the value, or JavaScript writes the value differently.
  const [first] = text.trim().split(/\s+/);
  return { "+Inf": Infinity, "-Inf": -Infinity, Inf: Infinity }[first] ?? Number(first);
}

function unescape(text) {
  if (!text.includes("\\")) return text;
  return text.replace(/\\(.)/g, (_, escaped) => (escaped === "n" ? "\n" : escaped));
}
