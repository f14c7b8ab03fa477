//! Workers count separately: at the same time, one after another, and after their apps are dropped.

use std::{sync::Barrier, thread};

use actix_web::{
    App, HttpResponse,
    dev::{Service as _, ServiceFactory, ServiceRequest, ServiceResponse},
    rt::System,
    test::{self, TestRequest},
    web,
};
use futures_util::{FutureExt as _, future, stream};
use gds_metrics::{Format, GdsMetrics};

use crate::support::{exposition::Scrape, hostless, hostless_under_both, recorded};

/// Enough that two writers of one number would lose a count.
const REQUESTS: usize = 3_000;

fn app(
    metrics: &GdsMetrics,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl actix_web::body::MessageBody + use<>>,
        Error = actix_web::Error,
        InitError = (),
    > + use<>,
> {
    App::new()
        .route("/users/{id}", web::get().to(|| async { "user" }))
        .route("/pending", web::get().to(future::pending::<HttpResponse>))
        .route(
            "/endless",
            web::get().to(|| async {
                let body = stream::pending::<Result<web::Bytes, actix_web::Error>>();
                HttpResponse::Ok().streaming(body)
            }),
        )
        .wrap(metrics.clone())
}

fn request(path: &str) -> actix_http::Request {
    TestRequest::with_uri(path).to_request()
}

/// Creates an app, and sends this many requests to one route.
fn work(metrics: &GdsMetrics, start: Option<&Barrier>) {
    System::new().block_on(async {
        let app = test::init_service(app(metrics)).await;
        if let Some(start) = start {
            start.wait();
        }
        for i in 0..REQUESTS {
            let path = format!("/users/{i}");
            app.call(request(&path)).await.expect("an answer");
        }
    });
}

/// Every scrape during the load is consistent, and no counter decreases.
#[test]
fn two_to_four_on_one_series() {
    for (workers, metrics) in (2..=4).flat_map(|workers| {
        hostless_under_both(|builder| builder).map(|metrics| (workers, metrics))
    }) {
        let start = Barrier::new(workers + 1);
        thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| work(&metrics, Some(&start)));
            }
            start.wait();
            let mut before = 0;
            while before < (REQUESTS * workers) as u64 {
                let text = metrics.encode(Format::Text).expect("an exposition");
                let scrape = Scrape::parse(&text);
                scrape.check();
                assert!(scrape.total() >= before);
                before = scrape.total();
                thread::yield_now();
            }
        });
        let all = REQUESTS * workers;
        assert_eq!(
            recorded(&metrics),
            [format!("GET /users/{{id}} 200 x{all}")]
        );
    }
}

#[test]
fn one_after_another() {
    for metrics in hostless_under_both(|builder| builder) {
        for generation in 1..=4 {
            // Two at a time; the next two continue the counts of the first two.
            thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(|| work(&metrics, None));
                }
            });
            let all = 2 * generation * REQUESTS;
            assert_eq!(
                recorded(&metrics),
                [format!("GET /users/{{id}} 200 x{all}")]
            );
        }
    }
}

#[test]
fn two_apps_on_one_thread() {
    let metrics = hostless();
    System::new().block_on(async {
        let apps = [
            test::init_service(app(&metrics)).await,
            test::init_service(app(&metrics)).await,
        ];
        for i in 0..100 {
            let path = format!("/users/{i}");
            apps[i % 2].call(request(&path)).await.expect("an answer");
        }
    });
    assert_eq!(recorded(&metrics), ["GET /users/{id} 200 x100"]);
}

/// What is recorded after an app was dropped is not mixed up with what the next app records.
#[test]
fn requests_and_bodies_that_outlive_their_app() {
    for metrics in hostless_under_both(|builder| builder.extended(true)) {
        let both = Barrier::new(2);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    System::new().block_on(async {
                        let app = test::init_service(app(&metrics)).await;
                        let mut requests: Vec<_> = (0..REQUESTS)
                            .map(|_| Box::pin(app.call(request("/pending"))))
                            .collect();
                        for request in &mut requests {
                            assert!(request.now_or_never().is_none());
                        }
                        let mut bodies = Vec::new();
                        for _ in 0..REQUESTS {
                            bodies.push(app.call(request("/endless")).await.expect("a head"));
                        }
                        drop(app);
                        // Created and used now, it must not write the cells that requests of the
                        // first app write.
                        let next = test::init_service(self::app(&metrics)).await;
                        let late = Box::pin(next.call(request("/pending")));
                        both.wait();
                        drop(next);
                        drop((requests, bodies, late));
                    });
                });
            }
        });
        let all = 2 * REQUESTS;
        assert_eq!(
            recorded(&metrics),
            [
                format!("GET /endless 200 x{all}"),
                format!("GET /pending 499 x{}", all + 2),
            ]
        );
        let text = metrics.encode(Format::Text).expect("an exposition");
        let scrape = Scrape::parse(&text).in_gds_names();
        let count = |path, code| {
            let labels = [("method", "GET"), ("path", path), ("code", code)];
            scrape.value("http_server_response_body_size_bytes_count", &labels)
        };
        assert_eq!(count("/endless", "200"), Some(all as f64));
        let active = scrape.value("http_server_active_requests", &[("method", "GET")]);
        assert_eq!(active, Some(0.0));
    }
}
