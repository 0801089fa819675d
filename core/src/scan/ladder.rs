//! rxing on a picture after some changes, each spelled in letters (see [`super::prepare`]). No single way to
//! threshold a picture beats the others; only *different* attempts help.
//!
//! rxing's newer detector is driven symbol by symbol: all codes of a picture come out, and a picture
//! crowded with false finder squares costs a bounded time.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use rxing::common::cpp_essentials::ConcentricPattern;
use rxing::common::{BitMatrix, DetectorRXingResult, HybridBinarizer};
use rxing::qrcode::QRCodeReader;
use rxing::qrcode::cpp_port::decoder::Decode;
use rxing::qrcode::cpp_port::detector::{
    EstimateModuleSize, FindFinderPatterns, FinderPatternSet, GenerateFinderPatternSets, SampleQR,
};
use rxing::{BarcodeFormat, BinaryBitmap, DecodeHints, Luma8LuminanceSource, Reader};

use super::picture::Luma;
use super::prepare::prepared;
use super::reading::Reading;
use super::symbol::Corners;

/// Time for trying finder squares in one attempt; a picture with a code takes a tenth of it.
const CROWD_TIME: Duration = Duration::from_millis(150);
/// The older detector compares all finder squares by threes.
const MAX_CROWD: usize = 60;
/// Corners kept for a closer look.
const MAX_CORNERS: usize = 4;

/// What one attempt saw.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Symbols that were read.
    pub(super) readings: Vec<Reading>,
    /// Finder squares that may be the corners of symbols that were not, likeliest first.
    pub(super) corners: Vec<Corners>,
    /// Whether there are so many finder squares that decoders without a limit would never end.
    pub(super) crowded: bool,
}

impl Seen {
    /// Nothing read, but these to be looked at.
    pub(super) fn corners(corners: Vec<Corners>) -> Self {
        Self {
            corners,
            ..Self::default()
        }
    }
}

/// Every symbol rxing reads in the frame after `step`, and where else there may be one.
pub(super) fn attempt(frame: &Luma, step: &str, until: Instant) -> Seen {
    let frame = prepared(frame, step);
    let (width, height) = (frame.width() as u32, frame.height() as u32);
    let Ok(source) = Luma8LuminanceSource::new(frame.into_data(), width, height) else {
        return Seen::default();
    };
    let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
    let (mut seen, crowd) = symbols(bitmap.get_black_matrix(), until);
    let scale = step.chars().fold(1.0, |scale, letter| match letter {
        'h' => 2.0 * scale,
        _ => scale,
    });
    seen.crowded = crowd > MAX_CROWD;
    let inverted = step.contains('i');
    for corners in &mut seen.corners {
        *corners = Corners {
            inverted,
            ..corners.scaled(scale)
        };
    }
    if !seen.readings.is_empty() || seen.crowded {
        return seen;
    }
    // The older detector finds some codes the newer one does not.
    let hints = DecodeHints {
        PossibleFormats: Some(HashSet::from([BarcodeFormat::QR_CODE])),
        ..DecodeHints::default()
    };
    let older = QRCodeReader.decode_with_hints(&mut bitmap, &hints).ok();
    let reading = older.and_then(|symbol| Reading::new(Some(symbol.getText().to_owned()), b""));
    seen.readings.extend(reading);
    seen
}

/// The symbols of a black and white picture, and how many finder squares it seems to have.
fn symbols(picture: &BitMatrix, until: Instant) -> (Seen, usize) {
    let until = until.min(Instant::now() + CROWD_TIME);
    let mut squares = FindFinderPatterns(picture, false, 0);
    let mut used = Vec::new();
    let mut seen = Seen::default();
    for set in GenerateFinderPatternSets(&mut squares) {
        if Instant::now() > until {
            break;
        }
        let corners = [set.bl, set.tl, set.tr];
        if corners.iter().any(|corner| used.contains(corner)) {
            continue;
        }
        let symbol = SampleQR(picture, &set).and_then(|sampled| Decode(sampled.getBits()));
        match symbol {
            Ok(symbol) if symbol.isValid() => {
                used.extend(corners);
                let reading = Reading::of(&symbol);
                let readings = &mut seen.readings;
                readings.extend(reading.filter(|reading| !readings.contains(reading)));
            }
            _ if seen.corners.len() < MAX_CORNERS => seen.corners.extend(measured(picture, &set)),
            _ => {}
        }
    }
    (seen, squares.len())
}

/// The set as corners, if its squares look like those of a symbol.
fn measured(picture: &BitMatrix, set: &FinderPatternSet) -> Option<Corners> {
    let along = |from: ConcentricPattern, to: ConcentricPattern| {
        let sizes = [
            EstimateModuleSize(picture, from, to),
            EstimateModuleSize(picture, to, from),
        ];
        let sizes: Vec<f64> = sizes.into_iter().filter(|&size| size > 0.0).collect();
        let module = sizes.iter().sum::<f64>() / sizes.len() as f64;
        (!sizes.is_empty()).then(|| from.distance(to) / module as f32 + 7.0)
    };
    let sides: Vec<f32> = [along(set.tl, set.tr), along(set.tl, set.bl)]
        .into_iter()
        .flatten()
        .collect();
    let side = sides.iter().sum::<f32>() / sides.len() as f32;
    let point = |square: ConcentricPattern| (square.p.x, square.p.y);
    (!sides.is_empty() && (19.0..180.0).contains(&side)).then(|| Corners {
        upper_left: point(set.tl),
        upper_right: point(set.tr),
        lower_left: point(set.bl),
        side,
        inverted: false,
    })
}
