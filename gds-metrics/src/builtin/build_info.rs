//! The application's name and version: `app_build_info`.

use crate::exposition::{Header, MetricKind, Number, Writer, push_label};

/// The family written here, if the builder has a name and a version.
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
    /// The approximate number of bytes written.
    pub(crate) fn size(&self) -> usize {
        const HEADER: usize = 128;
        HEADER + self.name.len() + self.version.len()
    }

    pub(crate) fn write(&self, writer: &mut dyn Writer) {
        let mut labels = String::new();
        push_label(&mut labels, "name", &self.name);
        push_label(&mut labels, "version", &self.version);
        writer.family(&FAMILY);
        writer.sample(&labels, Number::Unsigned(1), None);
    }
}

#[cfg(test)]
mod tests {
    use crate::{Format, GdsMetrics};

    #[test]
    fn build_info_is_an_info_in_openmetrics_and_a_gauge_in_text() {
        let metrics = GdsMetrics::builder()
            .build_info("shop \"one\"", "1.2.3")
            .build()
            .expect("the settings are valid");
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
            let text = metrics.encode(format).expect("no encoder fails");
            assert!(text.contains(&format!("{head}{sample}")), "{text}");
        }
    }

    #[test]
    fn without_build_info_nothing_is_exposed() {
        let metrics = GdsMetrics::builder()
            .build()
            .expect("the defaults are valid");
        let text = metrics.encode(Format::Text).expect("no encoder fails");
        assert!(!text.contains("app_build"), "{text}");
    }
}
