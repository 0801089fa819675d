//! How a sample is changed: the mistakes and the malice that readers meet.

use crate::chance::Chance;

/// The longest input: beyond what any reader here takes.
const LONGEST: usize = 70_000;

/// A sample after one to eight changes; now and then nothing but chance.
pub fn change(samples: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    if samples.is_empty() || chance.below(50) == 0 {
        let length = chance.index(300);
        return (0..length).map(|_| byte(chance)).collect();
    }
    let mut bytes = samples[chance.index(samples.len())].clone();
    for _ in 0..=chance.below(8) {
        once(&mut bytes, samples, chance);
    }
    bytes.truncate(LONGEST);
    bytes
}

fn byte(chance: &mut Chance) -> u8 {
    // Lengths and tags at their edges are where readers err.
    const EDGES: [u8; 12] = [0x00, 0x01, 0x7f, 0x80, 0x81, 0x82, 0x83, 0x84, 0xfe, 0xff, 0x30, 0x1f];
    if chance.below(3) == 0 {
        EDGES[chance.index(EDGES.len())]
    } else {
        u8::try_from(chance.below(256)).unwrap_or(0)
    }
}

fn once(bytes: &mut Vec<u8>, samples: &[Vec<u8>], chance: &mut Chance) {
    let at = chance.index(bytes.len() + 1);
    let end = (at + chance.index(64)).min(bytes.len());
    match chance.below(8) {
        0 | 1 if at < bytes.len() => bytes[at] ^= 1 << chance.below(8),
        2 if at < bytes.len() => bytes[at] = byte(chance),
        3 => bytes.truncate(at),
        4 => drop(bytes.drain(at..end)),
        5 => {
            let piece: Vec<u8> = (0..chance.below(16)).map(|_| byte(chance)).collect();
            bytes.splice(at..at, piece);
        }
        6 => {
            let again = bytes[at..end].to_vec();
            bytes.splice(at..at, again);
        }
        _ => {
            let other = &samples[chance.index(samples.len())];
            let from = chance.index(other.len() + 1);
            bytes.splice(at..end, other[from..].iter().copied());
        }
    }
}
