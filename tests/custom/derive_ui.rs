//! What the derives say of each mistake.
//!
//! The messages of the compiler itself change with its version: after an update look at what changed,
//! and accept it with `TRYBUILD=overwrite cargo test --test derive_ui -- --ignored`.

use std::{fs, path::Path};

/// A glob that matches nothing passes.
#[test]
fn there_are_cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui");
    let mut cases = 0;
    let topics = fs::read_dir(folder).unwrap();
    let files = topics.flat_map(|topic| fs::read_dir(topic.unwrap().path()).unwrap());
    for entry in files {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            assert!(
                path.with_extension("stderr").exists(),
                "{path:?} has no message"
            );
            cases += 1;
        }
    }
    assert!(cases >= 115, "only {cases} cases are left");
}

#[test]
#[ignore = "needs rustc 1.95, whose messages the cases hold"]
fn mistakes_are_explained() {
    trybuild::TestCases::new().compile_fail("tests/ui/*/*.rs");
}
