//! A status that the client chooses is also a label.

use std::collections::BTreeSet;

use actix_web::{
    App, HttpResponse,
    dev::Service as _,
    http::StatusCode,
    rt::System,
    test::{self, TestRequest},
    web,
};
use gds_metrics::{Format, GdsMetrics, LabelNames};

use crate::support::{exposition::Scrape, names::NAMES};

const MAX_LABEL_SETS: usize = 50;
const METHODS: [&str; 11] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "QUERY", "ANY",
];

async fn answer(code: web::Path<u16>) -> HttpResponse {
    HttpResponse::new(StatusCode::from_u16(*code).expect("a status"))
}

/// However many statuses there are, beyond the caps there is one series for each method and class.
#[test]
fn statuses_chosen_by_the_client() {
    NAMES.into_iter().for_each(check);
}

fn check(names: LabelNames) {
    let metrics = GdsMetrics::builder()
        .label_names(names)
        .max_label_sets(MAX_LABEL_SETS)
        .build()
        .expect("caps");
    System::new().block_on(async {
        let app = App::new()
            .route("/status/{code}", web::to(answer))
            .wrap(metrics.clone());
        let app = test::init_service(app).await;
        for method in METHODS {
            for code in 100..=999 {
                let request = TestRequest::with_uri(&format!("/status/{code}"))
                    .method(method.parse().expect("a method"));
                app.call(request.to_request()).await.expect("an answer");
            }
        }
    });
    let scrape = Scrape::parse(&metrics.encode(Format::Text).expect("an exposition"));
    scrape.check();
    let scrape = scrape.in_gds_names();
    assert_eq!(scrape.total(), 900 * METHODS.len() as u64);
    let series = scrape.of("http_server_requests_total").count();
    // The first class of the first method fitted below the caps.
    assert_eq!(series, 2 * MAX_LABEL_SETS + 9 * METHODS.len() - 1);
    let classes: BTreeSet<_> = scrape
        .of("http_server_requests_total")
        .filter(|sample| sample.labels["path"] == "_other")
        .map(|sample| &*sample.labels["code"])
        .collect();
    let expected = (1..=9).map(|class| format!("{class}xx"));
    assert!(classes.iter().copied().eq(expected), "{classes:?}");
}
