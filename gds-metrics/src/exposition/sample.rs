//! Finding one sample in an exposition, for those who assert on it.

/// The value of the sample `name` with exactly these labels, in whatever order.
pub(crate) fn find(exposition: &str, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let mut wanted: Vec<(&str, String)> = labels
        .iter()
        .map(|(label, value)| (*label, (*value).to_owned()))
        .collect();
    wanted.sort_unstable();
    exposition.lines().find_map(|line| {
        let rest = line.strip_prefix(name)?;
        let (mut found, value) = match rest.strip_prefix('{') {
            Some(rest) => parse_labels(rest)?,
            None => (Vec::new(), rest),
        };
        found.sort_unstable();
        let value = value.strip_prefix(' ')?.split(' ').next()?;
        if found == wanted {
            parse_value(value)
        } else {
            None
        }
    })
}

/// The labels before the closing brace, and what follows it.
fn parse_labels(mut rest: &str) -> Option<(Vec<(&str, String)>, &str)> {
    let mut labels = Vec::new();
    loop {
        if let Some(after) = rest.strip_prefix('}') {
            return Some((labels, after));
        }
        let (label, after) = rest.split_once("=\"")?;
        let (value, after) = parse_quoted(after)?;
        labels.push((label, value));
        rest = after.strip_prefix(',').unwrap_or(after);
    }
}

/// A label's value, its escapes undone, and what follows the closing quote.
fn parse_quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.chars();
    loop {
        match chars.next()? {
            '"' => return Some((value, chars.as_str())),
            '\\' => value.push(match chars.next()? {
                'n' => '\n',
                other => other,
            }),
            other => value.push(other),
        }
    }
}

fn parse_value(value: &str) -> Option<f64> {
    // Rust reads `+Inf`, `-Inf` and `NaN` as well.
    value.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_these_labels() {
        let text = "# TYPE a gauge\n\
                    a 1\n\
                    a{x=\"1\"} 2\n\
                    a{x=\"1\",y=\"}\\\" \\\\ \\n\"} +Inf\n\
                    a_total{x=\"1\"} 4 # {trace=\"5\"} 6\n";
        let odd = "}\" \\ \n";
        for (name, labels, expected) in [
            ("a", &[][..], Some(1.0)),
            ("a", &[("x", "1")], Some(2.0)),
            ("a", &[("x", "2")], None),
            ("a", &[("y", odd), ("x", "1")], Some(f64::INFINITY)),
            ("a", &[("y", odd)], None),
            ("a_total", &[("x", "1")], Some(4.0)),
            ("a_total", &[], None),
            ("a_tot", &[], None),
            ("b", &[], None),
        ] {
            assert_eq!(find(text, name, labels), expected, "{name} {labels:?}");
        }
    }
}
