//! The label text of a series, with this crate's label names or OpenTelemetry's.

use super::{
    keys::{FOLDED_HOST_ID, Head, HostId, INVALID_HOST_ID, LabelIds, NO_ENDPOINT_ID, PathId, code},
    labels::{Method, PANIC},
    opentelemetry::{OpenTelemetry, version},
    store::Store,
};
use crate::exposition::push_label;

/// Enough for most label texts.
const CAPACITY: usize = 192;

impl Store {
    pub(super) fn label_text(&self, labels: LabelIds) -> Box<str> {
        let mut text = String::with_capacity(CAPACITY);
        let path = self.path_name(labels.path);
        match &self.settings().opentelemetry {
            None => {
                self.push_method_and_host(&mut text, labels.head, labels.host);
                push_label(&mut text, "path", &path);
                push_label(&mut text, "code", &code_text(labels.code));
            }
            Some(names) => {
                push_method_and_scheme(&mut text, names, labels.head);
                self.push_server(&mut text, labels.head, labels.host);
                if labels.path != NO_ENDPOINT_ID {
                    push_label(&mut text, "http_route", &path);
                }
                push_outcome(&mut text, labels.code);
                if let Some(version) = version(labels.head) {
                    push_label(&mut text, "network_protocol_version", version);
                }
            }
        }
        text.into_boxed_str()
    }

    /// The label text of a gauge of active requests.
    pub(super) fn active_label_text(&self, head: Head, host: HostId) -> Box<str> {
        let mut text = String::with_capacity(CAPACITY);
        match &self.settings().opentelemetry {
            None => self.push_method_and_host(&mut text, head, host),
            Some(names) => push_method_and_scheme(&mut text, names, head),
        }
        text.into_boxed_str()
    }

    /// The label text of a counter that has only the path as a label.
    pub(super) fn path_label_text(&self, path: PathId) -> String {
        let mut text = String::new();
        let name = self.path_name(path);
        match self.settings().opentelemetry {
            None => push_label(&mut text, "path", &name),
            Some(_) if path == NO_ENDPOINT_ID => {}
            Some(_) => push_label(&mut text, "http_route", &name),
        }
        text
    }

    fn push_method_and_host(&self, text: &mut String, head: Head, host: HostId) {
        let method = Method::ALL.get(usize::from(head.method()));
        push_label(text, "method", method.unwrap_or(&Method::Other).as_str());
        if self.settings().has_host_label() {
            push_label(text, "host", &self.host_name(host));
        }
    }

    /// The address and the port that the request named, if hosts are listed.
    fn push_server(&self, text: &mut String, head: Head, host: HostId) {
        if !self.settings().has_host_label() {
            return;
        }
        let name = self.host_name(host);
        let is_listed = !matches!(host, INVALID_HOST_ID | FOLDED_HOST_ID);
        // An IPv6 address contains colons, but none after its closing bracket.
        let (address, port) = match name.rsplit_once(':') {
            Some((address, port)) if !port.ends_with(']') => (address, port),
            _ if head.is_https() => (&*name, "443"),
            _ => (&*name, "80"),
        };
        push_label(text, "server_address", address);
        if is_listed && !port.is_empty() {
            push_label(text, "server_port", port);
        }
    }
}

fn push_method_and_scheme(text: &mut String, names: &OpenTelemetry, head: Head) {
    push_label(
        text,
        "http_request_method",
        names.methods.name(head.method()),
    );
    let scheme = if head.is_https() { "https" } else { "http" };
    push_label(text, "url_scheme", scheme);
}

/// The status, and the reason why the request failed, if there are any.
fn push_outcome(text: &mut String, code: u16) {
    const CANCELLED: &str = "cancelled";
    let (status, error) = match code {
        code::CANCELLED => (None, Some(CANCELLED.to_owned())),
        code::PANICKED => (Some("500".to_owned()), Some(PANIC.to_owned())),
        code::PANICKED_CLASS => (Some("5xx".to_owned()), Some(PANIC.to_owned())),
        // Only 5xx: a 4xx is a client error, and the server behaved correctly.
        5 | 500..=599 => (Some(code_text(code)), Some(code_text(code))),
        _ => (Some(code_text(code)), None),
    };
    if let Some(status) = status {
        push_label(text, "http_response_status_code", &status);
    }
    if let Some(error) = error {
        push_label(text, "error_type", &error);
    }
}

/// A status has three digits; one digit is a class of them.
fn code_text(code: u16) -> String {
    let suffix = if code < 10 { "xx" } else { "" };
    format!("{code}{suffix}")
}
