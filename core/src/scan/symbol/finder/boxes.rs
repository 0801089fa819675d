//! Where finder squares may be, by sums over boxes: dark 3×3, light 5×5, dark 7×7 and light 9×9 modules over each other, of
//! every size and both polarities.

use super::square::Patch;
use crate::scan::picture::Luma;

/// Module sizes looked for at each halving of the picture, in its pixels, and how a tilt flattens them.
const SIZES: [f32; 3] = [1.45, 1.85, 2.35];
const FLAT: [(f32, f32); 3] = [(1.0, 1.0), (1.0, 0.62), (0.62, 1.0)];
/// Likeness of a patch worth a closer look.
const PROMISING: f32 = 0.33;
const MAX_PATCHES: usize = 140;

/// Sums of greys and their squares left of and above each corner of a pixel; differences count, so they may wrap.
pub(super) struct Sums {
    width: usize,
    height: usize,
    greys: Vec<u32>,
    squares: Vec<u32>,
}

impl Sums {
    pub(super) fn of(frame: &Luma) -> Self {
        let (width, height) = (frame.width(), frame.height());
        let line = width + 1;
        let mut greys = vec![0_u32; line * (height + 1)];
        let mut squares = vec![0_u32; line * (height + 1)];
        for (row, pixels) in frame.rows().enumerate() {
            let (mut sum, mut square) = (0_u32, 0_u32);
            for (column, &pixel) in pixels.iter().enumerate() {
                sum = sum.wrapping_add(u32::from(pixel));
                square = square.wrapping_add(u32::from(pixel) * u32::from(pixel));
                let at = (row + 1) * line + column + 1;
                greys[at] = greys[at - line].wrapping_add(sum);
                squares[at] = squares[at - line].wrapping_add(square);
            }
        }
        Self {
            width,
            height,
            greys,
            squares,
        }
    }

    /// Of each box of a row of boxes: how much is in it. `reach` is what lies to either side of its middle.
    fn boxes(&self, sums: &[u32], row: usize, reach: (usize, usize), first: usize, into: &mut [f32]) {
        let line = self.width + 1;
        let count = into.len();
        let upper = (row - reach.1) * line + first - reach.0;
        let lower = (row + reach.1 + 1) * line + first - reach.0;
        let wide = 2 * reach.0 + 1;
        let (a, b) = (&sums[upper..upper + count], &sums[upper + wide..upper + wide + count]);
        let (c, d) = (&sums[lower..lower + count], &sums[lower + wide..lower + wide + count]);
        for ((((into, a), b), c), d) in into.iter_mut().zip(a).zip(b).zip(c).zip(d) {
            *into = d.wrapping_sub(*c).wrapping_sub(*b).wrapping_add(*a) as f32;
        }
    }
}

/// The promising patches of the picture after so many halvings.
pub(super) fn patches(sums: &Sums, level: usize, into: &mut Vec<Patch>) {
    // Small modules that are flattened too are beyond reading.
    let flats = if level == 0 { 1 } else { FLAT.len() };
    for size in SIZES {
        for &flat in FLAT.iter().take(flats) {
            of_size(sums, level, size, flat, into);
        }
    }
}

/// The promising patches of one size, the best of each neighbourhood.
fn of_size(sums: &Sums, level: usize, size: f32, flat: (f32, f32), into: &mut Vec<Patch>) {
    let reach = |modules: f32| {
        let half = |flat: f32| ((modules * size * flat - 1.0) / 2.0).round().max(0.0) as usize;
        (half(flat.0), half(flat.1))
    };
    let reaches = [3.0, 5.0, 7.0, 9.0].map(reach);
    let far = reaches[3];
    if sums.width <= 2 * far.0 + 1 || sums.height <= 2 * far.1 + 1 {
        return;
    }
    let areas = reaches.map(|(x, y)| ((2 * x + 1) * (2 * y + 1)) as f32);
    // Light is 1, dark is -1: rings are differences of boxes.
    let mean = (areas[3] - 2.0 * areas[2] + 2.0 * areas[1] - 2.0 * areas[0]) / areas[3];
    let spread = (1.0 - mean * mean).sqrt();
    let count = sums.width - 2 * far.0;
    let mut lines = [(); 5].map(|()| vec![0.0_f32; count]);
    let mut likeness = vec![0.0_f32; count];
    let cell = (3.0 * size) as usize + 1;
    let cells = sums.width / cell + 1;
    let mut best: Vec<[Option<Patch>; 2]> = vec![[None; 2]; cells];
    for row in far.1..sums.height - far.1 {
        for (line, reach) in lines.iter_mut().zip(reaches) {
            sums.boxes(&sums.greys, row, reach, far.0, line);
        }
        sums.boxes(&sums.squares, row, far, far.0, &mut lines[4]);
        let [core, light, dark, all, squares] = &lines;
        let area = areas[3];
        for (((((to, core), light), dark), all), squares) in
            likeness.iter_mut().zip(core).zip(light).zip(dark).zip(all).zip(squares)
        {
            let sum = all - 2.0 * dark + 2.0 * light - 2.0 * core;
            let grey = all / area;
            let variance = (squares / area - grey * grey).max(12.0);
            *to = (sum / area - mean * grey) / (spread * variance.sqrt());
        }
        for (column, &likeness) in likeness.iter().enumerate() {
            if likeness.abs() > PROMISING {
                let column = column + far.0;
                let slot = &mut best[column / cell][usize::from(likeness < 0.0)];
                if slot.is_none_or(|old| old.likeness.abs() < likeness.abs()) {
                    *slot = Some(Patch {
                        likeness,
                        x: column as f32 + 0.5,
                        y: row as f32 + 0.5,
                        level,
                        size,
                        flat,
                    });
                }
            }
        }
        if row % cell == 0 {
            into.extend(best.iter_mut().flatten().filter_map(Option::take));
        }
    }
    into.extend(best.iter_mut().flatten().filter_map(Option::take));
}

/// The best patches, one for each place.
pub(super) fn chosen(mut patches: Vec<Patch>) -> Vec<Patch> {
    patches.sort_by(|a, b| b.likeness.abs().total_cmp(&a.likeness.abs()));
    let mut kept: Vec<Patch> = Vec::new();
    for patch in patches {
        let place = |patch: &Patch| {
            let scale = (1 << patch.level) as f32;
            (patch.x * scale, patch.y * scale, patch.size * scale)
        };
        let (x, y, size) = place(&patch);
        let apart = |old: &Patch| {
            let (old_x, old_y, old_size) = place(old);
            (old_x - x).abs().max((old_y - y).abs()) > 2.5 * size.min(old_size)
        };
        if kept.iter().all(apart) {
            kept.push(patch);
            if kept.len() == MAX_PATCHES {
                break;
            }
        }
    }
    kept
}
