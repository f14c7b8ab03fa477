//! The derives of label types.

pub(crate) mod case;
pub(crate) mod set;
pub(crate) mod value;

use syn::{Type, spanned::Spanned};

use crate::{
    attr::{Opt, Place},
    errors::Errors,
    name,
    tokens::is_float,
};
use case::Case;

/// The value of `rename_all`, one of `known`.
fn read_case<P: Place>(option: &Opt<P>, known: &[&str], errors: &mut Errors) -> Option<Case> {
    let text = option.text(errors)?;
    let written = text.value.as_str();
    let case = Case::parse(written).filter(|_| known.contains(&written));
    if case.is_none() {
        let message = match name::nearest(written, known) {
            Some(near) => format!("there is no `{written}` here: did you mean `{near}`?"),
            None => format!(
                "there is no `{written}` here: expected {}",
                name::list(known)
            ),
        };
        errors.push(text.span, message);
    }
    case
}

/// Reports a label whose value is a float.
fn check_float(ty: &Type, errors: &mut Errors) {
    if is_float(ty) {
        errors.push(
            ty.span(),
            "a float cannot be a label, because each number would be a series: write an enum of ranges, or \
             record the number as the value of a metric",
        );
    }
}
