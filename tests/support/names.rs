//! The schemes of label names.

use std::collections::BTreeMap;

use gds_metrics::LabelNames;

use super::exposition::{Labels, Sample, Scrape};

/// All requests must be recorded with both schemes.
pub(crate) const NAMES: [LabelNames; 2] = [LabelNames::Gds, LabelNames::OpenTelemetry];

const OPENTELEMETRY: [&str; 8] = [
    "http_request_method",
    "url_scheme",
    "server_address",
    "server_port",
    "http_route",
    "http_response_status_code",
    "error_type",
    "network_protocol_version",
];

impl Scrape {
    /// Converts the samples to this crate's own label names. Label sets that differ only in OpenTelemetry's
    /// names are added up. Also checks the rules for each label set.
    pub(crate) fn in_gds_names(mut self) -> Self {
        let mut merged: BTreeMap<(String, Labels), f64> = BTreeMap::new();
        for sample in &mut self.samples {
            let labels = in_gds_names(sample);
            *merged.entry((sample.name.clone(), labels)).or_default() += sample.value;
        }
        let merged = merged.into_iter();
        let samples = merged.map(|((name, labels), value)| Sample {
            name,
            labels,
            value,
        });
        self.samples = samples.collect();
        self
    }

    /// Checks, with OpenTelemetry's names, that the number of requests with `error_type="panic"` equals the
    /// number of counted panics.
    pub(crate) fn check_panics(&self) {
        let requests = || self.of("http_server_requests_total");
        if requests().any(|sample| sample.labels.contains_key("http_request_method")) {
            let is_panic = |sample: &&Sample| {
                let kind = sample.labels.get("error_type");
                kind.is_some_and(|kind| kind == "panic")
            };
            let panicked: f64 = requests().filter(is_panic).map(|sample| sample.value).sum();
            let counted = self.value("http_server_exceptions_total", &[("error", "panic")]);
            assert_eq!(Some(panicked), counted);
        }
    }
}

fn in_gds_names(sample: &Sample) -> Labels {
    let mut labels = sample.labels.clone();
    let Some(method) = labels.remove("http_request_method") else {
        for name in OPENTELEMETRY {
            assert!(!labels.contains_key(name), "{sample:?}");
        }
        return labels;
    };
    for name in ["method", "host", "path", "code"] {
        assert!(!labels.contains_key(name), "{sample:?}");
    }
    let scheme = labels.remove("url_scheme");
    assert!(
        matches!(scheme.as_deref(), Some("http" | "https")),
        "{sample:?}"
    );
    labels.insert("method".to_owned(), method);
    if sample.name == "http_server_active_requests" {
        assert_eq!(labels.len(), 1, "{sample:?}");
        return labels;
    }

    let port = labels.remove("server_port");
    if let Some(host) = labels.remove("server_address") {
        let has_port = !matches!(&*host, "_other" | "_invalid");
        assert!(port.is_none() || has_port, "{sample:?}");
        labels.insert("host".to_owned(), host);
    } else {
        assert_eq!(port, None, "{sample:?}");
    }
    let route = labels.remove("http_route");
    assert_ne!(route.as_deref(), Some("No endpoint"));
    let path = route.unwrap_or_else(|| "No endpoint".to_owned());
    let version = labels.remove("network_protocol_version");
    assert_eq!(version.is_none(), path == "_other", "{sample:?}");
    labels.insert("path".to_owned(), path);

    let error = labels.remove("error_type");
    let code = match (labels.remove("http_response_status_code"), error.as_deref()) {
        (None, Some("cancelled")) => "499".to_owned(),
        (Some(status), error) => {
            match error {
                Some("panic") => assert!(matches!(&*status, "500" | "5xx"), "{sample:?}"),
                Some(error) => assert!(status.starts_with('5') && error == status, "{sample:?}"),
                None => assert!(!status.starts_with('5'), "{sample:?}"),
            }
            status
        }
        (None, _) => panic!("neither a status nor cancelled: {sample:?}"),
    };
    labels.insert("code".to_owned(), code);
    labels
}
