//! One command to see it all: `cargo run --example quickstart`.

use actix_web::{App, HttpServer, web};
use gds_metrics::GdsMetrics;

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let metrics = GdsMetrics::from_env()?;
    HttpServer::new(move || {
        App::new()
            .service(metrics.scope())
            .route("/", web::get().to(|| async { "hello" }))
            .route("/users/{id}", web::get().to(|| async { "user" }))
            .route(
                "/panic",
                web::get().to(|| async {
                    if true {
                        panic!("no")
                    }
                    "x"
                }),
            )
            .wrap(metrics.clone())
    })
    .workers(2)
    .bind(("127.0.0.1", 8080))?
    .run()
    .await?;
    Ok(())
}
