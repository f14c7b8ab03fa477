//! Reads and checks the environment, through a function that looks up a variable.

use std::{env, ffi::OsString, path::PathBuf};

use ipnet::IpNet;
use serde_json::Value;

use super::{opentelemetry::Variables, values};
use crate::{
    endpoint::{TOKEN_FILE, check_token},
    error::ConfigError,
};

pub(crate) const PATH: &str = "PROMETHEUS_METRICS_PATH";
pub(crate) const AUTH: &str = "METRICS_BASIC_AUTH";
pub(crate) const TOKEN: &str = "METRICS_AUTH_TOKEN";
pub(crate) const VCAP: &str = "VCAP_APPLICATION";
pub(crate) const HOSTS: &str = "METRICS_HOSTS";
pub(crate) const ALLOWED_IPS: &str = "METRICS_ALLOWED_IPS";
pub(crate) const TRUSTED_PROXIES: &str = "METRICS_TRUSTED_PROXIES";

/// Invalid values of `METRICS_BASIC_AUTH` that an error may show, because they cannot be secrets.
const SWITCHES: [&str; 19] = [
    "", "0", "1", "t", "f", "y", "n", "true", "false", "yes", "no", "on", "off", "enable",
    "disable", "enabled", "disabled", "none", "null",
];

/// The settings in the environment. A field is `None` if its variable is not set.
#[derive(Default)]
pub(crate) struct Environment {
    pub(crate) path: Option<String>,
    /// Whether a token is required.
    pub(crate) auth: Option<bool>,
    pub(crate) token: Option<TokenSource>,
    pub(crate) vcap: Option<Vcap>,
    pub(crate) hosts: Option<Vec<String>>,
    pub(crate) allowed_ips: Option<Vec<IpNet>>,
    pub(crate) trusted_proxies: Option<Vec<IpNet>>,
    pub(crate) opentelemetry: Variables,
}

/// The source of a token.
pub(crate) enum TokenSource {
    Text(String),
    File(PathBuf),
}

/// What Cloud Foundry tells an application about itself.
///
/// <https://docs.cloudfoundry.org/devguide/deploy-apps/environment-variable.html#VCAP-APPLICATION>
pub(crate) struct Vcap {
    pub(crate) application_id: String,
    pub(crate) hosts: Vec<String>,
}

impl Environment {
    /// Reads the process's environment.
    pub(crate) fn of_process() -> Result<Self, ConfigError> {
        Self::read(env::var_os)
    }

    /// Reads the variables with the function `look_up`.
    pub(crate) fn read(
        look_up: impl Fn(&'static str) -> Option<OsString>,
    ) -> Result<Self, ConfigError> {
        let get = |variable| {
            look_up(variable)
                .map(OsString::into_string)
                .transpose()
                .map_err(|_| ConfigError::NotUnicode { variable })
        };
        // Compose files and Helm charts set a variable without a value to an empty text.
        let get_list = |variable| {
            let list = get(variable)?;
            Ok(list.filter(|list| !list.trim().is_empty()))
        };
        Ok(Self {
            path: get(PATH)?
                .map(|path| values::path(PATH, path))
                .transpose()?,
            auth: get(AUTH)?.map(auth_switch).transpose()?,
            token: token_source(get(TOKEN)?, look_up(TOKEN_FILE).map(PathBuf::from))?,
            vcap: get(VCAP)?.map(|json| vcap(&json)).transpose()?,
            hosts: get_list(HOSTS)?
                .map(|list| {
                    list.split(',')
                        .map(|host| values::host(HOSTS, host.trim()))
                        .collect()
                })
                .transpose()?,
            allowed_ips: get_list(ALLOWED_IPS)?
                .map(|list| values::addresses(ALLOWED_IPS, list.split(',')))
                .transpose()?,
            trusted_proxies: get_list(TRUSTED_PROXIES)?
                .map(|list| values::addresses(TRUSTED_PROXIES, list.split(',')))
                .transpose()?,
            opentelemetry: Variables::read(&look_up),
        })
    }
}

fn auth_switch(value: String) -> Result<bool, ConfigError> {
    if value.eq_ignore_ascii_case("true") {
        Ok(true)
    } else if value.eq_ignore_ascii_case("false") {
        Ok(false)
    } else {
        // The name of the variable suggests a user and a password, so only values that look like a switch are
        // shown.
        let shown = value.trim().to_ascii_lowercase();
        let value = if SWITCHES.contains(&&*shown) {
            value
        } else {
            "…".to_owned()
        };
        Err(ConfigError::AuthSwitch { value })
    }
}

fn token_source(
    token: Option<String>,
    file: Option<PathBuf>,
) -> Result<Option<TokenSource>, ConfigError> {
    match (token, file) {
        (Some(_), Some(_)) => Err(ConfigError::TwoTokens),
        (Some(token), None) => {
            check_token(TOKEN, &token)?;
            Ok(Some(TokenSource::Text(token)))
        }
        (None, Some(file)) => Ok(Some(TokenSource::File(file))),
        (None, None) => Ok(None),
    }
}

fn vcap(json: &str) -> Result<Vcap, ConfigError> {
    let problem = |problem: &str| ConfigError::VcapApplication {
        problem: problem.to_owned(),
    };
    let value: Value = serde_json::from_str(json).map_err(|error| {
        // Only the position is shown, because the text may contain credentials.
        let (line, column) = (error.line(), error.column());
        problem(&format!("is not JSON (line {line}, column {column})"))
    })?;

    let id = value.get("application_id").and_then(Value::as_str);
    let id = id.ok_or_else(|| problem("has no text `application_id`"))?;
    check_token(VCAP, id)
        .map_err(|_| problem("has an `application_id` that is not a valid token"))?;

    let uris = |name| value.get(name).and_then(Value::as_array);
    let mut hosts = Vec::new();
    for uri in uris("application_uris")
        .or_else(|| uris("uris"))
        .into_iter()
        .flatten()
    {
        let host = uri.as_str().unwrap_or_default();
        // A route may have a path: `app.example/api`.
        let host = host.split('/').next().unwrap_or_default();
        match values::host(VCAP, host) {
            Ok(host) => hosts.push(host),
            Err(error) => log::warn!("{error}; it is left out of the known hosts"),
        }
    }
    Ok(Vcap {
        application_id: id.to_owned(),
        hosts,
    })
}

#[cfg(test)]
mod tests;
