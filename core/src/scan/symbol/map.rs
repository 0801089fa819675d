//! From modules of a symbol to pixels of a picture: a perspective view of a sheet that need not be flat.

use super::super::picture::Luma;

/// Terms of the bend: up to the third degree in both directions.
const TERMS: usize = 10;

/// Weight against each term; what few anchors can't tell stays small.
const STIFF: [f64; TERMS] = [1e-3, 1e-3, 1e-3, 0.05, 0.05, 0.05, 0.4, 0.4, 0.4, 0.4];

/// See the module.
#[derive(Debug, Clone)]
pub(super) struct Map {
    view: [f32; 8],
    bend: [[f32; TERMS]; 2],
    half: f32,
    bent: bool,
}

/// A shift that an anchor asks for: where, how far, and how sure in each direction.
pub(super) struct Pull {
    pub(super) at: (f32, f32),
    pub(super) by: (f32, f32),
    pub(super) weight: (f32, f32),
}

impl Map {
    /// The view in which four points of a flat symbol of `side` modules are seen at four pixels.
    pub(super) fn through(side: usize, modules: [(f32, f32); 4], pixels: [(f32, f32); 4]) -> Option<Self> {
        let mut rows = Vec::with_capacity(8);
        for ((u, v), (x, y)) in modules.into_iter().zip(pixels) {
            let [u, v, x, y] = [u, v, x, y].map(f64::from);
            rows.push(vec![u, v, 1.0, 0.0, 0.0, 0.0, -u * x, -v * x, x]);
            rows.push(vec![0.0, 0.0, 0.0, u, v, 1.0, -u * y, -v * y, y]);
        }
        let solved = solved(rows)?;
        let mut view = [0.0; 8];
        for (to, from) in view.iter_mut().zip(solved) {
            *to = from as f32;
        }
        Some(Self {
            view,
            bend: [[0.0; TERMS]; 2],
            half: side as f32 / 2.0,
            bent: false,
        })
    }

    /// The pixel seen at a point of the symbol.
    pub(super) fn at(&self, u: f32, v: f32) -> (f32, f32) {
        let (u, v) = if self.bent { self.unbent(u, v) } else { (u, v) };
        let [a, b, c, d, e, f, g, h] = self.view;
        let depth = g * u + h * v + 1.0;
        ((a * u + b * v + c) / depth, (d * u + e * v + f) / depth)
    }

    fn unbent(&self, u: f32, v: f32) -> (f32, f32) {
        let terms = terms(u / self.half - 1.0, v / self.half - 1.0);
        let shift = |bend: &[f32; TERMS]| bend.iter().zip(terms).map(|(part, term)| part * term).sum::<f32>();
        (u + shift(&self.bend[0]), v + shift(&self.bend[1]))
    }

    /// Pixels a module, in the middle.
    pub(super) fn module(&self) -> f32 {
        let ((x, y), (right_x, right_y), (down_x, down_y)) = (
            self.at(self.half, self.half),
            self.at(self.half + 1.0, self.half),
            self.at(self.half, self.half + 1.0),
        );
        ((right_x - x) * (down_y - y) - (right_y - y) * (down_x - x))
            .abs()
            .sqrt()
    }

    /// Bends so that every pull is met as well as all of them together allow.
    pub(super) fn pulled(&mut self, pulls: &[Pull]) {
        self.bent = true;
        for direction in 0..2 {
            let mut rows = vec![vec![0.0; TERMS + 1]; TERMS];
            for (at, (row, stiff)) in rows.iter_mut().zip(STIFF).enumerate() {
                row[at] = stiff;
            }
            for pull in pulls {
                let (by, weight) = if direction == 0 {
                    (pull.by.0, pull.weight.0)
                } else {
                    (pull.by.1, pull.weight.1)
                };
                let terms = terms(pull.at.0 / self.half - 1.0, pull.at.1 / self.half - 1.0);
                let now: f32 = self.bend[direction]
                    .iter()
                    .zip(terms)
                    .map(|(part, term)| part * term)
                    .sum();
                for (row, left) in rows.iter_mut().zip(terms) {
                    for (sum, right) in row.iter_mut().zip(terms) {
                        *sum += f64::from(weight * left * right);
                    }
                    row[TERMS] += f64::from(weight * left * (now + by));
                }
            }
            if let Some(bend) = solved(rows) {
                for (to, from) in self.bend[direction].iter_mut().zip(bend) {
                    *to = from as f32;
                }
            }
        }
    }
}

fn terms(s: f32, t: f32) -> [f32; TERMS] {
    [
        1.0,
        s,
        t,
        s * s,
        s * t,
        t * t,
        s * s * s,
        s * s * t,
        s * t * t,
        t * t * t,
    ]
}

/// Gauss with pivots: rows are coefficients and then the right side.
pub(super) fn solved(mut rows: Vec<Vec<f64>>) -> Option<Vec<f64>> {
    let size = rows.len();
    for column in 0..size {
        let pivot = (column..size).max_by(|&a, &b| rows[a][column].abs().total_cmp(&rows[b][column].abs()))?;
        rows.swap(column, pivot);
        let lead = rows[column][column];
        if lead.abs() < 1e-12 {
            return None;
        }
        let (done, rest) = rows.split_at_mut(column + 1);
        let row = &done[column];
        for other in rest {
            let share = other[column] / lead;
            for (to, from) in other.iter_mut().zip(row).skip(column) {
                *to -= share * from;
            }
        }
    }
    let mut answer = vec![0.0; size];
    for at in (0..size).rev() {
        let known: f64 = (at + 1..size).map(|later| rows[at][later] * answer[later]).sum();
        answer[at] = (rows[at][size] - known) / rows[at][at];
    }
    Some(answer)
}

/// The grey at a point between pixels; beyond the edge, the edge.
pub(super) fn grey(frame: &Luma, x: f32, y: f32) -> f32 {
    let (width, height) = (frame.width(), frame.height());
    let x = (x - 0.5).clamp(0.0, (width - 1) as f32);
    let y = (y - 0.5).clamp(0.0, (height - 1) as f32);
    let (left, top) = (x as usize, y as usize);
    let (across, down) = (x - left as f32, y - top as f32);
    let (right, below) = ((left + 1).min(width - 1), (top + 1).min(height - 1));
    let data = frame.data();
    let at = |x: usize, y: usize| f32::from(data[y * width + x]);
    let upper = at(left, top) + across * (at(right, top) - at(left, top));
    let lower = at(left, below) + across * (at(right, below) - at(left, below));
    upper + down * (lower - upper)
}
