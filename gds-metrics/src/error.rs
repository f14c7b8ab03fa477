//! What can go wrong, one enum per concern.
//!
//! `main` usually returns these, and Rust prints the `Debug` of what `main` returns. `Debug` is
//! therefore the same sentence as `Display`.

use std::{fmt, io, path::PathBuf, time::Duration};

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
#[non_exhaustive]
pub enum ConfigError {
    /// A variable's value is not Unicode.
    #[non_exhaustive]
    NotUnicode {
        /// The variable.
        variable: &'static str,
    },
    /// The path of the endpoint cannot be one.
    #[non_exhaustive]
    Path {
        /// The variable or setter.
        setting: &'static str,
        /// What it holds.
        value: String,
    },
    /// `METRICS_BASIC_AUTH` is neither `true` nor `false`.
    #[non_exhaustive]
    AuthSwitch {
        /// What it holds, or `…` where that could be a secret.
        value: String,
    },
    /// Authentication is required, but there is no token to compare with.
    MissingToken,
    /// A token could never arrive in a header.
    #[non_exhaustive]
    Token {
        /// The variable or setter.
        setting: &'static str,
        /// What is wrong. Never the token.
        problem: &'static str,
    },
    /// Two variables give a token.
    TwoTokens,
    /// The token's file cannot be read.
    #[non_exhaustive]
    TokenFile {
        /// The file, or `…` where the text could be a token: it is no absolute path, and does not
        /// begin with `./` or `../`.
        path: PathBuf,
        /// Why it cannot be read.
        source: io::Error,
    },
    /// `VCAP_APPLICATION` is there, but is not what Cloud Foundry writes.
    #[non_exhaustive]
    VcapApplication {
        /// What is wrong. Never what it holds.
        problem: String,
    },
    /// A name for the `host` label cannot be a host's.
    #[non_exhaustive]
    Host {
        /// The variable or setter.
        setting: &'static str,
        /// The name.
        value: String,
    },
    /// A range of addresses cannot be read.
    #[non_exhaustive]
    Address {
        /// The variable or setter.
        setting: &'static str,
        /// The range.
        value: String,
    },
    /// The buckets of the histogram are not bounds.
    #[non_exhaustive]
    Buckets {
        /// What is wrong.
        problem: String,
    },
    /// A cap is out of range.
    #[non_exhaustive]
    Cap {
        /// The setter.
        setting: &'static str,
        /// What it was given.
        value: usize,
        /// The largest that is possible.
        max: usize,
    },
    /// The time for which a poll may hold its worker is out of range.
    #[non_exhaustive]
    Blocking {
        /// What it was given.
        value: Duration,
    },
    /// The name of a kind of error cannot be one.
    #[non_exhaustive]
    ErrorKind {
        /// The name.
        value: String,
    },
    /// `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS` is not a list of methods.
    #[non_exhaustive]
    KnownMethods {
        /// What is wrong.
        problem: String,
    },
    /// `OTEL_RESOURCE_ATTRIBUTES` is not what OpenTelemetry says it should be.
    #[non_exhaustive]
    ResourceAttributes {
        /// The part that cannot be read.
        pair: String,
    },
    /// A pattern that no route can have is to be excluded.
    #[non_exhaustive]
    Exclude {
        /// The pattern.
        value: String,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUnicode { variable } => write!(
                f,
                "{variable} is not valid Unicode: set it to plain text or unset it"
            ),
            Self::Path { setting, value } => write!(
                f,
                "{setting} is `{value}`: it should be a plain path such as `/metrics`, beginning with `/` and \
         without `{{`, `}}`, `*`, `%`, `?`, `#` or white space"
            ),
            Self::AuthSwitch { value } => write!(
                f,
                "METRICS_BASIC_AUTH is `{value}`: it should be `true` (require a token), `false` (serve \
         metrics to everybody who can reach them), or unset (require a token if there is one)"
            ),
            Self::MissingToken => f.write_str(
                "METRICS_BASIC_AUTH is `true`, but there is no token: set METRICS_AUTH_TOKEN, \
         METRICS_AUTH_TOKEN_FILE or VCAP_APPLICATION, or call `.bearer_token(…)`",
            ),
            Self::Token { setting, problem } => write!(
                f,
                "{setting} {problem}: it should hold a token of visible ASCII characters without white space"
            ),
            Self::TwoTokens => f.write_str(
                "METRICS_AUTH_TOKEN and METRICS_AUTH_TOKEN_FILE are both set: unset one of them",
            ),
            Self::TokenFile { path, source } => write!(
                f,
                "METRICS_AUTH_TOKEN_FILE is `{}`, which cannot be read: {source}",
                path.display()
            ),
            Self::VcapApplication { problem } => write!(
                f,
                "VCAP_APPLICATION {problem}: it should be the JSON object that Cloud Foundry sets, with the \
         token as `application_id`; off Cloud Foundry, unset it"
            ),
            Self::Host { setting, value } => write!(
                f,
                "{setting} has `{value}`: each should be a host's name such as `app.example`, without a scheme, \
         a port or a path"
            ),
            Self::Address { setting, value } => write!(
                f,
                "{setting} has `{value}`: each should be an address such as `192.0.2.1` or a range such as \
         `10.0.0.0/8`"
            ),
            Self::Buckets { problem } => write!(
                f,
                "`.buckets(…)` {problem}: it should give upper bounds in seconds, at least one, positive, \
         finite and each larger than the one before (`+Inf` is added)"
            ),
            Self::Cap {
                setting,
                value,
                max,
            } => write!(f, "`{setting}` is {value}: it should be from 1 to {max}"),
            Self::Blocking { value } => write!(
                f,
                "`.detect_blocking(…)` is {value:?}: it should be from 1 ms to 1 minute, such as \
         `Duration::from_millis(100)`"
            ),
            Self::ErrorKind { value } => write!(
                f,
                "`.error_kind(…)` has `{value}`: it should be a name of 1 to 64 ASCII letters, digits, `_`, `-` \
         or `.`"
            ),
            Self::KnownMethods { problem } => write!(
                f,
                "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS {problem}: it should hold methods such as \
         `GET,POST,PROPFIND`, separated by commas"
            ),
            Self::ResourceAttributes { pair } => write!(
                f,
                "OTEL_RESOURCE_ATTRIBUTES has `{pair}`: each part should be `key=value`, separated by commas, \
         with other commas, `=` and `%` percent-encoded"
            ),
            Self::Exclude { value } => write!(
                f,
                "`.exclude(…)` has `{value}`: it should be a pattern as it was registered, such as `/health` or \
         `/users/{{id}}`, with the scopes it lies in"
            ),
        }
    }
}

impl std::error::Error for ConfigError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::TokenFile { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// The exposition could not be written.
///
/// A scrape answers this with `500` and an empty body: a part of an exposition is never sent.
#[non_exhaustive]
pub enum EncodeError {
    /// A metric's own encoder refused.
    ///
    /// prometheus-client's text encoder does so for a histogram that has native buckets only.
    #[non_exhaustive]
    Family {
        /// Name of the family, as far as it is known.
        family: String,
    },
    /// The format is not text.
    #[non_exhaustive]
    NotText {
        /// Its name.
        format: &'static str,
    },
    /// A metric asked for the exposition while this thread was writing it.
    Nested,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Family { family } => write!(
                f,
                "the metric family `{family}` could not be encoded: its encoder reported an error"
            ),
            Self::NotText { format } => write!(
                f,
                "the format `{format}` is not text: call `encode_to_vec`, which returns bytes"
            ),
            Self::Nested => f.write_str(
                "the metrics are being encoded on this thread already: a collector or a label's \
                 encoder must not ask for the metrics",
            ),
        }
    }
}

impl std::error::Error for EncodeError {}

/// A text names no [`Format`](crate::Format).
#[non_exhaustive]
pub struct ParseFormatError {
    /// The text.
    pub text: String,
}

impl fmt::Display for ParseFormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no format: it should be `text`, `openmetrics` or `protobuf`",
            self.text
        )
    }
}

impl std::error::Error for ParseFormatError {}

/// A metric set could not be registered. Nothing of it was.
#[non_exhaustive]
pub enum RegisterError {
    /// The very same set is registered already.
    #[non_exhaustive]
    Twice {
        /// Name of the set's type.
        set: &'static str,
        /// Its first field that clashes, as `Set::field (file:line)`.
        definition: String,
    },
    /// A name is taken.
    #[non_exhaustive]
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
    #[non_exhaustive]
    Label {
        /// The name of the label.
        name: String,
        /// The metric, as `Set::field (file:line)`.
        definition: String,
        /// Why.
        problem: &'static str,
    },
}

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Twice { set, definition } => write!(
                f,
                "`{definition}` is registered already: register `{set}` once and share its clones. Is it \
         registered once per worker? Build `GdsMetrics` and register outside of the \
         `HttpServer::new` closure. To have it twice, nest it with `#[metric(prefix = \"…\")]`"
            ),
            Self::Taken {
                name,
                definition,
                owner,
            } => write!(
                f,
                "`{definition}` would expose `{name}`, which belongs to {owner}: rename one of them, or give \
         one of the sets a `#[metric(prefix = \"…\")]`"
            ),
            Self::Label {
                name,
                definition,
                problem,
            } => write!(
                f,
                "`{name}` cannot be a label of `{definition}`: {problem}; name it differently"
            ),
        }
    }
}

impl std::error::Error for RegisterError {}
