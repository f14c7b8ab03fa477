//! Every type of metric in a set, and how to use each.
//!
//! ```sh
//! cargo run --example custom_metrics
//! curl -d 'dear all' http://127.0.0.1:8080/mails/welcome
//! curl http://127.0.0.1:8080/metrics | grep mailer
//! ```
//!
//! First it prints a table of the set, for a project's documentation.
//!
//! The metrics exist before the first mail, most of them with the value 0, so `rate()` and alerts see the
//! first one. Their names are those of the fields, after the prefix `mailer`.

use std::{env, time::Duration};

use actix_web::{App, HttpResponse, HttpServer, Responder, post, rt::time::sleep, web};
use gds_metrics::{
    Counter, EncodeLabelSet, EncodeLabelValue, Family, Gauge, GaugeExt, GdsMetricSet, GdsMetrics,
    Histogram, Info, StateSet, Summary, schema,
};

/// Metrics of the mailer.
#[derive(Clone, Debug, GdsMetricSet)]
#[metric(prefix = "mailer")]
struct AppMetrics {
    /// Mails sent, by kind.
    #[metric(zero)]
    mails_sent: Family<MailLabels, Counter>, // mailer_mails_sent_total
    /// Mails that are being sent now.
    mails_in_progress: Gauge,
    /// Time taken to send a mail.
    #[metric(unit = "seconds", buckets = exponential(0.001, 4.0, 6))]
    send_duration: Family<MailLabels, Histogram>,
    /// Size of a mail.
    #[metric(unit = "bytes")]
    mail_size: Summary,
    /// Whether the mailer takes mails.
    mode: StateSet<Mode>,
    /// What this binary was built from.
    build: Info<Build>, // mailer_build_info{version="…"}
    // A nested set. Its names begin with `mailer_smtp`.
    #[metric(prefix = "smtp")]
    smtp: SmtpMetrics,
}

/// Metrics of the connection to the mail server.
#[derive(Clone, Debug, GdsMetricSet)]
struct SmtpMetrics {
    /// Connections opened.
    connections_opened: Counter,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MailLabels {
    kind: MailKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum MailKind {
    Welcome,
    PasswordReset,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Mode {
    Starting,
    Serving,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Build {
    version: &'static str,
}

#[post("/mails/{kind}")]
async fn send(
    metrics: web::Data<AppMetrics>,
    kind: web::Path<String>,
    body: web::Bytes,
) -> impl Responder {
    // Never use a client's text as a label value. The enum lists the values.
    let kind = match kind.as_str() {
        "welcome" => MailKind::Welcome,
        "password-reset" => MailKind::PasswordReset,
        _ => return HttpResponse::NotFound().finish(),
    };
    let labels = MailLabels { kind };

    // Both end when this function ends, also by an error or a panic.
    let _in_progress = metrics.mails_in_progress.in_progress();
    let _timer = metrics.send_duration.start_timer(&labels);
    metrics.smtp.connections_opened.inc();
    sleep(Duration::from_millis(20)).await;

    metrics.mail_size.observe(body.len() as f64);
    metrics.mails_sent.get_or_create(&labels).inc();
    HttpResponse::Accepted().body("sent\n")
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let metrics = GdsMetrics::from_env()?;
    let app_metrics: AppMetrics = metrics.register()?;
    app_metrics.build.set(Build {
        version: env!("CARGO_PKG_VERSION"),
    });

    // prometheus-client's own registry, for what a set cannot describe.
    let retries = Gauge::<i64>::default();
    metrics.register_with(|registry| {
        registry.register("mailer_retries_left", "Retries left", retries.clone());
    });
    retries.set(3);

    let address = env::var("EXAMPLE_ADDR").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    let worker_metrics = app_metrics.clone();
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(worker_metrics.clone()))
            .service(metrics.scope())
            .service(send)
            .wrap(metrics.clone())
    })
    .bind(address)?;

    // A table of the set, for a project's documentation.
    println!("{}", schema::markdown(&[AppMetrics::SCHEMA]));

    app_metrics.mode.set(Mode::Serving);
    for address in server.addrs() {
        println!("Listening on http://{address}");
    }
    server.run().await?;
    Ok(())
}
