//! The errors of the derives.
//!
//! The compiler's own messages change with its version. After an update, read the changes and accept them
//! with `TRYBUILD=overwrite cargo test --test derive_ui -- --ignored`.

use std::{fs, path::Path};

/// `compile_fail` passes if its glob matches nothing.
#[test]
fn the_case_files_exist() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui");
    let mut cases = 0;
    let topics = fs::read_dir(folder).unwrap();
    let files = topics.flat_map(|topic| fs::read_dir(topic.unwrap().path()).unwrap());
    for entry in files {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            assert!(
                path.with_extension("stderr").exists(),
                "{path:?} has no `.stderr`"
            );
            cases += 1;
        }
    }
    assert!(cases >= 125, "only {cases} cases are left");
}

#[test]
#[ignore = "needs rustc 1.95, because the cases contain its messages"]
fn mistakes_are_explained() {
    trybuild::TestCases::new().compile_fail("tests/ui/*/*.rs");
}
