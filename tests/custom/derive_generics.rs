//! Generic sets, whose labels are known when their type parameters are known.

use gds_metrics::{
    ClosedFamily, Counter, EncodeLabelSet, Family, Gauge, GdsMetricSet, GdsMetrics, Histogram,
    Info, LabelSet, Metric, NamedLabels, schema,
};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Page {
    page: &'static str,
    #[metric(rename = "lang")]
    language: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Switch {
    on: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Within<I> {
    zone: u8,
    #[metric(flatten)]
    inner: I,
}

type Alias<L> = Family<L, Counter>;

#[derive(GdsMetricSet)]
#[allow(dead_code, reason = "registered, not all read")]
struct Generic<L, C = Switch> {
    /// Pages served.
    pages: Family<L, Counter>,
    /// Time taken.
    #[metric(unit = "seconds", labels(team = "x"))]
    duration: Family<L, Histogram>,
    /// What is known.
    facts: Info<L>,
    /// Switches.
    switches: ClosedFamily<C, Gauge>,
    /// An alias.
    aliases: Alias<L>,
    #[metric(skip)]
    note: Option<L>,
}

#[derive(GdsMetricSet)]
#[allow(dead_code, reason = "registered, not read")]
struct Nesting<T> {
    #[metric(prefix = "inner")]
    inner: T,
}

fn labels<S: GdsMetricSet>() -> Vec<Option<String>> {
    let metrics = S::SCHEMA.metrics();
    let labels = metrics.iter().map(|metric| metric.labels());
    labels.map(|labels| Some(labels?.join(","))).collect()
}

#[test]
fn the_schema_lists_the_labels_of_a_type_parameter() {
    let page = Some("page,lang".to_owned());
    let on = Some("on".to_owned());
    let all = [&page, &page, &page, &on, &page].map(Clone::clone);
    assert_eq!(labels::<Generic<Page>>(), all);
    assert_eq!(labels::<Nesting<Generic<Page>>>(), all);
    assert_eq!(
        labels::<Generic<Within<Page>>>()[0].as_deref(),
        Some("zone,page,lang")
    );

    let table = schema::markdown(&[Generic::<Page>::SCHEMA]);
    assert!(
        table.contains("| `pages_total` | counter | | `page`, `lang` | Pages served |"),
        "{table}"
    );
    let json: serde_json::Value =
        serde_json::from_str(&schema::json(&[Generic::<Page>::SCHEMA])).unwrap();
    assert_eq!(json[1]["labels"], serde_json::json!(["page", "lang"]));
}

/// Generic code that knows only a bound.
fn registered<L: LabelSet>(labels: &L) -> GdsMetrics {
    let metrics = GdsMetrics::builder().build().unwrap();
    let set: Generic<L> = metrics.register().unwrap();
    set.pages.get_or_create(labels).inc();
    metrics
}

/// Only the encoder knows the names of these labels.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct ByHand(u8);

impl EncodeLabelSet for ByHand {
    fn encode(
        &self,
        encoder: &mut gds_metrics::prometheus_client::encoding::LabelSetEncoder<'_>,
    ) -> std::fmt::Result {
        [("shard", self.0)].encode(encoder)
    }
}

impl NamedLabels for ByHand {}

#[test]
fn label_sets_that_are_not_derived_have_unknown_names() {
    let metrics = registered(&vec![("a", "b")]);
    assert_eq!(metrics.sample("pages_total", &[("a", "b")]), Some(1.0));
    let metrics = registered(&[("a", "b")]);
    assert_eq!(metrics.sample("pages_total", &[("a", "b")]), Some(1.0));
    let both = (Switch { on: true }, ByHand(7));
    let metrics = registered(&both);
    let labels_of_both = [("on", "true"), ("shard", "7")];
    assert_eq!(metrics.sample("pages_total", &labels_of_both), Some(1.0));

    assert_eq!(labels::<Generic<Vec<(String, u8)>>>()[0], None);
    assert_eq!(labels::<Generic<[(String, u8); 2]>>()[0], None);
    assert_eq!(labels::<Generic<ByHand>>()[0], None);
    assert_eq!(labels::<Generic<Within<ByHand>>>()[0], None);
    assert_eq!(
        labels::<Generic<(Switch, Page)>>()[0].as_deref(),
        Some("on,page,lang")
    );
}

#[test]
fn a_field_may_be_a_type_parameter() {
    #[derive(GdsMetricSet)]
    struct One<M> {
        /// Anything.
        one: M,
    }
    fn register<M: Metric>(metrics: &GdsMetrics) -> M {
        metrics.register::<One<M>>().unwrap().one
    }

    let metrics = GdsMetrics::builder().build().unwrap();
    register::<Family<Page, Counter>>(&metrics)
        .get_or_create(&Page {
            page: "a",
            language: None,
        })
        .inc();
    assert_eq!(metrics.sample("one_total", &[("page", "a")]), Some(1.0));
}

trait Backend {
    const BOUNDS: [f64; 2];
}

#[derive(GdsMetricSet)]
#[allow(dead_code, reason = "registered, not read")]
struct Buckets<B: Backend, const N: usize> {
    /// Time taken.
    #[metric(unit = "seconds", buckets = B::BOUNDS)]
    duration: Histogram,
    /// Rows read.
    #[metric(buckets = linear(0.1, 0.1, N))]
    rows: Histogram,
    #[metric(skip)]
    backend: std::marker::PhantomData<B>,
}

#[test]
fn buckets_may_depend_on_parameters() {
    struct Postgres;
    impl Backend for Postgres {
        const BOUNDS: [f64; 2] = [0.5, 1.0];
    }

    let metrics = <Buckets<Postgres, 3> as GdsMetricSet>::SCHEMA.metrics();
    let buckets: Vec<_> = metrics.iter().map(|metric| metric.buckets()).collect();
    assert_eq!(buckets, [Some(&[0.5, 1.0][..]), Some(&[0.1, 0.2, 0.3][..])]);
}
