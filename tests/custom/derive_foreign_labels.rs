//! Label types that use prometheus-client's own derives.

use gds_metrics::{Counter, Family, GdsMetricSet, GdsMetrics, Info};
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Theirs {
    method: Method,
    #[prometheus(flatten)]
    ours: Ours,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Method {
    Get,
}

/// A label set of this crate's derive can contain a label value of prometheus-client's derive.
#[derive(Clone, Debug, PartialEq, Eq, Hash, gds_metrics::EncodeLabelSet)]
struct Ours {
    other: Option<Method>,
}

#[derive(GdsMetricSet)]
struct Set {
    /// Requests.
    requests: Family<Theirs, Counter>,
    /// Facts.
    facts: Info<Theirs>,
}

#[test]
fn label_types_of_prometheus_client_work() {
    let metrics = GdsMetrics::builder().build().unwrap();
    let set: Set = metrics.register().unwrap();
    let labels = Theirs {
        method: Method::Get,
        ours: Ours {
            other: Some(Method::Get),
        },
    };
    set.requests.get_or_create(&labels).inc();
    set.facts.set(labels);
    let labels = [("method", "Get"), ("other", "Get")];
    assert_eq!(metrics.sample("requests_total", &labels), Some(1.0));
    assert_eq!(metrics.sample("facts_info", &labels), Some(1.0));
    // The names of its labels are not known.
    assert_eq!(Set::SCHEMA.metrics()[0].labels(), None);
    assert!(
        gds_metrics::schema::markdown(&[Set::SCHEMA])
            .contains("| `requests_total` | counter | | … |")
    );
}
