//! The syntax of `#[metric(…)]`: a list of `name`, `name = value` and `name(…)`.

use proc_macro2::{Span, TokenStream};
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

/// Where an attribute stands, and so which options it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Set,
    Field,
    LabelSet,
    Label,
    LabelValue,
    Variant,
}

impl Place {
    /// The other place of the same derive.
    fn sibling(self) -> Self {
        match self {
            Self::Set => Self::Field,
            Self::Field => Self::Set,
            Self::LabelSet => Self::Label,
            Self::Label => Self::LabelSet,
            Self::LabelValue => Self::Variant,
            Self::Variant => Self::LabelValue,
        }
    }

    fn options(self) -> &'static [&'static str] {
        match self {
            Self::Set => &["prefix", "labels", "crate"],
            Self::Field => &[
                "rename", "help", "unit", "buckets", "labels", "zero", "prefix", "flatten", "skip",
            ],
            Self::LabelSet => &["crate"],
            Self::Label => &["rename", "flatten"],
            Self::LabelValue => &["rename_all", "crate"],
            Self::Variant => &["rename"],
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Set | Self::LabelSet => "the struct",
            Self::Field | Self::Label => "a field",
            Self::LabelValue => "the type",
            Self::Variant => "a variant",
        }
    }
}

/// One option.
pub(crate) struct Opt {
    pub(crate) name: Ident,
    pub(crate) value: OptValue,
}

pub(crate) enum OptValue {
    Flag,
    Value(Box<Expr>),
    List(TokenStream),
}

/// A string that was written somewhere.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) value: String,
    pub(crate) span: Span,
}

/// A label with the same value in every series.
#[derive(Clone, Debug)]
pub(crate) struct ConstantLabel {
    pub(crate) name: Text,
    pub(crate) value: String,
}

impl Parse for Opt {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = input.call(Ident::parse_any)?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            OptValue::Value(input.parse()?)
        } else if input.peek(token::Paren) {
            let list;
            parenthesized!(list in input);
            OptValue::List(list.parse()?)
        } else {
            OptValue::Flag
        };
        Ok(Self { name, value })
    }
}

/// The options in `attrs` that may stand at `place`. Notes those that may not, and repetitions.
pub(crate) fn options(attrs: &[Attribute], place: Place, errors: &mut Errors) -> Vec<Opt> {
    let mut options: Vec<Opt> = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("metric")) {
        let Meta::List(_) = &attr.meta else {
            errors.push(
                attr.span(),
                "an option is missing: write `#[metric(…)]`, with one in the parentheses",
            );
            continue;
        };
        let parser = Punctuated::<Opt, Token![,]>::parse_terminated;
        let parsed = match attr.parse_args_with(parser) {
            Ok(parsed) => parsed,
            Err(error) => {
                errors.add(error);
                continue;
            }
        };
        for option in parsed {
            if !check_place(&option.name, place, errors) {
                continue;
            }
            if options.iter().any(|first| first.name == option.name) {
                errors.push(
                    option.name.span(),
                    format_args!("`{}` is given twice: remove one of them", option.name),
                );
                continue;
            }
            options.push(option);
        }
    }
    options
}

fn check_place(option: &Ident, place: Place, errors: &mut Errors) -> bool {
    let written = option.unraw().to_string();
    let known = place.options();
    if known.contains(&written.as_str()) {
        return true;
    }
    let sibling = place.sibling();
    let advice = if sibling.options().contains(&written.as_str()) {
        format!(
            "`{written}` goes on {}, not on {}: move it there",
            sibling.as_str(),
            place.as_str()
        )
    } else if let Some(near) = name::nearest(&written, known) {
        format!("there is no option `{written}` here: did you mean `{near}`?")
    } else {
        format!(
            "there is no option `{written}` here: expected {}",
            name::list(known)
        )
    };
    errors.push(option.span(), advice);
    false
}

impl Opt {
    /// The value of `name = "text"`.
    pub(crate) fn text(&self, errors: &mut Errors) -> Option<Text> {
        if let OptValue::Value(value) = &self.value
            && let Expr::Lit(literal) = ungrouped(value)
            && let Lit::Str(text) = &literal.lit
        {
            return Some(Text {
                value: text.value(),
                span: text.span(),
            });
        }
        let name = &self.name;
        errors.push(
            self.value_span(),
            format_args!("`{name}` needs a text: write `{name} = \"…\"`"),
        );
        None
    }

    /// The value of `name = expression`.
    pub(crate) fn expr(&self, errors: &mut Errors) -> Option<&Expr> {
        if let OptValue::Value(value) = &self.value {
            return Some(value);
        }
        let name = &self.name;
        errors.push(
            self.value_span(),
            format_args!("`{name}` needs a value: write `{name} = …`"),
        );
        None
    }

    /// The span of `name`, which has no value.
    pub(crate) fn flag(&self, errors: &mut Errors) -> Option<Span> {
        if let OptValue::Flag = self.value {
            return Some(self.name.span());
        }
        let name = &self.name;
        errors.push(
            self.value_span(),
            format_args!("`{name}` takes no value: write `{name}` alone"),
        );
        None
    }

    /// The value of `crate = ::path`.
    pub(crate) fn path(&self, errors: &mut Errors) -> Option<Path> {
        if let OptValue::Value(value) = &self.value
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
        let OptValue::List(list) = &self.value else {
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
            OptValue::Flag => self.name.span(),
            OptValue::Value(value) => value.span(),
            OptValue::List(list) if list.is_empty() => self.name.span(),
            OptValue::List(list) => list.span(),
        }
    }
}
