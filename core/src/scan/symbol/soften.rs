//! From grey pixels to how dark each module is: samples, evened out by the light around them, through a
//! filter that undoes blur and shake.
//!
//! The filter is the linear one that makes the known modules come out best, then the ones it is sure of.

use super::super::picture::Luma;
use super::map::{Map, grey, solved};
use super::plan::Plan;

/// Samples around a module that its filter looks at, in each direction, half a module apart.
const REACH: usize = 3;
const WINDOW: usize = 2 * REACH + 1;
const TAPS: usize = WINDOW * WINDOW + 1;
/// Samples beyond the symbol's edge.
const MARGIN: usize = 4;
/// Modules that share their light, to either side.
const LIGHT: usize = 4;

/// How dark each module is, row by row: about 1 for dark, -1 for light, near 0 where nothing is seen.
pub(super) struct Soft(pub(super) Vec<f32>);

struct Samples {
    width: usize,
    values: Vec<f32>,
    /// 0 to 1: whether there is any contrast around a sample.
    trust: Vec<f32>,
}

fn samples(frame: &Luma, map: &Map, side: usize, sign: f32) -> Samples {
    let width = 2 * side + 1 + 2 * MARGIN;
    let module = map.module();
    // Four points a quarter of a module apart take out noise, not modules.
    let off = (0.125 * module).min(2.0);
    let mut raw = Vec::with_capacity(width * width);
    let place = |at: usize| (at as f32 - MARGIN as f32) * 0.5;
    for row in 0..width {
        for column in 0..width {
            let (x, y) = map.at(place(column), place(row));
            let sum = grey(frame, x - off, y - off)
                + grey(frame, x + off, y - off)
                + grey(frame, x - off, y + off)
                + grey(frame, x + off, y + off);
            raw.push(-0.25 * sign * sum);
        }
    }
    evened(&raw, width)
}

fn evened(raw: &[f32], width: usize) -> Samples {
    let mut sums = vec![(0.0_f64, 0.0_f64); (width + 1) * (width + 1)];
    for row in 0..width {
        let mut across = (0.0, 0.0);
        for column in 0..width {
            let value = f64::from(raw[row * width + column]);
            across = (across.0 + value, across.1 + value * value);
            let above = sums[row * (width + 1) + column + 1];
            sums[(row + 1) * (width + 1) + column + 1] = (above.0 + across.0, above.1 + across.1);
        }
    }
    let moments = |row: usize, column: usize, reach: usize| {
        let (top, bottom) = (row.saturating_sub(reach), (row + reach + 1).min(width));
        let (left, right) = (column.saturating_sub(reach), (column + reach + 1).min(width));
        let count = ((bottom - top) * (right - left)) as f64;
        let at = |row: usize, column: usize| sums[row * (width + 1) + column];
        let (a, b, c, d) = (at(top, left), at(top, right), at(bottom, left), at(bottom, right));
        let mean = (d.0 - b.0 - c.0 + a.0) / count;
        let square = (d.1 - b.1 - c.1 + a.1) / count;
        (mean as f32, (square - mean * mean).max(0.0).sqrt() as f32)
    };
    let usual = {
        let mut spreads: Vec<f32> = (0..width)
            .step_by(7)
            .flat_map(|row| (0..width).step_by(7).map(move |column| (row, column)))
            .map(|(row, column)| moments(row, column, 2 * LIGHT).1)
            .collect();
        spreads.sort_by(f32::total_cmp);
        spreads.get(spreads.len() / 2).copied().unwrap_or(1.0).max(1.0)
    };
    let mut values = Vec::with_capacity(raw.len());
    let mut trust = Vec::with_capacity(raw.len());
    for row in 0..width {
        for column in 0..width {
            let (mean, spread) = moments(row, column, 2 * LIGHT);
            let near = moments(row, column, 4).1;
            values.push(((raw[row * width + column] - mean) / spread.max(0.25 * usual)).clamp(-2.5, 2.5));
            trust.push((near / (0.5 * spread.max(0.5 * usual))).min(1.0));
        }
    }
    Samples { width, values, trust }
}

impl Samples {
    fn around(&self, side: usize, module: usize, taps: &mut [f32; TAPS]) {
        let row = 2 * (module / side) + 1 + MARGIN - REACH;
        let column = 2 * (module % side) + 1 + MARGIN - REACH;
        for (line, part) in taps.chunks_exact_mut(WINDOW).enumerate() {
            let start = (row + line) * self.width + column;
            part.copy_from_slice(&self.values[start..start + WINDOW]);
        }
        taps[TAPS - 1] = 1.0;
    }
}

/// The grid of `map` over the frame as soft modules.
pub(super) fn softened(frame: &Luma, map: &Map, plan: &Plan, inverted: bool) -> Soft {
    let sign = if inverted { -1.0 } else { 1.0 };
    let side = plan.side;
    let samples = samples(frame, map, side, sign);
    let mut taps = [0.0_f32; TAPS];
    // The middle sample, before anything better is known.
    let mut weights = [0.0_f32; TAPS];
    weights[WINDOW * WINDOW / 2] = 1.0;
    let mut soft = vec![0.0_f32; side * side];
    for round in 0..3 {
        let mut sums = vec![[0.0_f32; TAPS + 1]; TAPS];
        let mut count = 0.0_f32;
        for (module, (&known, &now)) in plan.known.iter().zip(&soft).enumerate() {
            let goal = if known != 0.0 {
                known
            } else if round > 0 && now.abs() > 0.45 {
                now.signum()
            } else {
                continue;
            };
            samples.around(side, module, &mut taps);
            count += 1.0;
            for (row, &left) in sums.iter_mut().zip(&taps) {
                for (sum, &right) in row.iter_mut().zip(&taps) {
                    *sum += left * right;
                }
                row[TAPS] += left * goal;
            }
        }
        let stiff = if round == 0 { 0.08 } else { 0.01 } * count;
        for (at, row) in sums.iter_mut().enumerate() {
            row[at] += stiff;
        }
        let rows = sums
            .iter()
            .map(|row| row.iter().map(|&part| f64::from(part)).collect())
            .collect();
        if let Some(solved) = solved(rows) {
            for (to, from) in weights.iter_mut().zip(solved) {
                *to = from as f32;
            }
        }
        for (module, soft) in soft.iter_mut().enumerate() {
            samples.around(side, module, &mut taps);
            *soft = taps.iter().zip(&weights).map(|(tap, weight)| tap * weight).sum();
        }
    }
    for (module, soft) in soft.iter_mut().enumerate() {
        let centre = (2 * (module / side) + 1 + MARGIN) * samples.width + 2 * (module % side) + 1 + MARGIN;
        *soft *= samples.trust[centre];
    }
    Soft(soft)
}
