//! Changes to a picture that let a decoder read what it could not. One letter each, applied in order:
//! `f` as it is, `h` half size, `i` inverted, `g` blurred 5×5, `s` sharpened.

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
        'i' => through(frame, |grey| 255 - grey),
        'g' => blurred(frame),
        's' => sharpened(frame),
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

fn through(frame: &Luma, change: impl Fn(u8) -> u8) -> Luma {
    let data = frame.data().iter().map(|&grey| change(grey)).collect();
    Luma::new(frame.width(), frame.height(), data)
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
            for letter in "figs".chars() {
                let to = changed(&from, letter);
                assert_eq!((to.width(), to.height()), (width, height), "{letter}");
                assert_eq!(to.data().len(), width * height, "{letter}");
            }
        }
        assert_eq!(changed(&frame(31, 17), 'h').data().len(), 15 * 8);
    }

    #[test]
    fn flat_pictures_stay_flat() {
        let white = Luma::new(40, 30, vec![255; 1200]);
        for letter in "hgs".chars() {
            assert!(changed(&white, letter).data().iter().all(|&grey| grey == 255));
        }
    }
}
