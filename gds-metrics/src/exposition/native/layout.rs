//! The cells of a histogram with native buckets: the bounds of the cells, the cell of a value, and the cells
//! that make up each bucket of both forms.

use super::{
    BEYOND, SCHEMA, bound,
    classes::{self, Classes},
    exponent, index, power_of_two,
};
use crate::exposition::{Bounds, Native};

/// The powers of two between which native buckets lie. Values up to the lower one are in the zero bucket.
/// Values above the upper one are in the bucket of infinity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Octaves {
    from: i32,
    to: i32,
}

impl Octaves {
    /// From a microsecond to 17 minutes.
    pub(crate) const SECONDS: Self = Self { from: -20, to: 10 };
    /// From a byte to a gibibyte.
    pub(crate) const BYTES: Self = Self { from: 0, to: 30 };
    const MAX: i32 = 40;
    /// For other units: the number of octaves beyond the classic bounds.
    const MARGIN: i32 = 4;

    /// The octaves for this unit and these classic bounds.
    pub(crate) fn new(unit: Option<&str>, bounds: &Bounds) -> Self {
        match unit {
            Some("seconds") => return Self::SECONDS,
            Some("bytes") => return Self::BYTES,
            _ => {}
        }
        let mut positive = bounds.values().iter().copied().filter(|&bound| bound > 0.0);
        let Some(lowest) = positive.next() else {
            return Self::SECONDS;
        };
        let highest = positive.next_back().unwrap_or(lowest);
        let rounded_up = i32::from(highest > power_of_two(exponent(highest).max(-1022)));
        let to = (exponent(highest) + rounded_up + Self::MARGIN).clamp(-1000, 1000);
        let from = (exponent(lowest) - Self::MARGIN).max(-1001);
        let from = from.clamp(to - Self::MAX, to - 1);
        Self { from, to }
    }
}

/// The layout of a histogram's cells. All series of the histogram share it.
#[derive(Debug)]
pub(crate) struct Layout {
    /// The upper bounds of the cells, without the infinite bound of the last one.
    bounds: Box<[f64]>,
    floats: Option<Classes>,
    /// The same bounds as integers in the unit of the observations. Bounds less than 1 apart can be the same
    /// integer. That integer is in the list once.
    integers: Box<[u64]>,
    /// The cell of each integer bound, and the cell of larger integers.
    integer_cells: Box<[u16]>,
    integer_classes: Option<Classes>,
    /// For each classic bucket, the index after its last cell.
    classic: Box<[usize]>,
    /// The native bucket of each cell. `None`: the zero bucket.
    native: Box<[Option<i32>]>,
    zero_threshold: f64,
}

impl Layout {
    /// `per_unit`: the number of observed integers in one unit, for example 1e9 for nanoseconds in a histogram
    /// of seconds.
    pub(crate) fn new(classic: &Bounds, octaves: Octaves, per_unit: f64) -> Self {
        let indexes = octaves.from * 8..=octaves.to * 8;
        let mut bounds: Vec<f64> = indexes.map(bound).collect();
        let (lowest, highest) = (power_of_two(octaves.from), power_of_two(octaves.to));
        bounds.extend_from_slice(classic.values());
        bounds.sort_by(f64::total_cmp);
        bounds.dedup();

        let native = bounds.iter().map(|&bound| {
            if bound <= lowest {
                None
            } else if bound <= highest {
                Some(index(bound))
            } else {
                Some(BEYOND)
            }
        });
        let ends = classic.values().iter().chain([&f64::INFINITY]);
        let ends = ends.map(|&end| bounds.partition_point(|&bound| bound <= end));
        let cells = bounds.len() + 1;
        let mut ends: Box<[usize]> = ends.collect();
        if let Some(last) = ends.last_mut() {
            *last = cells;
        }

        let lowest_class = classes::of_float(lowest);
        let len = classes::of_float(highest) + 1 - lowest_class;
        let (integers, integer_cells) = integers(&bounds, per_unit);
        Self {
            floats: Classes::new(&bounds, lowest_class, len, |class| {
                Some(classes::smallest_float(class))
            }),
            integer_classes: Classes::new(
                &integers,
                0,
                classes::OF_INTEGERS,
                classes::smallest_integer,
            ),
            integers,
            integer_cells,
            classic: ends,
            native: native.chain([Some(BEYOND)]).collect(),
            zero_threshold: lowest,
            bounds: bounds.into(),
        }
    }

    /// The number of cells.
    pub(crate) fn cells(&self) -> usize {
        self.bounds.len() + 1
    }

    /// The cell of a value. `NaN` is in the last cell, as in classic histograms.
    pub(crate) fn cell(&self, value: f64) -> usize {
        if value > 0.0
            && let Some(classes) = &self.floats
            && let Some(cell) = classes.place(&self.bounds, classes::of_float(value), value)
        {
            return cell;
        }
        if value.is_nan() {
            return self.bounds.len();
        }
        self.bounds.partition_point(|&bound| bound < value)
    }

    /// The cell of an integer.
    pub(crate) fn cell_of_integer(&self, value: u64) -> usize {
        let place = self
            .integer_classes
            .as_ref()
            .and_then(|classes| classes.place(&self.integers, classes::of_integer(value), value))
            .unwrap_or_else(|| self.integers.partition_point(|&bound| bound < value));
        self.integer_cells
            .get(place)
            .map_or(self.bounds.len(), |&cell| cell.into())
    }

    /// Reads both forms from the counts of the cells.
    pub(crate) fn read(&self, cells: &[u64], reading: &mut Reading) {
        reading.clear();
        let mut start = 0;
        for &end in &self.classic {
            let cells = cells.get(start..end).unwrap_or_default();
            reading.classic.push(cells.iter().sum());
            start = end;
        }
        for (&index, &count) in self.native.iter().zip(cells) {
            match (index, reading.native.last_mut()) {
                _ if count == 0 => {}
                (None, _) => reading.zero_count += count,
                (Some(index), Some((last, sum))) if *last == index => *sum += count,
                (Some(index), _) => reading.native.push((index, count)),
            }
        }
        reading.schema = SCHEMA;
        reading.zero_threshold = self.zero_threshold;
        while reading.native.len() > Reading::MAX_BUCKETS {
            reading.narrow();
        }
    }
}

/// The bounds as integers, the cell of each, and the cell of larger integers.
fn integers(bounds: &[f64], per_unit: f64) -> (Box<[u64]>, Box<[u16]>) {
    let mut integers: Vec<u64> = Vec::with_capacity(bounds.len());
    let mut cells = Vec::with_capacity(bounds.len() + 1);
    for (cell, &bound) in bounds.iter().enumerate() {
        // No integer is in this cell.
        if bound < 0.0 {
            continue;
        }
        let integer = floor(bound, per_unit);
        if integers.last() != Some(&integer) {
            integers.push(integer);
            cells.push(u16::try_from(cell).unwrap_or(u16::MAX));
        }
    }
    cells.push(u16::try_from(bounds.len()).unwrap_or(u16::MAX));
    (integers.into(), cells.into())
}

/// The largest integer that, divided by `per_unit`, is at most the bound. (Beyond 2^53, where floats are more
/// than 1 apart, the result is near that integer.)
fn floor(bound: f64, per_unit: f64) -> u64 {
    // The casts saturate.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let near = (bound * per_unit).floor() as u64;
    let fits = |integer: &u64| *integer as f64 / per_unit <= bound;
    [near.saturating_add(1), near, near.saturating_sub(1)]
        .into_iter()
        .find(fits)
        .unwrap_or(near)
}

/// Both forms of a histogram. The buffers are reused between readings.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// The count of each classic bucket, without the lower ones.
    pub(crate) classic: Vec<u64>,
    native: Vec<(i32, u64)>,
    zero_count: u64,
    zero_threshold: f64,
    schema: i32,
}

impl Reading {
    /// With more buckets than this, the resolution is halved.
    const MAX_BUCKETS: usize = 160;

    /// A reading without the native form.
    pub(crate) fn of_classic(classic: Vec<u64>) -> Self {
        Self {
            classic,
            ..Self::default()
        }
    }

    pub(crate) fn native(&self) -> Option<Native<'_>> {
        // The zero bucket of the native form has a width above 0.
        (self.zero_threshold > 0.0).then_some(Native {
            schema: self.schema,
            zero_threshold: self.zero_threshold,
            zero_count: self.zero_count,
            buckets: &self.native,
        })
    }

    fn clear(&mut self) {
        self.classic.clear();
        self.native.clear();
        self.zero_count = 0;
    }

    /// Halves the resolution: joins each pair of buckets that are one bucket in the next lower schema.
    fn narrow(&mut self) {
        self.schema -= 1;
        for (index, _) in &mut self.native {
            *index = (*index + 1).div_euclid(2);
        }
        self.native.dedup_by(|(index, count), (kept, sum)| {
            let same = index == kept;
            if same {
                *sum += *count;
            }
            same
        });
    }
}

#[cfg(test)]
mod tests;
