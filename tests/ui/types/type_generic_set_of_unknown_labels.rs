use gds_metrics::{
    Counter, Family, GdsMetricSet, GdsMetrics, RegisterError,
    prometheus_client::encoding::{EncodeLabelSet, LabelSetEncoder},
};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct ByHand;

impl EncodeLabelSet for ByHand {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> std::fmt::Result {
        [("a", "b")].encode(encoder)
    }
}

#[derive(GdsMetricSet)]
struct Shop<L> {
    /// Orders placed.
    orders: Family<L, Counter>,
}

fn register(metrics: &GdsMetrics) -> Result<Shop<ByHand>, RegisterError> {
    metrics.register()
}

fn main() {}
