//! The help of a metric: its doc comment, as plain text.

use std::mem;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

use crate::tokens::respanned;

/// The source of a metric's help.
#[derive(Clone, Debug)]
pub(crate) enum Help {
    Text(String),
    /// Doc comments that contain macros, such as `include_str!`: arguments of a `concat!`.
    Pieces(TokenStream),
}

impl Help {
    /// The doc comment, if it contains a word.
    pub(crate) fn read(attrs: &[Attribute]) -> Option<Self> {
        let docs: Vec<&Expr> = attrs
            .iter()
            .filter_map(|attr| match &attr.meta {
                Meta::NameValue(doc) if doc.path.is_ident("doc") => Some(&doc.value),
                _ => None,
            })
            .collect();
        let lines: Option<Vec<String>> = docs.iter().copied().map(literal).collect();
        match lines {
            Some(lines) => plain(&lines.join("\n")).map(Self::Text),
            None => {
                let lines = docs.iter().map(|doc| match literal(doc) {
                    // The space after `///` is not part of the text.
                    Some(line) => line.trim().to_token_stream(),
                    None => doc.to_token_stream(),
                });
                Some(Self::Pieces(quote!(#(#lines, "\n"),*)))
            }
        }
    }

    /// An expression for the text.
    pub(crate) fn expand(&self, span: Span, private: &TokenStream) -> TokenStream {
        match self {
            Self::Text(text) => text.to_token_stream(),
            Self::Pieces(pieces) => {
                let private = respanned(private, span);
                quote_spanned! {span=> {
                    const __GDS_DOC: &#private::std::primitive::str = #private::std::concat!(#pieces);
                    const __GDS_HELP: &#private::Text<{ __GDS_DOC.len() }> =
                        &#private::help(__GDS_DOC);
                    __GDS_HELP.as_str()
                }}
            }
        }
    }
}

fn literal(doc: &Expr) -> Option<String> {
    match doc {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Some(text.value()),
        _ => None,
    }
}

/// The first paragraph of a doc comment without Markdown and without a final full stop. If there are only
/// headings, the first heading.
fn plain(doc: &str) -> Option<String> {
    let mut paragraph: Vec<&str> = Vec::new();
    let mut heading: Option<Vec<&str>> = None;
    let mut fence = None;
    let doc = without_comments(doc);
    for line in doc.split('\n') {
        // A block comment may begin each line with an asterisk.
        let line = match line.trim() {
            "*" => "",
            line => line.strip_prefix("* ").unwrap_or(line).trim(),
        };
        let mark = ["```", "~~~"].into_iter().find(|m| line.starts_with(m));
        if fence.is_some() {
            if mark == fence {
                fence = None;
            }
            continue;
        }
        let title = line.trim_start_matches('#');
        let is_heading = title != line && (title.is_empty() || title.starts_with(' '));
        if line.is_empty() || mark.is_some() || is_heading {
            if !paragraph.is_empty() {
                break;
            }
            fence = mark;
            if is_heading {
                heading.get_or_insert(vec![title]);
            }
            continue;
        }
        if is_underline(line) {
            if !paragraph.is_empty() {
                heading.get_or_insert(mem::take(&mut paragraph));
                paragraph.clear();
            }
            continue;
        }
        if paragraph.is_empty() && is_definition(line) {
            continue;
        }
        let line = line.strip_prefix("> ").unwrap_or(line);
        // A backslash at the end of a line breaks it.
        let line = match line.strip_suffix('\\') {
            Some(broken) if !broken.ends_with('\\') => broken.trim_end(),
            _ => line,
        };
        paragraph.push(line.strip_prefix("- ").unwrap_or(line));
    }
    if paragraph.is_empty() {
        paragraph = heading.unwrap_or_default();
    }
    let text = without_marks(&paragraph.join(" "));
    let text = text.trim();
    let text = match text.strip_suffix('.') {
        Some(sentence) if !sentence.ends_with('.') => sentence.trim_end(),
        _ => text,
    };
    text.chars()
        .any(char::is_alphanumeric)
        .then(|| text.to_owned())
}

/// Removes HTML comments, except in code.
fn without_comments(doc: &str) -> String {
    let mut text = String::new();
    let mut rest = doc;
    while let Some((before, after)) = rest.split_once("<!--") {
        text.push_str(before);
        let line = text.rsplit('\n').next().unwrap_or_default();
        let in_code = line.matches('`').count() % 2 == 1;
        match after.split_once("-->") {
            Some((_, after)) if !in_code => {
                let is_spaced = text.ends_with(' ');
                rest = after
                    .strip_prefix(' ')
                    .filter(|_| is_spaced)
                    .unwrap_or(after);
            }
            _ => {
                text.push_str("<!--");
                rest = after;
            }
        }
    }
    text + rest
}

/// Whether `line` makes the lines above it a heading, or is a line across the page.
fn is_underline(line: &str) -> bool {
    ['=', '-']
        .iter()
        .any(|mark| line.chars().all(|c| c == *mark))
}

/// Whether `line` defines the target of links or a footnote: `[reference]: url "title"`
fn is_definition(line: &str) -> bool {
    let definition = bracketed(line, '[', ']')
        .and_then(|(label, rest)| Some((label, rest.strip_prefix(':')?.trim_start())));
    definition.is_some_and(|(label, target)| {
        let title = target
            .split_once(' ')
            .map_or("", |(_, title)| title.trim_start());
        label.starts_with('^') || title.is_empty() || title.starts_with(['"', '\'', '('])
    })
}

/// Removes the marks of links, emphasis and code.
fn without_marks(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = &rest.get(c.len_utf8()..).unwrap_or_default();
        let taken = match c {
            '\\' => escaped(after).map(|c| (c.to_string(), after.get(c.len_utf8()..))),
            '`' => code(rest).map(|(code, rest)| (code.to_owned(), Some(rest))),
            '!' if after.starts_with('[') => {
                link(after).map(|(text, rest)| (without_marks(text), Some(rest)))
            }
            '[' => link(rest).map(|(text, rest)| (without_marks(text), Some(rest))),
            '<' => autolink(after).map(|(url, rest)| (url.to_owned(), Some(rest))),
            '*' | '_' => emphasis(rest, c, plain.chars().last())
                .map(|(text, rest)| (without_marks(text), Some(rest))),
            _ => None,
        };
        if let Some((text, Some(after))) = taken {
            plain.push_str(&text);
            rest = after;
        } else {
            plain.push(c);
            rest = after;
        }
    }
    plain
}

/// The character after a backslash, if the backslash escapes it.
fn escaped(after: &str) -> Option<char> {
    after
        .chars()
        .next()
        .filter(|c| "\\`*_{}[]<>()#+-.!|".contains(*c))
}

/// `` `code` rest ``
fn code(text: &str) -> Option<(&str, &str)> {
    let inner = text.trim_start_matches('`');
    let (mark, _) = text.split_at_checked(text.len() - inner.len())?;
    let (code, rest) = inner.split_once(mark)?;
    Some((code.trim(), rest))
}

/// `[text](url) rest`, `[text][reference] rest` or `[text] rest`
fn link(text: &str) -> Option<(&str, &str)> {
    let (inside, rest) = bracketed(text, '[', ']')?;
    let target = bracketed(rest, '(', ')').or_else(|| bracketed(rest, '[', ']'));
    match target {
        Some((_, rest)) => Some((inside, rest)),
        // `[0, 1]` and `[ms]` are not links; [`Counter`] and [Counter] are.
        None if inside.starts_with('`') || is_path(inside) => Some((inside, rest)),
        None => None,
    }
}

fn is_path(text: &str) -> bool {
    let begins = text.starts_with(char::is_uppercase)
        || text.starts_with(char::is_alphabetic) && text.contains("::");
    begins
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || c == '_' || c == ':')
}

/// The text between the opening bracket of `text` and its closing bracket, and the text after it.
fn bracketed(text: &str, open: char, close: char) -> Option<(&str, &str)> {
    let inside = text.strip_prefix(open)?;
    let mut depth = 1_usize;
    for (i, c) in inside.char_indices() {
        if c == open {
            depth += 1;
        } else if c == close {
            depth -= 1;
            if depth == 0 {
                return Some((inside.get(..i)?, inside.get(i + c.len_utf8()..)?));
            }
        }
    }
    None
}

/// `https://example.org> rest`
fn autolink(after: &str) -> Option<(&str, &str)> {
    let (url, rest) = after.split_once('>')?;
    (url.contains("://") && !url.contains(' ')).then_some((url, rest))
}

/// `*text* rest`, also with several marks. `before` is the character before the mark.
fn emphasis(text: &str, mark: char, before: Option<char>) -> Option<(&str, &str)> {
    let inner = text.trim_start_matches(mark);
    let (marks, _) = text.split_at_checked(text.len() - inner.len())?;
    let within_word = |c: Option<char>| mark == '_' && c.is_some_and(char::is_alphanumeric);
    if inner.starts_with(char::is_whitespace) || within_word(before) {
        return None;
    }
    inner.match_indices(marks).find_map(|(i, _)| {
        let (inside, rest) = (inner.get(..i)?, inner.get(i + marks.len()..)?);
        let closes = !inside.is_empty()
            && !inside.ends_with(char::is_whitespace)
            && !inside.ends_with(mark)
            && !rest.starts_with(mark)
            && !within_word(rest.chars().next());
        closes.then_some((inside, rest))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paragraph_becomes_plain_text() {
        for (doc, help) in [
            (" Orders placed.", "Orders placed"),
            (" Orders\n placed.\n\n And more.", "Orders placed"),
            (" Is going on...", "Is going on..."),
            ("\n * Orders\n * placed.\n ", "Orders placed"),
            (" # Orders\n\n Orders placed.", "Orders placed"),
            (" # Orders", "Orders"),
            (" ```\n let x;\n ```\n Orders placed.", "Orders placed"),
            (" Orders placed.\n ```\n let x;\n ```", "Orders placed"),
            (" - Orders placed.", "Orders placed"),
            (" Calls of `GET /`.", "Calls of GET /"),
            (" Calls of ``a ` b``", "Calls of a ` b"),
            (
                " See [the `docs`](https://x.org/a_(b)), [that][1] or [`Here`].",
                "See the docs, that or Here",
            ),
            (" A part of [0, 1], by [Kind].", "A part of [0, 1], by Kind"),
            (
                " ![An image](x.png) of <https://x.org>",
                "An image of https://x.org",
            ),
            (" Latency [ms], see [a::b].", "Latency [ms], see a::b"),
            (" _private and __dunder__.", "_private and dunder"),
            (" Orders\\\n placed.", "Orders placed"),
            (" **Very** *much*, _so_ __it__ is.", "Very much, so it is"),
            (" 2 * 3 * 4 and a_b_c", "2 * 3 * 4 and a_b_c"),
            (
                " Not \\*this\\*, \\ nor [] nor a[0",
                "Not *this*, \\ nor [] nor a[0",
            ),
            (" Größe **über** alles", "Größe über alles"),
            (" Orders\n ======\n", "Orders"),
            (" All\n orders\n ---\n Orders placed.", "Orders placed"),
            (" # Shop\n\n Orders\n ======", "Shop"),
            (" ---\n Orders placed.\n\n ---", "Orders placed"),
            (
                " [ref]: http://x.y\n [b]: <c> \"A title\"\n\n See [ref][ref].",
                "See ref",
            ),
            (" [^1]: A note.\n\n Orders placed.", "Orders placed"),
            (" [0, 1]: a range", "[0, 1]: a range"),
            (" <!-- todo -->\n Orders placed.", "Orders placed"),
            (" <!-- to\n\n do -->\n\n Orders placed.", "Orders placed"),
            (" Orders <!-- or not --> placed<!-- -->.", "Orders placed"),
            (
                " Shows `<!-- this -->` or <!-- that",
                "Shows <!-- this --> or <!-- that",
            ),
        ] {
            assert_eq!(plain(doc).as_deref(), Some(help));
        }
    }

    #[test]
    fn a_comment_without_a_word_is_not_a_help() {
        for doc in [
            "",
            " ",
            " .",
            " ...",
            " ---",
            "\n\n",
            " ```\n code\n ```",
            " <!-- todo -->",
            " [a]: b",
        ] {
            assert_eq!(plain(doc), None, "{doc:?}");
        }
    }
}
