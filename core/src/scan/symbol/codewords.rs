//! From soft modules to bytes: format, mask, blocks, and correction that gives up the least sure codewords first
//! (generalised minimum distance decoding, Forney 1966).

use rxing::qrcode::common::ErrorCorrectionLevel;
use rxing::qrcode::cpp_port::decoder::DecodeBitStream;

use super::super::reading::Reading;
use super::plan::Plan;
use super::reed_solomon::correct;

/// What a symbol says.
pub(in super::super) struct Said {
    pub(in super::super) reading: Reading,
    /// Whether enough check symbols were left over to believe it without another check.
    pub(in super::super) sure: bool,
}

/// The 15 format bits of each level and mask, of ISO/IEC 18004, annex C: a BCH code word and its mask.
fn format_bits(data: u32) -> u32 {
    let mut rest = data << 10;
    for shift in (0..5).rev() {
        if rest >> (shift + 10) & 1 == 1 {
            rest ^= 0x537 << shift;
        }
    }
    (data << 10 | rest) ^ 0x5412
}

/// Modules of the two copies of the format bits, highest bit first, as (column, row).
fn format_modules(side: usize) -> [Vec<(usize, usize)>; 2] {
    let first = (0..6)
        .map(|x| (x, 8))
        .chain([(7, 8), (8, 8), (8, 7)])
        .chain((0..6).rev().map(|y| (8, y)));
    let second = (side - 7..side)
        .rev()
        .map(|y| (8, y))
        .chain((side - 8..side).map(|x| (x, 8)));
    [first.collect(), second.collect()]
}

/// Level, mask and whether the symbol is seen from behind, as the format bits have it.
fn format(soft: &[f32], side: usize) -> (u32, u32, bool) {
    let copies = format_modules(side);
    let mut best = (f32::MIN, (0, 0, false));
    for mirrored in [false, true] {
        let bits = |copy: &[(usize, usize)]| {
            copy.iter()
                .map(|&(x, y)| {
                    if mirrored {
                        soft[x * side + y]
                    } else {
                        soft[y * side + x]
                    }
                })
                .map(|soft| soft.clamp(-1.0, 1.0))
                .collect::<Vec<f32>>()
        };
        let (first, second) = (bits(&copies[0]), bits(&copies[1]));
        for data in 0..32 {
            let word = format_bits(data);
            let alike: f32 = first
                .iter()
                .zip(&second)
                .enumerate()
                .map(|(at, (a, b))| if word >> (14 - at) & 1 == 1 { a + b } else { -a - b })
                .sum();
            if alike > best.0 {
                best = (alike, (data >> 3, data & 7, mirrored));
            }
        }
    }
    best.1
}

fn masked(mask: u32, x: usize, y: usize) -> bool {
    match mask {
        0 => (x + y).is_multiple_of(2),
        1 => y.is_multiple_of(2),
        2 => x.is_multiple_of(3),
        3 => (x + y).is_multiple_of(3),
        4 => (y / 2 + x / 3).is_multiple_of(2),
        5 => (x * y) % 2 + (x * y) % 3 == 0,
        6 => ((x * y) % 2 + (x * y) % 3).is_multiple_of(2),
        _ => ((x + y) % 2 + (x * y) % 3).is_multiple_of(2),
    }
}

/// The text of a soft symbol.
pub(super) fn said(soft: &[f32], plan: &Plan) -> Option<Said> {
    let side = plan.side;
    let (level, mask, mirrored) = format(soft, side);
    let level = [
        ErrorCorrectionLevel::M,
        ErrorCorrectionLevel::L,
        ErrorCorrectionLevel::H,
        ErrorCorrectionLevel::Q,
    ][level as usize];
    let total = plan.version.getTotalCodewords() as usize;
    let words: Vec<(u8, f32)> = plan
        .data
        .chunks_exact(8)
        .take(total)
        .map(|modules| {
            let mut sure = f32::MAX;
            let mut word = 0;
            for &at in modules {
                let (x, y) = (at % side, at / side);
                let soft = if mirrored { soft[x * side + y] } else { soft[at] };
                sure = sure.min(soft.abs());
                word = word << 1 | u8::from((soft > 0.0) != masked(mask, x, y));
            }
            (word, sure)
        })
        .collect();
    let blocks = plan.version.getECBlocksForLevel(level);
    let checks = blocks.getECCodewordsPerBlock() as usize;
    let lengths: Vec<usize> = blocks
        .getECBlocks()
        .iter()
        .flat_map(|kind| (0..kind.getCount()).map(|_| kind.getDataCodewords() as usize))
        .collect();
    if words.len() != total || lengths.iter().map(|length| length + checks).sum::<usize>() != total {
        return None;
    }
    let mut taken = words.into_iter();
    let mut parts: Vec<Vec<(u8, f32)>> = vec![Vec::new(); lengths.len()];
    for at in 0..lengths.iter().copied().max()? {
        for (part, &length) in parts.iter_mut().zip(&lengths) {
            if at < length {
                part.extend(taken.next());
            }
        }
    }
    for _ in 0..checks {
        for part in &mut parts {
            part.extend(taken.next());
        }
    }
    let mut bytes = Vec::with_capacity(total);
    let mut sure = true;
    for (part, &length) in parts.iter().zip(&lengths) {
        let (block, left) = corrected(part, checks)?;
        sure &= left >= 3;
        bytes.extend(block.into_iter().take(length));
    }
    let symbol = DecodeBitStream(&bytes, plan.version, level).ok()?;
    if !symbol.isValid() {
        return None;
    }
    let reading = Reading::of(&symbol)?;
    Some(Said { reading, sure })
}

/// A block put right, and the check symbols left over.
fn corrected(part: &[(u8, f32)], checks: usize) -> Option<(Vec<u8>, usize)> {
    let mut doubtful: Vec<usize> = (0..part.len()).collect();
    doubtful.sort_by(|&a, &b| part[a].1.total_cmp(&part[b].1));
    let words: Vec<u8> = part.iter().map(|word| word.0).collect();
    (0..=checks).step_by(2).find_map(|erased| {
        let mut block = words.clone();
        let left = correct(&mut block, checks, &doubtful[..erased.min(doubtful.len())])?;
        Some((block, left))
    })
}
