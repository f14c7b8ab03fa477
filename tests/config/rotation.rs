//! A token file that is rotated, emptied, deleted and replaced by a pipe, tested in a separate process.

use std::{
    env, fs,
    path::PathBuf,
    sync::atomic::Ordering::SeqCst,
    time::{Duration, Instant},
};

use actix_web::{
    App,
    http::header,
    rt::time::{sleep, timeout},
    test::{self, TestRequest},
};
use gds_metrics::GdsMetrics;
use log::LevelFilter;

use crate::{
    environment::{File, LOGGER, child_command},
    support::{LIMIT, quiet_panics},
};

/// Set in a child process. The value is the path of the token file.
const ROTATION: &str = "GDS_METRICS_TEST_ROTATION";

/// A new token is valid after at most two seconds. If no token can be read from the file, the last valid token
/// stays in use.
#[test]
fn rotation() {
    let file = File::new("rotation", "first\n");
    let output = child_command("rotation::child_of_rotation")
        .env("METRICS_AUTH_TOKEN_FILE", file.path())
        .env(ROTATION, file.path())
        .output()
        .expect("a child");
    let shown = format!("{output:?}");
    assert!(output.status.success(), "{shown}");
    assert!(shown.contains("rotation over"), "{shown}");
}

#[actix_web::test]
async fn child_of_rotation() {
    let Ok(path) = env::var(ROTATION) else {
        return;
    };
    log::set_logger(&LOGGER).expect("the first logger");
    log::set_max_level(LevelFilter::Warn);
    let file = File(PathBuf::from(path));
    let metrics = GdsMetrics::from_env().expect("a token's file");
    let app = App::new().service(metrics.scope()).wrap(metrics.clone());
    let app = test::init_service(app).await;
    let status = async |token: &str| {
        let token = format!("Bearer {token}");
        let request =
            TestRequest::with_uri("/metrics").insert_header((header::AUTHORIZATION, token));
        let response = test::call_service(&app, request.to_request()).await;
        response.status().as_u16()
    };
    let becomes = async |token: &str, expected| {
        let start = Instant::now();
        while status(token).await != expected {
            assert!(start.elapsed() < LIMIT, "{token} is never {expected}");
            sleep(Duration::from_millis(20)).await;
        }
    };
    assert_eq!(status("first").await, 200);
    file.write("second\n");
    becomes("second", 200).await;
    assert_eq!(status("first").await, 403);

    // Waits until the file is read again and the error is logged.
    let errors = async || {
        let start = Instant::now();
        loop {
            assert_eq!(status("second").await, 200, "the last good one stays");
            let lines = LOGGER
                .lines
                .lock()
                .expect("no panic under the lock")
                .clone();
            if !lines.is_empty() || start.elapsed() > LIMIT {
                LOGGER
                    .lines
                    .lock()
                    .expect("no panic under the lock")
                    .clear();
                return lines;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    file.write("");
    let empty = errors().await;
    fs::remove_file(&file.0).expect("a file");
    let gone = errors().await;
    file.become_pipe();
    let pipe = errors().await;
    for lines in [&empty, &gone, &pipe] {
        assert!(
            lines[0].starts_with("METRICS_AUTH_TOKEN_FILE is `"),
            "{lines:?}"
        );
        assert!(
            lines[0].ends_with("the last valid token stays in use"),
            "{lines:?}"
        );
        assert!(!lines[0].contains("second"), "{lines:?}");
    }
    assert!(pipe[0].contains("it is not a regular file"), "{pipe:?}");

    // Neither a panic in a logger nor a new error ends the rotation.
    quiet_panics();
    LOGGER.panics.store(true, SeqCst);
    file.write("");
    let panicked = async {
        while !LOGGER.panicked.load(SeqCst) {
            assert_eq!(status("second").await, 200);
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(LIMIT, panicked)
        .await
        .expect("the trouble is logged");
    LOGGER.panics.store(false, SeqCst);
    file.write("third");
    becomes("third", 200).await;
    println!("rotation over");
}
