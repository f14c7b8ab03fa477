//! What names may be, and which one was probably meant.

/// Why `name` cannot name a metric.
pub(crate) fn metric_problem(name: &str) -> Option<&'static str> {
    if name.contains(':') {
        return Some("since colons are for the names of recording rules");
    }
    word_problem(name)
}

/// Why `name` cannot name a label.
pub(crate) fn label_problem(name: &str) -> Option<&'static str> {
    if name.starts_with("__") {
        return Some("since labels that begin with two underscores belong to Prometheus");
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

/// What to write for a name that is none.
pub(crate) fn instead(name: &str) -> String {
    let repaired: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    let repaired = repaired.trim_matches('_');
    let repaired = match repaired.chars().next() {
        Some(first) if first.is_ascii_digit() => format!("_{repaired}"),
        _ => repaired.to_owned(),
    };
    // A letter with an accent leaves a gap that only a person can fill.
    if repaired.is_empty() || !name.is_ascii() {
        String::from("write another name")
    } else {
        format!("write `{repaired}`")
    }
}

/// Units that `promtool check metrics` complains of, and the base unit instead.
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

/// The one of `known` that was probably meant.
pub(crate) fn nearest<'a>(written: &str, known: &[&'a str]) -> Option<&'a str> {
    // What other crates call it.
    const ALIASES: &[(&str, &str)] = &[
        ("name", "rename"),
        ("namespace", "prefix"),
        ("subsystem", "prefix"),
        ("description", "help"),
        ("doc", "help"),
        ("desc", "help"),
        ("bounds", "buckets"),
        ("const_labels", "labels"),
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

/// How many letters are to be put in, taken out or replaced to make `a` of `b`.
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
    fn the_nearest_option_is_found() {
        let known = ["rename", "help", "unit", "buckets", "prefix", "skip"];
        assert_eq!(nearest("bucket", &known), Some("buckets"));
        assert_eq!(nearest("prefx", &known), Some("prefix"));
        assert_eq!(nearest("unti", &known), Some("unit"));
        assert_eq!(nearest("name", &known), Some("rename"));
        assert_eq!(nearest("colour", &known), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn names_are_checked() {
        assert_eq!(metric_problem("a_1"), None);
        assert!(metric_problem("1a").is_some());
        assert!(metric_problem("a:b").is_some());
        assert!(metric_problem("größe").is_some());
        assert!(label_problem("__name__").is_some());
        assert_eq!(label_problem("_x"), None);
    }

    #[test]
    fn bad_names_are_repaired() {
        assert_eq!(instead("orders-placed"), "write `orders_placed`");
        assert_eq!(instead("1shop"), "write `_1shop`");
        assert_eq!(instead("__team"), "write `team`");
        assert_eq!(instead(""), "write another name");
        assert_eq!(instead("größe"), "write another name");
    }

    #[test]
    fn base_units_are_suggested() {
        assert_eq!(base_unit("ms"), Some("seconds"));
        assert_eq!(base_unit("KB"), Some("bytes"));
        assert_eq!(base_unit("seconds"), None);
        assert_eq!(base_unit("requests"), None);
    }
}
