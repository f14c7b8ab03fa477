//! The syntax of `#[metric(…)]`: a list of `name`, `name = value` and `name(…)`.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{
    Attribute, Expr, Ident, Lit, LitStr, Meta, Path, Token,
    ext::IdentExt,
    parenthesized,
    parse::{Parse, ParseStream, Parser},
    punctuated::Punctuated,
    spanned::Spanned,
    token,
};

use crate::{errors::Errors, name, tokens::ungrouped};

/// A kind of place for an attribute. Its values are the options that may be given there.
pub(crate) trait Place: Copy + PartialEq {
    /// The place, in a message.
    const HERE: &'static str;
    /// What the options are called, the most usual one first.
    const NAMES: &'static [&'static str];

    fn parse(name: &str) -> Option<Self>;

    /// The other places of the same derive, with their options.
    fn others() -> &'static [(&'static str, &'static [&'static str])];
}

macro_rules! places {
    ($(
        $(#[$doc:meta])*
        $place:ident is $here:literal beside [$($other:ident),*] {
            $($option:ident = $name:literal,)*
        }
    )*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $place {
            $($option,)*
        }

        impl Place for $place {
            const HERE: &'static str = $here;
            const NAMES: &'static [&'static str] = &[$($name),*];

            fn parse(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$option),)*
                    _ => None,
                }
            }

            fn others() -> &'static [(&'static str, &'static [&'static str])] {
                &[$(($other::HERE, $other::NAMES)),*]
            }
        }
    )*};
}

places! {
    /// A struct that is a set of metrics.
    OnSet is "the struct" beside [OnField] {
        Prefix = "prefix",
        Labels = "labels",
        Crate = "crate",
    }

    /// A field of a set of metrics.
    OnField is "a field" beside [OnSet] {
        Rename = "rename",
        Help = "help",
        Unit = "unit",
        Buckets = "buckets",
        Native = "native",
        Labels = "labels",
        Zero = "zero",
        MaxSeries = "max_series",
        Prefix = "prefix",
        Flatten = "flatten",
        Skip = "skip",
    }

    /// A struct that is a label set.
    OnLabelSet is "the struct" beside [OnLabel] {
        RenameAll = "rename_all",
        Crate = "crate",
    }

    /// A field of a label set.
    OnLabel is "a field" beside [OnLabelSet] {
        Rename = "rename",
        Display = "display",
        Flatten = "flatten",
    }

    /// A type that is a label value.
    OnLabelValue is "the type" beside [OnVariant, OnHeld] {
        RenameAll = "rename_all",
        Crate = "crate",
    }

    /// A variant of a label value.
    OnVariant is "a variant" beside [OnLabelValue, OnHeld] {
        Rename = "rename",
    }

    /// The value that a label value holds.
    OnHeld is "the value that is held" beside [OnLabelValue, OnVariant] {
        Display = "display",
    }
}

/// One option.
pub(crate) struct Opt<P> {
    pub(crate) name: P,
    /// The name as it was written.
    pub(crate) ident: Ident,
    value: Value,
}

enum Value {
    Flag,
    Expr(Box<Expr>),
    List(TokenStream),
}

/// A string that was written somewhere.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) value: String,
    pub(crate) span: Span,
}

/// A number that was written somewhere.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Count {
    pub(crate) value: usize,
    /// Of the option.
    pub(crate) span: Span,
}

/// A label with the same value in every series.
#[derive(Clone, Debug)]
pub(crate) struct ConstantLabel {
    pub(crate) name: Text,
    pub(crate) value: String,
}

/// An option whose name has not been looked at.
struct Written {
    ident: Ident,
    value: Value,
}

impl Parse for Written {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let ident = input.call(Ident::parse_any)?.unraw();
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Value::Expr(input.parse()?)
        } else if input.peek(token::Paren) {
            let list;
            parenthesized!(list in input);
            Value::List(list.parse()?)
        } else if input.peek(Token![:]) || input.peek(Lit) {
            let span = input.span();
            let _ = input.parse::<Token![:]>();
            let value = input.parse::<Expr>()?.into_token_stream();
            return Err(syn::Error::new(
                span,
                format_args!("a value comes after `=`: write `{ident} = {value}`"),
            ));
        } else {
            Value::Flag
        };
        Ok(Self { ident, value })
    }
}

/// The options in `attrs` that may be given there. Notes those that may not, and repetitions.
pub(crate) fn options<P: Place>(attrs: &[Attribute], errors: &mut Errors) -> Vec<Opt<P>> {
    let mut options: Vec<Opt<P>> = Vec::new();
    for attr in attrs {
        for Written { ident, value } in written::<P>(attr, errors) {
            let Some(name) = known(&ident, errors) else {
                continue;
            };
            if options.iter().any(|first| first.name == name) {
                errors.push(
                    ident.span(),
                    format_args!("`{ident}` is given twice: remove one of them"),
                );
                continue;
            }
            options.push(Opt { name, ident, value });
        }
    }
    options
}

/// The options of one attribute, if it is ours.
fn written<P: Place>(attr: &Attribute, errors: &mut Errors) -> Vec<Written> {
    if let (true, Meta::List(list)) = (attr.path().is_ident("prometheus"), &attr.meta) {
        let options = &list.tokens;
        errors.push(
            attr.path().span(),
            format_args!(
                "`#[prometheus(…)]` is for prometheus-client's derive: write `#[metric({options})]`"
            ),
        );
        return Vec::new();
    }
    if !attr.path().is_ident("metric") {
        return Vec::new();
    }
    match &attr.meta {
        Meta::List(_) => {
            let parser = Punctuated::<Written, Token![,]>::parse_terminated;
            match attr.parse_args_with(parser) {
                Ok(options) => return options.into_iter().collect(),
                Err(error) => errors.add(error),
            }
        }
        Meta::NameValue(pair) => {
            let option = P::NAMES.first().copied().unwrap_or_default();
            let value = pair.value.to_token_stream();
            errors.push(
                attr.span(),
                format_args!("options stand in parentheses: write `#[metric({option} = {value})]`"),
            );
        }
        Meta::Path(_) => errors.push(
            attr.span(),
            "an option is missing: write `#[metric(…)]`, with one in the parentheses",
        ),
    }
    Vec::new()
}

fn known<P: Place>(ident: &Ident, errors: &mut Errors) -> Option<P> {
    let written = ident.to_string();
    let known = P::parse(&written);
    if known.is_none() {
        let elsewhere = P::others()
            .iter()
            .find(|(_, names)| names.contains(&written.as_str()));
        let advice = if let Some((there, _)) = elsewhere {
            format!(
                "`{written}` goes on {there}, not on {}: move it there",
                P::HERE
            )
        } else if let Some(near) = name::nearest(&written, P::NAMES) {
            format!("there is no option `{written}` here: did you mean `{near}`?")
        } else {
            format!(
                "there is no option `{written}` here: expected {}",
                name::list(P::NAMES)
            )
        };
        errors.push(ident.span(), advice);
    }
    known
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
            format_args!("`{ident}` needs a text: write `{ident} = \"…\"`"),
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

    /// The value of `name = 500`, which is at least 1.
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

    /// The span of `name`, which has no value.
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
                // An end that comes too early lies nowhere.
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
