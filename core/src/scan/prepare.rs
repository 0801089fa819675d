//! Changes to a picture that let a decoder read what it could not. One letter each, applied in order:
//! `f` as it is, `h` half size, `u` double size, `i` inverted, `c` contrast stretched from the 1st to
//! the 99th percentile, `g` blurred 5×5, `s` sharpened, `n` evened out by the light around each pixel.

use super::picture::Luma;

/// The frame after every letter of `step`.
pub(super) fn prepared(frame: &Luma, step: &str) -> Luma {
    let mut letters = step.chars();
    // The first letter reads the shared frame, the others their predecessor's.
    let first = letters
        .next()
        .map_or_else(|| frame.clone(), |letter| changed(frame, letter));
    letters.fold(first, |frame, letter| changed(&frame, letter))
}

fn changed(frame: &Luma, letter: char) -> Luma {
    match letter {
        'h' => half(frame),
        'u' => double(frame),
        'i' => through(frame, |grey| 255 - grey),
        'c' => stretched(frame),
        'g' => blurred(frame),
        's' => sharpened(frame),
        'n' => evened(frame),
        _ => frame.clone(),
    }
}

pub(super) fn half(frame: &Luma) -> Luma {
    let (width, height) = (frame.width() / 2, frame.height() / 2);
    if width == 0 || height == 0 {
        return frame.clone();
    }
    let mut data = Vec::with_capacity(width * height);
    for pair in frame.data().chunks_exact(2 * frame.width()) {
        let (upper, lower) = pair.split_at(frame.width());
        let upper = upper.as_chunks::<2>().0;
        let lower = lower.as_chunks::<2>().0;
        data.extend(
            upper
                .iter()
                .zip(lower)
                .map(|(&[a, b], &[c, d])| ((u16::from(a) + u16::from(b) + u16::from(c) + u16::from(d) + 2) / 4) as u8),
        );
    }
    Luma::new(width, height, data)
}

/// Three parts of the near pixel to one of the far, both ways.
fn double(frame: &Luma) -> Luma {
    let mix = |near: u8, far: u8| ((3 * u16::from(near) + u16::from(far) + 2) / 4) as u8;
    let wide: Vec<Vec<u8>> = frame
        .rows()
        .map(|row| {
            let before = row.iter().take(1).chain(row);
            let after = row.iter().skip(1).chain(row.iter().next_back());
            row.iter()
                .zip(before.zip(after))
                .flat_map(|(&here, (&left, &right))| [mix(here, left), mix(here, right)])
                .collect()
        })
        .collect();
    let mut data = Vec::with_capacity(4 * frame.width() * frame.height());
    let above = wide.iter().take(1).chain(&wide);
    let below = wide.iter().skip(1).chain(wide.iter().next_back());
    for (row, (above, below)) in wide.iter().zip(above.zip(below)) {
        data.extend(row.iter().zip(above).map(|(&here, &far)| mix(here, far)));
        data.extend(row.iter().zip(below).map(|(&here, &far)| mix(here, far)));
    }
    Luma::new(2 * frame.width(), 2 * frame.height(), data)
}

fn through(frame: &Luma, change: impl Fn(u8) -> u8) -> Luma {
    let data = frame.data().iter().map(|&grey| change(grey)).collect();
    Luma::new(frame.width(), frame.height(), data)
}

fn stretched(frame: &Luma) -> Luma {
    let mut counts = [0_usize; 256];
    for &grey in frame.data() {
        counts[usize::from(grey)] += 1;
    }
    let spare = frame.data().len() / 100;
    let low = reaching(counts.iter(), spare);
    let high = 255 - reaching(counts.iter().rev(), spare);
    let range = high.saturating_sub(low).max(1);
    through(frame, |grey| {
        (usize::from(grey).saturating_sub(low) * 255 / range).min(255) as u8
    })
}

/// How many greys it takes until more than `spare` pixels are counted.
fn reaching<'a>(mut counts: impl Iterator<Item = &'a usize>, spare: usize) -> usize {
    let mut sum = 0;
    counts
        .position(|count| {
            sum += count;
            sum > spare
        })
        .unwrap_or(0)
}

/// The binomial kernel 1 4 6 4 1, both ways; edges repeat.
fn blurred(frame: &Luma) -> Luma {
    const KERNEL: [u16; 5] = [1, 4, 6, 4, 1];
    let (width, height) = (frame.width(), frame.height());
    let across: Vec<u16> = frame
        .rows()
        .flat_map(|row| {
            let edge = |pixel: Option<&u8>| pixel.copied().unwrap_or(0);
            let mut padded = vec![edge(row.first()); width + 4];
            padded.iter_mut().skip(2).zip(row).for_each(|(to, &from)| *to = from);
            padded.iter_mut().skip(width + 2).for_each(|to| *to = edge(row.last()));
            let mut sums = vec![0_u16; width];
            for (shift, weight) in KERNEL.into_iter().enumerate() {
                for (sum, &grey) in sums.iter_mut().zip(padded.iter().skip(shift)) {
                    *sum += weight * u16::from(grey);
                }
            }
            sums
        })
        .collect();
    let rows: Vec<&[u16]> = across.chunks_exact(width.max(1)).collect();
    let mut data = Vec::with_capacity(width * height);
    for y in 0..height {
        let mut sums = vec![128_u16; width];
        for (shift, weight) in KERNEL.into_iter().enumerate() {
            let near = (y + shift).saturating_sub(2).min(height - 1);
            for (sum, &part) in sums.iter_mut().zip(rows.get(near).copied().unwrap_or_default()) {
                // 16 × 16 × 255 + 128 is the most a sum can be: just under 65,536.
                *sum += weight * part;
            }
        }
        data.extend(sums.into_iter().map(|sum| (sum / 256) as u8));
    }
    Luma::new(width, height, data)
}

/// Unsharp mask over two blurs.
fn sharpened(frame: &Luma) -> Luma {
    let soft = blurred(&blurred(frame));
    let data = frame
        .data()
        .iter()
        .zip(soft.data())
        .map(|(&grey, &soft)| {
            let (grey, soft) = (i16::from(grey), i16::from(soft));
            (grey + 2 * (grey - soft)).clamp(0, 255) as u8
        })
        .collect();
    Luma::new(frame.width(), frame.height(), data)
}

/// Each pixel against mean and spread of the square around it, an eighth of the shorter side wide.
fn evened(frame: &Luma) -> Luma {
    let (width, height) = (frame.width(), frame.height());
    let reach = (width.min(height) / 16).max(4);
    let rows: Vec<&[u8]> = frame.rows().collect();
    let mut columns = vec![(0_u64, 0_u64); width];
    let mut data = Vec::with_capacity(width * height);
    let slide = |columns: &mut [(u64, u64)], row: Option<&&[u8]>, arriving: bool| {
        for ((sum, squares), &grey) in columns.iter_mut().zip(row.copied().unwrap_or_default()) {
            let grey = u64::from(grey);
            if arriving {
                *sum += grey;
                *squares += grey * grey;
            } else {
                *sum -= grey;
                *squares -= grey * grey;
            }
        }
    };
    for y in 0..reach {
        slide(&mut columns, rows.get(y), true);
    }
    let mut before = vec![(0_u64, 0_u64); width + 1];
    for (y, row) in rows.iter().enumerate() {
        slide(&mut columns, rows.get(y + reach), true);
        if y > reach {
            slide(&mut columns, rows.get(y - reach - 1), false);
        }
        let tall = (y + reach + 1).min(height) - y.saturating_sub(reach);
        let mut total = (0, 0);
        for (to, column) in before.iter_mut().skip(1).zip(&columns) {
            total = (total.0 + column.0, total.1 + column.1);
            *to = total;
        }
        data.extend(row.iter().enumerate().map(|(x, &grey)| {
            let (left, right) = (x.saturating_sub(reach), (x + reach + 1).min(width));
            let count = ((right - left) * tall) as f32;
            let sum = (before[right].0 - before[left].0) as f32;
            let squares = (before[right].1 - before[left].1) as f32;
            let mean = sum / count;
            let spread = (squares / count - mean * mean).max(0.0).sqrt().max(6.0);
            (128.0 + 56.0 * (f32::from(grey) - mean) / spread).clamp(0.0, 255.0) as u8
        }));
    }
    Luma::new(width, height, data)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(width: usize, height: usize) -> Luma {
        let data = (0..width * height).map(|at| (at * 37 % 251) as u8).collect();
        Luma::new(width, height, data)
    }

    #[test]
    fn every_letter_keeps_the_size_it_promises_down_to_one_pixel() {
        for (width, height) in [(1, 1), (1, 9), (9, 1), (2, 2), (31, 17), (64, 48)] {
            let from = frame(width, height);
            for letter in "ficgsn".chars() {
                let to = changed(&from, letter);
                assert_eq!((to.width(), to.height()), (width, height), "{letter}");
                assert_eq!(to.data().len(), width * height, "{letter}");
            }
            let twice = changed(&from, 'u');
            assert_eq!(twice.data().len(), 4 * width * height);
        }
        assert_eq!(changed(&frame(31, 17), 'h').data().len(), 15 * 8);
    }

    #[test]
    fn flat_pictures_stay_flat() {
        let white = Luma::new(40, 30, vec![255; 1200]);
        for letter in "hugs".chars() {
            assert!(changed(&white, letter).data().iter().all(|&grey| grey == 255));
        }
        assert!(changed(&white, 'n').data().iter().all(|&grey| grey == 128));
    }

    #[test]
    fn contrast_is_stretched_to_the_ends_and_light_evened() {
        let data = (0..4000).map(|at| if at % 2 == 0 { 100 } else { 110 }).collect();
        let dull = Luma::new(80, 50, data);
        assert_eq!(changed(&dull, 'c').data()[..2], [0, 255]);

        let slope = (0..6400_usize).map(|at| (at % 80 + 40 * (at / 80 % 2)) as u8);
        let slope = Luma::new(80, 80, slope.collect());
        let even = changed(&slope, 'n');
        let (dark, light) = (even.data()[80 * 40 + 40], even.data()[80 * 41 + 40]);
        assert!(dark < 90 && light > 160, "{dark} {light}");
    }
}
