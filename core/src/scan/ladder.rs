//! The attempts, cheapest and likeliest first, each a picture change spelled in letters
//! (see [`super::prepare`]) and a run of rxing. No single way to threshold a picture beats the others;
//! only *different* attempts help. Light-on-dark codes are rare at a counter and come late.
//!
//! rxing's newer detector is driven symbol by symbol: all codes of a picture come out, and a picture
//! crowded with false finder squares costs a bounded time.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use rxing::common::{BitMatrix, DetectorRXingResult, HybridBinarizer};
use rxing::qrcode::QRCodeReader;
use rxing::qrcode::cpp_port::decoder::Decode;
use rxing::qrcode::cpp_port::detector::{FindFinderPatterns, GenerateFinderPatternSets, SampleQR};
use rxing::{BarcodeFormat, BinaryBitmap, DecodeHints, Luma8LuminanceSource, Reader};

use super::picture::Luma;
use super::prepare::prepared;
use super::reading::Reading;

pub(super) const LADDER: [&str; 9] = ["h", "hs", "f", "hc", "fc", "hi", "fgg", "us", "fgn"];

/// Time for trying finder squares in one attempt; a picture with a code takes a tenth of it.
const CROWD_TIME: Duration = Duration::from_millis(150);
/// The older detector compares all finder squares by threes.
const MAX_CROWD: usize = 60;

/// Every symbol rxing reads in the frame after `step`.
pub(super) fn attempt(frame: &Luma, step: &str) -> Vec<Reading> {
    let frame = prepared(frame, step);
    let (width, height) = (frame.width() as u32, frame.height() as u32);
    let Ok(source) = Luma8LuminanceSource::new(frame.into_data(), width, height) else {
        return Vec::new();
    };
    let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
    let (found, crowd) = symbols(bitmap.get_black_matrix());
    if !found.is_empty() || crowd > MAX_CROWD {
        return found;
    }
    // The older detector finds some codes the newer one does not.
    let hints = DecodeHints {
        PossibleFormats: Some(HashSet::from([BarcodeFormat::QR_CODE])),
        ..DecodeHints::default()
    };
    QRCodeReader
        .decode_with_hints(&mut bitmap, &hints)
        .ok()
        .and_then(|symbol| Reading::new(Some(symbol.getText().to_owned()), b""))
        .into_iter()
        .collect()
}

/// The symbols of a black and white picture, and how many finder squares it seems to have.
fn symbols(picture: &BitMatrix) -> (Vec<Reading>, usize) {
    let until = Instant::now() + CROWD_TIME;
    let mut squares = FindFinderPatterns(picture, false, 0);
    let mut used = Vec::new();
    let mut found = Vec::new();
    for set in GenerateFinderPatternSets(&mut squares) {
        if Instant::now() > until {
            break;
        }
        let corners = [set.bl, set.tl, set.tr];
        if corners.iter().any(|corner| used.contains(corner)) {
            continue;
        }
        let symbol = SampleQR(picture, &set).and_then(|sampled| Decode(sampled.getBits()));
        if let Ok(symbol) = symbol
            && symbol.isValid()
        {
            used.extend(corners);
            let reading = Reading::of(&symbol);
            found.extend(reading.filter(|reading| !found.contains(reading)));
        }
    }
    (found, squares.len())
}
