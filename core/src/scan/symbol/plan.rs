//! What is known of a symbol of some version before any of it is read: its function patterns, and the
//! order of its data modules (ISO/IEC 18004, 6.3 and 7.7.3).

use rxing::qrcode::common::{Version, VersionRef};

/// A patch of known modules that shows where it lies.
pub(super) struct Anchor {
    /// Its middle, in modules.
    pub(super) middle: (f32, f32),
    /// Modules around it, as offsets from the middle, and whether each is dark (1) or light (-1).
    pub(super) modules: Vec<(f32, f32, f32)>,
    /// Whether a shift across and down can be seen in it.
    pub(super) shows: (bool, bool),
}

pub(super) struct Plan {
    pub(super) version: VersionRef,
    /// Modules along a side.
    pub(super) side: usize,
    /// Of each module, row by row: dark 1, light -1, unknown 0.
    pub(super) known: Vec<f32>,
    /// Data modules in reading order, as `row * side + column`.
    pub(super) data: Vec<usize>,
    pub(super) anchors: Vec<Anchor>,
}

impl Plan {
    pub(super) fn of(number: u32) -> Option<Self> {
        let version = Version::getVersionForNumber(number).ok()?;
        let side = 17 + 4 * number as usize;
        let taken = version.buildFunctionPattern().ok()?;
        let mut plan = Self {
            version,
            side,
            known: vec![0.0; side * side],
            data: Vec::with_capacity(side * side),
            anchors: Vec::new(),
        };
        let centres: Vec<usize> = version
            .getAlignmentPatternCenters()
            .iter()
            .map(|&at| at as usize)
            .collect();
        plan.draw(&centres);
        plan.anchors = plan.anchors(&centres);
        let mut column = side - 1;
        let mut upwards = true;
        while column > 0 {
            if column == 6 {
                column -= 1;
            }
            for step in 0..side {
                let row = if upwards { side - 1 - step } else { step };
                for x in [column, column - 1] {
                    if !taken.get(x as u32, row as u32) {
                        plan.data.push(row * side + x);
                    }
                }
            }
            upwards = !upwards;
            column = column.saturating_sub(2);
        }
        Some(plan)
    }

    fn draw(&mut self, centres: &[usize]) {
        let side = self.side;
        for at in 8..side - 8 {
            let dark = if at % 2 == 0 { 1.0 } else { -1.0 };
            self.known[6 * side + at] = dark;
            self.known[at * side + 6] = dark;
        }
        self.known[(side - 8) * side + 8] = 1.0;
        for (x, y) in alignments(centres) {
            for (dx, dy) in square(2) {
                let dark = dx.abs().max(dy.abs()) != 1;
                self.set(x as i32 + dx, y as i32 + dy, dark);
            }
        }
        for (x, y) in [(3, 3), (side - 4, 3), (3, side - 4)] {
            for (dx, dy) in square(4) {
                let dark = !matches!(dx.abs().max(dy.abs()), 2 | 4);
                self.set(x as i32 + dx, y as i32 + dy, dark);
            }
        }
    }

    fn set(&mut self, x: i32, y: i32, dark: bool) {
        let inside = 0..self.side as i32;
        if inside.contains(&x) && inside.contains(&y) {
            self.known[y as usize * self.side + x as usize] = if dark { 1.0 } else { -1.0 };
        }
    }

    fn anchors(&self, centres: &[usize]) -> Vec<Anchor> {
        let side = self.side;
        let far = side - 4;
        let finders = [(3, 3), (far, 3), (3, far)].map(|(x, y)| self.anchor((x, y), square(4), (true, true)));
        let small = alignments(centres).map(|(x, y)| self.anchor((x, y), square(2), (true, true)));
        let rows = (12..side - 12).step_by(6);
        let across = rows
            .clone()
            .map(|x| self.anchor((x, 6), (-4..=4).map(|dx| (dx, 0)), (true, false)));
        let down = rows.map(|y| self.anchor((6, y), (-4..=4).map(|dy| (0, dy)), (false, true)));
        finders.into_iter().chain(small).chain(across).chain(down).collect()
    }

    fn anchor(&self, at: (usize, usize), around: impl Iterator<Item = (i32, i32)>, shows: (bool, bool)) -> Anchor {
        let modules = around.map(|(dx, dy)| {
            let (x, y) = (at.0 as i32 + dx, at.1 as i32 + dy);
            let inside = 0..self.side as i32;
            let known = if inside.contains(&x) && inside.contains(&y) {
                self.known[y as usize * self.side + x as usize]
            } else {
                // The quiet zone.
                -1.0
            };
            (dx as f32, dy as f32, known)
        });
        Anchor {
            middle: (at.0 as f32 + 0.5, at.1 as f32 + 0.5),
            modules: modules.filter(|module| module.2 != 0.0).collect(),
            shows,
        }
    }
}

/// Centres of alignment patterns: all pairs but the three in the finders' corners.
fn alignments(centres: &[usize]) -> impl Iterator<Item = (usize, usize)> {
    let last = centres.last().copied().unwrap_or(0);
    let pairs = centres.iter().flat_map(move |&y| centres.iter().map(move |&x| (x, y)));
    pairs.filter(move |&at| at != (6, 6) && at != (6, last) && at != (last, 6))
}

fn square(reach: i32) -> impl Iterator<Item = (i32, i32)> {
    (-reach..=reach).flat_map(move |dy| (-reach..=reach).map(move |dx| (dx, dy)))
}
