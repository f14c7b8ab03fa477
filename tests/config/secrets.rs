//! A token never appears in printed, logged or sent text.

use actix_web::{
    App,
    dev::{Service as _, Transform, fn_service},
    http::header,
    test::{self, TestRequest},
};
use gds_metrics::{Format, GdsMetrics};

const TOKEN: &str = "hunter2hunter2";

fn metrics() -> GdsMetrics {
    let builder = GdsMetrics::builder().bearer_tokens([TOKEN, "hunter3"]);
    builder.build().expect("tokens")
}

#[actix_web::test]
async fn debug_texts_contain_no_token() {
    let builder = GdsMetrics::builder().bearer_token(TOKEN).path("/a");
    let debugged = format!("{builder:?}");
    assert!(debugged.contains("GdsMetricsBuilder"), "{debugged}");
    let metrics = metrics();
    assert!(format!("{metrics:?}").contains("Fixed(2 tokens)"));
    let scope = metrics.scope();
    let inner = fn_service(async |req: actix_web::dev::ServiceRequest| {
        Ok(req.into_response(actix_web::HttpResponse::Ok().finish()))
    });
    let middleware = metrics.new_transform(inner).await.expect("a middleware");
    let request = TestRequest::with_uri("/")
        .insert_header((header::AUTHORIZATION, format!("Bearer {TOKEN}")));
    let future = middleware.call(request.to_srv_request());
    let recorder = format!("{:?}", future.await.expect("an answer").response().body());
    for text in [
        debugged,
        format!("{metrics:#?}"),
        format!("{scope:#?}"),
        recorder,
    ] {
        assert!(!text.contains("hunter"), "{text}");
    }
}

/// The error for an invalid token does not contain the token.
#[test]
fn errors_contain_no_token() {
    for token in ["", "hunter2 hunter2", "hunter2\n", "hünter2"] {
        let error = GdsMetrics::builder().bearer_token(token).build();
        let error = error.expect_err("no token");
        for text in [format!("{error}"), format!("{error:?}")] {
            assert!(text.starts_with("`.bearer_token(…)` "), "{text}");
            assert!(!text.contains("nter2"), "{text}");
        }
    }
}

#[actix_web::test]
async fn responses_contain_no_token() {
    let metrics = metrics();
    let app = App::new().service(metrics.scope()).wrap(metrics.clone());
    let app = test::init_service(app).await;
    for token in [TOKEN, "hunter2", "", "hunter3"] {
        let request = TestRequest::with_uri("/metrics")
            .insert_header((header::AUTHORIZATION, format!("Bearer {token}")));
        let response = test::call_service(&app, request.to_request()).await;
        let headers = format!("{:?}", response.headers());
        let body = test::read_body(response).await;
        let body = std::str::from_utf8(&body).expect("text");
        assert!(!headers.contains("hunter"), "{headers}");
        assert!(!body.contains("hunter"), "{body}");
    }
    let text = metrics.encode(Format::Text).expect("an exposition");
    assert!(!text.contains("hunter"), "{text}");
}
