//! The values of options: texts, numbers, paths, labels, or none.

use proc_macro2::Span;
use syn::{
    Expr, Ident, Lit, LitStr, Path, Token,
    ext::IdentExt,
    parse::{ParseStream, Parser},
    punctuated::Punctuated,
    spanned::Spanned,
};

use super::{Opt, Value};
use crate::{errors::Errors, tokens::ungrouped};

/// A string literal in the source.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) value: String,
    pub(crate) span: Span,
}

/// A number in the source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Count {
    pub(crate) value: usize,
    /// The span of the option's name.
    pub(crate) span: Span,
}

/// A label that has the same value in every series.
#[derive(Clone, Debug)]
pub(crate) struct ConstantLabel {
    pub(crate) name: Text,
    pub(crate) value: String,
}

impl<P> Opt<P> {
    /// The value of `name = "text"`.
    pub(crate) fn text(&self, errors: &mut Errors) -> Option<Text> {
        if let Value::Expr(value) = &self.value
            && let Expr::Lit(literal) = ungrouped(value)
            && let Lit::Str(text) = &literal.lit
        {
            return Some(Text {
                value: text.value(),
                span: text.span(),
            });
        }
        let ident = &self.ident;
        errors.push(
            self.value_span(),
            format_args!("`{ident}` needs a string literal: write `{ident} = \"…\"`"),
        );
        None
    }

    /// The value of `name = expression`.
    pub(crate) fn expr(&self, example: &str, errors: &mut Errors) -> Option<&Expr> {
        if let Value::Expr(value) = &self.value {
            return Some(value);
        }
        let ident = &self.ident;
        errors.push(
            self.value_span(),
            format_args!("`{ident}` needs a value: write `{ident} = {example}`"),
        );
        None
    }

    /// The value of `name = 500`, at least 1.
    pub(crate) fn count(&self, example: usize, errors: &mut Errors) -> Option<Count> {
        let ident = &self.ident;
        if let Value::Expr(value) = &self.value
            && let Expr::Lit(literal) = ungrouped(value)
            && let Lit::Int(number) = &literal.lit
            && let Ok(value) = number.base10_parse()
        {
            if value == 0 {
                errors.push(
                    number.span(),
                    format_args!("`{ident}` is at least 1: write `{ident} = {example}`"),
                );
            }
            return Some(Count {
                value,
                span: ident.span(),
            });
        }
        errors.push(
            self.value_span(),
            format_args!("`{ident}` needs a whole number: write `{ident} = {example}`"),
        );
        None
    }

    /// The span of an option without a value.
    pub(crate) fn flag(&self, errors: &mut Errors) -> Option<Span> {
        if let Value::Flag = self.value {
            return Some(self.ident.span());
        }
        let ident = &self.ident;
        errors.push(
            self.value_span(),
            format_args!("`{ident}` takes no value: write `{ident}` alone"),
        );
        None
    }

    /// The value of `crate = ::path`.
    pub(crate) fn path(&self, errors: &mut Errors) -> Option<Path> {
        if let Value::Expr(value) = &self.value
            && let Expr::Path(path) = ungrouped(value)
        {
            return Some(path.path.clone());
        }
        errors.push(
            self.value_span(),
            "`crate` needs a path without quotes: write `crate = ::path::to::gds_metrics`",
        );
        None
    }

    /// The labels of `labels(name = "value")`.
    pub(crate) fn labels(&self, errors: &mut Errors) -> Vec<ConstantLabel> {
        let Value::List(list) = &self.value else {
            errors.push(
                self.value_span(),
                "`labels` needs names and values: write `labels(name = \"value\")`",
            );
            return Vec::new();
        };
        let parser = Punctuated::<(Ident, LitStr), Token![,]>::parse_terminated_with;
        let parsed = (|input: ParseStream<'_>| {
            parser(input, |input| {
                let name = input.call(Ident::parse_any)?;
                input.parse::<Token![=]>()?;
                Ok((name, input.parse()?))
            })
        })
        .parse2(list.clone());
        match parsed {
            Ok(labels) => labels
                .into_iter()
                .map(|(name, value)| ConstantLabel {
                    name: Text {
                        value: name.unraw().to_string(),
                        span: name.span(),
                    },
                    value: value.value(),
                })
                .collect(),
            Err(error) => {
                // The error itself has no span if the tokens end too early.
                errors.push(
                    self.value_span(),
                    format_args!("{error}: write `labels(name = \"value\")`"),
                );
                Vec::new()
            }
        }
    }

    fn value_span(&self) -> Span {
        match &self.value {
            Value::Flag => self.ident.span(),
            Value::Expr(value) => value.span(),
            Value::List(list) if list.is_empty() => self.ident.span(),
            Value::List(list) => list.span(),
        }
    }
}
