//! The rules for values from code and from the environment.

use std::{collections::HashSet, fmt, net::IpAddr, time::Duration};

use ipnet::{IpNet, Ipv4Net};

use crate::{
    endpoint::check_token,
    error::ConfigError,
    requests::{FOLDED, Host, Hosts, IsError, MAX_HOSTS},
};

/// A path that Actix registers without changes and that a client can request.
pub(crate) fn path(setting: &'static str, path: String) -> Result<String, ConfigError> {
    let is_plain = |c: char| {
        !matches!(c, '{' | '}' | '*' | '%' | '?' | '#') && !c.is_whitespace() && !c.is_control()
    };
    if path.starts_with('/') && path.chars().all(is_plain) {
        Ok(path)
    } else {
        Err(ConfigError::Path {
            setting,
            value: path,
        })
    }
}

/// A host name without a port, in the form that the label has.
pub(crate) fn host(setting: &'static str, host: &str) -> Result<String, ConfigError> {
    match Host::parse(host.as_bytes()) {
        // Equal except for case, so there is no port. Parsing would also remove some ports.
        Some(parsed)
            if parsed.as_str().eq_ignore_ascii_case(host) && parsed.name() == parsed.as_str() =>
        {
            Ok(host.to_owned())
        }
        _ => Err(ConfigError::Host {
            setting,
            value: host.to_owned(),
        }),
    }
}

/// Ranges of addresses. A single address is a range of one.
pub(crate) fn addresses<R: fmt::Display>(
    setting: &'static str,
    list: impl IntoIterator<Item = R>,
) -> Result<Vec<IpNet>, ConfigError> {
    list.into_iter()
        .map(|range| {
            let value = range.to_string();
            let range = value.trim();
            let address = || range.parse::<IpAddr>().map(IpNet::from);
            match range.parse().or_else(|_| address()) {
                Ok(range) => Ok(unmapped(range)),
                Err(_) => Err(ConfigError::Address { setting, value }),
            }
        })
        .collect()
}

/// Turns a range of IPv4 addresses that is written as IPv6 (`::ffff:10.0.0.0/104`) into an IPv4 range.
fn unmapped(range: IpNet) -> IpNet {
    let IpNet::V6(v6) = range else { return range };
    let v4 = v6
        .addr()
        .to_ipv4_mapped()
        .zip(v6.prefix_len().checked_sub(96));
    v4.and_then(|(address, len)| Ipv4Net::new(address, len).ok())
        .map_or(range, IpNet::V4)
}

/// At least one token, because an empty list would admit everyone.
pub(crate) fn tokens(
    setting: &'static str,
    tokens: Vec<String>,
) -> Result<Vec<String>, ConfigError> {
    if tokens.is_empty() {
        return check_token(setting, "").map(|()| tokens);
    }
    tokens
        .iter()
        .try_for_each(|each| check_token(setting, each))?;
    Ok(tokens)
}

/// The ranges set in code, or else those of the environment.
pub(crate) fn addresses_or(
    setting: &'static str,
    set: Option<Vec<String>>,
    environment: Option<Vec<IpNet>>,
) -> Result<Option<Vec<IpNet>>, ConfigError> {
    match set {
        Some(ranges) => addresses(setting, ranges).map(Some),
        None => Ok(environment),
    }
}

/// Ascending bounds in seconds. A final `+Inf` is removed because it is always added.
pub(crate) fn buckets(mut bounds: Vec<f64>) -> Result<Box<[f64]>, ConfigError> {
    bounds.pop_if(|last| *last == f64::INFINITY);
    let problem = if bounds.is_empty() {
        Some("has none".to_owned())
    } else {
        let bad = bounds
            .iter()
            .find(|bound| !bound.is_finite() || **bound <= 0.0);
        let descending = bounds
            .iter()
            .zip(bounds.iter().skip(1))
            .find(|(a, b)| a >= b);
        match (bad, descending) {
            (Some(bound), _) => Some(format!("has {bound:?}")),
            (None, Some((a, b))) => Some(format!("has {b:?} after {a:?}")),
            (None, None) => None,
        }
    };
    match problem {
        Some(problem) => Err(ConfigError::Buckets { problem }),
        None => Ok(bounds.into()),
    }
}

/// A limit from 1 to `max`.
pub(crate) fn cap(
    setting: &'static str,
    value: Option<usize>,
    default: usize,
    max: usize,
) -> Result<usize, ConfigError> {
    match value {
        None => Ok(default),
        Some(value) if (1..=max).contains(&value) => Ok(value),
        Some(value) => Err(ConfigError::Cap {
            setting,
            value,
            max,
        }),
    }
}

/// The maximum time for which a poll may hold its worker.
pub(crate) fn blocking(limit: Duration) -> Result<Duration, ConfigError> {
    let allowed = Duration::from_millis(1)..=Duration::from_secs(60);
    if allowed.contains(&limit) {
        Ok(limit)
    } else {
        Err(ConfigError::Blocking { value: limit })
    }
}

/// The setting for the `host` label in code.
pub(crate) enum HostSetting {
    Listed(Vec<String>),
    Unlabelled,
}

/// The values of the `host` label. An empty list from Cloud Foundry is ignored.
pub(crate) fn hosts(
    set: Option<HostSetting>,
    environment: Option<Vec<String>>,
    max: usize,
) -> Result<Hosts, ConfigError> {
    let listed = match set {
        Some(HostSetting::Unlabelled) => return Ok(Hosts::Unlabelled),
        // An empty list is an error. The default would let clients choose the hosts.
        Some(HostSetting::Listed(hosts)) if hosts.is_empty() => vec![host("`.hosts(…)`", "")?],
        Some(HostSetting::Listed(hosts)) => hosts
            .iter()
            .map(|each| host("`.hosts(…)`", each))
            .collect::<Result<_, _>>()?,
        None => environment.unwrap_or_default(),
    };
    cap(".hosts(…)", Some(listed.len().max(1)), 1, MAX_HOSTS)?;
    Ok(if listed.is_empty() {
        Hosts::FirstSeen(max)
    } else {
        Hosts::Listed(listed)
    })
}

/// Route patterns as they were registered with Actix.
pub(crate) fn excluded(patterns: Vec<String>) -> Result<HashSet<String>, ConfigError> {
    match patterns.iter().find(|pattern| !pattern.starts_with('/')) {
        Some(value) => Err(ConfigError::Exclude {
            value: value.clone(),
        }),
        None => Ok(patterns.into_iter().collect()),
    }
}

/// Names for kinds of errors: short, with only ASCII letters, digits and `_-.`.
pub(crate) fn error_kinds(
    kinds: Vec<(IsError, String)>,
) -> Result<Vec<(IsError, Box<str>)>, ConfigError> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    kinds
        .into_iter()
        .map(|(is, name)| match name.len() {
            1..=64 if name.chars().all(is_plain) && name != FOLDED => Ok((is, name.into())),
            _ => Err(ConfigError::ErrorKind { value: name }),
        })
        .collect()
}
