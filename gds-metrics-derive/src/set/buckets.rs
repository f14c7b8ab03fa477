//! The option `buckets`.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Expr, ExprLit, Lit, LitFloat, UnOp, spanned::Spanned};

use crate::{
    errors::Errors,
    tokens::{respanned, ungrouped},
};

/// The bounds of a histogram, as written in the source.
#[derive(Clone, Debug)]
pub(crate) struct Buckets {
    pub(crate) span: Span,
    form: Form,
}

#[derive(Clone, Debug)]
enum Form {
    List(Vec<Expr>),
    Exponential([Expr; 3]),
    Linear([Expr; 3]),
    Constant(Expr),
}

impl Buckets {
    /// Reads the value of `buckets`.
    pub(crate) fn read(expr: &Expr, errors: &mut Errors) -> Option<Self> {
        let expr = ungrouped(expr);
        let form = match expr {
            Expr::Array(list) => Form::List(list.elems.iter().map(float).collect()),
            Expr::Call(call) => match called(&call.func).as_deref() {
                Some("exponential") => {
                    Form::Exponential(three(call, "exponential(start, factor, count)", errors)?)
                }
                Some("linear") => Form::Linear(three(call, "linear(start, width, count)", errors)?),
                _ => Form::Constant(expr.clone()),
            },
            Expr::Lit(_) | Expr::Macro(_) | Expr::Reference(_) | Expr::Tuple(_) => {
                errors.push(
                    expr.span(),
                    "`buckets` needs a list of bounds: write `buckets = [0.1, 1.0]`, \
                     `exponential(start, factor, count)`, `linear(start, width, count)` or a constant",
                );
                return None;
            }
            _ => Form::Constant(expr.clone()),
        };
        Some(Self {
            span: expr.span(),
            form,
        })
    }

    /// Reports errors in bounds that are literals.
    pub(crate) fn check(&self, errors: &mut Errors) {
        match &self.form {
            Form::List(bounds) => check_list(self.span, bounds, errors),
            Form::Exponential([start, factor, count]) => {
                if number(start).is_some_and(|start| start <= 0.0) {
                    errors.push(
                        start.span(),
                        "`start` must be greater than 0, so that the bounds ascend",
                    );
                }
                if number(factor).is_some_and(|factor| factor <= 1.0) {
                    errors.push(
                        factor.span(),
                        "`factor` must be greater than 1, so that the bounds ascend",
                    );
                }
                check_count(count, errors);
            }
            Form::Linear([_, width, count]) => {
                if number(width).is_some_and(|width| width <= 0.0) {
                    errors.push(
                        width.span(),
                        "`width` must be greater than 0, so that the bounds ascend",
                    );
                }
                check_count(count, errors);
            }
            Form::Constant(_) => {}
        }
    }

    /// The bounds as a constant. A block, because an item could not use the parameters of a generic set.
    pub(crate) fn expand(&self, private: &TokenStream) -> TokenStream {
        let array = match &self.form {
            Form::List(bounds) => quote!([#(#bounds),*]),
            Form::Exponential([start, factor, count]) => {
                quote!(#private::buckets::exponential::<{ #count }>(#start, #factor))
            }
            Form::Linear([start, width, count]) => {
                quote!(#private::buckets::linear::<{ #count }>(#start, #width))
            }
            Form::Constant(expr) => quote!(#expr),
        };
        let private_here = respanned(private, self.span);
        quote_spanned!(self.span=> #private_here::buckets::checked(const { &(#array) }))
    }
}

fn check_list(span: Span, bounds: &[Expr], errors: &mut Errors) {
    if bounds.is_empty() {
        errors.push(
            span,
            "a histogram needs a bucket: give at least one bound, or leave `buckets` out for the \
             default buckets",
        );
    }
    let mut last: Option<f64> = None;
    for bound in bounds {
        if let Some(word) = special(bound) {
            errors.push(
                bound.span(),
                match word {
                    "NAN" => "the bound of a bucket cannot be NaN: remove it",
                    _ => "the bound of a bucket must be finite: remove it, because `+Inf` is always added",
                },
            );
            continue;
        }
        let Some(value) = number(bound) else {
            last = None;
            continue;
        };
        match last {
            Some(last) if value.total_cmp(&last).is_eq() => {
                errors.push(bound.span(), "this bound is given twice: remove it");
            }
            Some(last) if value < last => errors.push(
                bound.span(),
                format_args!("the bounds must ascend: {value:?} comes after {last:?}, sort them"),
            ),
            _ => {}
        }
        last = Some(value);
    }
}

fn check_count(count: &Expr, errors: &mut Errors) {
    let literal = match ungrouped(count) {
        Expr::Lit(ExprLit {
            lit: Lit::Int(count),
            ..
        }) => count.base10_parse::<usize>().ok(),
        Expr::Lit(_) => None,
        _ => return,
    };
    if !literal.is_some_and(|count| (1..=1000).contains(&count)) {
        errors.push(
            count.span(),
            "`count` must be a whole number from 1 to 1000: each bucket is a series",
        );
    }
}

fn three(call: &syn::ExprCall, usage: &str, errors: &mut Errors) -> Option<[Expr; 3]> {
    let arguments: Vec<Expr> = call.args.iter().cloned().collect();
    match <[Expr; 3]>::try_from(arguments) {
        Ok([start, step, count]) => Some([float(&start), float(&step), count]),
        Err(arguments) => {
            errors.push(
                call.span(),
                format_args!(
                    "3 arguments are expected, {} were given: write `{usage}`",
                    arguments.len()
                ),
            );
            None
        }
    }
}

/// The name of the function, if it is called without a path.
fn called(function: &Expr) -> Option<String> {
    match ungrouped(function) {
        Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
        _ => None,
    }
}

/// Writes `5` as `5.0`, because bounds are floats.
fn float(expr: &Expr) -> Expr {
    let expr = ungrouped(expr);
    match expr {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(int) if int.suffix().is_empty() => {
                let float = LitFloat::new(&format!("{}.0", int.base10_digits()), int.span());
                Expr::Lit(ExprLit {
                    attrs: Vec::new(),
                    lit: Lit::Float(float),
                })
            }
            _ => expr.clone(),
        },
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => {
            let mut unary = unary.clone();
            unary.expr = Box::new(float(&unary.expr));
            Expr::Unary(unary)
        }
        _ => expr.clone(),
    }
}

/// The value of a literal.
fn number(expr: &Expr) -> Option<f64> {
    match ungrouped(expr) {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Float(float) => float.base10_parse().ok(),
            Lit::Int(int) => int.base10_parse().ok(),
            _ => None,
        },
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => Some(-number(&unary.expr)?),
        _ => None,
    }
}

/// The last word of `f64::INFINITY`, `f64::NEG_INFINITY` and `f64::NAN`.
fn special(expr: &Expr) -> Option<&'static str> {
    match ungrouped(expr) {
        Expr::Path(path) => {
            let last = &path.path.segments.last()?.ident;
            ["INFINITY", "NEG_INFINITY", "NAN"]
                .into_iter()
                .find(|word| last == word)
        }
        Expr::Unary(unary) => special(&unary.expr),
        _ => None,
    }
}
