//! The sources of packages that this workspace depends on.

use std::{env, fs, path::PathBuf, process::Command};

use serde_json::Value;

fn run(program: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(program).args(arguments).output();
    let output = output.expect(program);
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {output:?}"
    );
    output.stdout
}

/// A file of a package, as Cargo unpacked it.
pub(crate) fn source(package: &str, file: &str) -> String {
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let version = run("rustc", &["-vV"]);
    let version = String::from_utf8_lossy(&version);
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let metadata = run(
        &cargo,
        &[
            "metadata",
            "--format-version=1",
            "--offline",
            "--locked",
            // Packages for other platforms may not have been downloaded.
            "--filter-platform",
            host.expect("a platform"),
            "--manifest-path",
            concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
        ],
    );
    let metadata: Value = serde_json::from_slice(&metadata).expect("cargo tells JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let package = packages.iter().find(|found| found["name"] == package);
    let manifest = package.expect("a dependency")["manifest_path"].as_str();
    let path = PathBuf::from(manifest.expect("a path")).with_file_name(file);
    fs::read_to_string(path).expect("a file of the package")
}
