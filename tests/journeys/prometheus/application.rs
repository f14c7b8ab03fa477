//! An application with all options on, and load for it.

use std::{collections::BTreeSet, net::SocketAddr, sync::mpsc, thread, time::Duration};

use actix_web::{
    App, HttpRequest, HttpServer,
    rt::{System, time},
    web::{self, Data},
};
use gds_metrics::{Counter, GdsMetricSet, GdsMetrics, Histogram, TraceContext};

use crate::http;

/// Requests to each application. The durations are spread evenly from 0 to `LONGEST`.
pub(crate) const REQUESTS: u32 = 400;
const CLIENTS: u32 = 40;
const LONGEST: Duration = Duration::from_millis(500);
/// Orders before the first scrape.
pub(crate) const ORDERS: u32 = 40;
/// Observations of a custom histogram, before the first scrape: 0.01, 0.02, and so on.
pub(crate) const PACKED: u32 = 1000;
const PACKING_TRACE: TraceContext = TraceContext::new([0xab; 16], [0xcd; 8]);

#[derive(Clone, Debug, GdsMetricSet)]
#[metric(prefix = "shop")]
struct ShopMetrics {
    /// Orders placed.
    orders: Counter,
    /// Time taken to pack.
    #[metric(unit = "seconds")]
    packing: Histogram,
}

/// An application with all options on, which runs until the tests end.
pub(crate) fn serve(native: bool) -> SocketAddr {
    let (sender, address) = mpsc::channel();
    thread::spawn(move || {
        System::new().block_on(async move {
            let metrics = GdsMetrics::builder()
                .native_histograms(native)
                .exemplars(true)
                .start_timestamps(true)
                .extended(true)
                .process_metrics(true)
                .event_loop_delay(true)
                .detect_blocking(Duration::from_secs(1))
                .live_page(true)
                .build_info("shop", "1.2.3")
                .build()
                .expect("settings");
            let shop: ShopMetrics = metrics.register().expect("free names");
            shop.orders.inc_by(ORDERS.into());
            for number in 1..=PACKED {
                let seconds = f64::from(number) / 100.0;
                shop.packing.observe_with(seconds, &PACKING_TRACE);
            }
            let shop = Data::new(shop);
            let server = HttpServer::new(move || {
                App::new()
                    .app_data(shop.clone())
                    .service(metrics.scope())
                    .route("/", web::get().to(wait))
                    .wrap(metrics.clone())
            })
            .workers(2)
            .bind(("127.0.0.1", 0))
            .expect("a free port");
            sender.send(server.addrs()[0]).expect("the test waits");
            server.run().await
        })
    });
    address.recv().expect("a server")
}

/// Waits for the number of microseconds in the query.
async fn wait(req: HttpRequest) -> &'static str {
    let micros = req.query_string().parse().unwrap_or_default();
    time::sleep(Duration::from_micros(micros)).await;
    "hello"
}

/// Traces and spans.
pub(crate) type Traces = BTreeSet<(String, String)>;

/// Sends all requests, and returns all traces, including the one of the custom histogram.
pub(crate) fn load(targets: [SocketAddr; 2]) -> Traces {
    let clients = (0..CLIENTS).map(|client| {
        thread::spawn(move || {
            let mut traces = Vec::new();
            for number in (client..REQUESTS).step_by(CLIENTS as usize) {
                let micros = (LONGEST * number / REQUESTS).as_micros();
                let trace = format!("{:032x}", number + 1);
                let span = format!("{:016x}", number + 1);
                let header = format!("00-{trace}-{span}-01");
                for target in targets {
                    let path = format!("/?{micros}");
                    let answer = http::get(target, &path, &[("traceparent", &header)]);
                    assert_eq!(answer.status, 200);
                }
                traces.push((trace, span));
            }
            traces
        })
    });
    let clients: Vec<_> = clients.collect();
    let mut traces: Traces = clients
        .into_iter()
        .flat_map(|client| client.join().expect("answers"))
        .collect();
    traces.insert(("ab".repeat(16), "cd".repeat(8)));
    traces
}
