//! What prometheus-client says of a family above its samples, and what that means.

use crate::exposition::MetricKind;

/// A family as prometheus-client describes it, its quirks undone.
#[derive(Debug)]
pub(crate) struct Descriptor {
    /// The family's name, as in [`Header`](crate::exposition::Header).
    pub(crate) name: String,
    pub(crate) kind: MetricKind,
    pub(super) unit: Option<String>,
    pub(super) help: String,
}

/// The descriptor that is being read, as it comes.
#[derive(Debug, Default)]
pub(super) struct Described {
    pub(super) name: String,
    /// How many pieces the name came in.
    pub(super) pieces: usize,
    pub(super) help: String,
    pub(super) kind: &'static str,
    pub(super) unit: Option<String>,
    /// What of it has been written.
    pub(super) begun: bool,
    /// How the family is named in the exposition.
    pub(super) exposed: String,
}

impl Described {
    /// What comes after the family's name in that of a sample. `None` if this is no sample's.
    pub(super) fn suffix<'n>(&self, name: &'n str) -> Option<&'n str> {
        let suffix = name.strip_prefix(self.name.as_str())?;
        // Nearly all are one of these.
        let usual = matches!(suffix, "" | "_bucket" | "_total" | "_sum" | "_count");
        (usual || may_be_suffix(suffix)).then_some(suffix)
    }

    /// Undoes what prometheus-client does to names and help. `suffix`: of the first sample.
    pub(super) fn interpret(&self, suffix: &str) -> Descriptor {
        let kind = match self.kind {
            "counter" => MetricKind::Counter,
            "gauge" => MetricKind::Gauge,
            "histogram" => MetricKind::Histogram,
            "info" => MetricKind::Info,
            _ if suffix == "_sum" => MetricKind::Summary,
            _ => MetricKind::Unknown,
        };
        let mut name = self.name.as_str();
        if let Some(unit) = &self.unit {
            let shorter = name
                .strip_suffix(unit.as_str())
                .and_then(|n| n.strip_suffix('_'));
            if let Some(shorter) = shorter
                && (shorter.ends_with(&format!("_{unit}")))
            {
                name = shorter;
            }
        }
        let doubled = match kind {
            MetricKind::Counter => "_total",
            MetricKind::Info => "_info",
            _ => "\0",
        };
        Descriptor {
            name: name.strip_suffix(doubled).unwrap_or(name).to_owned(),
            kind,
            unit: self.unit.clone(),
            help: self.help.strip_suffix('.').unwrap_or(&self.help).to_owned(),
        }
    }
}

#[cold]
fn may_be_suffix(suffix: &str) -> bool {
    let mut bytes = suffix.bytes();
    bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

pub(super) fn known_kind(text: &str) -> &'static str {
    ["counter", "gauge", "histogram", "info"]
        .into_iter()
        .find(|kind| *kind == text)
        .unwrap_or("unknown")
}

/// Whether `name` may name a metric or a label. (A metric's could have colons too, but those are for
/// recording rules.)
pub(super) fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
