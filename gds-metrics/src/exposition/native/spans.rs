//! Native buckets in the protobuf encoding: spans of adjacent buckets, and each count as the difference from
//! the previous count.

/// Up to this many empty buckets, one continued span is shorter than a new span.
const GAP: i32 = 2;

/// The spans of buckets, in the order of their indexes. Each is the number of buckets skipped before it (for
/// the first span: its first index), and its length.
pub(in crate::exposition) fn spans(buckets: &[(i32, u64)]) -> Vec<(i32, u32)> {
    let mut spans: Vec<(i32, u32)> = Vec::new();
    let mut next = 0;
    for &(index, _) in buckets {
        let gap = index - next;
        match spans.last_mut() {
            Some((_, len)) if gap <= GAP => *len += gap.unsigned_abs() + 1,
            _ => spans.push((gap, 1)),
        }
        next = index + 1;
    }
    spans
}

/// The difference of each count from the previous one. Empty buckets inside the spans are included.
pub(in crate::exposition) fn deltas(buckets: &[(i32, u64)]) -> impl Iterator<Item = i64> {
    let mut next = None;
    let mut before = 0;
    let counts = buckets.iter().flat_map(move |&(index, count)| {
        let gap = next.map_or(0, |next| index - next);
        next = Some(index + 1);
        let empty = if gap <= GAP {
            gap.unsigned_abs() as usize
        } else {
            0
        };
        std::iter::repeat_n(0, empty).chain([count])
    });
    counts.map(move |count| {
        let delta = count.wrapping_sub(before);
        before = count;
        delta.cast_signed()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps() {
        for (buckets, expected, counts) in [
            (&[][..], &[][..], &[][..]),
            (
                &[(-63, 1), (-45, 1), (-44, 1)],
                &[(-63, 1), (17, 2)],
                &[1, 0, 0],
            ),
            (&[(0, 3), (3, 1)], &[(0, 4)], &[3, -3, 0, 1]),
            (&[(1, 3), (5, 1)], &[(1, 1), (3, 1)], &[3, -2]),
            (&[(80, 2), (8193, 7)], &[(80, 1), (8112, 1)], &[2, 5]),
        ] {
            assert_eq!(spans(buckets), expected, "{buckets:?}");
            assert_eq!(deltas(buckets).collect::<Vec<_>>(), counts, "{buckets:?}");
        }
    }
}
