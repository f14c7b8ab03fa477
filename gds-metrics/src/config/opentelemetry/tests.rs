//! Valid and invalid values of OpenTelemetry's variables.

use super::*;
use crate::{Format, GdsMetrics};

fn variables(values: &[(&'static str, &str)]) -> Variables {
    Variables::read(|wanted| {
        let found = values.iter().find(|(variable, _)| *variable == wanted);
        found.map(|(_, value)| OsString::from(value))
    })
}

fn attributes(list: &str) -> Option<Vec<(String, String)>> {
    let attributes = resource_attributes(list).ok()?;
    Some(attributes.into_iter().collect())
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

#[test]
fn resource_attributes_are_pairs() {
    for (list, expected) in [
        ("a=1", &[("a", "1")][..]),
        ("a=1,b=2", &[("a", "1"), ("b", "2")]),
        (" a = 1 ,\tb = 2 ", &[("a", "1"), ("b", "2")]),
        ("a=", &[("a", "")]),
        // The last value of a key wins.
        ("a=1,a=2", &[("a", "2")]),
        ("a%3Db%2Cc=1%3D2%2c3%25%20", &[("a=b,c", "1=2,3% ")]),
        ("team=k%C3%BChl", &[("team", "kühl")]),
        ("team=kühl+1;x", &[("team", "kühl+1;x")]),
    ] {
        assert_eq!(attributes(list), Some(pairs(expected)), "{list}");
    }
}

#[test]
fn an_invalid_list_of_resource_attributes_is_an_error() {
    for (list, pair) in [
        ("a", "a"),
        ("a=1,", ""),
        ("a=1,,b=2", ""),
        ("=1", "=1"),
        ("a=1=2", "a=1=2"),
        ("a=%", "a=%"),
        ("a=%4", "a=%4"),
        ("a=%4g", "a=%4g"),
        ("a=1,b=%FF", "b=%FF"),
    ] {
        let error = resource_attributes(list).expect_err(list);
        assert_eq!(
            error.to_string(),
            format!(
                "OTEL_RESOURCE_ATTRIBUTES has `{pair}`: each part should be `key=value`, separated by \
                 commas, with other commas, `=` and `%` percent-encoded"
            )
        );
    }
}

#[test]
fn known_methods_are_a_list_of_tokens() {
    for (list, further) in [
        ("GET", 0),
        ("GET, HEAD ,POST,", 0),
        ("GET,PROPFIND,get", 2),
        (",", 0),
    ] {
        let methods = known_methods(list).expect(list);
        assert_eq!(methods.further(), further, "{list}");
    }
    let many = |count| (0..count).map(|i| format!("M{i}")).collect::<Vec<_>>();
    let most = many(MAX_FURTHER_METHODS).join(",");
    assert!(known_methods(&most).is_ok());
    let longest = "M".repeat(MAX_METHOD_LEN);
    assert!(known_methods(&longest).is_ok());

    let hint = "it should hold methods such as `GET,POST,PROPFIND`, separated by commas";
    for (list, problem) in [
        ("GE T", "has `GE T`, which is no method".to_owned()),
        ("GET,É", "has `É`, which is no method".to_owned()),
        (
            &format!("{longest}M"),
            format!("has `{longest}M`, which is no method"),
        ),
        (
            &many(MAX_FURTHER_METHODS + 1).join(","),
            "has 54 methods beside the standard ones, which is more than 53".to_owned(),
        ),
    ] {
        let error = known_methods(list).expect_err(list).to_string();
        assert_eq!(
            error,
            format!("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS {problem}: {hint}")
        );
    }
}

#[test]
fn an_empty_variable_counts_as_unset() {
    for empty in ["", " ", "\t"] {
        let variables = variables(&[
            (KNOWN_METHODS, empty),
            (RESOURCE_ATTRIBUTES, empty),
            (SERVICE_NAME, empty),
        ]);
        assert_eq!(variables.target_info().expect("nothing"), None);
        assert!(variables.names(Vec::new()).is_ok());
    }
}

#[test]
fn the_service_name_takes_precedence() {
    let both = variables(&[
        (RESOURCE_ATTRIBUTES, "service.name=one,service.version=2"),
        (SERVICE_NAME, "shop, the \"first\""),
    ]);
    let metrics = GdsMetrics::builder().build().expect("the defaults");
    assert!(
        !metrics
            .encode(Format::Text)
            .expect("text")
            .contains("target_info")
    );
    let mut builder = GdsMetrics::builder();
    builder.builtin.target_info = both.target_info().expect("attributes");
    let metrics = builder.build().expect("the defaults");
    let sample = "target_info{service_name=\"shop, the \\\"first\\\"\",service_version=\"2\"} 1\n";
    for (format, head) in [
        (Format::Text, "# TYPE target_info gauge\n"),
        (Format::OpenMetrics, "# TYPE target info\n"),
    ] {
        let text = metrics.encode(format).expect("an exposition");
        assert!(text.contains(&format!("{head}{sample}")), "{text}");
    }
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_text_is_an_error_that_names_it() {
    use std::os::unix::ffi::OsStringExt as _;

    for wanted in [KNOWN_METHODS, RESOURCE_ATTRIBUTES, SERVICE_NAME] {
        let variables = Variables::read(|variable| {
            (variable == wanted).then(|| OsString::from_vec(vec![0xff]))
        });
        let names = variables.names(Vec::new()).map(|_| ());
        let error = names.and(variables.target_info().map(|_| ()));
        let error = error.expect_err(wanted).to_string();
        assert!(error.starts_with(wanted), "{error}");
    }
}
