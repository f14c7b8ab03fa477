//! Finds samples in an exposition, for assertions in tests.

/// The labels of a sample, sorted by name.
type Labels<'e> = Vec<(&'e str, String)>;

/// The value of the sample `name` with exactly these labels, in any order.
pub(crate) fn find(exposition: &str, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let mut wanted = labels.to_vec();
    wanted.sort_unstable();
    let same = |found: &Labels<'_>| {
        found
            .iter()
            .map(|(label, value)| (*label, &**value))
            .eq(wanted.iter().copied())
    };
    samples(exposition, name).find_map(|(labels, value)| same(&labels).then_some(value))
}

/// The sum of all samples `name` that have at least these labels.
pub(crate) fn sum(exposition: &str, name: &str, labels: &[(&str, &str)]) -> f64 {
    let has = |found: &Labels<'_>, (label, value): (&str, &str)| {
        found.iter().any(|each| each.0 == label && each.1 == value)
    };
    samples(exposition, name)
        .filter(|(found, _)| labels.iter().all(|wanted| has(found, *wanted)))
        // Without samples, `sum` would return -0.0.
        .fold(0.0, |sum, (_, value)| sum + value)
}

fn samples<'e>(exposition: &'e str, name: &str) -> impl Iterator<Item = (Labels<'e>, f64)> {
    exposition.lines().filter_map(move |line| {
        let rest = line.strip_prefix(name)?;
        let (mut labels, value) = match rest.strip_prefix('{') {
            Some(rest) => parse_labels(rest)?,
            None => (Vec::new(), rest),
        };
        labels.sort_unstable();
        let value = value.strip_prefix(' ')?.split(' ').next()?;
        Some((labels, parse_value(value)?))
    })
}

/// The labels before the closing brace, and the text after it.
fn parse_labels(mut rest: &str) -> Option<(Labels<'_>, &str)> {
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

/// The unescaped value of a label, and the text after the closing quote.
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
    // Rust also parses `+Inf`, `-Inf` and `NaN`.
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

    #[test]
    #[allow(clippy::float_cmp)]
    fn at_least_these_labels() {
        let text = "# TYPE a counter\n\
                    a{x=\"1\",y=\"1\"} 1\n\
                    a{x=\"1\",y=\"2\"} 2.5\n\
                    a{x=\"2\",y=\"2\"} 4\n\
                    a_total{x=\"1\"} 8\n";
        for (name, labels, expected) in [
            ("a", &[][..], 7.5),
            ("a", &[("x", "1")], 3.5),
            ("a", &[("y", "2"), ("x", "2")], 4.0),
            ("a", &[("x", "3")], 0.0),
            ("a", &[("z", "1")], 0.0),
            ("a_total", &[], 8.0),
            ("b", &[], 0.0),
        ] {
            let found = sum(text, name, labels);
            assert_eq!(found, expected, "{name} {labels:?}");
            assert!(found.is_sign_positive(), "{name} {labels:?}");
        }
    }
}
