//! The middleware: the transform, its future, and the observed body.

mod body;
mod misuse;
mod transform;

pub(crate) use self::misuse::Misuse;
pub use self::{
    body::ObservedBody,
    transform::{GdsMetricsMiddleware, RecordedFuture},
};
