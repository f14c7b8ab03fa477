// Formats numbers for people.

const NONE = "–";

const digits = [0, 1, 2, 3].map((maximumFractionDigits) => {
  return new Intl.NumberFormat("en", { maximumFractionDigits });
});
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 2 });

function formatNumber(value) {
  if (value === null || Number.isNaN(value)) return NONE;
  const size = Math.abs(value);
  if (size === Infinity) return value > 0 ? "∞" : "−∞";
  if (size >= 1e9) return compact.format(value);
  if (size > 0 && size < 0.001) return value.toExponential(1);
  return digits[size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3].format(value);
}

function formatCount(value) {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return digits[0].format(value);
  return formatNumber(value);
}

function formatScaled(value, units) {
  const size = Math.abs(value);
  const [unit, name] = units.find(([unit]) => size >= unit) ?? units.at(-1);
  return `${formatNumber(value / unit)}\u00a0${name}`;
}

const TIMES = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"], [1e-3, "ms"], [1e-6, "µs"]];
const SIZES = [[2 ** 40, "TiB"], [2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"], [1, "B"]];

function formatSeconds(value) {
  if (value === null || Number.isNaN(value)) return NONE;
  if (value === 0) return "0\u00a0s";
  return formatScaled(value, value < 120 ? TIMES.slice(3) : TIMES);
}

// A quantile of a series. Beyond the last bucket, only the lower bound is known.
function formatQuantile(value, series, format = formatSeconds) {
  return value === Infinity ? `> ${format(series.lastBound ?? 0)}` : format(value);
}

// The format for the unit at the end of a metric's name.
function formatFor(name) {
  const base = name.replace(/_total$/, "");
  if (/_(start_time|timestamp)(_seconds)?$/.test(base)) return formatInstant;
  if (base.endsWith("_seconds")) return formatSeconds;
  if (base.endsWith("_bytes")) {
    return (value) => (Number.isFinite(value) ? formatScaled(value, SIZES) : formatNumber(value));
  }
  return formatCount;
}

function formatInstant(value) {
  const date = new Date(value * 1000);
  if (Number.isNaN(date.getTime())) return formatNumber(value);
  return `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
