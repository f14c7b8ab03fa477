//! The metric types.

pub mod buckets;
mod closed_family;
mod decimal;
mod family;
mod floats;
mod functions;
mod guard;
mod histogram;
mod info;
mod series;
mod state_set;
mod summary;
mod timed;
mod timer;

pub use self::{
    closed_family::ClosedFamily,
    family::Family,
    floats::{FloatCounter, FloatGauge},
    functions::{CounterFn, GaugeFn},
    guard::{GaugeExt, InProgress, UpDown},
    histogram::Histogram,
    info::Info,
    state_set::StateSet,
    summary::Summary,
    timer::{Observe, Timer},
};
