//! `rename_all`: the names of an enum's variants and of a struct's fields.

use crate::name::words;

/// How the words of a name are joined.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Case {
    #[default]
    Snake,
    Kebab,
    ScreamingSnake,
    ScreamingKebab,
    Camel,
    Pascal,
    Lower,
    Upper,
}

impl Case {
    pub(crate) const NAMES: [&'static str; 8] = [
        "snake_case",
        "kebab-case",
        "SCREAMING_SNAKE_CASE",
        "SCREAMING-KEBAB-CASE",
        "camelCase",
        "PascalCase",
        "lowercase",
        "UPPERCASE",
    ];

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "snake_case" => Self::Snake,
            "kebab-case" => Self::Kebab,
            "SCREAMING_SNAKE_CASE" => Self::ScreamingSnake,
            "SCREAMING-KEBAB-CASE" => Self::ScreamingKebab,
            "camelCase" => Self::Camel,
            "PascalCase" => Self::Pascal,
            "lowercase" => Self::Lower,
            "UPPERCASE" => Self::Upper,
            _ => return None,
        })
    }

    /// The cases whose names are valid label names.
    pub(crate) const WITHOUT_HYPHENS: [&'static str; 6] = [
        "snake_case",
        "SCREAMING_SNAKE_CASE",
        "camelCase",
        "PascalCase",
        "lowercase",
        "UPPERCASE",
    ];

    /// Renames a field.
    pub(crate) fn apply_to_field(self, field: &str) -> String {
        match self {
            Self::Pascal => pascal(&words(field)),
            _ => self.apply(field),
        }
    }

    /// Renames a variant.
    pub(crate) fn apply(self, variant: &str) -> String {
        let words = words(variant);
        match self {
            Self::Snake => words.join("_"),
            Self::Kebab => words.join("-"),
            Self::ScreamingSnake => words.join("_").to_uppercase(),
            Self::ScreamingKebab => words.join("-").to_uppercase(),
            Self::Camel => {
                let pascal = pascal(&words);
                let mut chars = pascal.chars();
                match chars.next() {
                    Some(first) => first.to_lowercase().chain(chars).collect(),
                    None => pascal,
                }
            }
            Self::Pascal => variant.to_owned(),
            Self::Lower => variant.to_lowercase(),
            Self::Upper => variant.to_uppercase(),
        }
    }
}

fn pascal(words: &[String]) -> String {
    words.iter().map(|word| capitalised(word)).collect()
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_are_renamed() {
        for (variant, snake) in [
            ("Welcome", "welcome"),
            ("PasswordReset", "password_reset"),
            ("HTTPServer2Error", "http_server2_error"),
            ("GET", "get"),
            ("V2", "v2"),
            ("Not_Rustic", "not_rustic"),
        ] {
            assert_eq!(Case::Snake.apply(variant), snake);
        }
        for (name, renamed) in Case::NAMES.into_iter().zip([
            "password_reset",
            "password-reset",
            "PASSWORD_RESET",
            "PASSWORD-RESET",
            "passwordReset",
            "PasswordReset",
            "passwordreset",
            "PASSWORDRESET",
        ]) {
            let case = Case::parse(name).map(|case| case.apply("PasswordReset"));
            assert_eq!(case.as_deref(), Some(renamed));
        }
    }

    #[test]
    fn fields_are_renamed() {
        for (name, renamed) in Case::WITHOUT_HYPHENS.into_iter().zip([
            "job_queue",
            "JOB_QUEUE",
            "jobQueue",
            "JobQueue",
            "job_queue",
            "JOB_QUEUE",
        ]) {
            let case = Case::parse(name).map(|case| case.apply_to_field("job_queue"));
            assert_eq!(case.as_deref(), Some(renamed));
        }
    }
}
