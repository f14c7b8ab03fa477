//! Exemplars: the trace of an observation, stored with the bucket that counted the observation.

mod buckets;
mod slot;
mod traceparent;

use std::fmt::Write as _;

pub(crate) use self::{
    buckets::Exemplars,
    traceparent::{is_sampled, parse},
};

/// The trace and the span that an observation belongs to. The trace should be sampled, because readers of the
/// exemplar will look for it.
///
/// An application that starts traces itself can insert a `TraceContext` into a request's extensions. It takes
/// precedence over the header `traceparent`. Ids of all zeros are invalid and make no exemplar.
///
/// ```
/// use gds_metrics::TraceContext;
///
/// let trace_id = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128;
/// let span_id = 0xb7ad_6b71_6920_3331_u64;
/// let trace = TraceContext::new(trace_id.to_be_bytes(), span_id.to_be_bytes());
/// # let _ = trace;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    trace_id: [u8; 16],
    span_id: [u8; 8],
}

impl TraceContext {
    /// The span `span_id` of the trace `trace_id`. The order of the bytes is that of the hexadecimal text.
    #[must_use]
    pub const fn new(trace_id: [u8; 16], span_id: [u8; 8]) -> Self {
        Self { trace_id, span_id }
    }

    /// Whether both ids have a bit that is set.
    pub(crate) fn is_valid(&self) -> bool {
        self.trace_id != [0; 16] && self.span_id != [0; 8]
    }

    /// Appends the labels of an exemplar. Their names and values have 65 characters.
    pub(crate) fn push_labels(&self, out: &mut String) {
        let trace_id = u128::from_be_bytes(self.trace_id);
        let span_id = u64::from_be_bytes(self.span_id);
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            "trace_id=\"{trace_id:032x}\",span_id=\"{span_id:016x}\""
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels() {
        let mut labels = String::new();
        TraceContext::new([0xab; 16], [1; 8]).push_labels(&mut labels);
        assert_eq!(
            labels,
            "trace_id=\"abababababababababababababababab\",span_id=\"0101010101010101\""
        );
    }

    #[test]
    fn zeros_are_invalid() {
        assert!(!TraceContext::new([0; 16], [1; 8]).is_valid());
        assert!(!TraceContext::new([1; 16], [0; 8]).is_valid());
        assert!(TraceContext::new([1; 16], [1; 8]).is_valid());
    }
}
