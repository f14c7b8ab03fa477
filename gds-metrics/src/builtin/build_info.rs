//! What was built: `app_build_info`.

use crate::exposition::{Exposition, Header, MetricKind, push_label_value};

/// The family written here, if the builder was told what to say.
pub(crate) const FAMILY: Header<'_> = Header {
    name: "app_build",
    kind: MetricKind::Info,
    unit: None,
    help: "Name and version of the application",
};

/// The name and the version of the application.
#[derive(Clone, Debug)]
pub(crate) struct BuildInfo {
    pub(crate) name: String,
    pub(crate) version: String,
}

impl BuildInfo {
    pub(crate) fn expose(&self, exposition: &mut Exposition<'_>) {
        exposition.family(&FAMILY);
        let lines = exposition.lines();
        lines.push_str("app_build_info{name=\"");
        push_label_value(lines, &self.name);
        lines.push_str("\",version=\"");
        push_label_value(lines, &self.version);
        lines.push_str("\"} 1\n");
    }
}

#[cfg(test)]
mod tests {
    use crate::{Format, GdsMetrics};

    #[test]
    fn an_info_in_openmetrics_and_a_gauge_in_text() {
        let metrics = GdsMetrics::builder()
            .build_info("shop \"one\"", "1.2.3")
            .build()
            .expect("the settings are right");
        let sample = "app_build_info{name=\"shop \\\"one\\\"\",version=\"1.2.3\"} 1\n";
        for (format, head) in [
            (
                Format::Text,
                "# HELP app_build_info Name and version of the application\n\
                 # TYPE app_build_info gauge\n",
            ),
            (
                Format::OpenMetrics,
                "# HELP app_build Name and version of the application\n# TYPE app_build info\n",
            ),
        ] {
            let text = metrics.encode(format).expect("nothing refuses");
            assert!(text.contains(&format!("{head}{sample}")), "{text}");
        }
    }

    #[test]
    fn absent_unless_set() {
        let metrics = GdsMetrics::builder().build().expect("defaults are right");
        let text = metrics.encode(Format::Text).expect("nothing refuses");
        assert!(!text.contains("app_build"), "{text}");
    }
}
