// Helpers for the document. Text is never set as HTML, because labels may contain markup.

const find = (selector) => document.querySelector(selector);

function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in made && !key.startsWith("aria-")) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

// Skips unchanged text, because most texts do not change from one update to the next.
function setText(node, text) {
  if (node.shownText === text) return;
  node.shownText = text;
  node.textContent = text;
}

const SVG = "http://www.w3.org/2000/svg";

// A small line chart, in which `null` is a gap. Screen readers skip it, because its numbers are beside it.
function sparkline() {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 100 20");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "sparkline");
  const path = document.createElementNS(SVG, "path");
  svg.append(path);
  return svg;
}

function drawSparkline(svg, values) {
  let least = 0;
  let most = 0;
  for (const value of values) {
    if (value > most && value < Infinity) most = value;
    if (value < least && value > -Infinity) least = value;
  }
  const range = most - least || 1;
  const step = 100 / Math.max(values.length - 1, 1);
  let line = "";
  let isDrawing = false;
  for (let index = 0; index < values.length; index += 1) {
    if (!Number.isFinite(values[index])) {
      isDrawing = false;
      continue;
    }
    const y = 19 - (18 * (values[index] - least)) / range;
    line += `${isDrawing ? "L" : "M"}${(index * step).toFixed(1)} ${y.toFixed(1)}`;
    isDrawing = true;
  }
  if (svg.shownLine === line) return;
  svg.shownLine = line;
  svg.firstChild.setAttribute("d", line);
}
