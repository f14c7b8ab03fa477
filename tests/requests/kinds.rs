//! The `error` label of `http_server_exceptions_total`: a kind, never a message.

use std::{fmt, io};

use actix_web::{
    App, Error, HttpResponse, ResponseError, error,
    http::StatusCode,
    test::{self, TestRequest},
    web,
};
use gds_metrics::{Format, GdsMetrics, GdsMetricsBuilder};

use crate::support::{exceptions, quiet_panics, total};

/// An error with this `Debug` text.
struct Raw(String);

impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        assert_ne!(self.0, "panics", "{}", crate::support::ON_PURPOSE);
        f.write_str(&self.0)
    }
}

impl fmt::Display for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Message of Ann Smith")
    }
}

impl ResponseError for Raw {}

#[derive(Debug)]
enum Shop {
    SoldOut,
    Payment(Box<io::Error>),
    Stock { left: u8 },
}

impl fmt::Display for Shop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SoldOut => f.write_str("sold out"),
            Self::Payment(error) => error.fmt(f),
            Self::Stock { left } => left.fmt(f),
        }
    }
}

impl ResponseError for Shop {
    fn status_code(&self) -> StatusCode {
        StatusCode::SERVICE_UNAVAILABLE
    }
}

/// The kinds under which the errors of a handler are counted.
async fn kinds(
    settings: impl Fn(GdsMetricsBuilder) -> GdsMetricsBuilder,
    fail: impl Fn() -> Error + Clone + 'static,
) -> Vec<String> {
    quiet_panics();
    let metrics = settings(GdsMetrics::builder()).build().expect("settings");
    let handler = move || {
        let error = fail();
        async move { Err::<HttpResponse, _>(error) }
    };
    let app = App::new()
        .route("/", web::get().to(handler))
        .wrap(metrics.clone());
    let app = test::init_service(app).await;
    let request = TestRequest::with_uri("/").to_request();
    let response = test::call_service(&app, request).await;
    assert!(response.status().is_server_error());
    exceptions(&metrics)
}

#[actix_web::test]
async fn of_debug_texts() {
    for (text, kind) in [
        ("Timeout", "Timeout"),
        ("Database(\"Ann\")", "Database"),
        ("Io { path: \"/home/ann\" }", "Io"),
        ("Ann Smith was not found", "error"),
        ("Ann: not found", "error"),
        ("ann", "error"),
        ("", "error"),
        ("panics", "error"),
    ] {
        let found = kinds(|b| b, move || Raw(text.to_owned()).into()).await;
        assert_eq!(found, [format!("{kind} x1")], "{text}");
    }
}

/// An error constructor, and the kind of the error.
type Row = (fn() -> Error, &'static str);

#[actix_web::test]
async fn of_real_errors() {
    let table: [Row; 5] = [
        (|| Shop::SoldOut.into(), "SoldOut"),
        (
            || Shop::Payment(Box::new(io::Error::other("Ann"))).into(),
            "Payment",
        ),
        (|| Shop::Stock { left: 0 }.into(), "Stock"),
        (|| io::Error::other("Ann").into(), "Custom"),
        (|| error::ErrorInternalServerError("Ann"), "error"),
    ];
    for (fail, kind) in table {
        assert_eq!(kinds(|b| b, fail).await, [format!("{kind} x1")]);
    }
}

#[actix_web::test]
async fn by_name() {
    let named = |builder: GdsMetricsBuilder| {
        builder
            .error_kind::<io::Error>("io")
            .error_kind::<Shop>("shop")
    };
    let io = || io::Error::other("Ann").into();
    assert_eq!(kinds(named, io).await, ["io x1"]);
    assert_eq!(kinds(named, || Shop::SoldOut.into()).await, ["shop x1"]);
    let other = || Raw("Other".to_owned()).into();
    assert_eq!(kinds(named, other).await, ["Other x1"]);
}

#[actix_web::test]
async fn all_named_kinds_have_room() {
    let named = |builder| {
        (0..60).fold(builder, |builder: GdsMetricsBuilder, kind| {
            builder.error_kind::<io::Error>(format!("io_{kind}"))
        })
    };
    let metrics = named(GdsMetrics::builder()).build().expect("settings");
    let text = metrics.encode(Format::Text).expect("an exposition");
    let kinds = text.matches("\nhttp_server_exceptions_total{").count();
    assert_eq!(kinds, 61, "and `panic`: {text}");
}

#[actix_web::test]
async fn are_at_most_fifty() {
    let metrics = crate::support::metrics();
    let fail = |kind: web::Path<String>| async { Err::<&str, _>(Raw(kind.into_inner())) };
    let app = App::new()
        .route("/{kind}", web::get().to(fail))
        .wrap(metrics.clone());
    let app = test::init_service(app).await;
    for round in 1..=2 {
        for kind in 0..100 {
            let request = TestRequest::with_uri(&format!("/Kind{kind}"));
            test::call_service(&app, request.to_request()).await;
        }
        let found = exceptions(&metrics);
        // `panic`, which is 0, is one of the fifty.
        assert_eq!(found.len(), 50, "49 and `_other`");
        assert!(found.contains(&format!("Kind0 x{round}")));
        assert!(found.contains(&format!("Kind48 x{round}")));
        assert!(found.contains(&format!("_other x{}", 51 * round)));
    }
    assert_eq!(total(&metrics), 200);
}
