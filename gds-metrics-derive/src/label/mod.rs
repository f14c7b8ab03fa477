//! The derives of label types.

pub(crate) mod case;
pub(crate) mod set;
pub(crate) mod value;

use syn::{Attribute, Path, parse_quote};

use crate::{
    attr::{self, Opt, Place},
    errors::Errors,
};

/// The options of a type, and where the crate is.
fn type_options(attrs: &[Attribute], place: Place, errors: &mut Errors) -> (Path, Vec<Opt>) {
    let mut krate = parse_quote!(::gds_metrics);
    let mut options = attr::options(attrs, place, errors);
    options.retain(|option| {
        if option.name != "crate" {
            return true;
        }
        if let Some(path) = option.path(errors) {
            krate = path;
        }
        false
    });
    (krate, options)
}
