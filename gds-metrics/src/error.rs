//! The errors, one enum for each concern.
//!
//! `main` usually returns these, and Rust prints the `Debug` output of what `main` returns. `Debug` therefore
//! prints the same sentence as `Display`.

mod register;

use std::{fmt, io, path::PathBuf, time::Duration};

pub use self::register::RegisterError;

/// `Debug` prints what `Display` prints.
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

/// A setting or an environment variable has an invalid value.
///
/// Each error names the setting, its value (unless that can be a secret) and what is valid.
/// The variables are listed at [`GdsMetrics::from_env`](crate::GdsMetrics::from_env).
///
/// ```
/// use gds_metrics::{ConfigError, GdsMetrics};
///
/// let error = GdsMetrics::builder().path("metrics").build().expect_err("no `/` at the start");
/// assert!(matches!(error, ConfigError::Path { .. }));
/// assert!(error.to_string().starts_with("`.path(…)` is `metrics`: it should be a plain path"));
/// ```
#[non_exhaustive]
pub enum ConfigError {
    /// A variable's value is not valid Unicode.
    #[non_exhaustive]
    NotUnicode {
        /// The variable.
        variable: &'static str,
    },
    /// The path of the endpoint is invalid.
    #[non_exhaustive]
    Path {
        /// The variable or setter.
        setting: &'static str,
        /// Its value.
        value: String,
    },
    /// `METRICS_BASIC_AUTH` is neither `true` nor `false`.
    #[non_exhaustive]
    AuthSwitch {
        /// Its value, or `…` if that could be a secret.
        value: String,
    },
    /// A token is required, but none is set.
    MissingToken,
    /// A token cannot be sent in a header.
    #[non_exhaustive]
    Token {
        /// The variable or setter.
        setting: &'static str,
        /// What is wrong. Never the token.
        problem: &'static str,
    },
    /// `METRICS_AUTH_TOKEN` and `METRICS_AUTH_TOKEN_FILE` are both set.
    TwoTokens,
    /// No token can be read from the token file.
    #[non_exhaustive]
    TokenFile {
        /// The file, or `…` if the text could be a token: if it is not an absolute path and does not begin
        /// with `./` or `../`.
        path: PathBuf,
        /// Why no token can be read.
        source: io::Error,
    },
    /// `VCAP_APPLICATION` is set, but is not what Cloud Foundry writes.
    #[non_exhaustive]
    VcapApplication {
        /// What is wrong. Never its content.
        problem: String,
    },
    /// A value for the `host` label is not a valid host name.
    #[non_exhaustive]
    Host {
        /// The variable or setter.
        setting: &'static str,
        /// The name.
        value: String,
    },
    /// An address or a range of addresses is invalid.
    #[non_exhaustive]
    Address {
        /// The variable or setter.
        setting: &'static str,
        /// The address or range.
        value: String,
    },
    /// The buckets of the histogram are invalid.
    #[non_exhaustive]
    Buckets {
        /// What is wrong.
        problem: String,
    },
    /// A limit is out of range.
    #[non_exhaustive]
    Cap {
        /// The setter.
        setting: &'static str,
        /// Its value.
        value: usize,
        /// The largest valid value.
        max: usize,
    },
    /// The time limit for polls is out of range.
    #[non_exhaustive]
    Blocking {
        /// Its value.
        value: Duration,
    },
    /// The name of a kind of error is invalid.
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
    /// `OTEL_RESOURCE_ATTRIBUTES` does not have the form that OpenTelemetry specifies.
    #[non_exhaustive]
    ResourceAttributes {
        /// The part that cannot be read.
        pair: String,
    },
    /// A route cannot have the excluded pattern.
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
                "METRICS_BASIC_AUTH is `{value}`: it should be `true` (require a token), `false` (let \
         anyone who can reach the metrics read them), or unset (require a token if one is set)"
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
                "METRICS_AUTH_TOKEN_FILE is `{}`, but no token can be read from it: {source}",
                path.display()
            ),
            Self::VcapApplication { problem } => write!(
                f,
                "VCAP_APPLICATION {problem}: it should be the JSON object that Cloud Foundry sets, with the \
         token as `application_id`; off Cloud Foundry, unset it"
            ),
            Self::Host { setting, value } => write!(
                f,
                "{setting} has `{value}`: each value should be a host name such as `app.example`, without a scheme, \
         a port or a path"
            ),
            Self::Address { setting, value } => write!(
                f,
                "{setting} has `{value}`: each value should be an address such as `192.0.2.1` or a range such as \
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
         `/users/{{id}}`, with the scopes around it"
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
/// A scrape is then answered with 500 and an empty body. A partial exposition is never sent.
///
/// ```
/// use gds_metrics::{EncodeError, Format, GdsMetrics};
///
/// # fn main() -> Result<(), gds_metrics::ConfigError> {
/// let metrics = GdsMetrics::builder().build()?;
/// let error = metrics.encode(Format::Protobuf).expect_err("protobuf is not text");
/// assert!(matches!(error, EncodeError::NotText { .. }));
/// # Ok(())
/// # }
/// ```
#[non_exhaustive]
pub enum EncodeError {
    /// A metric's own encoder reported an error.
    ///
    /// For example, prometheus-client's text encoder reports an error for a histogram that has only native buckets.
    #[non_exhaustive]
    Family {
        /// The name of the family, if it is known.
        family: String,
    },
    /// The format is not a text format.
    #[non_exhaustive]
    NotText {
        /// The format's name.
        format: &'static str,
    },
    /// A collector or an encoder requested the exposition while this thread was writing it.
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
                "the metrics are already being encoded on this thread: a collector or a label's \
                 encoder must not request them",
            ),
        }
    }
}

impl std::error::Error for EncodeError {}

/// A text does not name a [`Format`](crate::Format).
///
/// ```
/// use gds_metrics::Format;
///
/// let error = "xml".parse::<Format>().expect_err("there is no such format");
/// assert_eq!(error.text, "xml");
/// ```
#[non_exhaustive]
pub struct ParseFormatError {
    /// The text.
    pub text: String,
}

impl fmt::Display for ParseFormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not a format: it should be `text`, `openmetrics` or `protobuf`",
            self.text
        )
    }
}

impl std::error::Error for ParseFormatError {}
