//! Checks whether names are valid, and finds the name that was probably meant.

/// The reason why `name` cannot name a metric.
pub(crate) fn metric_problem(name: &str) -> Option<&'static str> {
    if name.contains(':') {
        return Some("since colons are for the names of recording rules");
    }
    word_problem(name)
}

/// The reason why `name` cannot name a label.
pub(crate) fn label_problem(name: &str) -> Option<&'static str> {
    if name.starts_with("__") {
        return Some("since labels that begin with two underscores belong to Prometheus");
    }
    match name {
        "job" => return Some("since Prometheus has a `job` of its own and would rename yours"),
        "instance" => {
            return Some("since Prometheus has an `instance` of its own and would rename yours");
        }
        _ => {}
    }
    word_problem(name)
}

fn word_problem(name: &str) -> Option<&'static str> {
    let mut chars = name.chars();
    match chars.next() {
        None => return Some("since it is empty"),
        Some(first) if first.is_ascii_digit() => {
            return Some("since a name cannot begin with a digit");
        }
        Some(_) => {}
    }
    if name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        None
    } else {
        Some("since a name has only ASCII letters, digits and underscores")
    }
}

/// `name` in `snake_case`, if it contains a capital letter.
pub(crate) fn without_capitals(name: &str) -> Option<String> {
    name.chars()
        .any(char::is_uppercase)
        .then(|| words(name).join("_"))
}

/// The words of a name in lower case: `HTTPServer2Error` becomes `http`, `server2` and `error`.
pub(crate) fn words(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for (i, c) in chars.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|i| chars.get(i));
        let after = chars.get(i + 1);
        let begins = c.is_uppercase()
            && (before.is_some_and(|b| !b.is_uppercase())
                || (before.is_some() && after.is_some_and(|a| a.is_lowercase())));
        if (begins || *c == '_') && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if *c != '_' {
            word.extend(c.to_lowercase());
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// A valid name to suggest instead of an invalid one.
pub(crate) fn instead(name: &str) -> String {
    if matches!(name, "job" | "instance") {
        return format!("write `{name}_name`");
    }
    let repaired: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    let repaired = repaired.trim_matches('_');
    let repaired = match repaired.chars().next() {
        Some(first) if first.is_ascii_digit() => format!("_{repaired}"),
        _ => repaired.to_owned(),
    };
    // Replacing other letters by `_` would not give a good name.
    if repaired.is_empty() || !name.is_ascii() {
        String::from("write another name")
    } else {
        format!("write `{repaired}`")
    }
}

/// Each base unit, and the units that `promtool check metrics` reports instead of it.
const UNITS: &[(&str, &[&str])] = &[
    (
        "seconds",
        &[
            "s",
            "sec",
            "secs",
            "second",
            "ms",
            "millis",
            "millisecond",
            "milliseconds",
            "us",
            "micros",
            "microsecond",
            "microseconds",
            "ns",
            "nanos",
            "nanosecond",
            "nanoseconds",
            "m",
            "min",
            "mins",
            "minute",
            "minutes",
            "h",
            "hour",
            "hours",
            "d",
            "day",
            "days",
            "week",
            "weeks",
        ],
    ),
    (
        "bytes",
        &[
            "b",
            "byte",
            "bit",
            "bits",
            "kb",
            "mb",
            "gb",
            "tb",
            "pb",
            "kib",
            "mib",
            "gib",
            "kilobytes",
            "megabytes",
            "gigabytes",
            "terabytes",
            "kibibytes",
            "mebibytes",
            "gibibytes",
        ],
    ),
    ("ratio", &["percent", "percents", "percentage"]),
    (
        "meters",
        &[
            "meter",
            "metre",
            "metres",
            "kilometers",
            "kilometres",
            "miles",
        ],
    ),
    ("grams", &["gram", "kg", "kilograms"]),
    ("celsius", &["fahrenheit", "kelvin", "kelvins"]),
    ("volts", &["volt", "v", "mv", "millivolts"]),
    ("amperes", &["ampere", "amps", "a", "ma"]),
    ("joules", &["joule", "j", "calories", "kwh"]),
];

/// Words that more often mean something else at the end of a name.
const AMBIGUOUS: &[&str] = &["min", "mins", "ma", "us"];

/// If the last word of a metric's name is a unit but not a base unit, that word and the base unit.
pub(crate) fn unit_of_name(name: &str) -> Option<(&str, &'static str)> {
    let name = strip_word(name, "total");
    let (rest, last) = name.rsplit_once('_').unwrap_or(("", name));
    let base = base_unit(last)?;
    // `requests_per_second` is not a duration.
    let is_unit = last.len() > 1 && !AMBIGUOUS.contains(&last) && !ends_with_word(rest, "per");
    is_unit.then_some((last, base))
}

/// The base unit that should be used instead of `unit`.
pub(crate) fn base_unit(unit: &str) -> Option<&'static str> {
    let unit = unit.to_ascii_lowercase();
    UNITS
        .iter()
        .find(|(_, others)| others.contains(&unit.as_str()))
        .map(|(base, _)| *base)
}

/// Whether `name` is `word` or ends in `_word`.
pub(crate) fn ends_with_word(name: &str, word: &str) -> bool {
    name.strip_suffix(word)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('_'))
}

/// `name` without a `_word` at its end.
pub(crate) fn strip_word<'a>(name: &'a str, word: &str) -> &'a str {
    name.strip_suffix(word)
        .and_then(|rest| rest.strip_suffix('_'))
        .filter(|rest| !rest.is_empty())
        .unwrap_or(name)
}

/// The name in `known` that was probably meant.
pub(crate) fn nearest<'a>(written: &str, known: &[&'a str]) -> Option<&'a str> {
    // Names that other crates use.
    const ALIASES: &[(&str, &str)] = &[
        ("name", "rename"),
        ("namespace", "prefix"),
        ("subsystem", "prefix"),
        ("description", "help"),
        ("doc", "help"),
        ("desc", "help"),
        ("bounds", "buckets"),
        ("const_labels", "labels"),
        ("to_string", "display"),
        ("constant_labels", "labels"),
        ("ignore", "skip"),
        ("nested", "flatten"),
        ("init", "zero"),
        ("path", "crate"),
    ];
    ALIASES
        .iter()
        .filter(|(alias, name)| *alias == written && known.contains(name))
        .map(|(_, name)| *name)
        .next()
        .or_else(|| {
            known
                .iter()
                .map(|name| (distance(written, name), *name))
                .filter(|(distance, name)| *distance <= 2 && *distance < name.len() / 2 + 1)
                .min()
                .map(|(_, name)| name)
        })
}

/// The number of letters to insert, delete or replace to turn `b` into `a`.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        let mut left = i + 1;
        for (y, pair) in b.iter().zip(row.windows(2)) {
            let (diagonal, above) = match pair {
                [diagonal, above] => (*diagonal, *above),
                _ => continue,
            };
            left = (diagonal + usize::from(x != *y))
                .min(above + 1)
                .min(left + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

/// `` `a`, `b` or `c` ``
pub(crate) fn list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::from("none"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_nearest_option() {
        let known = ["rename", "help", "unit", "buckets", "prefix", "skip"];
        assert_eq!(nearest("bucket", &known), Some("buckets"));
        assert_eq!(nearest("prefx", &known), Some("prefix"));
        assert_eq!(nearest("unti", &known), Some("unit"));
        assert_eq!(nearest("name", &known), Some("rename"));
        assert_eq!(nearest("colour", &known), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn checks_names() {
        assert_eq!(metric_problem("a_1"), None);
        assert!(metric_problem("1a").is_some());
        assert!(metric_problem("a:b").is_some());
        assert!(metric_problem("größe").is_some());
        assert!(label_problem("__name__").is_some());
        assert_eq!(label_problem("_x"), None);
    }

    #[test]
    fn repairs_invalid_names() {
        assert_eq!(instead("orders-placed"), "write `orders_placed`");
        assert_eq!(instead("1shop"), "write `_1shop`");
        assert_eq!(instead("__team"), "write `team`");
        assert_eq!(instead(""), "write another name");
        assert_eq!(instead("größe"), "write another name");
    }

    #[test]
    fn finds_units_in_names() {
        assert_eq!(unit_of_name("latency_ms"), Some(("ms", "seconds")));
        assert_eq!(
            unit_of_name("size_kilobytes_total"),
            Some(("kilobytes", "bytes"))
        );
        assert_eq!(unit_of_name("cpu_percent"), Some(("percent", "ratio")));
        for name in [
            "latency_seconds",
            "forms",
            "requests_per_second",
            "variant_b",
            "workers_min",
        ] {
            assert_eq!(unit_of_name(name), None, "{name}");
        }
        assert_eq!(without_capitals("jobsDone").as_deref(), Some("jobs_done"));
        assert_eq!(without_capitals("jobs_done"), None);
    }

    #[test]
    fn suggests_base_units() {
        assert_eq!(base_unit("ms"), Some("seconds"));
        assert_eq!(base_unit("KB"), Some("bytes"));
        assert_eq!(base_unit("seconds"), None);
        assert_eq!(base_unit("requests"), None);
    }
}
