//! What stands around a service: the transform, its future, the observed body.

mod body;
mod misuse;
mod transform;

pub(crate) use self::misuse::Misuse;
pub use self::{
    body::ObservedBody,
    transform::{GdsMetricsMiddleware, RecordedFuture},
};
