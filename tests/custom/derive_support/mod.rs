//! Runs other parsers on an exposition.

use std::{
    env,
    io::Write as _,
    process::{Command, Stdio},
};

/// Runs `command`, and returns its output.
pub(crate) fn run(command: &mut Command, input: &str) -> String {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    assert!(output.status.success(), "{said}\n{input}");
    said
}

/// The custom families that a parser of the Python client finds, one line each, sorted.
pub(crate) fn python(parser: &str, input: &str) -> Vec<String> {
    let python = env::var("GDS_METRICS_PYTHON").unwrap_or_else(|_| "python3".into());
    let program = format!(
        "import sys\n\
         from {parser} import text_string_to_metric_families as parse\n\
         text = sys.stdin.buffer.read().decode()\n\
         for family in parse(text):\n\
         \x20   print(family.name, family.type, family.unit or '-', len(family.samples), family.documentation)"
    );
    let mut lines: Vec<String> = run(Command::new(python).arg("-c").arg(program), input)
        .lines()
        // Without the families that always exist.
        .filter(|line| !line.starts_with("http_server_") && !line.starts_with("gds_metrics_"))
        .map(str::to_owned)
        .collect();
    lines.sort();
    lines
}
