//! The names of the labels, and what OpenTelemetry's variables say.

use std::{collections::BTreeMap, ffi::OsString};

use actix_web::http::Method;
use ipnet::IpNet;
use percent_encoding::percent_decode_str;

use super::builder::GdsMetricsBuilder;
use crate::{
    builtin::TargetInfo,
    error::ConfigError,
    requests::{KnownMethods, MAX_FURTHER_METHODS, OpenTelemetry},
};

pub(crate) const KNOWN_METHODS: &str = "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS";
pub(crate) const RESOURCE_ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";
pub(crate) const SERVICE_NAME: &str = "OTEL_SERVICE_NAME";

/// The longest method that a list can have, in bytes.
const MAX_METHOD_LEN: usize = 64;

/// Whose names the labels of the standard metrics have, see [`GdsMetricsBuilder::label_names`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LabelNames {
    /// Those of the Python package `gds-metrics`: `method`, `host`, `path`, `code`.
    #[default]
    Gds,
    /// Those of OpenTelemetry's conventions for HTTP: `http_request_method`, `url_scheme`,
    /// `http_route`, `http_response_status_code` and others.
    OpenTelemetry,
}

impl GdsMetricsBuilder {
    /// Whose names the labels of the standard metrics have. Default: [`LabelNames::Gds`].
    ///
    /// With [`LabelNames::OpenTelemetry`] they are those that OpenTelemetry's conventions for HTTP have
    /// in Prometheus, and [a guide](crate::guides::opentelemetry) says what follows from that:
    ///
    /// | label | value | left out |
    /// | --- | --- | --- |
    /// | `http_request_method` | as `method`, or a method of `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS` | |
    /// | `url_scheme` | `http` or `https`, as the connection is; or the last value of `X-Forwarded-Proto`, if the peer is a [trusted proxy](Self::trusted_proxies) | |
    /// | `http_route` | the pattern of the route | no route matched |
    /// | `http_response_status_code` | the status | no head was sent: the client went away |
    /// | `error_type` | for a status of 5xx that status; `panic`; `cancelled` where no head was sent | no error |
    /// | `network_protocol_version` | `1.0`, `1.1`, `2` | |
    /// | `server_address` | as `host` | no [hosts](Self::hosts) are listed |
    /// | `server_port` | the port that the request names, or that of the scheme | no hosts are listed, or the server does not listen on that port |
    ///
    /// `http_server_active_requests` has the method and the scheme,
    /// `http_server_blocking_polls_total` and `http_server_blocked_seconds_total` have `http_route`;
    /// `http_server_exceptions_total` does not change. Hosts that are not listed in code or in
    /// `METRICS_HOSTS` are not told apart, so [`max_hosts`](Self::max_hosts) has no effect.
    ///
    /// The caps are the same. Beyond twice [`max_label_sets`](Self::max_label_sets) a request has
    /// `http_route="_other"`, its status and its `error_type` are a class (`5xx`) unless that is `panic`
    /// or `cancelled`, and the version is left out.
    ///
    /// With [`from_env`](Self::from_env) these variables are read as well, by [`build`](Self::build);
    /// an empty one is as unset:
    ///
    /// | variable | meaning |
    /// | --- | --- |
    /// | `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS` | the methods that are told apart, separated by commas; they replace the standard ones |
    /// | `OTEL_RESOURCE_ATTRIBUTES` | labels of `target_info`: `key=value` pairs, separated by commas, percent-encoded |
    /// | `OTEL_SERVICE_NAME` | the label `service_name` of `target_info`; wins over `service.name` in the attributes |
    ///
    /// ```
    /// use gds_metrics::{GdsMetrics, LabelNames};
    ///
    /// # fn main() -> Result<(), gds_metrics::ConfigError> {
    /// let metrics = GdsMetrics::builder()
    ///     .from_env()?
    ///     .label_names(LabelNames::OpenTelemetry)
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn label_names(mut self, names: LabelNames) -> Self {
        self.label_names = names;
        self
    }
}

/// OpenTelemetry's variables, as they are. They are set for others, too, so they are checked only when
/// they are used.
#[derive(Default)]
pub(crate) struct Variables {
    known_methods: Option<OsString>,
    resource_attributes: Option<OsString>,
    service_name: Option<OsString>,
}

impl Variables {
    pub(crate) fn read(look_up: impl Fn(&'static str) -> Option<OsString>) -> Self {
        Self {
            known_methods: look_up(KNOWN_METHODS),
            resource_attributes: look_up(RESOURCE_ATTRIBUTES),
            service_name: look_up(SERVICE_NAME),
        }
    }

    /// What labels with OpenTelemetry's names need.
    pub(crate) fn names(&self, proxies: Vec<IpNet>) -> Result<OpenTelemetry, ConfigError> {
        let methods = text(KNOWN_METHODS, self.known_methods.as_ref())?;
        let methods = methods.map(known_methods).transpose()?;
        Ok(OpenTelemetry {
            methods: methods.unwrap_or_default(),
            proxies,
        })
    }

    /// What `target_info` says, if there is anything to say.
    pub(crate) fn target_info(&self) -> Result<Option<TargetInfo>, ConfigError> {
        let mut attributes = match text(RESOURCE_ATTRIBUTES, self.resource_attributes.as_ref())? {
            Some(list) => resource_attributes(list)?,
            None => BTreeMap::new(),
        };
        if let Some(name) = text(SERVICE_NAME, self.service_name.as_ref())? {
            attributes.insert("service.name".to_owned(), name.to_owned());
        }
        Ok(TargetInfo::of(&attributes))
    }
}

/// A variable's text. An empty one is as unset.
fn text<'v>(
    variable: &'static str,
    value: Option<&'v OsString>,
) -> Result<Option<&'v str>, ConfigError> {
    let Some(value) = value else { return Ok(None) };
    let text = value.to_str().ok_or(ConfigError::NotUnicode { variable })?;
    let text = text.trim();
    Ok((!text.is_empty()).then_some(text))
}

fn known_methods(list: &str) -> Result<KnownMethods, ConfigError> {
    let bad = |problem| ConfigError::KnownMethods { problem };
    let methods = list.split(',').map(str::trim);
    let methods: Vec<&str> = methods.filter(|method| !method.is_empty()).collect();
    for method in &methods {
        if method.len() > MAX_METHOD_LEN || Method::from_bytes(method.as_bytes()).is_err() {
            return Err(bad(format!("has `{method}`, which is no method")));
        }
    }
    let methods = KnownMethods::these(methods);
    match methods.further() {
        0..=MAX_FURTHER_METHODS => Ok(methods),
        many => Err(bad(format!(
            "has {many} methods beside the standard ones, which is more than {MAX_FURTHER_METHODS}"
        ))),
    }
}

/// <https://opentelemetry.io/docs/specs/otel/resource/sdk/#specifying-resource-information-via-an-environment-variable>
fn resource_attributes(list: &str) -> Result<BTreeMap<String, String>, ConfigError> {
    let pairs = list.split(',').map(|pair| {
        attribute(pair).ok_or_else(|| ConfigError::ResourceAttributes {
            pair: pair.to_owned(),
        })
    });
    pairs.collect()
}

fn attribute(pair: &str) -> Option<(String, String)> {
    let (key, value) = pair.split_once('=')?;
    let key = decoded(key.trim())?;
    let value = decoded(value.trim())?;
    (!key.is_empty()).then_some((key, value))
}

/// Without the percent-encoding, `None` if it is broken.
fn decoded(text: &str) -> Option<String> {
    let mut escapes = text.split('%').skip(1);
    let is_escape = |rest: &str| {
        let digits = rest.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    if text.contains('=') || !escapes.all(is_escape) {
        return None;
    }
    let decoded = percent_decode_str(text).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

#[cfg(test)]
mod tests;
