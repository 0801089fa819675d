//! Lays the grid of a symbol over a picture, from its three finder squares to every module.
//!
//! First the view of a flat symbol: the fourth corner is where the known patterns match best. Then each
//! patch of known modules pulls the grid to where it is seen, again and again, over shorter ways.

use super::super::picture::Luma;
use super::map::{Map, Pull, grey};
use super::plan::{Anchor, Plan};

/// Patches that decide on the view.
const TELLING: usize = 14;

/// Three finder squares that may belong to one symbol, in pixels of the frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in super::super) struct Corners {
    pub(in super::super) upper_left: (f32, f32),
    pub(in super::super) upper_right: (f32, f32),
    pub(in super::super) lower_left: (f32, f32),
    /// Modules along a side, as measured.
    pub(in super::super) side: f32,
    /// Light on dark.
    pub(in super::super) inverted: bool,
}

impl Corners {
    /// The same in a picture of another size.
    pub(in super::super) fn scaled(self, scale: f32) -> Self {
        let point = |point: (f32, f32)| (point.0 * scale, point.1 * scale);
        Self {
            upper_left: point(self.upper_left),
            upper_right: point(self.upper_right),
            lower_left: point(self.lower_left),
            ..self
        }
    }

    /// Whether both are the corners of the same symbol.
    pub(in super::super) fn like(&self, other: &Self) -> bool {
        let near = |a: (f32, f32), b: (f32, f32)| (a.0 - b.0).hypot(a.1 - b.1) < 3.0;
        self.inverted == other.inverted
            && near(self.upper_left, other.upper_left)
            && near(self.upper_right, other.upper_right)
            && near(self.lower_left, other.lower_left)
    }
}

/// How well a patch matches, from -1 to 1; patches with less contrast than noise has count little.
fn likeness(frame: &Luma, map: &Map, anchor: &Anchor, by: (f32, f32)) -> f32 {
    let (u, v) = (anchor.middle.0 + by.0, anchor.middle.1 + by.1);
    let count = anchor.modules.len() as f32;
    let (mut sum, mut squares, mut known, mut match_) = (0.0, 0.0, 0.0, 0.0);
    for &(du, dv, dark) in &anchor.modules {
        let (x, y) = map.at(u + du, v + dv);
        let seen = grey(frame, x, y);
        sum += seen;
        squares += seen * seen;
        known += dark;
        match_ -= dark * seen;
    }
    let spread = (squares / count - (sum / count).powi(2)).max(0.0).sqrt().max(3.0);
    let known_spread = (1.0 - (known / count).powi(2)).max(0.01).sqrt();
    (match_ / count + known / count * sum / count) / (spread * known_spread)
}

/// How well these patches match, in the mean.
fn total<'a>(frame: &Luma, map: &Map, anchors: impl Iterator<Item = &'a Anchor>) -> f32 {
    let (sum, count) = anchors.fold((0.0, 0.0), |(sum, count), anchor| {
        (sum + likeness(frame, map, anchor, (0.0, 0.0)), count + 1.0_f32)
    });
    sum / count.max(1.0)
}

/// The flat view that matches best, and how well.
fn flat(frame: &Luma, corners: &Corners, plan: &Plan, sign: f32) -> Option<(Map, f32)> {
    let side = plan.side as f32;
    let (a, b, c) = (corners.upper_left, corners.upper_right, corners.lower_left);
    let across = ((b.0 - a.0) / (side - 7.0), (b.1 - a.1) / (side - 7.0));
    let down = ((c.0 - a.0) / (side - 7.0), (c.1 - a.1) / (side - 7.0));
    let modules = [
        (3.5, 3.5),
        (side - 3.5, 3.5),
        (3.5, side - 3.5),
        (side - 3.5, side - 3.5),
    ];
    let far = (b.0 + c.0 - a.0, b.1 + c.1 - a.1);
    // Any view through the finder squares matches them; the patches farthest from them tell the views apart.
    let mut telling: Vec<&Anchor> = plan.anchors.iter().skip(3).collect();
    telling.sort_by(|a, b| (b.middle.0 + b.middle.1).total_cmp(&(a.middle.0 + a.middle.1)));
    telling.truncate(TELLING);
    let try_at = |i: f32, j: f32| {
        let fourth = (far.0 + i * across.0 + j * down.0, far.1 + i * across.1 + j * down.1);
        let map = Map::through(plan.side, modules, [a, b, c, fourth])?;
        let score = sign * total(frame, &map, telling.iter().copied());
        Some((map, score, (i, j)))
    };
    let reach = (side * 0.22) as i32;
    let mut best: Option<(Map, f32, (f32, f32))> = None;
    let mut step = 1.5_f32;
    let mut around = (0.0, 0.0);
    let mut cells = (reach as f32 / step) as i32;
    while step > 0.2 {
        for i in -cells..=cells {
            for j in -cells..=cells {
                // Perspective moves the fourth corner along the diagonal, tilt about one axis along a side.
                let found = try_at(around.0 + i as f32 * step, around.1 + j as f32 * step);
                if let Some(found) = found
                    && best.as_ref().is_none_or(|best| found.1 > best.1)
                {
                    best = Some(found);
                }
            }
        }
        around = best.as_ref().map_or(around, |best| best.2);
        step /= 3.0;
        cells = 2;
    }
    best.map(|(map, score, _)| (map, score))
}

/// The grid of one of `plans` over these finder squares, with the share to which known modules match.
pub(super) fn registered(frame: &Luma, corners: &Corners, plan: &Plan) -> Option<(Map, f32)> {
    let sign = if corners.inverted { -1.0 } else { 1.0 };
    let (mut map, score) = flat(frame, corners, plan, sign)?;
    if score < 0.25 {
        return None;
    }
    for (reach, step) in [(1.6_f32, 0.4_f32), (0.9, 0.3), (0.6, 0.2), (0.4, 0.13)] {
        let cells = (reach / step) as i32;
        let pulls: Vec<Pull> = plan
            .anchors
            .iter()
            .map(|anchor| {
                let (wide, tall) = (
                    if anchor.shows.0 { cells } else { 0 },
                    if anchor.shows.1 { cells } else { 0 },
                );
                let mut best = (-2.0, (0.0, 0.0));
                for i in -wide..=wide {
                    for j in -tall..=tall {
                        let by = (i as f32 * step, j as f32 * step);
                        // Near is likelier than far.
                        let far = 0.03 * (by.0 * by.0 + by.1 * by.1);
                        let alike = sign * likeness(frame, &map, anchor, by) - far;
                        if alike > best.0 {
                            best = (alike, by);
                        }
                    }
                }
                let weight = if best.0 > 0.4 {
                    best.0 * best.0 * (anchor.modules.len() as f32 / 25.0).min(2.0)
                } else {
                    0.0
                };
                Pull {
                    at: anchor.middle,
                    by: best.1,
                    weight: (
                        if anchor.shows.0 { weight } else { 0.0 },
                        if anchor.shows.1 { weight } else { 0.0 },
                    ),
                }
            })
            .collect();
        map.pulled(&pulls);
    }
    let score = sign * total(frame, &map, plan.anchors.iter().skip(3));
    (score > 0.35).then_some((map, score))
}
