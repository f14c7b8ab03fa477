//! The environment, read through an injected look-up and checked.

use std::{env, ffi::OsString, path::PathBuf};

use ipnet::IpNet;
use serde_json::Value;

use crate::{ConfigError, check};

pub(crate) const PATH: &str = "PROMETHEUS_METRICS_PATH";
pub(crate) const AUTH: &str = "METRICS_BASIC_AUTH";
pub(crate) const TOKEN: &str = "METRICS_AUTH_TOKEN";
pub(crate) const TOKEN_FILE: &str = "METRICS_AUTH_TOKEN_FILE";
pub(crate) const VCAP: &str = "VCAP_APPLICATION";
pub(crate) const HOSTS: &str = "METRICS_HOSTS";
pub(crate) const ALLOWED_IPS: &str = "METRICS_ALLOWED_IPS";
pub(crate) const TRUSTED_PROXIES: &str = "METRICS_TRUSTED_PROXIES";

/// What the environment says. A field that it says nothing of is `None`.
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
}

/// Where a token comes from.
pub(crate) enum TokenSource {
    Text(String),
    File(PathBuf),
}

/// What Cloud Foundry tells an application of itself.
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

    /// Reads what `look_up` gives for each variable's name.
    pub(crate) fn read(
        look_up: impl Fn(&'static str) -> Option<OsString>,
    ) -> Result<Self, ConfigError> {
        let get = |variable| {
            look_up(variable)
                .map(OsString::into_string)
                .transpose()
                .map_err(|_| ConfigError::NotUnicode { variable })
        };
        Ok(Self {
            path: get(PATH)?.map(|path| check::path(PATH, path)).transpose()?,
            auth: get(AUTH)?.map(auth_switch).transpose()?,
            token: token_source(get(TOKEN)?, look_up(TOKEN_FILE).map(PathBuf::from))?,
            vcap: get(VCAP)?.map(|json| vcap(&json)).transpose()?,
            hosts: get(HOSTS)?
                .map(|list| {
                    list.split(',')
                        .map(|host| check::host(HOSTS, host.trim()))
                        .collect()
                })
                .transpose()?,
            allowed_ips: get(ALLOWED_IPS)?
                .map(|list| check::addresses(ALLOWED_IPS, list.split(',')))
                .transpose()?,
            trusted_proxies: get(TRUSTED_PROXIES)?
                .map(|list| check::addresses(TRUSTED_PROXIES, list.split(',')))
                .transpose()?,
        })
    }
}

fn auth_switch(value: String) -> Result<bool, ConfigError> {
    if value.eq_ignore_ascii_case("true") {
        Ok(true)
    } else if value.eq_ignore_ascii_case("false") {
        Ok(false)
    } else {
        // By its name, the variable may well be given a user and a password.
        let is_plain = value.len() <= 6 && !value.contains(':');
        let value = if is_plain { value } else { "…".to_owned() };
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
            check::token(TOKEN, &token)?;
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
        // Where, but not what: the text may hold credentials.
        let (line, column) = (error.line(), error.column());
        problem(&format!("is not JSON (line {line}, column {column})"))
    })?;

    let id = value.get("application_id").and_then(Value::as_str);
    let id = id.ok_or_else(|| problem("has no text `application_id`"))?;
    check::token(VCAP, id).map_err(|_| problem("has an `application_id` that is no token"))?;

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
        match check::host(VCAP, host) {
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
mod tests {
    use super::*;

    type Variables<'a> = &'a [(&'static str, &'a str)];

    fn read(variables: Variables<'_>) -> Result<Environment, ConfigError> {
        Environment::read(|wanted| {
            let found = variables.iter().find(|(variable, _)| *variable == wanted);
            found.map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn nothing_is_said() {
        let environment = read(&[]).expect("nothing");
        assert!(environment.path.is_none());
        assert!(environment.auth.is_none());
        assert!(environment.token.is_none());
        assert!(environment.vcap.is_none());
        assert!(environment.hosts.is_none());
        assert!(environment.allowed_ips.is_none());
        assert!(environment.trusted_proxies.is_none());
    }

    #[test]
    fn what_they_mean() {
        for path in ["/metrics", "/", "/internal/stats", "/a-b_c.d~e/", "/é"] {
            let environment = read(&[(PATH, path)]).expect("a path");
            assert_eq!(environment.path.as_deref(), Some(path));
        }
        for (value, required) in [
            ("true", true),
            ("TRUE", true),
            ("True", true),
            ("false", false),
            ("FALSE", false),
        ] {
            let environment = read(&[(AUTH, value)]).expect("a switch");
            assert_eq!(environment.auth, Some(required), "{value}");
        }
        for (list, hosts) in [
            ("a.example", &["a.example"][..]),
            ("A.example, b.example", &["A.example", "b.example"]),
            ("[::1]", &["[::1]"]),
        ] {
            let environment = read(&[(HOSTS, list)]).expect("hosts");
            assert_eq!(environment.hosts.expect("hosts"), hosts);
        }
        let list = "192.0.2.1, 10.0.0.0/8,::ffff:172.16.0.0/108";
        let environment = read(&[(ALLOWED_IPS, list), (TRUSTED_PROXIES, "::1")]);
        let environment = environment.expect("addresses");
        let texts = |ranges: Option<Vec<IpNet>>| -> Vec<String> {
            let ranges = ranges.expect("ranges");
            ranges.iter().map(ToString::to_string).collect()
        };
        assert_eq!(
            texts(environment.allowed_ips),
            ["192.0.2.1/32", "10.0.0.0/8", "172.16.0.0/12"]
        );
        assert_eq!(texts(environment.trusted_proxies), ["::1/128"]);
    }

    #[test]
    fn tokens() {
        let text = read(&[(TOKEN, "se!cr~et")]).expect("a token").token;
        assert!(matches!(text, Some(TokenSource::Text(token)) if token == "se!cr~et"));
        // Whether it can be read is asked when it is used.
        let file = read(&[(TOKEN_FILE, "/nowhere")]).expect("a file").token;
        assert!(matches!(file, Some(TokenSource::File(path)) if path.to_str() == Some("/nowhere")));
    }

    #[test]
    fn cloud_foundry() {
        for (json, hosts) in [
            (r#"{"application_id":"app-1"}"#, &[][..]),
            (
                r#"{"application_id":"app-1","application_uris":["a.example","b.example/api"]}"#,
                &["a.example", "b.example"],
            ),
            (
                r#"{"application_id":"app-1","uris":["a.example"],"limits":{"mem":512}}"#,
                &["a.example"],
            ),
            (
                r#"{"application_id":"app-1","application_uris":["a.example"],"uris":["b.example"]}"#,
                &["a.example"],
            ),
            // A bad one costs a label, not the start.
            (
                r#"{"application_id":"app-1","uris":["a b", 7, "*.example", "ok.example"]}"#,
                &["ok.example"],
            ),
            (r#"{"application_id":"app-1","uris":"a.example"}"#, &[]),
        ] {
            let vcap = read(&[(VCAP, json)]).expect("JSON").vcap.expect("a vcap");
            assert_eq!(vcap.application_id, "app-1", "{json}");
            assert_eq!(vcap.hosts, hosts, "{json}");
        }
    }

    /// Each names the variable, what it holds, unless that can be a secret, and what it should hold.
    #[test]
    #[allow(clippy::too_many_lines)]
    fn errors() {
        const SWITCH: &str = "it should be `true` (require a token), `false` (serve metrics to \
                              everybody who can reach them), or unset (require a token if there is one)";
        const PLAIN: &str = "it should be a plain path such as `/metrics`, beginning with `/` and \
                             without `{`, `}`, `*`, `%`, `?`, `#` or white space";
        const VISIBLE: &str =
            "it should hold a token of visible ASCII characters without white space";
        const CF: &str = "it should be the JSON object that Cloud Foundry sets, with the token as \
                          `application_id`; off Cloud Foundry, unset it";
        const HOST: &str = "each should be a host's name such as `app.example`, without a scheme, a \
                            port or a path";
        const RANGE: &str =
            "each should be an address such as `192.0.2.1` or a range such as `10.0.0.0/8`";
        let table: &[(Variables<'_>, &str, &str)] = &[
            (
                &[(PATH, "metrics")],
                "PROMETHEUS_METRICS_PATH is `metrics`",
                PLAIN,
            ),
            (&[(PATH, "")], "PROMETHEUS_METRICS_PATH is ``", PLAIN),
            (
                &[(PATH, "/{x}")],
                "PROMETHEUS_METRICS_PATH is `/{x}`",
                PLAIN,
            ),
            (&[(PATH, "/x}")], "PROMETHEUS_METRICS_PATH is `/x}`", PLAIN),
            (
                &[(PATH, "/m?x")],
                "PROMETHEUS_METRICS_PATH is `/m?x`",
                PLAIN,
            ),
            (
                &[(PATH, "/m#x")],
                "PROMETHEUS_METRICS_PATH is `/m#x`",
                PLAIN,
            ),
            (
                &[(PATH, "/m x")],
                "PROMETHEUS_METRICS_PATH is `/m x`",
                PLAIN,
            ),
            (
                &[(PATH, "/m\u{3000}x")],
                "PROMETHEUS_METRICS_PATH is `/m\u{3000}x`",
                PLAIN,
            ),
            (
                &[(PATH, "/m\0")],
                "PROMETHEUS_METRICS_PATH is `/m\0`",
                PLAIN,
            ),
            (&[(AUTH, "")], "METRICS_BASIC_AUTH is ``", SWITCH),
            (&[(AUTH, "1")], "METRICS_BASIC_AUTH is `1`", SWITCH),
            (&[(AUTH, "yes")], "METRICS_BASIC_AUTH is `yes`", SWITCH),
            (&[(AUTH, " true")], "METRICS_BASIC_AUTH is ` true`", SWITCH),
            (&[(AUTH, "ann:pw")], "METRICS_BASIC_AUTH is `…`", SWITCH),
            (&[(AUTH, "password")], "METRICS_BASIC_AUTH is `…`", SWITCH),
            (&[(TOKEN, "")], "METRICS_AUTH_TOKEN is empty", VISIBLE),
            (
                &[(TOKEN, "sec ret")],
                "METRICS_AUTH_TOKEN has white space or something that is not visible ASCII",
                VISIBLE,
            ),
            (
                &[(TOKEN, "sécret")],
                "METRICS_AUTH_TOKEN has white space or something that is not visible ASCII",
                VISIBLE,
            ),
            (
                &[(TOKEN, "secret"), (TOKEN_FILE, "/secret")],
                "METRICS_AUTH_TOKEN and METRICS_AUTH_TOKEN_FILE are both set",
                "unset one of them",
            ),
            (
                &[(VCAP, "")],
                "VCAP_APPLICATION is not JSON (line 1, column 0)",
                CF,
            ),
            (
                &[(VCAP, "{secret")],
                "VCAP_APPLICATION is not JSON (line 1, column 2)",
                CF,
            ),
            (
                &[(VCAP, "{}")],
                "VCAP_APPLICATION has no text `application_id`",
                CF,
            ),
            (
                &[(VCAP, "[]")],
                "VCAP_APPLICATION has no text `application_id`",
                CF,
            ),
            (
                &[(VCAP, r#"{"application_id":7}"#)],
                "VCAP_APPLICATION has no text `application_id`",
                CF,
            ),
            (
                &[(VCAP, r#"{"application_id":""}"#)],
                "VCAP_APPLICATION has an `application_id` that is no token",
                CF,
            ),
            (
                &[(VCAP, r#"{"application_id":"sec ret"}"#)],
                "VCAP_APPLICATION has an `application_id` that is no token",
                CF,
            ),
            (&[(HOSTS, "")], "METRICS_HOSTS has ``", HOST),
            (&[(HOSTS, "a.example,")], "METRICS_HOSTS has ``", HOST),
            (
                &[(HOSTS, "a.example:80")],
                "METRICS_HOSTS has `a.example:80`",
                HOST,
            ),
            (
                &[(HOSTS, "a.example:")],
                "METRICS_HOSTS has `a.example:`",
                HOST,
            ),
            (&[(HOSTS, "http://a")], "METRICS_HOSTS has `http://a`", HOST),
            (
                &[(HOSTS, "a.example;b")],
                "METRICS_HOSTS has `a.example;b`",
                HOST,
            ),
            (&[(ALLOWED_IPS, "")], "METRICS_ALLOWED_IPS has ``", RANGE),
            (
                &[(ALLOWED_IPS, "10.0.0.0/33")],
                "METRICS_ALLOWED_IPS has `10.0.0.0/33`",
                RANGE,
            ),
            (
                &[(TRUSTED_PROXIES, "proxy")],
                "METRICS_TRUSTED_PROXIES has `proxy`",
                RANGE,
            ),
        ];
        for (variables, problem, remedy) in table {
            let error = read(variables).err();
            let error = error.expect("an error");
            assert_eq!(error.to_string(), format!("{problem}: {remedy}"));
            assert_eq!(
                format!("{error:?}"),
                error.to_string(),
                "as `main` prints it"
            );
            assert!(!error.to_string().contains("sec"), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn not_unicode() {
        use std::os::unix::ffi::OsStringExt as _;

        for variable in [PATH, AUTH, TOKEN, VCAP, HOSTS, ALLOWED_IPS, TRUSTED_PROXIES] {
            let read = Environment::read(|wanted| {
                (wanted == variable).then(|| OsString::from_vec(b"/\xff".to_vec()))
            });
            assert_eq!(
                read.err().expect("an error").to_string(),
                format!("{variable} is not valid Unicode: set it to plain text or unset it")
            );
        }
        // Names of files need not be.
        let read = Environment::read(|wanted| {
            (wanted == TOKEN_FILE).then(|| OsString::from_vec(b"/\xff".to_vec()))
        });
        assert!(read.is_ok());
    }
}
