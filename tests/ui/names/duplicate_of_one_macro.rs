use gds_metrics::GdsMetricSet;

macro_rules! queue {
    ($module:ident, $help:literal) => {
        mod $module {
            #[derive(gds_metrics::GdsMetricSet)]
            pub struct Queue {
                #[doc = $help]
                pub waiting: gds_metrics::Gauge,
            }
        }
    };
}

queue!(mails, "Mails that wait.");
queue!(pages, "Pages that wait.");

#[derive(GdsMetricSet)]
struct Shop {
    #[metric(flatten, labels(queue = "mails"))]
    mails: mails::Queue,
    #[metric(flatten, labels(queue = "pages"))]
    pages: pages::Queue,
}

fn main() {}
