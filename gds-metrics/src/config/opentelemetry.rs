//! The variables of OpenTelemetry.

use std::{collections::BTreeMap, ffi::OsString};

use actix_web::http::Method;
use ipnet::IpNet;
use percent_encoding::percent_decode_str;

use crate::{
    builtin::TargetInfo,
    error::ConfigError,
    requests::{KnownMethods, MAX_FURTHER_METHODS, OpenTelemetry},
};

pub(crate) const KNOWN_METHODS: &str = "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS";
pub(crate) const RESOURCE_ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";
pub(crate) const SERVICE_NAME: &str = "OTEL_SERVICE_NAME";

/// The maximum length of a method in a list, in bytes.
const MAX_METHOD_LEN: usize = 64;

/// OpenTelemetry's variables, unparsed. Other libraries read them as well, so they are checked only if they
/// are used.
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

    /// The settings for OpenTelemetry's label names.
    pub(crate) fn names(&self, proxies: Vec<IpNet>) -> Result<OpenTelemetry, ConfigError> {
        let methods = text(KNOWN_METHODS, self.known_methods.as_ref())?;
        let methods = methods.map(known_methods).transpose()?;
        Ok(OpenTelemetry {
            methods: methods.unwrap_or_default(),
            proxies,
        })
    }

    /// The labels of `target_info`, if there are any.
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

/// The text of a variable. An empty variable counts as unset.
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

/// Decodes percent-encoding. `None` if it is invalid.
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
