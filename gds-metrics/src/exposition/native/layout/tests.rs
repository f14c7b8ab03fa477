use super::*;

const DEFAULT_BUCKETS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

fn standard() -> (Bounds, Layout) {
    let bounds = Bounds::new(DEFAULT_BUCKETS);
    let layout = Layout::new(&bounds, Octaves::SECONDS, 1e9);
    (bounds, layout)
}

/// The reading of the cells after these observations.
fn read(layout: &Layout, cells: impl IntoIterator<Item = usize>) -> Reading {
    let mut counts = vec![0; layout.cells()];
    for cell in cells {
        counts[cell] += 1;
    }
    let mut reading = Reading::default();
    layout.read(&counts, &mut reading);
    reading
}

#[test]
fn the_default_buckets() {
    let (_, layout) = standard();
    assert_eq!((layout.bounds.len(), layout.cells()), (252, 253));
    assert!(layout.integer_classes.is_some() && layout.floats.is_some());
    let nanos = [4_000_000, 20_000_000, 21_000_000];
    let reading = read(&layout, nanos.map(|nanos| layout.cell_of_integer(nanos)));
    let native = reading.native().expect("a native form");
    assert_eq!(native.buckets, [(-63, 1), (-45, 1), (-44, 1)]);
    assert_eq!((native.schema, native.zero_count), (3, 0));
    assert!(native.zero_threshold.to_bits() == power_of_two(-20).to_bits());
    assert_eq!(reading.classic[..4], [1, 0, 2, 0]);
    assert_eq!(reading.classic.len(), 15);
}

#[test]
fn sizes_need_no_search() {
    let sizes: Vec<f64> = (0..10).map(|i| 256.0 * 4.0_f64.powi(i)).collect();
    let layout = Layout::new(&Bounds::new(sizes), Octaves::BYTES, 1.0);
    assert!(layout.integer_classes.is_some());
    let reading = read(
        &layout,
        [0, 1, 2, 3].map(|size| layout.cell_of_integer(size)),
    );
    assert_eq!(reading.native, [(8, 1), (13, 1)]);
    assert_eq!(reading.zero_count, 2);
}

#[test]
fn values_at_the_edges() {
    let (_, layout) = standard();
    for (value, native, zero, classic) in [
        (f64::NAN, Some(BEYOND), 0, 14),
        (f64::INFINITY, Some(BEYOND), 0, 14),
        (f64::MAX, Some(BEYOND), 0, 14),
        (1024.0, Some(80), 0, 14),
        (1024.1, Some(BEYOND), 0, 14),
        (0.0, None, 1, 0),
        (-0.0, None, 1, 0),
        (-5.0, None, 1, 0),
        (f64::NEG_INFINITY, None, 1, 0),
        (f64::MIN_POSITIVE / 4.0, None, 1, 0),
        (power_of_two(-20), None, 1, 0),
        (1e-6, Some(-159), 0, 0),
        (0.005, Some(-61), 0, 0),
    ] {
        let reading = read(&layout, [layout.cell(value)]);
        let indexes: Vec<i32> = reading.native.iter().map(|(index, _)| *index).collect();
        assert_eq!(indexes, native.into_iter().collect::<Vec<_>>(), "{value}");
        assert_eq!(reading.zero_count, zero, "{value}");
        assert_eq!(
            reading.classic.iter().position(|&n| n == 1),
            Some(classic),
            "{value}"
        );
    }
}

#[test]
fn octaves_by_unit() {
    let octaves = |from, to| Octaves { from, to };
    for (unit, bounds, expected) in [
        (Some("seconds"), &[1e9][..], octaves(-20, 10)),
        (Some("bytes"), &[0.5], octaves(0, 30)),
        (None, &[1.0, 8.0], octaves(-4, 7)),
        (None, &[-3.0, 0.0, 1.5, 9.0], octaves(-4, 8)),
        (Some("ratio"), &[0.25], octaves(-6, 2)),
        (None, &[1e-300, 1.0], octaves(-36, 4)),
        (None, &[5e-324], octaves(-1001, -1000)),
        (None, &[f64::MAX], octaves(999, 1000)),
        (None, &[-1.0, 0.0], octaves(-20, 10)),
        (None, &[], octaves(-20, 10)),
    ] {
        let bounds = Bounds::new(bounds);
        assert_eq!(Octaves::new(unit, &bounds), expected, "{unit:?} {bounds:?}");
        // Every list of bounds has a layout.
        assert!(Layout::new(&bounds, expected, 1.0).cells() > 8);
    }
}

#[test]
fn too_many_buckets_are_narrowed() {
    let (_, layout) = standard();
    let reading = read(&layout, 0..layout.cells());
    let native = reading.native().expect("a native form");
    assert_eq!(native.schema, 2);
    assert!(native.buckets.len() <= Reading::MAX_BUCKETS);
    assert!(native.buckets.is_sorted_by(|a, b| a.0 < b.0));
    let count: u64 = native.buckets.iter().map(|(_, count)| count).sum();
    assert_eq!(count + native.zero_count, 253);
    // The bounds 2^10 and infinity are unchanged.
    let last: Vec<i32> = native
        .buckets
        .iter()
        .rev()
        .map(|(index, _)| *index)
        .take(2)
        .collect();
    assert_eq!(last, [4097, 40]);
}

/// Classic bounds of all kinds.
fn some_bounds() -> impl proptest::strategy::Strategy<Value = Bounds> {
    use proptest::prelude::*;
    let bound = prop_oneof![
        4 => 1e-7..2000.0_f64,
        1 => any::<f64>().prop_filter("finite", |bound| bound.is_finite()),
        // Close together.
        1 => (0..100_u32).prop_map(|i| 1.0 + f64::from(i) / 1e4),
        1 => (-170..90_i32).prop_map(bound),
    ];
    proptest::collection::vec(bound, 0..30).prop_map(|mut bounds| {
        bounds.sort_by(f64::total_cmp);
        bounds.dedup();
        Bounds::new(bounds)
    })
}

proptest::proptest! {
    /// Both forms equal the result of a search in their own bounds.
    #[test]
    fn both_forms_are_right(
        bounds in some_bounds(),
        values: Vec<f64>,
        usual in proptest::collection::vec(1e-7..2000.0_f64, 0..50),
    ) {
        let layout = Layout::new(&bounds, Octaves::SECONDS, 1e9);
        let near = layout.bounds.iter().flat_map(|&bound| [bound, bound.next_up(), bound.next_down()]);
        for value in near.chain(values).chain(usual) {
            let reading = read(&layout, [layout.cell(value)]);
            let classic = bounds.values().iter().position(|&bound| value <= bound);
            let classic = classic.unwrap_or(bounds.values().len());
            assert_eq!(reading.classic.iter().position(|&n| n == 1), Some(classic), "{value}");
            let native = if value <= power_of_two(-20) {
                None
            } else if value <= 1024.0 {
                Some((index(value), 1))
            } else {
                Some((BEYOND, 1))
            };
            assert_eq!(reading.native, native.into_iter().collect::<Vec<_>>(), "{value}");
            assert_eq!(reading.zero_count, u64::from(native.is_none()));
        }
    }

    /// An integer falls into the cell of its float value. Beyond 2^53, several integers share one float.
    #[test]
    fn integers_are_in_the_cells_of_their_floats(
        bounds in some_bounds(),
        bytes: bool,
        nanos: u64,
        shift in 0..64_u32,
    ) {
        let (octaves, per_unit) = if bytes {
            (Octaves::BYTES, 1.0)
        } else {
            (Octaves::SECONDS, 1e9)
        };
        let layout = Layout::new(&bounds, octaves, per_unit);
        let near = layout.integers.iter().flat_map(|&n| [n.saturating_sub(1), n, n.saturating_add(1)]);
        let exact = |nanos: &u64| *nanos <= 1 << 53;
        for nanos in near.chain([nanos, nanos >> shift, 0]).filter(exact) {
            let cell = layout.cell_of_integer(nanos);
            assert_eq!(cell, layout.cell(nanos as f64 / per_unit), "{nanos}");
        }
    }
}
