//! Native histograms: both forms contain the same observations.

use actix_web::{
    App,
    test::{self, TestRequest},
    web::{self, Bytes},
};
use gds_metrics::{EncodeLabelSet, Family, Format, GdsMetricSet, GdsMetrics, Histogram, Summary};

use crate::support::{
    metrics,
    protobuf::{Histogram as Decoded, MetricFamily, decode},
};

#[derive(Clone, Debug, GdsMetricSet)]
#[metric(prefix = "shop")]
struct ShopMetrics {
    /// Time taken to pack.
    #[metric(unit = "seconds", native)]
    packing: Histogram,
    /// Time taken to send.
    #[metric(unit = "seconds", buckets = [0.25], native)]
    sending: Family<Email, Histogram>,
    /// Time taken to bake.
    #[metric(unit = "seconds")]
    baking: Histogram,
    /// Size of an upload.
    #[metric(unit = "bytes", buckets = [1000.0, 5000.0])]
    upload: Histogram,
    /// Size of a download.
    #[metric(unit = "bytes")]
    download: Summary,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Email {
    kind: &'static str,
}

fn families(metrics: &GdsMetrics) -> Vec<MetricFamily> {
    decode(&metrics.encode_to_vec(Format::Protobuf).expect("bytes"))
}

fn histogram(families: &[MetricFamily], name: &str) -> Decoded {
    let mut found = families.iter().filter(|family| family.name() == name);
    let family = found.next().unwrap_or_else(|| panic!("no {name}"));
    let [metric] = &family.metric[..] else {
        panic!("{family:?}");
    };
    metric.histogram.clone().expect("a histogram")
}

/// The indexes of the native buckets that are not empty, with their counts.
fn native(histogram: &Decoded) -> Vec<(i32, i64)> {
    let mut buckets = Vec::new();
    let (mut index, mut count) = (0, 0);
    let mut deltas = histogram.positive_delta.iter();
    for span in &histogram.positive_span {
        index += span.offset.expect("an offset");
        for _ in 0..span.length.expect("a length") {
            count += deltas.next().expect("a count for each bucket");
            buckets.push((index, count));
            index += 1;
        }
    }
    assert_eq!(deltas.next(), None);
    buckets.retain(|(_, count)| *count > 0);
    buckets
}

/// The counts of both forms equal the total count.
#[track_caller]
fn assert_whole(histogram: &Decoded, count: u64) {
    assert_eq!(histogram.sample_count, Some(count));
    let last = histogram.bucket.last().expect("a bucket");
    assert_eq!(last.upper_bound, Some(f64::INFINITY));
    assert_eq!(last.cumulative_count, Some(count), "classic");
    let native: i64 = native(histogram).iter().map(|(_, count)| count).sum();
    let zero = histogram.zero_count.unwrap_or(0);
    assert_eq!(native.cast_unsigned() + zero, count, "native");
    assert_eq!(histogram.schema, Some(3));
    assert!(histogram.zero_threshold > Some(0.0));
}

#[test]
fn a_field_has_both_forms() {
    let metrics = metrics();
    let shop: ShopMetrics = metrics.register().expect("free names");
    let classic = |text: &str| text.replace("shop_baking", "shop_packing");
    for value in [0.004, 0.02, 0.021, 0.0, -1.0, 1e-7, 2000.0, f64::INFINITY] {
        shop.packing.observe(value);
        shop.baking.observe(value);
        shop.sending
            .get_or_create(&Email { kind: "new" })
            .observe(value);
    }

    let found = families(&metrics);
    let packing = histogram(&found, "shop_packing_seconds");
    assert_whole(&packing, 8);
    assert_eq!(packing.zero_count, Some(3));
    assert_eq!(native(&packing), [(-63, 1), (-45, 1), (-44, 1), (8193, 2)]);
    assert_eq!(packing.bucket.len(), 15);
    let sending = histogram(&found, "shop_sending_seconds");
    assert_whole(&sending, 8);
    assert_eq!(native(&sending), native(&packing));

    // Other histograms have only the classic form.
    let baking = histogram(&found, "shop_baking_seconds");
    assert_eq!(baking.schema, None);
    assert!(baking.positive_span.is_empty() && baking.positive_delta.is_empty());
    assert_eq!(baking.bucket, packing.bucket);
    assert_eq!(histogram(&found, "shop_upload_bytes").schema, None);

    // The text formats have only the classic form.
    for format in [Format::Text, Format::OpenMetrics] {
        let text = metrics.encode(format).expect("text");
        let samples = |name: &str| -> Vec<String> {
            let lines = text.lines().filter(|line| line.starts_with(name));
            lines.map(classic).collect()
        };
        let packing = samples("shop_packing_seconds");
        assert_eq!(packing.len(), 17);
        assert_eq!(packing, samples("shop_baking_seconds"));
    }
    assert_eq!(shop.packing.count(), 8);

    shop.packing.observe(f64::NAN);
    let packing = histogram(&families(&metrics), "shop_packing_seconds");
    assert_whole(&packing, 9);
    assert!(packing.sample_sum.is_some_and(f64::is_nan));
}

#[test]
fn the_builder_enables_all_native_histograms() {
    let metrics = GdsMetrics::builder()
        .native_histograms(true)
        .build()
        .expect("settings");
    let shop: ShopMetrics = metrics.register().expect("free names");
    shop.baking.observe(0.02);
    for size in [0.0, 1.0, 3.0, 1024.0, 1e12] {
        shop.upload.observe(size);
    }
    let found = families(&metrics);
    let baking = histogram(&found, "shop_baking_seconds");
    assert_whole(&baking, 1);
    assert_eq!(native(&baking), [(-45, 1)]);
    let upload = histogram(&found, "shop_upload_bytes");
    assert_whole(&upload, 5);
    assert_eq!(upload.zero_count, Some(2));
    assert_eq!(upload.zero_threshold, Some(1.0));
    assert_eq!(native(&upload), [(13, 1), (80, 1), (8193, 1)]);
    // A native histogram without observations has a schema and no buckets.
    assert_whole(&histogram(&found, "shop_packing_seconds"), 0);
}

/// Observations by several threads appear in both forms at the same time.
#[test]
fn both_forms_agree_during_concurrent_observations() {
    const THREADS: u64 = 3;
    const EACH: u64 = 20_000;
    let metrics = metrics();
    let shop: ShopMetrics = metrics.register().expect("free names");
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let packing = shop.packing.clone();
            scope.spawn(move || {
                for i in 0..EACH {
                    packing.observe((thread * EACH + i) as f64 / 1000.0);
                }
            });
        }
        for _ in 0..20 {
            let packing = histogram(&families(&metrics), "shop_packing_seconds");
            assert_whole(&packing, packing.sample_count.expect("a count"));
        }
    });
    let packing = histogram(&families(&metrics), "shop_packing_seconds");
    assert_whole(&packing, THREADS * EACH);
}

#[actix_web::test]
async fn the_standard_histograms_have_both_forms() {
    const EACH: u64 = 40;
    let mut texts = Vec::new();
    for native in [false, true] {
        let metrics = GdsMetrics::builder()
            .extended(true)
            .native_histograms(native)
            .build()
            .expect("settings");
        // Two recorders, like two workers.
        for _ in 0..2 {
            let app = App::new()
                .route("/", web::post().to(async |body: Bytes| body))
                .wrap(metrics.clone());
            let app = test::init_service(app).await;
            for _ in 0..EACH {
                let request = TestRequest::post().uri("/").set_payload("a".repeat(300));
                let response = test::call_service(&app, request.to_request()).await;
                assert_eq!(test::read_body(response).await.len(), 300);
            }
        }
        let found = families(&metrics);
        for name in [
            "http_server_request_duration_seconds",
            "http_server_request_body_size_bytes",
            "http_server_response_body_size_bytes",
            "http_server_response_duration_seconds",
        ] {
            let decoded = histogram(&found, name);
            if !native {
                assert_eq!(decoded.sample_count, Some(2 * EACH));
                assert_eq!(decoded.schema, None);
                assert_eq!(decoded.zero_threshold, None);
                continue;
            }
            assert_whole(&decoded, 2 * EACH);
            if name.ends_with("bytes") {
                assert_eq!(self::native(&decoded), [(66, 80)]);
                assert_eq!(decoded.sample_sum, Some(300.0 * 80.0));
                assert_eq!(decoded.bucket[0].cumulative_count, Some(0));
                assert_eq!(decoded.bucket[1].cumulative_count, Some(80));
            } else {
                let sum = decoded.sample_sum.expect("a sum");
                assert!(sum > 0.0 && sum < 80.0, "{sum}");
            }
        }
        assert_eq!(metrics.sum("http_server_requests_total", &[]), 80.0);
        // Values that depend on time differ between runs.
        for format in [Format::Text, Format::OpenMetrics] {
            let text = metrics.encode(format).expect("text");
            let lines = text.lines().map(|line| {
                let timed = line.contains("duration") || line.contains("last_scrape");
                let end = if timed { line.rfind(' ') } else { None };
                line[..end.unwrap_or(line.len())].to_owned()
            });
            texts.push(lines.collect::<Vec<_>>());
        }
    }
    let [text, openmetrics, native_text, native_openmetrics] = &texts[..] else {
        panic!("four texts");
    };
    assert_eq!(text, native_text);
    assert_eq!(openmetrics, native_openmetrics);
}
