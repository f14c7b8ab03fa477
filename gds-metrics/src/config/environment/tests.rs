//! Every row of the environment's table, and the error for each invalid value.

use super::*;

type Variables<'a> = &'a [(&'static str, &'a str)];

fn read(variables: Variables<'_>) -> Result<Environment, ConfigError> {
    Environment::read(|wanted| {
        let found = variables.iter().find(|(variable, _)| *variable == wanted);
        found.map(|(_, value)| OsString::from(value))
    })
}

#[test]
fn an_empty_environment_sets_nothing() {
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
fn an_empty_list_counts_as_unset() {
    for empty in ["", " ", "\t\n"] {
        let environment = read(&[
            (HOSTS, empty),
            (ALLOWED_IPS, empty),
            (TRUSTED_PROXIES, empty),
        ]);
        let environment = environment.expect("empty lists");
        assert!(environment.hosts.is_none());
        assert!(environment.allowed_ips.is_none());
        assert!(environment.trusted_proxies.is_none());
    }
}

#[test]
fn valid_values_are_read() {
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
    // The file is opened when the token is used.
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
        // An invalid name costs only a label. The application still starts.
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

/// Each error names the variable, its value unless that can be a secret, and the expected value.
#[test]
#[allow(clippy::too_many_lines)]
fn errors() {
    const SWITCH: &str = "it should be `true` (require a token), `false` (let anyone who can \
                          reach the metrics read them), or unset (require a token if one is set)";
    const PLAIN: &str = "it should be a plain path such as `/metrics`, beginning with `/` and \
                         without `{`, `}`, `*`, `%`, `?`, `#` or white space";
    const VISIBLE: &str = "it should hold a token of visible ASCII characters without white space";
    const CF: &str = "it should be the JSON object that Cloud Foundry sets, with the token as \
                      `application_id`; off Cloud Foundry, unset it";
    const HOST: &str = "each value should be a host name such as `app.example`, without a scheme, a \
                        port or a path";
    const RANGE: &str =
        "each value should be an address such as `192.0.2.1` or a range such as `10.0.0.0/8`";
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
        (&[(AUTH, "Off ")], "METRICS_BASIC_AUTH is `Off `", SWITCH),
        (&[(AUTH, "ann:pw")], "METRICS_BASIC_AUTH is `…`", SWITCH),
        (&[(AUTH, "sec")], "METRICS_BASIC_AUTH is `…`", SWITCH),
        (&[(AUTH, "secret")], "METRICS_BASIC_AUTH is `…`", SWITCH),
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
            "VCAP_APPLICATION has an `application_id` that is not a valid token",
            CF,
        ),
        (
            &[(VCAP, r#"{"application_id":"sec ret"}"#)],
            "VCAP_APPLICATION has an `application_id` that is not a valid token",
            CF,
        ),
        (&[(HOSTS, ",")], "METRICS_HOSTS has ``", HOST),
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
        (&[(ALLOWED_IPS, ",")], "METRICS_ALLOWED_IPS has ``", RANGE),
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
    // Names of files need not be UTF-8.
    let read = Environment::read(|wanted| {
        (wanted == TOKEN_FILE).then(|| OsString::from_vec(b"/\xff".to_vec()))
    });
    assert!(read.is_ok());
}
