//! A host can be spelt in many ways. Spellings are cached, so their number and length must be
//! bounded.

use actix_web::{
    App,
    dev::Service as _,
    http::header,
    rt::System,
    test::{self, TestRequest},
    web,
};

use crate::{
    flood::{ALONE, memory},
    support::{metrics, random::Random, recorded},
};

const REQUESTS: u64 = 3_000;

#[test]
fn spellings_of_one_host() {
    let _alone = ALONE.lock();
    let metrics = metrics();
    let mut random = Random::new(1);
    let (before, mut most) = (memory(), 0);
    System::new().block_on(async {
        let app = App::new()
            .route("/", web::get().to(|| async { "index" }))
            .wrap(metrics.clone());
        let app = test::init_service(app).await;
        let mut sent = 0;
        while sent < REQUESTS {
            let name: String = "a-rather-long-name.example"
                .chars()
                .map(|c| match random.below(2) {
                    0 => c.to_ascii_uppercase(),
                    _ => c,
                })
                .collect();
            let noughts = "0".repeat(60_000);
            for (host, port) in [
                (&name, ""),
                (&name, ":80"),
                (&name, &*format!(":{noughts}80")),
            ] {
                let request = TestRequest::with_uri("/")
                    .insert_header((header::HOST, format!("{host}{port}")));
                app.call(request.to_request()).await.expect("an answer");
                sent += 1;
            }
            most = memory().max(most);
        }
    });
    let growth = most.saturating_sub(before);
    assert!(growth < 4 << 10, "{growth} KiB for the spellings");
    let (good, bad) = (REQUESTS / 3 * 2, REQUESTS / 3);
    assert_eq!(
        recorded(&metrics),
        [
            format!("GET _invalid / 200 x{bad}"),
            format!("GET a-rather-long-name.example / 200 x{good}"),
        ]
    );
}
