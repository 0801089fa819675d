//! Symbols: what is drawn is what readers read.

use kinchaku_protocol::symbol::{Ground, Level, Symbol, SymbolError};
use proptest::prelude::*;
use rxing::BarcodeFormat;

const JAPANESE: &str = "64190002JA0109ナタデココ カフェ 八百屋はつ ゐヱﾊﾝｶｸ 🍡 北京";

/// Read back by a port of ZXing.
fn by_rxing(symbol: &Symbol) -> String {
    let luma = symbol.luma(4);
    let side = u32::try_from(luma.side).unwrap();
    let read = rxing::helpers::detect_in_luma(luma.pixels, side, side, Some(BarcodeFormat::QR_CODE));
    read.unwrap().getText().to_owned()
}

/// Read back by a decoder of another family.
fn by_rqrr(symbol: &Symbol) -> String {
    let luma = symbol.luma(4);
    let mut image =
        rqrr::PreparedImage::prepare_from_greyscale(luma.side, luma.side, |x, y| luma.pixels[y * luma.side + x]);
    let grids = image.detect_grids();
    grids[0].decode().unwrap().1
}

#[test]
fn japanese_text_is_read_right_by_two_readers() {
    for level in [Level::L, Level::M, Level::Q, Level::H] {
        let symbol = Symbol::bytes(JAPANESE, level).unwrap();
        assert_eq!(by_rxing(&symbol), JAPANESE, "{level:?}");
        assert_eq!(by_rqrr(&symbol), JAPANESE, "{level:?}");
    }
}

#[test]
fn receipts_are_read_right_by_two_readers() {
    let receipt = format!("KC1:{}", "A1B2C3+/-.$%* Z9:".repeat(40));
    let symbol = Symbol::alphanumeric(&receipt, Level::L).unwrap();
    assert_eq!(by_rxing(&symbol), receipt);
    assert_eq!(by_rqrr(&symbol), receipt);
}

/// Capacities of ISO/IEC 18004, Table 7.
#[test]
fn the_smallest_version_is_taken() {
    for (length, level, version) in [
        (14, Level::M, 1),
        (15, Level::M, 2),
        (180, Level::M, 9),
        (181, Level::M, 10),
        (213, Level::M, 10),
        (214, Level::M, 11),
        (2331, Level::M, 40),
        (2953, Level::L, 40),
        (1273, Level::H, 40),
    ] {
        let symbol = Symbol::bytes(&"x".repeat(length), level).unwrap();
        assert_eq!(symbol.version(), version, "{length}");
        assert_eq!(symbol.size(), 17 + 4 * usize::from(version));
        assert_eq!(symbol.level(), level);
    }
    for (length, level, version) in [
        (25, Level::L, 1),
        (26, Level::L, 2),
        (758, Level::L, 15),
        (4296, Level::L, 40),
    ] {
        let symbol = Symbol::alphanumeric(&"X".repeat(length), level).unwrap();
        assert_eq!(symbol.version(), version, "{length}");
    }
    // The UTF-8 header takes twelve bits.
    assert_eq!(Symbol::bytes(&("x".repeat(11) + "é"), Level::M).unwrap().version(), 1);
    assert_eq!(Symbol::bytes(&("x".repeat(12) + "é"), Level::M).unwrap().version(), 2);
}

#[test]
fn what_does_not_fit_has_no_symbol() {
    assert_eq!(Symbol::bytes(&"x".repeat(2954), Level::L), Err(SymbolError::TooLong));
    assert_eq!(Symbol::bytes(&"x".repeat(100_000), Level::L), Err(SymbolError::TooLong));
    assert_eq!(
        Symbol::alphanumeric(&"X".repeat(4297), Level::L),
        Err(SymbolError::TooLong)
    );
    assert_eq!(Symbol::alphanumeric("kc1", Level::L), Err(SymbolError::NotAlphanumeric));
    assert_eq!(Symbol::alphanumeric("Ａ", Level::L), Err(SymbolError::NotAlphanumeric));
}

#[test]
fn pictures_have_a_quiet_zone_of_four_light_modules() {
    let symbol = Symbol::bytes("x", Level::M).unwrap();
    let luma = symbol.luma(3);
    assert_eq!(luma.side, (21 + 8) * 3);
    assert_eq!(luma.pixels.len(), luma.side * luma.side);
    for y in 0..luma.side {
        for x in 0..luma.side {
            let (column, row) = (x / 3, y / 3);
            let inside = (4..25).contains(&column) && (4..25).contains(&row);
            let dark = inside && symbol.dark(column - 4, row - 4);
            assert_eq!(luma.pixels[y * luma.side + x], if dark { 0 } else { 255 });
        }
    }
    assert!(symbol.dark(0, 0) && symbol.dark(20, 0) && symbol.dark(0, 20));
    assert!(!symbol.dark(21, 0) && !symbol.dark(0, 21));
    assert_eq!(symbol.luma(0), symbol.luma(1));
}

/// The modules that an SVG path of `M x y h n v1 h-n z` runs paints.
fn painted(path: &str, side: usize) -> Vec<bool> {
    let mut modules = vec![false; side * side];
    for run in path.split_terminator('z') {
        let (start, width) = run.strip_prefix('M').unwrap().split_once('h').unwrap();
        let (x, y) = start.split_once(' ').unwrap();
        let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
        let width: usize = width.split_once('v').unwrap().0.parse().unwrap();
        modules[y * side + x..][..width].fill(true);
    }
    modules
}

/// The modules that a terminal shows dark.
fn shown(text: &str, ground: Ground) -> Vec<Vec<bool>> {
    let mut rows = Vec::new();
    for line in text.lines() {
        let halves = |upper: bool| -> Vec<bool> {
            line.chars()
                .map(|c| match c {
                    '█' => true,
                    '▀' => upper,
                    '▄' => !upper,
                    ' ' => false,
                    other => panic!("{other:?}"),
                })
                .map(|written| written == (ground == Ground::Light))
                .collect()
        };
        rows.push(halves(true));
        rows.push(halves(false));
    }
    rows
}

#[test]
fn svg_and_terminal_show_the_same_modules() {
    let symbol = Symbol::bytes(JAPANESE, Level::M).unwrap();
    let side = symbol.framed_size();
    let luma: Vec<bool> = symbol.luma(1).pixels.iter().map(|pixel| *pixel == 0).collect();
    assert_eq!(painted(&symbol.svg_path(), side), luma);
    let svg = symbol.svg();
    assert!(svg.contains(&format!("viewBox=\"0 0 {side} {side}\"")));
    assert!(svg.contains(&symbol.svg_path()));
    for ground in [Ground::Dark, Ground::Light] {
        let mut rows = shown(&symbol.terminal(ground), ground);
        assert_eq!(rows.len(), side + 1);
        assert!(rows.pop().unwrap().iter().all(|dark| !dark));
        assert_eq!(rows.concat(), luma, "{ground:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_text_is_read_back(text in "[ -~ぁ-んァ-ン一-龠]{1,120}") {
        let symbol = Symbol::bytes(&text, Level::M).unwrap();
        prop_assert_eq!(by_rxing(&symbol), text);
    }
}
