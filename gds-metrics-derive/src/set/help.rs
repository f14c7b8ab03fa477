//! The help of a metric: its doc comment.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// The first paragraph of the doc comment, without a final full stop.
pub(crate) fn help(attrs: &[Attribute]) -> Option<String> {
    let lines = attrs.iter().filter_map(|attr| match &attr.meta {
        Meta::NameValue(doc) if doc.path.is_ident("doc") => match &doc.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    });
    let doc: Vec<String> = lines.collect();
    let paragraph: Vec<&str> = doc
        .iter()
        .flat_map(|text| text.split('\n'))
        // A block comment may begin each line with an asterisk.
        .map(|line| match line.trim() {
            "*" => "",
            line => line.trim_start_matches("* ").trim(),
        })
        .skip_while(|line| line.is_empty())
        .take_while(|line| !line.is_empty())
        .collect();
    if paragraph.is_empty() {
        return None;
    }
    let help = paragraph.join(" ");
    Some(match help.strip_suffix('.') {
        Some(sentence) if !sentence.ends_with('.') => sentence.to_owned(),
        _ => help,
    })
}
