//! Reed-Solomon over GF(256) as QR codes use it (ISO/IEC 18004, 7.5.2), with erasures: a codeword that
//! is known to be doubtful costs one check symbol instead of two.

const SIZE: usize = 255;

/// Powers of 2 modulo x⁸+x⁴+x³+x²+1, twice over, and their logarithms.
struct Tables {
    power: [u8; 2 * SIZE],
    log: [u8; 256],
}

const TABLES: Tables = {
    let mut tables = Tables {
        power: [0; 2 * SIZE],
        log: [0; 256],
    };
    let mut value = 1_u16;
    let mut at = 0;
    while at < SIZE {
        tables.power[at] = value as u8;
        tables.power[at + SIZE] = value as u8;
        tables.log[value as usize] = at as u8;
        value <<= 1;
        if value > 255 {
            value ^= 0x11d;
        }
        at += 1;
    }
    tables
};

fn power(exponent: usize) -> u8 {
    TABLES.power[exponent % SIZE]
}

fn log(value: u8) -> usize {
    usize::from(TABLES.log[usize::from(value)])
}

fn times(a: u8, b: u8) -> u8 {
    if a == 0 || b == 0 {
        0
    } else {
        TABLES.power[log(a) + log(b)]
    }
}

fn over(a: u8, b: u8) -> u8 {
    if a == 0 { 0 } else { power(log(a) + SIZE - log(b)) }
}

/// The value of a polynomial, lowest coefficient first.
fn value(polynomial: &[u8], at: u8) -> u8 {
    polynomial.iter().rev().fold(0, |sum, &part| times(sum, at) ^ part)
}

fn syndromes(block: &[u8], checks: usize) -> Vec<u8> {
    let at = |root| block.iter().fold(0, |sum, &word| times(sum, root) ^ word);
    (0..checks).map(|number| at(power(number))).collect()
}

/// Corrects `block`, whose last `checks` codewords are check symbols and whose codewords at `erased`
/// are doubtful. Gives the check symbols left over: the fewer, the likelier is a wrong correction.
/// `None` leaves the block as it was.
pub(super) fn correct(block: &mut [u8], checks: usize, erased: &[usize]) -> Option<usize> {
    let (length, erasures) = (block.len(), erased.len());
    if erasures > checks || length > SIZE || checks >= length {
        return None;
    }
    let syndromes = syndromes(block, checks);
    if syndromes.iter().all(|&part| part == 0) {
        return Some(checks);
    }
    // Berlekamp and Massey, begun with the erasures' locator instead of 1 (Blahut).
    let mut locator = vec![0_u8; checks + 2];
    locator[0] = 1;
    for &at in erased {
        let root = power(length.checked_sub(at + 1)?);
        for degree in (1..locator.len()).rev() {
            locator[degree] ^= times(root, locator[degree - 1]);
        }
    }
    let mut before = locator.clone();
    let mut degree = erasures;
    for round in erasures..checks {
        let gap = (0..=round.min(degree)).fold(0, |sum, at| sum ^ times(locator[at], syndromes[round - at]));
        before.rotate_right(1);
        before[0] = 0;
        if gap != 0 {
            let old = locator.clone();
            for (part, &shifted) in locator.iter_mut().zip(&before) {
                *part ^= times(gap, shifted);
            }
            if 2 * degree <= round + erasures {
                degree = round + 1 + erasures - degree;
                before = old.into_iter().map(|part| over(part, gap)).collect();
            }
        }
    }
    if 2 * degree > checks + erasures {
        return None;
    }
    let evaluator: Vec<u8> = (0..checks)
        .map(|at| (0..=at.min(degree)).fold(0, |sum, part| sum ^ times(locator[part], syndromes[at - part])))
        .collect();
    // Odd powers become even ones in the derivative, even ones vanish.
    let slope: Vec<u8> = locator
        .iter()
        .enumerate()
        .skip(1)
        .map(|(at, &part)| if at % 2 == 1 { part } else { 0 })
        .collect();
    let mut corrected = block.to_vec();
    let mut found = 0;
    for (at, word) in corrected.iter_mut().enumerate() {
        let exponent = length - 1 - at;
        let inverse = power(SIZE - exponent % SIZE);
        if value(&locator, inverse) != 0 {
            continue;
        }
        let slope = value(&slope, inverse);
        if slope == 0 {
            return None;
        }
        found += 1;
        *word ^= over(times(power(exponent), value(&evaluator, inverse)), slope);
    }
    if found != degree || self::syndromes(&corrected, checks).iter().any(|&part| part != 0) {
        return None;
    }
    block.copy_from_slice(&corrected);
    Some(checks + erasures - 2 * degree)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Check symbols by long division.
    fn encoded(data: &[u8], checks: usize) -> Vec<u8> {
        let mut generator = vec![1_u8];
        for root in 0..checks {
            let mut next = generator.clone();
            next.push(0);
            for (at, &part) in generator.iter().enumerate() {
                next[at + 1] ^= times(part, power(root));
            }
            generator = next;
        }
        let mut rest = data.to_vec();
        rest.resize(data.len() + checks, 0);
        for at in 0..data.len() {
            let lead = rest[at];
            for (offset, &part) in generator.iter().enumerate() {
                rest[at + offset] ^= times(lead, part);
            }
        }
        let mut block = data.to_vec();
        block.extend(&rest[data.len()..]);
        block
    }

    #[test]
    fn errors_cost_two_check_symbols_and_erasures_one() {
        let data: Vec<u8> = (0..40_u8).map(|at| at.wrapping_mul(73) ^ 29).collect();
        let whole = encoded(&data, 18);
        for errors in 0..=9 {
            for erasures in 0..=18 - 2 * errors {
                let mut block = whole.clone();
                let doubtful: Vec<usize> = (0..erasures).map(|at| 3 * at).collect();
                for (number, &at) in doubtful.iter().enumerate() {
                    // Not every doubtful codeword is wrong.
                    block[at] ^= (number % 3 * 7) as u8;
                }
                for at in 0..errors {
                    block[3 * at + 1] ^= 0x5a + at as u8;
                }
                let left = correct(&mut block, 18, &doubtful);
                assert!(
                    left.is_some_and(|left| left >= 18 - 2 * errors - erasures),
                    "{errors} {erasures} {left:?}"
                );
                assert_eq!(block, whole);
            }
        }
    }

    #[test]
    fn what_is_beyond_repair_stays_as_it_was() {
        let whole = encoded(&[7; 40], 10);
        let mut block = whole.clone();
        for (at, word) in block.iter_mut().enumerate().take(12) {
            *word ^= 0x31 + at as u8;
        }
        let before = block.clone();
        assert_eq!(correct(&mut block, 10, &[]), None);
        assert_eq!(block, before);
        assert_eq!(correct(&mut block, 10, &[0; 11]), None);
    }
}
