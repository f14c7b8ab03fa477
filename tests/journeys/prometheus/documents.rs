//! What the documentation tells people to write is read by the real program.

use std::{fs, path::Path};

use crate::programs::promtool_check_config;

const KUBERNETES: &str = "kubernetes_sd_configs:\n      - role: pod";

#[test]
#[ignore = "needs promtool"]
fn promtool_reads_the_configurations_of_the_documentation() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![root.join("README.md")];
    for page in fs::read_dir(root.join("gds-metrics/docs")).expect("the pages") {
        pages.push(page.expect("a page").path());
    }

    let mut checked = 0;
    for page in pages {
        let text = fs::read_to_string(&page).expect("a page");
        for block in text.split("```yaml\n").skip(1) {
            let block = block.split("```").next().unwrap_or_default();
            if block.starts_with("scrape_configs:") {
                // Debian builds Prometheus without Kubernetes.
                let block = &block.replace(KUBERNETES, "static_configs: []");
                let said = promtool_check_config(block);
                assert!(said.is_empty(), "{}: {said}\n{block}", page.display());
                checked += 1;
            }
        }
    }
    assert!(checked >= 6, "{checked} configurations were found");
}
