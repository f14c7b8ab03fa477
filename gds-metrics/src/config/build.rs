//! Builds `GdsMetrics` from settings and the environment.

use std::fmt;

use ipnet::IpNet;

use super::{
    builder::{AuthSetting, GdsMetricsBuilder},
    environment::TokenSource,
    label_names::LabelNames,
    values,
};
use crate::{
    endpoint::{Access, Addresses, EndpointSettings, TokenFile, Tokens},
    error::ConfigError,
    instance::GdsMetrics,
    middleware::Misuse,
    requests::{Hosts, MAX_HOSTS, Settings, Store, nanos_of},
};

/// The default buckets of Prometheus's Python client.
pub(crate) const DEFAULT_BUCKETS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];
const DEFAULT_PATH: &str = "/metrics";
const DEFAULT_MAX_HOSTS: usize = 32;
const DEFAULT_MAX_LABEL_SETS: usize = 2_000;
/// Each label set has 18 samples, so a higher number is more than Prometheus can scrape.
const MAX_LABEL_SETS: usize = 1_000_000;

impl GdsMetrics {
    /// A builder with the defaults: the standard metrics at `/metrics`, readable by anyone who can reach it.
    ///
    /// See [`GdsMetricsBuilder`] for an example.
    pub fn builder() -> GdsMetricsBuilder {
        GdsMetricsBuilder::default()
    }

    /// Builds the metrics from the environment, with defaults for variables that are not set.
    ///
    /// | variable | meaning |
    /// | --- | --- |
    /// | `PROMETHEUS_METRICS_PATH` | path of the endpoint. Default: `/metrics` |
    /// | `METRICS_BASIC_AUTH` | `true`: a missing token is an error. `false`: no token is required, even if one is set. Default: a token is required if one is set. The variable does not concern HTTP basic authentication, which is not supported |
    /// | `METRICS_AUTH_TOKEN` | the bearer token; takes precedence over `VCAP_APPLICATION` |
    /// | `METRICS_AUTH_TOKEN_FILE` | a regular file of at most 64 KiB with the bearer token, read again when it changes; replace it by renaming, see [the token file](crate::guides::deployment#the-token-file). Setting both token variables is an error |
    /// | `VCAP_APPLICATION` | set by Cloud Foundry: `application_id` is the bearer token, `application_uris` (or `uris`) are the known hosts |
    /// | `METRICS_HOSTS` | the values of the `host` label, separated by commas; other hosts are `_other` |
    /// | `METRICS_ALLOWED_IPS` | addresses or ranges that may scrape, separated by commas |
    /// | `METRICS_TRUSTED_PROXIES` | addresses or ranges of proxies whose `X-Forwarded-For` is trusted, separated by commas |
    ///
    /// With OpenTelemetry's [label names](GdsMetricsBuilder::label_names), three of OpenTelemetry's variables are read
    /// too.
    ///
    /// An empty list is the same as an unset variable. Any other variable that is empty is an error.
    ///
    /// By default, anyone who can reach the endpoint can read it, and a warning is logged.
    ///
    /// ```
    /// use gds_metrics::GdsMetrics;
    ///
    /// # fn main() -> Result<(), gds_metrics::ConfigError> {
    /// let metrics = GdsMetrics::from_env()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When a variable has an invalid value. The error names the variable.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::builder().from_env()?.build()
    }
}

impl GdsMetricsBuilder {
    /// Builds the metrics. See [`GdsMetricsBuilder`] for an example.
    ///
    /// # Errors
    ///
    /// When a setting has an invalid value. The error names the setting.
    pub fn build(self) -> Result<GdsMetrics, ConfigError> {
        let from_env = self.environment.is_some();
        let environment = self.environment.unwrap_or_default();

        let path = match self.path {
            Some(path) => values::path("`.path(…)`", path)?,
            None => environment.path.unwrap_or_else(|| DEFAULT_PATH.to_owned()),
        };
        let vcap = environment.vcap;
        let (vcap_token, vcap_hosts) = vcap.map(|vcap| (vcap.application_id, vcap.hosts)).unzip();

        let explicit = self.auth.is_some() || environment.auth == Some(false);
        let tokens = match (self.auth, environment.auth) {
            (Some(AuthSetting::Tokens(tokens)), _) => {
                Tokens::Fixed(values::tokens("`.bearer_token(…)`", tokens)?)
            }
            (Some(AuthSetting::Off), _) | (None, Some(false)) => Tokens::None,
            (None, auth) => {
                let vcap = vcap_token.map(TokenSource::Text);
                match (environment.token.or(vcap), auth) {
                    (Some(TokenSource::Text(token)), _) => Tokens::Fixed(vec![token]),
                    (Some(TokenSource::File(path)), _) => Tokens::File(TokenFile::open(path)?),
                    (None, Some(true)) => return Err(ConfigError::MissingToken),
                    (None, _) => Tokens::None,
                }
            }
        };
        let allowed =
            values::addresses_or("`.allow_ips(…)`", self.allowed_ips, environment.allowed_ips)?;
        let proxies = values::addresses_or(
            "`.trusted_proxies(…)`",
            self.trusted_proxies,
            environment.trusted_proxies,
        )?;
        let mut builtin = self.builtin;
        let mut opentelemetry = None;
        if self.label_names == LabelNames::OpenTelemetry {
            builtin.target_info = environment.opentelemetry.target_info()?;
            let proxies = proxies.clone().unwrap_or_default();
            opentelemetry = Some(environment.opentelemetry.names(proxies)?);
        }
        if allowed.is_none() && proxies.is_some() && opentelemetry.is_none() {
            warn_of_unused_proxies();
        }
        let access = Access {
            tokens,
            addresses: addresses(allowed, proxies),
        };
        if from_env && !explicit && access.is_open() {
            log::warn!(
                "anyone who can reach `{path}` can read it: set METRICS_AUTH_TOKEN or \
                 METRICS_AUTH_TOKEN_FILE, or set METRICS_BASIC_AUTH=false if this is intended"
            );
        }

        let buckets = match self.buckets {
            Some(bounds) => values::buckets(bounds)?,
            None => DEFAULT_BUCKETS.into(),
        };
        let max_hosts = values::cap(
            ".max_hosts(…)",
            self.max_hosts,
            DEFAULT_MAX_HOSTS,
            MAX_HOSTS,
        )?;
        // Hosts from Cloud Foundry are not used, because nobody has requested labels for them.
        let hosts = match opentelemetry {
            None => environment.hosts.or(vcap_hosts),
            Some(_) => environment.hosts,
        };
        let hosts = match values::hosts(self.hosts, hosts, max_hosts)? {
            Hosts::FirstSeen(_) if opentelemetry.is_some() => Hosts::Unlabelled,
            hosts => hosts,
        };
        let settings = Settings {
            bounds: nanos_of(&buckets),
            buckets,
            hosts,
            max_label_sets: values::cap(
                ".max_label_sets(…)",
                self.max_label_sets,
                DEFAULT_MAX_LABEL_SETS,
                MAX_LABEL_SETS,
            )?,
            excluded: values::excluded(self.excluded)?,
            error_kinds: values::error_kinds(self.error_kinds)?,
            extended: self.extended,
            blocking: self.blocking.map(values::blocking).transpose()?,
            native_histograms: self.native_histograms,
            exemplars: self.exemplars,
            opentelemetry,
        };
        let endpoint = EndpointSettings {
            path,
            access,
            #[cfg(feature = "live-page")]
            live_page: self.live_page,
        };
        Ok(GdsMetrics::new(
            endpoint,
            Store::new(settings, Box::new(Misuse::new())),
            builtin,
            self.options,
        ))
    }
}

impl fmt::Debug for GdsMetricsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the tokens and the environment, which can contain a token.
        f.debug_struct("GdsMetricsBuilder")
            .field("from_env", &self.environment.is_some())
            .field("path", &self.path)
            .field("allowed_ips", &self.allowed_ips)
            .field("trusted_proxies", &self.trusted_proxies)
            .field("buckets", &self.buckets)
            .field("max_hosts", &self.max_hosts)
            .field("max_label_sets", &self.max_label_sets)
            .field("excluded", &self.excluded)
            .field("extended", &self.extended)
            .field("blocking", &self.blocking)
            .field("native_histograms", &self.native_histograms)
            .field("exemplars", &self.exemplars)
            .field("label_names", &self.label_names)
            .field("options", &self.options)
            .field("builtin", &self.builtin)
            .finish_non_exhaustive()
    }
}

fn warn_of_unused_proxies() {
    log::warn!(
        "trusted proxies are set, but allowed addresses are not, so any address may scrape: set \
         METRICS_ALLOWED_IPS or `.allow_ips(…)`"
    );
}

fn addresses(allowed: Option<Vec<IpNet>>, proxies: Option<Vec<IpNet>>) -> Option<Addresses> {
    let addresses = Addresses {
        allowed: allowed?,
        proxies: proxies.unwrap_or_default(),
    };
    if let Some((range, proxy)) = addresses.range_with_proxy() {
        log::warn!(
            "the allowed range `{range}` overlaps the trusted proxy `{proxy}`: requests that this proxy \
             forwards without `X-Forwarded-For` may scrape too"
        );
    }
    Some(addresses)
}
