//! Optional metrics besides the HTTP metrics.

mod build_info;
mod event_loop;
#[cfg(feature = "process")]
mod process;
mod target_info;

use std::sync::Arc;

pub(crate) use self::{
    build_info::BuildInfo,
    event_loop::{EventLoopDelay, Timer},
    target_info::TargetInfo,
};
use crate::exposition::{Cost, Header, Writer};

#[derive(Clone, Debug, Default)]
pub(crate) struct Builtin {
    pub(crate) build_info: Option<BuildInfo>,
    pub(crate) target_info: Option<TargetInfo>,
    pub(crate) event_loop_delay: Option<Arc<EventLoopDelay>>,
    #[cfg(feature = "process")]
    pub(crate) process: bool,
}

impl Builtin {
    /// The families written here. If a family is switched off, the application may use its names.
    pub(crate) fn families(&self) -> Vec<Header<'static>> {
        let mut families = Vec::new();
        if self.build_info.is_some() {
            families.push(build_info::FAMILY);
        }
        if self.target_info.is_some() {
            families.push(target_info::FAMILY);
        }
        if self.event_loop_delay.is_some() {
            families.push(event_loop::FAMILY);
        }
        #[cfg(feature = "process")]
        if self.process {
            families.extend(process::FAMILIES);
        }
        families
    }

    /// The cost of writing these metrics. Reading the process metrics takes as long as the operating system
    /// needs.
    pub(crate) fn cost(&self) -> Cost {
        #[cfg(feature = "process")]
        if self.process {
            return Cost::Foreign;
        }
        let build_info = self.build_info.as_ref().map_or(0, BuildInfo::size);
        let target_info = self.target_info.as_ref().map_or(0, TargetInfo::size);
        Cost::Bytes(build_info + target_info)
    }

    pub(crate) fn write(&self, writer: &mut dyn Writer) {
        if let Some(build_info) = &self.build_info {
            build_info.write(writer);
        }
        if let Some(target_info) = &self.target_info {
            target_info.write(writer);
        }
        if let Some(delay) = &self.event_loop_delay {
            delay.write(writer);
        }
        #[cfg(feature = "process")]
        if self.process {
            process::write(writer);
        }
    }
}
