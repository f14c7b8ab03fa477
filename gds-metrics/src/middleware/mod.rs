//! What stands around a service: the transform, its future, the observed body.

mod body;
pub(crate) mod misuse;
mod transform;

pub use self::{
    body::ObservedBody,
    transform::{GdsMetricsMiddleware, RecordedFuture},
};
