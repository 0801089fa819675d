//! PNG, a row at a time. Texts and colour profiles, which may unpack to anything, are passed over.

use std::io::Cursor;

use png::{ColorType, Decoder, DecodingError, InterlaceInfo, Limits, Transformations};

use super::super::ScanError;
use super::super::picture::{Luma, within_limits};
use super::{MAX_UNPACKED_BYTES, grey, on_white};

/// Unpacks a PNG file.
pub(super) fn luma_of(bytes: &[u8]) -> Result<Luma, ScanError> {
    let limits = Limits {
        bytes: MAX_UNPACKED_BYTES,
    };
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    // Palettes, fewer and more than eight bits become eight bits of grey or colour.
    decoder.set_transformations(Transformations::normalize_to_color8());
    let header = decoder.read_header_info().map_err(refusal)?;
    within_limits(u64::from(header.width), u64::from(header.height))?;
    let mut reader = decoder.read_info().map_err(refusal)?;
    let (width, height) = (reader.info().width as usize, reader.info().height as usize);
    let colour = reader.output_color_type().0;
    let mut data = vec![0_u8; width * height];
    let mut line = Vec::with_capacity(width);
    let mut next = 0;
    while let Some(row) = reader.next_interlaced_row().map_err(refusal)? {
        line.clear();
        greys(row.data(), colour, &mut line);
        match row.interlace() {
            InterlaceInfo::Null(_) => {
                let to = data.get_mut(next..next + width).unwrap_or_default();
                to.iter_mut().zip(&line).for_each(|(to, grey)| *to = *grey);
                next += width;
            }
            InterlaceInfo::Adam7(at) => png::expand_interlaced_row(&mut data, width, &line, at, 8),
        }
    }
    Ok(Luma::new(width, height, data))
}

fn greys(row: &[u8], colour: ColorType, to: &mut Vec<u8>) {
    match colour {
        ColorType::Grayscale | ColorType::Indexed => to.extend_from_slice(row),
        ColorType::GrayscaleAlpha => to.extend(row.as_chunks::<2>().0.iter().map(|&[g, a]| on_white(g, a))),
        ColorType::Rgb => to.extend(row.as_chunks::<3>().0.iter().map(|&rgb| grey(rgb))),
        ColorType::Rgba => {
            let pixels = row.as_chunks::<4>().0.iter();
            to.extend(pixels.map(|&[r, g, b, a]| on_white(grey([r, g, b]), a)));
        }
    }
}

fn refusal(error: DecodingError) -> ScanError {
    match error {
        DecodingError::LimitsExceeded => ScanError::TooLarge,
        _ => ScanError::Damaged,
    }
}
