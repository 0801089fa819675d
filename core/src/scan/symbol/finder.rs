//! Finder squares in grey pictures, without a threshold: a patch is alike to dark 3×3, light 5×5, dark 7×7
//! and light 9×9 modules over each other, or it is not. Blur and grain leave that likeness where they
//! take black and white apart.
//!
//! Sums over boxes find patches of every size; the best are then turned, stretched and moved until they
//! fit, and put together by threes.

use super::super::picture::Luma;
use super::super::prepare::half;
use super::map::grey;
use super::register::Corners;

/// Module sizes looked for at each halving of the picture, in its pixels, and how a tilt flattens them.
const SIZES: [f32; 3] = [1.45, 1.85, 2.35];
const FLAT: [(f32, f32); 3] = [(1.0, 1.0), (1.0, 0.62), (0.62, 1.0)];
const HALVINGS: usize = 4;
/// Likeness of a patch worth a closer look, and of one that is believed.
const PROMISING: f32 = 0.33;
const BELIEVED: f32 = 0.55;
const MAX_PATCHES: usize = 140;
const MAX_SQUARES: usize = 14;
const MAX_CORNERS: usize = 8;

/// Modules of the patch along a side and how light they are: the mean, and the deviation from it.
const LIGHT_MEAN: f32 = 15.0 / 81.0;

#[derive(Debug, Clone, Copy)]
struct Patch {
    likeness: f32,
    x: f32,
    y: f32,
    level: usize,
    size: f32,
    flat: (f32, f32),
}

/// A finder square: its middle, the pixels of a step along each of its sides, and how sure it is.
#[derive(Debug, Clone, Copy)]
struct Square {
    middle: (f32, f32),
    across: (f32, f32),
    down: (f32, f32),
    likeness: f32,
}

/// Sums of greys and their squares left of and above each corner of a pixel; differences count, so they may wrap.
struct Sums {
    width: usize,
    height: usize,
    greys: Vec<u32>,
    squares: Vec<u32>,
}

impl Sums {
    fn of(frame: &Luma) -> Self {
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

/// The promising patches of one size, the best of each neighbourhood.
fn patches(sums: &Sums, level: usize, size: f32, flat: (f32, f32), into: &mut Vec<Patch>) {
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

impl Square {
    fn likeness(&self, frame: &Luma) -> f32 {
        let (mut sum, mut squares, mut alike) = (0.0, 0.0, 0.0);
        for v in -4..=4_i32 {
            for u in -4..=4_i32 {
                let (across, down) = (u as f32, v as f32);
                let x = self.middle.0 + across * self.across.0 + down * self.down.0;
                let y = self.middle.1 + across * self.across.1 + down * self.down.1;
                let seen = grey(frame, x, y);
                sum += seen;
                squares += seen * seen;
                alike += if matches!(u.abs().max(v.abs()), 2 | 4) {
                    seen
                } else {
                    -seen
                };
            }
        }
        let mean = sum / 81.0;
        let variance = (squares / 81.0 - mean * mean).max(12.0);
        (alike / 81.0 - LIGHT_MEAN * mean) / ((1.0 - LIGHT_MEAN * LIGHT_MEAN) * variance).sqrt()
    }

    /// The patch turned, stretched and moved until it fits best; in pixels of its own level.
    fn fitted(frame: &Luma, patch: &Patch) -> Self {
        let sign = patch.likeness.signum();
        let turned = |degrees: f32| {
            let (sin, cos) = degrees.to_radians().sin_cos();
            let (wide, tall) = (patch.size * patch.flat.0, patch.size * patch.flat.1);
            let mut square = Self {
                middle: (patch.x, patch.y),
                across: (wide * cos, tall * sin),
                down: (-wide * sin, tall * cos),
                likeness: 0.0,
            };
            square.likeness = square.likeness(frame);
            square
        };
        let starts = [0.0, 18.0, 36.0, 54.0, 72.0].map(turned);
        let mut best = starts
            .into_iter()
            .max_by(|a, b| (sign * a.likeness).total_cmp(&(sign * b.likeness)))
            .unwrap_or_else(|| turned(0.0));
        let mut step = 0.16 * patch.size;
        let mut round = 0_usize;
        while step > 0.03 * patch.size {
            let before = best.likeness;
            for knob in 0..6 {
                for way in [step, -step] {
                    let mut other = best;
                    match knob {
                        0 => other.middle.0 += 2.0 * way,
                        1 => other.middle.1 += 2.0 * way,
                        2 => other.across.0 += way,
                        3 => other.across.1 += way,
                        4 => other.down.0 += way,
                        _ => other.down.1 += way,
                    }
                    other.likeness = other.likeness(frame);
                    if sign * other.likeness > sign * best.likeness {
                        best = other;
                    }
                }
            }
            round += 1;
            // Most patches are none; they show it soon.
            if best.likeness.abs() < [0.0, 0.4, 0.46, 0.5][round.min(3)] {
                break;
            }
            if (best.likeness - before).abs() < 0.006 {
                step *= 0.5;
            }
        }
        best
    }

    fn size(&self) -> f32 {
        (self.across.0 * self.down.1 - self.across.1 * self.down.0).abs().sqrt()
    }

    /// How many modules a way is, by this square's own measure.
    fn modules(&self, way: (f32, f32)) -> (f32, f32) {
        let area = self.across.0 * self.down.1 - self.across.1 * self.down.0;
        (
            (way.0 * self.down.1 - way.1 * self.down.0) / area,
            (self.across.0 * way.1 - self.across.1 * way.0) / area,
        )
    }
}

/// Where to look for finder squares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Search {
    /// Modules of three pixels and more.
    Large,
    /// Modules of one and a half to three pixels, which takes longer.
    Small,
    /// Large ones, with the picture turned by an eighth of a turn: boxes don't see squares that stand on a corner.
    Turned,
}

/// The corners of what may be symbols, likeliest first.
pub(in super::super) fn corners(frame: &Luma, search: Search) -> Vec<Corners> {
    let range = if search == Search::Small { 0..1 } else { 1..HALVINGS };
    let mut levels: Vec<Luma> = vec![];
    let mut patches_ = Vec::new();
    for level in 0..range.end {
        let smaller = match levels.last() {
            None => frame.clone(),
            Some(last) if level == 1 && search == Search::Turned => turned(&half(last)),
            Some(last) => half(last),
        };
        if range.contains(&level) {
            let sums = Sums::of(&smaller);
            // Small modules that are flattened too are beyond reading.
            let flats = if level == 0 { 1 } else { FLAT.len() };
            for size in SIZES {
                for &flat in FLAT.iter().take(flats) {
                    patches(&sums, level, size, flat, &mut patches_);
                }
            }
        }
        levels.push(smaller);
    }
    let mut squares = Vec::new();
    for patch in chosen(patches_) {
        let mut square = Square::fitted(&levels[patch.level], &patch);
        let scale = (1 << patch.level) as f32;
        for part in [&mut square.middle, &mut square.across, &mut square.down] {
            *part = (part.0 * scale, part.1 * scale);
        }
        if search == Search::Turned {
            let (width, height) = (frame.width() as f32, frame.height() as f32);
            let middle = 2.0 * levels[1].width() as f32 / 2.0;
            let (x, y) = back((square.middle.0 - middle, square.middle.1 - middle));
            square.middle = (x + 0.5 * width, y + 0.5 * height);
            (square.across, square.down) = (back(square.across), back(square.down));
        }
        if square.likeness.abs() > BELIEVED && square.size() > 1.0 {
            squares.push(square);
        }
    }
    squares.sort_by(|a, b| b.likeness.abs().total_cmp(&a.likeness.abs()));
    let mut kept: Vec<Square> = Vec::new();
    for square in squares {
        let apart = |old: &Square| {
            (old.middle.0 - square.middle.0).hypot(old.middle.1 - square.middle.1) > 3.0 * square.size().max(old.size())
        };
        if kept.len() < MAX_SQUARES && kept.iter().all(apart) {
            kept.push(square);
        }
    }
    triples(&kept)
}

/// An eighth of a turn back.
fn back(way: (f32, f32)) -> (f32, f32) {
    use std::f32::consts::FRAC_1_SQRT_2;
    ((way.0 + way.1) * FRAC_1_SQRT_2, (way.1 - way.0) * FRAC_1_SQRT_2)
}

/// The picture turned by an eighth of a turn, on a square that holds all of it.
fn turned(frame: &Luma) -> Luma {
    let (width, height) = (frame.width() as f32, frame.height() as f32);
    let side = ((width + height) * std::f32::consts::FRAC_1_SQRT_2) as usize + 1;
    let middle = 0.5 * side as f32;
    let mut data = Vec::with_capacity(side * side);
    for row in 0..side {
        for column in 0..side {
            let (x, y) = back((column as f32 + 0.5 - middle, row as f32 + 0.5 - middle));
            data.push(grey(frame, x + 0.5 * width, y + 0.5 * height) as u8);
        }
    }
    Luma::new(side, side, data)
}

/// The best patches, one for each place.
fn chosen(mut patches: Vec<Patch>) -> Vec<Patch> {
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

fn triples(squares: &[Square]) -> Vec<Corners> {
    let mut found: Vec<(f32, Corners)> = Vec::new();
    for corner in squares {
        for right in squares {
            for low in squares {
                if let Some(set) = triple(corner, right, low) {
                    found.push(set);
                }
            }
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found
        .into_iter()
        .take(MAX_CORNERS)
        .map(|(_, corners)| corners)
        .collect()
}

/// Whether three squares lie as the finder squares of one symbol do, and how well.
fn triple(corner: &Square, right: &Square, low: &Square) -> Option<(f32, Corners)> {
    let way = |to: &Square| (to.middle.0 - corner.middle.0, to.middle.1 - corner.middle.1);
    let (across, down) = (way(right), way(low));
    if across.0 * down.1 - across.1 * down.0 <= 0.0 {
        return None;
    }
    let alike = [corner, right, low].map(|square| square.likeness);
    if alike[0] * alike[1] <= 0.0 || alike[0] * alike[2] <= 0.0 {
        return None;
    }
    let sizes = [corner, right, low].map(Square::size);
    let (least, most) = (
        sizes[0].min(sizes[1]).min(sizes[2]),
        sizes[0].max(sizes[1]).max(sizes[2]),
    );
    if most > 1.9 * least {
        return None;
    }
    // Along one side of the square and not across it, seen from either end.
    let length = |from: &Square, way: (f32, f32)| {
        let (u, v) = from.modules(way);
        let (along, aside) = (u.abs().max(v.abs()), u.abs().min(v.abs()));
        (along, aside / along.max(1.0), u.abs() > v.abs())
    };
    let sides = [
        length(corner, across),
        length(right, across),
        length(corner, down),
        length(low, down),
    ];
    if sides[0].2 == sides[2].2
        || sides
            .iter()
            .any(|side| side.1 > 0.35 || side.0 < 12.0 || side.0 > 175.0)
    {
        return None;
    }
    let wide = (sides[0].0 * sides[1].0).sqrt();
    let tall = (sides[2].0 * sides[3].0).sqrt();
    let unequal = (wide / tall).max(tall / wide);
    if unequal > 1.35 {
        return None;
    }
    let aside: f32 = sides.iter().map(|side| side.1).sum();
    let score = alike.iter().map(|part| part.abs()).sum::<f32>() / 3.0
        - 0.5 * (unequal - 1.0)
        - 0.3 * aside
        - 0.15 * (most / least - 1.0);
    let corners = Corners {
        upper_left: corner.middle,
        upper_right: right.middle,
        lower_left: low.middle,
        side: (wide * tall).sqrt() + 7.0,
        inverted: alike[0] < 0.0,
    };
    Some((score, corners))
}
