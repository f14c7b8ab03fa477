//! Optional metrics besides the HTTP metrics.

mod build_info;
mod event_loop;
#[cfg(feature = "process")]
mod process;

use std::sync::Arc;

pub(crate) use self::{
    build_info::BuildInfo,
    event_loop::{EventLoopDelay, Timer},
};
use crate::exposition::{Cost, Header, Writer};

#[derive(Clone, Debug, Default)]
pub(crate) struct Builtin {
    pub(crate) build_info: Option<BuildInfo>,
    pub(crate) event_loop_delay: Option<Arc<EventLoopDelay>>,
    #[cfg(feature = "process")]
    pub(crate) process: bool,
}

impl Builtin {
    /// The families written here. The names of a family that is off are free for the application.
    pub(crate) fn families(&self) -> Vec<Header<'static>> {
        let mut families = Vec::new();
        if self.build_info.is_some() {
            families.push(build_info::FAMILY);
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

    /// The cost of writing them. Reading process metrics takes as long as the operating system needs.
    pub(crate) fn cost(&self) -> Cost {
        #[cfg(feature = "process")]
        if self.process {
            return Cost::Foreign;
        }
        Cost::Bytes(self.build_info.as_ref().map_or(0, BuildInfo::size))
    }

    pub(crate) fn write(&self, writer: &mut dyn Writer) {
        if let Some(build_info) = &self.build_info {
            build_info.write(writer);
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
