//! The queries with OpenTelemetry's label names.
//!
//! All queries are written with this crate's own label names and then converted. Recorded metrics keep their
//! names.

/// The matchers that differ in more than the label's name. With OpenTelemetry's names, a cancelled request has
/// no status.
const MATCHERS: [(&str, &str); 4] = [
    (r#"code="499""#, r#"error_type="cancelled""#),
    (r#"code=~"499""#, r#"error_type="cancelled""#),
    (r#"code!="499""#, r#"error_type!="cancelled""#),
    (r#"code=~"5..|499""#, r#"error_type!="""#),
];
const LABELS: [(&str, &str); 4] = [
    ("code", "http_response_status_code"),
    ("host", "server_address"),
    ("method", "http_request_method"),
    ("path", "http_route"),
];

/// OpenTelemetry's name for a label.
pub(super) fn label(name: &str) -> &str {
    let label = LABELS.iter().find(|(own, _)| *own == name);
    label.map_or(name, |(_, name)| name)
}

/// Renames the labels in a query. Its string literals are not changed.
pub(super) fn query(expr: &str) -> String {
    let mut expr = expr.to_owned();
    for (own, matcher) in MATCHERS {
        expr = expr.replace(own, matcher);
    }
    let mut query = String::with_capacity(expr.len());
    let mut rest = &*expr;
    while let Some(first) = rest.chars().next() {
        let len = match first {
            '"' => string_len(rest),
            c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (token, after) = rest.split_at(len);
        query.push_str(label(token));
        rest = after;
    }
    query
}

/// Renames the labels in a text: `$labels.path` for Prometheus, `{{path}}` for Grafana.
pub(super) fn template(text: &str) -> String {
    let mut text = text.to_owned();
    for (own, name) in LABELS {
        text = text.replace(&format!("$labels.{own}"), &format!("$labels.{name}"));
        text = text.replace(&format!("{{{{{own}}}}}"), &format!("{{{{{name}}}}}"));
    }
    text
}

/// Names of metrics and Grafana's variables have these characters, too.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '$')
}

/// The length of the string literal at the beginning of `text`, up to its closing quote.
fn string_len(text: &str) -> usize {
    let mut escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let is_end = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        is_end
    });
    end.map_or(text.len(), |end| end + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_label_names_are_replaced() {
        for (own, expected) in [
            (
                r#"sum by (path, code) (rate(a_path{path="code \" path", host=~"$host"}[5m]))"#,
                r#"sum by (http_route, http_response_status_code) (rate(a_path{http_route="code \" path", server_address=~"$host"}[5m]))"#,
            ),
            (
                "x unless on (path) path:http_server:left_out",
                "x unless on (http_route) path:http_server:left_out",
            ),
            (
                r#"x{code="499"} - x{code!="499", code=~"5.."}"#,
                r#"x{error_type="cancelled"} - x{error_type!="cancelled", http_response_status_code=~"5.."}"#,
            ),
            (
                r#"x{path="é", method="#,
                r#"x{http_route="é", http_request_method="#,
            ),
        ] {
            assert_eq!(query(own), expected);
        }
        assert_eq!(
            template("{{ with $labels.path }} at {{code}}, whatever the path"),
            "{{ with $labels.http_route }} at {{http_response_status_code}}, whatever the path"
        );
    }
}
