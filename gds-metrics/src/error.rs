//! What can go wrong, one enum per concern.
//!
//! `main` usually returns these, and Rust prints the `Debug` of what `main` returns. `Debug` is
//! therefore the same sentence as `Display`.

use std::{fmt, io, path::PathBuf};

use crate::exposition::Format;

/// `Debug` prints what `Display` does.
macro_rules! debug_as_display {
    ($($name:ty),+ $(,)?) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )+};
}

debug_as_display!(ConfigError, EncodeError, ParseFormatError, RegisterError);

/// A setting or a variable of the environment does not hold what it should.
///
/// Each says which one it is, what it holds (unless that can be a secret) and what it should hold.
/// The variables are listed at [`GdsMetrics::from_env`](crate::GdsMetrics::from_env).
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A variable's value is not Unicode.
    #[error("{variable} is not valid Unicode: set it to plain text or unset it")]
    NotUnicode {
        /// The variable.
        variable: &'static str,
    },
    /// The path of the endpoint cannot be one.
    #[error(
        "{setting} is `{value}`: it should be a plain path such as `/metrics`, beginning with `/` and \
         without `{{`, `}}`, `*`, `%`, `?`, `#` or white space"
    )]
    Path {
        /// The variable or setter.
        setting: &'static str,
        /// What it holds.
        value: String,
    },
    /// `METRICS_BASIC_AUTH` is neither `true` nor `false`.
    #[error(
        "METRICS_BASIC_AUTH is `{value}`: it should be `true` (require a token), `false` (serve \
         metrics to everybody who can reach them), or unset (require a token if there is one)"
    )]
    AuthSwitch {
        /// What it holds, or `…` where that could be a secret.
        value: String,
    },
    /// Authentication is required, but there is no token to compare with.
    #[error(
        "METRICS_BASIC_AUTH is `true`, but there is no token: set METRICS_AUTH_TOKEN, \
         METRICS_AUTH_TOKEN_FILE or VCAP_APPLICATION, or call `.bearer_token(…)`"
    )]
    MissingToken,
    /// A token could never arrive in a header.
    #[error(
        "{setting} {problem}: it should hold a token of visible ASCII characters without white space"
    )]
    Token {
        /// The variable or setter.
        setting: &'static str,
        /// What is wrong. Never the token.
        problem: &'static str,
    },
    /// Two variables give a token.
    #[error("METRICS_AUTH_TOKEN and METRICS_AUTH_TOKEN_FILE are both set: unset one of them")]
    TwoTokens,
    /// The token's file cannot be read.
    #[error(
        "METRICS_AUTH_TOKEN_FILE is `{}`, which cannot be read: {source}",
        path.display()
    )]
    TokenFile {
        /// The file, or `…` where the text could be a token: it is no absolute path, and does not
        /// begin with `./` or `../`.
        path: PathBuf,
        /// Why it cannot be read.
        source: io::Error,
    },
    /// `VCAP_APPLICATION` is there, but is not what Cloud Foundry writes.
    #[error(
        "VCAP_APPLICATION {problem}: it should be the JSON object that Cloud Foundry sets, with the \
         token as `application_id`; off Cloud Foundry, unset it"
    )]
    VcapApplication {
        /// What is wrong. Never what it holds.
        problem: String,
    },
    /// A name for the `host` label cannot be a host's.
    #[error(
        "{setting} has `{value}`: each should be a host's name such as `app.example`, without a scheme, \
         a port or a path"
    )]
    Host {
        /// The variable or setter.
        setting: &'static str,
        /// The name.
        value: String,
    },
    /// A range of addresses cannot be read.
    #[error(
        "{setting} has `{value}`: each should be an address such as `192.0.2.1` or a range such as \
         `10.0.0.0/8`"
    )]
    Address {
        /// The variable or setter.
        setting: &'static str,
        /// The range.
        value: String,
    },
    /// The buckets of the histogram are not bounds.
    #[error(
        "`.buckets(…)` {problem}: it should give upper bounds in seconds, at least one, positive, \
         finite and each larger than the one before (`+Inf` is added)"
    )]
    Buckets {
        /// What is wrong.
        problem: String,
    },
    /// A cap is out of range.
    #[error("`{setting}` is {value}: it should be from 1 to {max}")]
    Cap {
        /// The setter.
        setting: &'static str,
        /// What it was given.
        value: usize,
        /// The largest that is possible.
        max: usize,
    },
    /// The name of a kind of error cannot be one.
    #[error(
        "`.error_kind(…)` has `{value}`: it should be a name of 1 to 64 ASCII letters, digits, `_`, `-` \
         or `.`"
    )]
    ErrorKind {
        /// The name.
        value: String,
    },
    /// A pattern that no route can have is to be excluded.
    #[error(
        "`.exclude(…)` has `{value}`: it should be a pattern as it was registered, such as `/health` or \
         `/users/{{id}}`, with the scopes it lies in"
    )]
    Exclude {
        /// The pattern.
        value: String,
    },
}

/// The exposition could not be written.
///
/// A scrape answers this with `500` and an empty body: a part of an exposition is never sent.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A metric's own encoder refused.
    ///
    /// prometheus-client's text encoder does so for a histogram that has native buckets only.
    #[error("the metric family `{family}` could not be encoded: its encoder reported an error")]
    Family {
        /// Name of the family, as far as it is known.
        family: String,
    },
    /// The format is not text.
    #[error("the format `{format}` is not text: call `encode_to_vec`, which returns bytes")]
    NotText {
        /// The format.
        format: Format,
    },
}

/// A text names no [`Format`].
#[derive(thiserror::Error)]
#[error("`{text}` is no format: it should be `text`, `openmetrics` or `protobuf`")]
#[non_exhaustive]
pub struct ParseFormatError {
    /// The text.
    pub text: String,
}

/// A metric set could not be registered. Nothing of it was.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// The very same set is registered already.
    #[error(
        "`{definition}` is registered already: register `{set}` once and share its clones. Is it \
         registered once per worker? Build `GdsMetrics` and register outside of the \
         `HttpServer::new` closure. To have it twice, nest it with `#[metric(prefix = \"…\")]`"
    )]
    Twice {
        /// Name of the set's type.
        set: &'static str,
        /// Its first field that clashes, as `Set::field (file:line)`.
        definition: String,
    },
    /// A name is taken.
    #[error(
        "`{definition}` would expose `{name}`, which belongs to {owner}: rename one of them, or give \
         one of the sets a `#[metric(prefix = \"…\")]`"
    )]
    Taken {
        /// The name both would own: a family's, a sample's, or one that OpenMetrics reserves.
        name: String,
        /// What should have been registered, as `Set::field (file:line)`.
        definition: String,
        /// What has the name, in the same form, or `gds-metrics itself`, or Prometheus, which writes
        /// [`up` and some more][automatic] for each target.
        ///
        /// [automatic]: https://prometheus.io/docs/concepts/jobs_instances/#automatically-generated-labels-and-time-series
        owner: String,
    },
    /// A label that was given with [`register_labelled`](crate::GdsMetrics::register_labelled) cannot
    /// be one of a metric.
    #[error("`{name}` cannot be a label of `{definition}`: {problem}; name it differently")]
    Label {
        /// The name of the label.
        name: String,
        /// The metric, as `Set::field (file:line)`.
        definition: String,
        /// Why.
        problem: &'static str,
    },
}
