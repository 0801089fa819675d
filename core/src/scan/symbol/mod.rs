//! A reader of single symbols for pictures in which libraries find the finder squares and no more: it lays
//! the symbol's grid over the grey picture, undoes the blur between modules, and gives up the
//! codewords it is least sure of.

mod codewords;
mod finder;
mod map;
mod plan;
mod reed_solomon;
mod register;
mod soften;

use super::picture::Luma;
pub(super) use codewords::Said;
pub(super) use finder::{Search, corners};
use plan::Plan;
pub(super) use register::Corners;

/// A grid that matches this well is of the right version.
const CERTAIN: f32 = 0.7;

/// What stands in the symbol with these corners.
pub(super) fn read(frame: &Luma, corners: &Corners) -> Option<Said> {
    let (plan, map) = laid(frame, corners)?;
    let soft = soften::softened(frame, &map, &plan, corners.inverted);
    codewords::said(&soft.0, &plan)
}
/// The grid that matches best, of the version measured and of its neighbours.
fn laid(frame: &Luma, corners: &Corners) -> Option<(Plan, map::Map)> {
    let measured = ((corners.side - 17.0) / 4.0).round() as i32;
    let mut best: Option<(Plan, map::Map, f32)> = None;
    for off in [0, 1, -1] {
        let Some(plan) = u32::try_from(measured + off).ok().and_then(Plan::of) else {
            continue;
        };
        if let Some((map, score)) = register::registered(frame, corners, &plan)
            && best.as_ref().is_none_or(|best| score > best.2)
        {
            best = Some((plan, map, score));
            if score > CERTAIN {
                break;
            }
        }
    }
    best.map(|(plan, map, _)| (plan, map))
}

#[cfg(test)]
mod tests {
    use kinchaku_protocol::symbol::{Level, Symbol};

    use super::super::prepare::prepared;
    use super::super::wanted::Fit;
    use super::*;

    const TEXT: &str = "KC1:NOBODY'S RECEIPT, LONG ENOUGH FOR ALIGNMENT PATTERNS AND TWO BLOCKS OF CODEWORDS; 0123456789 ABCDEFGHIJ \
                        KLMNOPQRSTUVWXYZ ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789 ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789";

    /// The symbol on a grey table, seen under an angle.
    fn seen(turned: f32, module: f32) -> Luma {
        let symbol = Symbol::bytes(TEXT, Level::M).unwrap();
        let drawn = symbol.luma(8);
        let drawn = Luma::new(drawn.side, drawn.side, drawn.pixels);
        let (sin, cos) = turned.to_radians().sin_cos();
        let (side, half) = (480_usize, drawn.width() as f32 / 2.0);
        let scale = 8.0 / module;
        let pixels = (0..side * side).map(|at| {
            let (x, y) = ((at % side) as f32 - 240.0, (at / side) as f32 - 240.0);
            // Farther away on the right, as a sheet leaning back is.
            let depth = scale * (1.0 + x / 1500.0);
            let (u, v) = (depth * (x * cos + y * sin) + half, depth * (y * cos - x * sin) + half);
            if (0.0..2.0 * half).contains(&u) && (0.0..2.0 * half).contains(&v) {
                60 + (map::grey(&drawn, u, v) * 0.6) as u8
            } else {
                110
            }
        });
        Luma::new(side, side, pixels.collect())
    }

    fn text(frame: &Luma, search: Search) -> Option<(String, bool)> {
        let found = corners(frame, search);
        let said = found.iter().find_map(|corners| read(frame, corners))?;
        let sure = said.sure;
        let readings = said.readings.into_iter();
        let mut texts = readings.map(|reading| reading.settled(Fit::Alike, &|text| (text == TEXT).into()).0);
        Some((texts.next()?, sure))
    }

    #[test]
    fn symbols_are_found_and_read_at_any_angle_and_size() {
        for (turned, module, search) in [
            (0.0, 5.0, Search::Large),
            (100.0, 4.0, Search::Large),
            (200.0, 2.0, Search::Small),
            (45.0, 4.0, Search::Turned),
            (0.0, 3.0, Search::Far),
            (140.0, 5.0, Search::Far),
            (225.0, 4.0, Search::Far),
        ] {
            assert_eq!(
                text(&seen(turned, module), search),
                Some((TEXT.to_owned(), true)),
                "{turned}"
            );
        }
    }

    #[test]
    fn blurred_light_on_dark_and_covered_symbols_are_read() {
        let clear = seen(8.0, 5.0);
        assert!(text(&prepared(&clear, "ggggg"), Search::Large).is_some(), "blurred");
        assert!(text(&prepared(&clear, "i"), Search::Large).is_some(), "light on dark");
        // A sticker over a tenth of it: more errors than its level corrects, and all of them in one place.
        let mut covered = clear.clone().into_data();
        for row in 200..285 {
            covered[row * 480 + 200..row * 480 + 285].fill(150);
        }
        let (read, _) = text(&Luma::new(480, 480, covered), Search::Large).unwrap();
        assert_eq!(read, TEXT);
    }

    #[test]
    fn pictures_without_a_symbol_have_no_text() {
        for (width, height) in [(1, 1), (1, 300), (9, 9), (300, 200)] {
            let stripes = (0..width * height)
                .map(|at| if at / 3 % 2 == 0 { 20 } else { 230 })
                .collect();
            let frame = Luma::new(width, height, stripes);
            for search in [Search::Large, Search::Small, Search::Turned, Search::Far] {
                assert_eq!(text(&frame, search), None, "{width}×{height}");
            }
        }
    }
}
