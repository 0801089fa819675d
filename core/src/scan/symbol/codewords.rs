//! From soft modules to bytes: format, mask, blocks, and correction that gives up the least sure codewords first
//! (generalised minimum distance decoding, Forney 1966).

use rxing::qrcode::common::ErrorCorrectionLevel;
use rxing::qrcode::cpp_port::decoder::DecodeBitStream;

use super::super::reading::Reading;
use super::plan::Plan;
use super::reed_solomon::correct;

/// What a symbol says, likeliest first.
pub(in super::super) struct Said {
    pub(in super::super) readings: Vec<Reading>,
    /// Whether enough check symbols were left over to believe the first without another check.
    pub(in super::super) sure: bool,
}

/// Check symbols left over in each block, and in all of them, of a symbol that needs no other proof: noise passes once in
/// 2^48.
const LEFT: usize = 3;
const LEFT_IN_ALL: usize = 6;
/// Ways to put a symbol right that are offered where none is sure: the caller's check tells which it was.
const MOST_WAYS: usize = 8;
/// Of each block.
const MOST_OF_BLOCK: usize = 4;

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
    let blocks: Vec<Vec<Corrected>> = parts.iter().map(|part| corrected(part, checks)).collect();
    let left: usize = blocks.iter().filter_map(|ways| ways.first()).map(|way| way.left).sum();
    let sure = left >= LEFT_IN_ALL && blocks.iter().all(|ways| ways.first().is_some_and(Corrected::sure));
    let most = if sure { 1 } else { MOST_WAYS };
    let readings: Vec<Reading> = together(&blocks, most)
        .into_iter()
        .filter_map(|ways| {
            let data = ways
                .iter()
                .zip(&lengths)
                .flat_map(|(way, &length)| way.words.iter().take(length));
            let bytes: Vec<u8> = data.copied().collect();
            let symbol = DecodeBitStream(&bytes, plan.version, level).ok()?;
            symbol.isValid().then(|| Reading::of(&symbol))?
        })
        .collect();
    (!readings.is_empty()).then_some(Said { readings, sure })
}

/// A block put right.
struct Corrected {
    words: Vec<u8>,
    /// How sure the changed words had been: the more, the likelier this is wrong.
    cost: f32,
    /// Check symbols left over.
    left: usize,
}

impl Corrected {
    const fn sure(&self) -> bool {
        self.left >= LEFT
    }
}

/// A block put right in different ways, likeliest first; one that is sure stands alone.
fn corrected(part: &[(u8, f32)], checks: usize) -> Vec<Corrected> {
    let mut doubtful: Vec<usize> = (0..part.len()).collect();
    doubtful.sort_by(|&a, &b| part[a].1.total_cmp(&part[b].1));
    let seen: Vec<u8> = part.iter().map(|word| word.0).collect();
    let mut ways: Vec<Corrected> = Vec::new();
    for erased in (0..=checks).step_by(2) {
        let mut words = seen.clone();
        let Some(left) = correct(&mut words, checks, &doubtful[..erased.min(doubtful.len())]) else {
            continue;
        };
        if ways.iter().any(|way| way.words == words) {
            continue;
        }
        let changed = part.iter().zip(&words).filter(|(seen, word)| seen.0 != **word);
        let cost = changed.map(|(seen, _)| seen.1).sum();
        let way = Corrected { words, cost, left };
        if way.sure() {
            return vec![way];
        }
        ways.push(way);
    }
    ways.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    ways.truncate(MOST_OF_BLOCK);
    ways
}

/// One way for each block, cheapest together first; none if a block has none.
fn together(blocks: &[Vec<Corrected>], most: usize) -> Vec<Vec<&Corrected>> {
    let mut all: Vec<(f32, Vec<&Corrected>)> = vec![(0.0, Vec::new())];
    for ways in blocks {
        all = all
            .iter()
            .flat_map(|(cost, taken)| {
                ways.iter()
                    .map(move |way| (cost + way.cost, taken.iter().copied().chain([way]).collect()))
            })
            .collect();
        // Costs only grow: what is not among the cheapest now will not be later.
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        all.truncate(most);
    }
    all.into_iter().map(|(_, taken)| taken).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Nothing is made of noise without a proof, however many corrections are tried.
        #[test]
        fn noise_is_never_sure(version in 1_u32..20, seed in any::<u64>()) {
            let plan = Plan::of(version).unwrap();
            let mut state = seed;
            let soft: Vec<f32> = (0..plan.side * plan.side)
                .map(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    (state >> 40) as f32 / (1_u32 << 23) as f32 - 1.0
                })
                .collect();
            if let Some(said) = said(&soft, &plan) {
                prop_assert!(!said.sure && said.readings.len() <= MOST_WAYS);
            }
        }
    }
}
