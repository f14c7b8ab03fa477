//! A hundred thousand invented requests, sent to the service.

use std::{fs, sync::Mutex};

use actix_web::{
    App, HttpResponse,
    dev::Service as _,
    http::{StatusCode, header, header::HeaderValue},
    rt::System,
    test::{self, TestRequest},
    web,
};
use gds_metrics::{Format, GdsMetrics, LabelNames};

use crate::{
    model::{HOSTS, Model, ROUTES, Request, host_name},
    support::{
        exposition::Scrape,
        names::NAMES,
        random::{Random, setting},
    },
};

/// Sets the seed.
const SEED: &str = "GDS_METRICS_TEST_SEED";
/// Sets how many requests are sent.
const REQUESTS: &str = "GDS_METRICS_TEST_REQUESTS";

/// Tests run one at a time, because they measure the memory of the process.
pub(crate) static ALONE: Mutex<()> = Mutex::new(());

struct Flood {
    names: LabelNames,
    requests: u64,
    max_hosts: usize,
    max_label_sets: usize,
    /// The maximum size of the exposition at the end.
    max_bytes: usize,
    /// The maximum growth of the process's memory in the second half.
    max_growth: u64,
}

impl Flood {
    fn play(&self) -> Model {
        let _alone = ALONE.lock();
        let seed = setting(SEED, 1);
        println!(
            "to play this again: {SEED}={seed} {REQUESTS}={}",
            self.requests
        );
        System::new().block_on(self.send(seed))
    }

    async fn send(&self, seed: u64) -> Model {
        let mut builder = GdsMetrics::builder()
            .label_names(self.names)
            .max_hosts(self.max_hosts)
            .max_label_sets(self.max_label_sets);
        let mut model = Model::new(self.max_hosts, self.max_label_sets);
        if self.names == LabelNames::OpenTelemetry {
            let hosts: Vec<String> = (0..HOSTS).map(host_name).collect();
            model = Model::listed(&hosts, self.max_label_sets);
            builder = builder.hosts(hosts);
        }
        let metrics = builder.build().expect("caps");
        let app = App::new()
            .configure(|config| {
                for route in 0..ROUTES {
                    config.route(&format!("/r{route}/{{id}}"), web::to(answer));
                }
            })
            .wrap(metrics.clone());
        let app = test::init_service(app).await;

        let mut random = Random::new(seed);
        let mut half = None;
        for sent in 1..=self.requests {
            let mut request = Request::random(&mut random);
            let failing = sent == self.requests;
            if failing {
                // The last request fails, on a real route that has not failed before.
                request = Request::random_routed(&mut random);
            }
            let host = HeaderValue::from_bytes(&request.host).expect("what Actix lets through");
            let http = TestRequest::with_uri(&request.path)
                .method(request.method.parse().expect("a method"))
                .insert_header((header::HOST, host))
                .insert_header(("fail", if failing { "1" } else { "0" }));
            let response = app.call(http.to_request()).await.expect("an answer");
            model.record(&request, response.status().as_u16());
            if sent == self.requests / 2 {
                half = Some(memory());
            }
        }

        let growth = memory().saturating_sub(half.expect("a half"));
        assert!(
            growth <= self.max_growth,
            "{growth} KiB more in the second half"
        );
        let text = metrics.encode(Format::Text).expect("an exposition");
        assert!(text.len() <= self.max_bytes, "{} bytes", text.len());
        let scrape = Scrape::parse(&text);
        scrape.check();
        let scrape = scrape.in_gds_names();
        assert_eq!(scrape.total(), self.requests);
        model.compare(&scrape);
        // Under its own path, or under the class of its status.
        let failures = scrape
            .recorded()
            .into_iter()
            .filter(|line| line.contains(" 500 ") || line.contains(" 5xx "));
        let failures: Vec<_> = failures.collect();
        assert_eq!(failures.len(), 1, "{failures:?}");
        assert_eq!(
            failures[0].contains("/r"),
            model.folded().1 == 0,
            "{failures:?}"
        );
        model
    }
}

async fn answer(req: actix_web::HttpRequest) -> HttpResponse {
    let fail = req.headers().get("fail").is_some_and(|value| value == "1");
    HttpResponse::new(if fail {
        StatusCode::INTERNAL_SERVER_ERROR
    } else {
        StatusCode::OK
    })
}

/// The memory of the process in KiB; 0 if it is unknown.
pub(crate) fn memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.map_or(0, |number| number.parse().expect("a number"))
}

#[test]
fn the_default_caps() {
    // The rules are the same with both label names, so a fifth of the requests is enough for the
    // second.
    for (names, requests) in NAMES.into_iter().zip([100_000, 20_000]) {
        let model = Flood {
            names,
            requests: setting(REQUESTS, requests),
            max_hosts: 32,
            max_label_sets: 2_000,
            max_bytes: 8 << 20,
            max_growth: 512,
        }
        .play();
        assert!(model.label_sets() > 2_000, "the hosts' cap was hit");
        assert!(model.folded().0 > 0);
    }
}

/// Beyond twice the cap the paths are folded too, and still no request is lost.
#[test]
fn small_caps() {
    // OpenTelemetry's names are longer.
    for (names, max_kib) in NAMES.into_iter().zip([400, 500]) {
        let model = Flood {
            names,
            requests: 10_000,
            max_hosts: 3,
            max_label_sets: 50,
            max_bytes: max_kib << 10,
            max_growth: 512,
        }
        .play();
        // At the caps: the folded series, by method and class of status.
        assert!(model.label_sets() <= 100 + 11 * 3);
        assert!(model.folded().1 > 0);
    }
}
