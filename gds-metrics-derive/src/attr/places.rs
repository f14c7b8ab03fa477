//! The places where `#[metric(…)]` is allowed, and the options of each.

/// A kind of place. Its values are the options that may be given there.
pub(crate) trait Place: Copy + PartialEq {
    /// The place, in a message.
    const HERE: &'static str;
    /// The names of the options, the most usual one first.
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
