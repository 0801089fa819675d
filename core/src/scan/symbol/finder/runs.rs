//! Where finder squares may be in a large picture: a line through the middle of one meets dark, light, dark, light and dark in
//! the ratio 1:1:3:1:1, at any angle (ISO/IEC 18004, 6.3.3). Rows are tried, and what a column through the same place agrees
//! with is kept. Dark is what is darker than the row around it.

use super::square::Patch;
use crate::scan::picture::Luma;

/// Every third row meets the three modules in the middle of any square.
const EVERY: usize = 3;
/// Pixels of a module.
const SMALLEST: f32 = 2.0;
const LARGEST: f32 = 9.0;
/// Pixels to either side that tell what is dark: more than a square of the largest modules.
const AROUND: usize = 40;
/// Greys between dark and light that are no noise.
const CONTRAST: i32 = 16;
/// Rows that have to meet a square.
const ROWS: usize = 2;
/// A picture full of squares costs no more than this.
const MAX_PLACES: usize = 400;
const MAX_KEPT: usize = 60;

/// A place where rows and columns agree.
struct Place {
    x: f32,
    y: f32,
    wide: f32,
    tall: f32,
    light_on_dark: bool,
    rows: usize,
}

/// The places that most rows agree on.
pub(super) fn patches(frame: &Luma) -> Vec<Patch> {
    let mut places: Vec<Place> = Vec::new();
    let mut row = Row::default();
    for (y, greys) in frame.rows().enumerate().step_by(EVERY) {
        row.cut(greys);
        for (first, runs) in row.runs.windows(5).enumerate() {
            let Some(wide) = module(runs.iter().map(|run| run.length)) else {
                continue;
            };
            let light_on_dark = row.first_is_light == (first % 2 == 0);
            let middle = &runs[2];
            let x = middle.start + middle.length / 2;
            let Some((tall, y)) = column(frame, (x, y), row.bound[x], light_on_dark, wide) else {
                continue;
            };
            let (x, y) = (middle.start as f32 + 0.5 * middle.length as f32, y);
            let same = |place: &Place| {
                let reach = 2.0 * wide.max(tall);
                place.light_on_dark == light_on_dark && (place.x - x).abs() < reach && (place.y - y).abs() < reach
            };
            if let Some(known) = places.iter().rposition(same) {
                places[known].rows += 1;
            } else if places.len() < MAX_PLACES {
                places.push(Place {
                    x,
                    y,
                    wide,
                    tall,
                    light_on_dark,
                    rows: 1,
                });
            }
        }
    }
    places.retain(|place| place.rows >= ROWS);
    places.sort_by_key(|place| std::cmp::Reverse(place.rows));
    places.truncate(MAX_KEPT);
    places.iter().flat_map(Place::patches).collect()
}

/// A square that stands on a corner is met along its diagonal.
const ON_A_CORNER: f32 = std::f32::consts::FRAC_1_SQRT_2;

impl Place {
    /// A square whose sides lie as the rows do, and one that stands on a corner: whichever fits.
    fn patches(&self) -> [Patch; 2] {
        let size = (self.wide * self.tall).sqrt();
        [size, size * ON_A_CORNER].map(|module| Patch {
            likeness: if self.light_on_dark { -1.0 } else { 1.0 },
            x: self.x,
            y: self.y,
            level: 0,
            size: module,
            flat: (self.wide / size, self.tall / size),
        })
    }
}

struct Run {
    start: usize,
    length: usize,
}

/// A row in dark and light, kept from row to row for its room.
#[derive(Default)]
struct Row {
    /// Dark and light in turn.
    runs: Vec<Run>,
    first_is_light: bool,
    /// What is darker than this is dark.
    bound: Vec<u8>,
}

impl Row {
    fn cut(&mut self, greys: &[u8]) {
        self.runs.clear();
        self.bound.clear();
        let width = greys.len();
        let (mut sum, mut end, mut begin) = (0_u32, 0, 0);
        let (mut start, mut light) = (0, false);
        for (x, &grey) in greys.iter().enumerate() {
            while end < (x + AROUND + 1).min(width) {
                sum += u32::from(greys[end]);
                end += 1;
            }
            while begin + AROUND < x {
                sum -= u32::from(greys[begin]);
                begin += 1;
            }
            let bound = (sum / (end - begin) as u32) as u8;
            self.bound.push(bound);
            let now = grey >= bound;
            if x == 0 {
                (light, self.first_is_light) = (now, now);
            } else if now != light {
                self.runs.push(Run {
                    start,
                    length: x - start,
                });
                (start, light) = (x, now);
            }
        }
        self.runs.push(Run {
            start,
            length: width - start,
        });
    }
}

/// The pixels of a module, if five runs are in the ratio of a finder square.
fn module(runs: impl Iterator<Item = usize> + Clone) -> Option<f32> {
    let module = runs.clone().sum::<usize>() as f32 / 7.0;
    let fits = |(run, wanted): (usize, f32)| (run as f32 - wanted * module).abs() <= 0.5 * wanted.sqrt() * module + 0.5;
    let sized = (SMALLEST..=LARGEST).contains(&module);
    (sized && runs.zip([1.0, 1.0, 3.0, 1.0, 1.0]).all(fits)).then_some(module)
}

/// The pixels of a module along the column through a place, and its middle there, if the column agrees.
fn column(frame: &Luma, at: (usize, usize), bound: u8, light_on_dark: bool, wide: f32) -> Option<(f32, f32)> {
    let (width, height) = (frame.width(), frame.height());
    let data = frame.data();
    let core = |y: usize| (data[y * width + at.0] >= bound) == light_on_dark;
    if !core(at.1) {
        return None;
    }
    // No run is longer than the middle one of a square that is seen flat.
    let longest = (8.0 * wide) as usize;
    let run = |from: usize, down: bool, wanted: bool| {
        let mut y = from;
        let mut length = 0;
        while length <= longest && core(y) == wanted {
            length += 1;
            y = if down { y + 1 } else { y.checked_sub(1)? };
            if y >= height {
                return None;
            }
        }
        (length > 0 && length <= longest).then_some((length, y))
    };
    let (up, y) = run(at.1, false, true)?;
    let (light_above, y) = run(y, false, false)?;
    let (dark_above, _) = run(y, false, true)?;
    let (down, y) = run(at.1, true, true)?;
    let (light_below, y) = run(y, true, false)?;
    let (dark_below, _) = run(y, true, true)?;
    let tall = module([dark_above, light_above, up + down - 1, light_below, dark_below].into_iter())?;
    let ring = (at.1 + 1).checked_sub(up + light_above.div_ceil(2))?;
    let contrast = i32::from(data[ring * width + at.0]) - i32::from(data[at.1 * width + at.0]);
    let enough = contrast.abs() >= CONTRAST && (0.4..2.5).contains(&(tall / wide));
    let top = at.1 + 1 - up;
    enough.then_some((tall, top as f32 + 0.5 * (up + down - 1) as f32))
}
