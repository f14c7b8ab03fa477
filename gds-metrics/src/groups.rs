//! What is exposed beside the HTTP metrics, if the builder was asked for it.

#[cfg(feature = "process")]
use crate::process;
use crate::{
    build_info::{self, BuildInfo},
    exposition::{Exposition, Header},
};

#[derive(Clone, Debug, Default)]
pub(crate) struct Groups {
    pub(crate) build_info: Option<BuildInfo>,
    #[cfg(feature = "process")]
    pub(crate) process: bool,
}

impl Groups {
    /// The families written here. One that is off is not among them: its names are free.
    pub(crate) fn families(&self) -> Vec<Header<'static>> {
        let mut families = Vec::new();
        if self.build_info.is_some() {
            families.push(build_info::FAMILY);
        }
        #[cfg(feature = "process")]
        if self.process {
            families.extend(process::FAMILIES);
        }
        families
    }

    pub(crate) fn expose(&self, exposition: &mut Exposition<'_>) {
        if let Some(build_info) = &self.build_info {
            build_info.expose(exposition);
        }
        #[cfg(feature = "process")]
        if self.process {
            process::expose(exposition);
        }
    }
}
