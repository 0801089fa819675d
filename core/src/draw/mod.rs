//! Pictures of what the wallet shows: the QR symbol of a receipt as a PNG file, dark on light with its
//! quiet zone, whatever the theme. Phones draw the modules themselves.

use kinchaku_protocol::symbol::Symbol;
use png::{BitDepth, ColorType, Compression, Encoder, EncodingError, Filter};

/// Largest number of pixels a module is drawn with.
pub const MAX_SCALE: usize = 64;

/// An 8-bit grey PNG of the symbol with `scale` pixels a module, 1 to [`MAX_SCALE`].
///
/// # Errors
/// The encoder's.
pub fn receipt_png(symbol: &Symbol, scale: usize) -> Result<Vec<u8>, EncodingError> {
    let picture = symbol.luma(scale.min(MAX_SCALE));
    let side = u32::try_from(picture.side).map_err(|_| EncodingError::LimitsExceeded)?;
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, side, side);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::Eight);
    // Rows repeat, so the cheapest settings do.
    encoder.set_compression(Compression::Fast);
    encoder.set_filter(Filter::Up);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&picture.pixels)?;
    writer.finish()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use kinchaku_protocol::symbol::Level;

    use super::*;
    use crate::scan::{PICTURE_DEADLINE, decode};

    #[test]
    fn a_drawn_receipt_reads_back() {
        let text = "KC1:6BFOXN*TS0BI$ZD4N9:9S6RCVN5+O30K3/XIV0W23NTDEMWK4MI6UOS03CR83KLBKAVN74";
        let symbol = Symbol::alphanumeric(text, Level::L).unwrap();
        for scale in [3, 8] {
            let file = receipt_png(&symbol, scale).unwrap();
            let read = decode(&file, 4 * PICTURE_DEADLINE, |found| found == text).unwrap();
            assert_eq!(read.texts, [text]);
        }
    }

    #[test]
    fn scale_stays_within_bounds() {
        let symbol = Symbol::bytes("x", Level::M).unwrap();
        let side = |file: Vec<u8>| u32::from_be_bytes(file[16..20].try_into().unwrap());
        assert_eq!(side(receipt_png(&symbol, 0).unwrap()), 29);
        assert_eq!(side(receipt_png(&symbol, usize::MAX).unwrap()), 29 * 64);
    }
}
