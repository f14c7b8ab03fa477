//! The derives of label types.

pub(crate) mod case;
pub(crate) mod set;
pub(crate) mod value;

use crate::{
    attr::{Opt, Place},
    errors::Errors,
    name,
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
