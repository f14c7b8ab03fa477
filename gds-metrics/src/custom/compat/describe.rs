//! The header that prometheus-client writes above a family's samples, and its meaning.

use crate::exposition::MetricKind;

/// A family as prometheus-client describes it, with the quirks corrected.
#[derive(Debug)]
pub(crate) struct Descriptor {
    /// The family's name, as in [`Header`](crate::exposition::Header).
    pub(crate) name: String,
    pub(crate) kind: MetricKind,
    pub(super) unit: Option<String>,
    pub(super) help: String,
}

/// The header of a family.
#[derive(Debug, PartialEq)]
pub(super) struct Described<'t> {
    /// The prefix of every sample's name.
    pub(super) name: &'t str,
    help: &'t str,
    kind: MetricKind,
    unit: Option<&'t str>,
}

/// Reads the header of a family, and returns the text after it. `text` begins with `# HELP ` and ends before
/// the next family.
///
/// A help is not escaped, so any text can follow a line break in it. The family's own `# TYPE` line ends the
/// help. If two lines could be that line, or none, nothing in `text` can be trusted. The error is then the
/// name.
pub(super) fn read(text: &str) -> Result<(Described<'_>, &str), &str> {
    let after_keyword = text.strip_prefix("# HELP ").unwrap_or(text);
    let name = after_keyword.split([' ', '\n']).next().unwrap_or_default();
    let mut found = None;
    for (at, line) in lines(text) {
        if !line.starts_with("# TYPE ") {
            continue;
        }
        match (type_of(line, name), &found) {
            (Some(kind), None) => found = Some((at, line, kind)),
            // A line that only looks like a type belongs to the help. The real one follows.
            (None, None) => {}
            (_, Some(_)) => return Err(name),
        }
    }
    let Some((at, line, kind)) = found else {
        return Err(name_with_spaces(after_keyword).unwrap_or(name));
    };

    let help = after_keyword.get(name.len()..).unwrap_or_default();
    let help_len = at.saturating_sub("# HELP ".len() + name.len() + 1);
    let help = help.get(..help_len).unwrap_or_default();
    let help = help.strip_prefix(' ').unwrap_or(help);
    // prometheus-client appends a full stop to each help.
    let help = help.strip_suffix('.').unwrap_or(help);

    let mut rest = text.get(at + line.len() + 1..).unwrap_or_default();
    let mut unit = None;
    if let Some(after) = rest.strip_prefix("# UNIT ") {
        let (line, after) = after.split_once('\n').unwrap_or((after, ""));
        unit = line
            .strip_prefix(name)
            .and_then(|unit| unit.strip_prefix(' '));
        rest = after;
    }
    let described = Described {
        name,
        help,
        kind,
        unit,
    };
    Ok((described, rest))
}

/// The end of the `# TYPE` line that ends a family's help. A help can contain any text, including another
/// family's header.
pub(super) fn end_of_header(text: &str) -> Option<usize> {
    let after_keyword = text.strip_prefix("# HELP ").unwrap_or(text);
    let name = after_keyword.split([' ', '\n']).next().unwrap_or_default();
    let with_spaces = name_with_spaces(after_keyword);
    let is_type = |line: &str| {
        type_of(line, name).is_some()
            || with_spaces.is_some_and(|name| type_of(line, name).is_some())
    };
    let (at, line) = lines(text).find(|(_, line)| is_type(line))?;
    Some(at + line.len())
}

/// The name of a family whose name contains spaces. Both of its header lines have that name. `text` is the
/// text after `# HELP `.
fn name_with_spaces(text: &str) -> Option<&str> {
    let (_, after) = text.split_once("\n# TYPE ")?;
    let (name, _) = after.lines().next()?.rsplit_once(' ')?;
    text.starts_with(name).then_some(name)
}

/// The lines of `text`, with their offsets.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (start, line.trim_end_matches('\n'))
    })
}

/// The kind in the line `# TYPE <name> <kind>`. prometheus-client writes only these kinds.
fn type_of(line: &str, name: &str) -> Option<MetricKind> {
    let kind = line.strip_prefix("# TYPE ")?.strip_prefix(name)?;
    Some(match kind.strip_prefix(' ')? {
        "counter" => MetricKind::Counter,
        "gauge" => MetricKind::Gauge,
        "histogram" => MetricKind::Histogram,
        "info" => MetricKind::Info,
        "unknown" => MetricKind::Unknown,
        _ => return None,
    })
}

impl Described<'_> {
    /// Corrects what prometheus-client does to names. `suffix` is the suffix of the first sample.
    pub(super) fn interpret(&self, suffix: &str) -> Descriptor {
        let kind = match self.kind {
            MetricKind::Unknown if suffix == "_sum" => MetricKind::Summary,
            kind => kind,
        };
        let mut name = self.name;
        if let Some(unit) = self.unit {
            let shorter = name
                .strip_suffix(unit)
                .and_then(|name| name.strip_suffix('_'));
            if let Some(shorter) = shorter
                && shorter
                    .strip_suffix(unit)
                    .is_some_and(|stem| stem.ends_with('_'))
            {
                name = shorter;
            }
        }
        let doubled = match kind {
            MetricKind::Counter | MetricKind::Info => kind.sample_suffix(),
            _ => "",
        };
        Descriptor {
            name: name.strip_suffix(doubled).unwrap_or(name).to_owned(),
            kind,
            unit: self.unit.map(str::to_owned),
            help: self.help.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        for (text, expected) in [
            (
                "# HELP x Help.\n# TYPE x gauge\nx 0\n",
                Ok(("x", "Help", None, "x 0\n")),
            ),
            (
                "# HELP x_s Help.\n# TYPE x_s gauge\n# UNIT x_s s\n",
                Ok(("x_s", "Help", Some("s"), "")),
            ),
            ("# HELP x .\n# TYPE x gauge\n", Ok(("x", "", None, ""))),
            (
                "# HELP x a\nb 1\n# TYPE x odd.\n# TYPE x gauge\nx 0\n",
                Ok(("x", "a\nb 1\n# TYPE x odd", None, "x 0\n")),
            ),
            ("# HELP  Help.\n# TYPE  gauge\n", Ok(("", "Help", None, ""))),
            ("# HELP x Help.\nx 0\n", Err("x")),
            (
                "# HELP x a\n# TYPE x gauge\nx 5\n#.\n# TYPE x gauge\nx 0\n",
                Err("x"),
            ),
            (
                "# HELP x a\n# TYPE x gauge\nx 5\n#.\n# TYPE y gauge\ny 0\n",
                Err("x"),
            ),
            ("# HELP a b Help.\n# TYPE a b gauge\na b 0\n", Err("a b")),
        ] {
            let found = read(text);
            let found = found.map(|(found, rest)| (found.name, found.help, found.unit, rest));
            assert_eq!(found, expected, "{text}");
        }
    }
}
