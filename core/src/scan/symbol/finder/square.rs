//! One finder square: turned, stretched and moved from where it was suspected until it fits.

use super::super::map::grey;
use crate::scan::picture::Luma;

/// Modules of the patch along a side and how light they are: the mean, and the deviation from it.
const LIGHT_MEAN: f32 = 15.0 / 81.0;

/// Where a finder square is suspected: its middle and its modules along rows and columns, in pixels of a level.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patch {
    pub(super) likeness: f32,
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) level: usize,
    pub(super) size: f32,
    pub(super) flat: (f32, f32),
}

/// A finder square: its middle, the pixels of a step along each of its sides, and how sure it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Square {
    pub(super) middle: (f32, f32),
    pub(super) across: (f32, f32),
    pub(super) down: (f32, f32),
    pub(super) likeness: f32,
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
    pub(super) fn fitted(frame: &Luma, patch: &Patch) -> Self {
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

    /// The same in a picture of another size.
    pub(super) fn scaled(mut self, scale: f32) -> Self {
        for part in [&mut self.middle, &mut self.across, &mut self.down] {
            *part = (part.0 * scale, part.1 * scale);
        }
        self
    }

    /// Pixels of a module.
    pub(super) fn size(&self) -> f32 {
        (self.across.0 * self.down.1 - self.across.1 * self.down.0).abs().sqrt()
    }

    /// How many modules a way is, by this square's own measure.
    pub(super) fn modules(&self, way: (f32, f32)) -> (f32, f32) {
        let area = self.across.0 * self.down.1 - self.across.1 * self.down.0;
        (
            (way.0 * self.down.1 - way.1 * self.down.0) / area,
            (self.across.0 * way.1 - self.across.1 * way.0) / area,
        )
    }
}
