//! `#[derive(GdsMetricSet)]`: reads the source into a model, checks the model, and writes the code.

mod buckets;
mod check;
mod expand;
mod help;
mod kind;
mod model;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::{errors::Errors, tokens::scoped};

/// The whole derive.
pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let set = model::Set::read(input, &mut errors);
    check::check(&set, &mut errors);
    if errors.is_empty() {
        scoped(&set.krate, &expand::expand(&set))
    } else {
        let stub = scoped(&set.krate, &expand::stub(&set));
        let errors = errors.into_tokens();
        quote!(#errors #stub)
    }
}
