//! Whether two metrics are the same field, at compile time and at run time.

use super::{def::MetricDef, name};
use crate::custom::labels::{Label, Names};

impl MetricDef {
    /// Whether both are the same field of the same set, perhaps nested in different places. Sets whose type
    /// parameters differ are the same if the metric does not show it.
    pub(crate) const fn is_same_field(&self, other: &Self) -> bool {
        name::eq(self.module, other.module)
            && self.looks_like(other)
            && self.differs(other).is_none()
    }

    /// Whether the [`Display`](std::fmt::Display) of both is the same.
    pub(crate) const fn looks_like(&self, other: &Self) -> bool {
        self.line == other.line
            && name::eq(self.file, other.file)
            && name::eq(self.set, other.set)
            && name::eq(self.field, other.field)
    }

    /// What differs in the metric. The type parameters of a set and the arguments of a macro can change it.
    pub(crate) const fn differs(&self, other: &Self) -> Option<&'static str> {
        if self.kind as u8 != other.kind as u8 {
            Some("kind")
        } else if !same_unit(self.unit, other.unit) {
            Some("unit")
        } else if !same_labels(self.labels, other.labels) {
            Some("label set")
        } else if !same_buckets(self.buckets, other.buckets) {
            Some("list of buckets")
        } else if !name::eq(self.help, other.help) {
            Some("help")
        } else {
            None
        }
    }
}

const fn same_unit(a: Option<&str>, b: Option<&str>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => name::eq(a, b),
        (None, None) => true,
        _ => false,
    }
}

const fn same_labels(a: Names, b: Names) -> bool {
    let (Some(mut a), Some(mut b)) = (a, b) else {
        return a.is_none() && b.is_none();
    };
    while let ([x, xs @ ..], [y, ys @ ..]) = (a, b) {
        let same = match (x, y) {
            (Label::Name(x), Label::Name(y)) => name::eq(x, y),
            (Label::Set(x), Label::Set(y)) => same_labels(*x, *y),
            _ => false,
        };
        if !same {
            return false;
        }
        (a, b) = (xs, ys);
    }
    a.is_empty() && b.is_empty()
}

const fn same_buckets(a: Option<&[f64]>, b: Option<&[f64]>) -> bool {
    let (Some(mut a), Some(mut b)) = (a, b) else {
        return a.is_none() && b.is_none();
    };
    while let ([x, xs @ ..], [y, ys @ ..]) = (a, b) {
        if x.to_bits() != y.to_bits() {
            return false;
        }
        (a, b) = (xs, ys);
    }
    a.is_empty() && b.is_empty()
}
