//! A writer that writes the header of a family before its first sample, so that a family without samples is
//! not written.

use crate::exposition::{Header, Histogram, Line, Number, Summary, Timestamp, Writer};

pub(super) struct Headed<'w, 'h> {
    writer: &'w mut dyn Writer,
    /// `None` once it is written.
    header: Option<&'h Header<'h>>,
}

impl<'w, 'h> Headed<'w, 'h> {
    pub(super) fn new(writer: &'w mut dyn Writer, header: &'h Header<'h>) -> Self {
        Self {
            writer,
            header: Some(header),
        }
    }

    fn begun(&mut self) -> &mut dyn Writer {
        if let Some(header) = self.header.take() {
            self.writer.family(header);
        }
        self.writer
    }
}

impl Writer for Headed<'_, '_> {
    fn family(&mut self, header: &Header<'_>) {
        self.header = None;
        self.writer.family(header);
    }

    fn sample(&mut self, labels: &str, value: Number, start: Option<Timestamp>) {
        self.begun().sample(labels, value, start);
    }

    fn histogram(&mut self, labels: &str, histogram: &Histogram<'_>) {
        self.begun().histogram(labels, histogram);
    }

    fn summary(&mut self, labels: &str, summary: &Summary) {
        self.begun().summary(labels, summary);
    }

    fn line(&mut self, line: &Line<'_>) {
        self.begun().line(line);
    }

    fn finish(&mut self) {
        self.writer.finish();
    }
}
