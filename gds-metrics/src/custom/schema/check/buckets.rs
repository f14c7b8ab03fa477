//! Checks at compile time that a histogram with default buckets measures seconds.

use super::MESSAGE;
use crate::custom::schema::{
    MetricDef,
    name::{self, Text},
};

/// Units, and suitable bounds for them.
const BUCKETS: &[(&str, &str)] = &[
    ("bytes", "exponential(256.0, 4.0, 8)"),
    ("ratio", "linear(0.1, 0.1, 10)"),
    ("celsius", "linear(0.0, 5.0, 9)"),
    ("meters", "exponential(1.0, 10.0, 6)"),
    ("grams", "exponential(1.0, 10.0, 6)"),
    ("volts", "exponential(1.0, 10.0, 6)"),
    ("amperes", "exponential(1.0, 10.0, 6)"),
    ("joules", "exponential(1.0, 10.0, 6)"),
];

/// The default bounds are only for seconds.
#[track_caller]
pub(super) const fn check_default(def: &MetricDef) {
    let seconds = match def.unit {
        Some(unit) => name::eq(unit, "seconds"),
        None => name::ends_with_word(def.name, "seconds"),
    };
    if seconds {
        return;
    }
    let mut unit = def.unit;
    let mut suitable = "exponential(1.0, 2.0, 10)";
    let mut rest = BUCKETS;
    while let [(known, bounds), tail @ ..] = rest {
        let is_known = match def.unit {
            Some(unit) => name::eq(unit, known),
            None => name::ends_with_word(def.name, known),
        };
        if is_known {
            (unit, suitable) = (Some(*known), *bounds);
        }
        rest = tail;
    }
    let mut text = Text::<MESSAGE>::new();
    text.push("`");
    text.push(def.set);
    text.push("::");
    text.push(def.field);
    text.push("` is a histogram ");
    match unit {
        Some(unit) => {
            text.push("with the unit `");
            text.push(unit);
            text.push("`, and the default buckets are for seconds: write `buckets = ");
        }
        None => text.push(
            "without a unit, and the default buckets are for seconds: write `unit = \"seconds\"` if it \
             measures time, and otherwise its own buckets, such as `buckets = ",
        ),
    }
    text.push(suitable);
    text.push("`");
    panic!("{}", text.as_str());
}
