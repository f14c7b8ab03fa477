#![doc = include_str!("../docs/guarantees.md")]
