//! JPEG. Its lightness is a plane of its own, so that most photographs are never unpacked in colour.

use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::super::ScanError;
use super::super::picture::{Luma, within_limits};
use super::{FileKind, MAX_UNPACKED_BYTES, grey};

/// Passes over a progressive picture; cameras make about ten.
const MAX_SCANS: usize = 30;

/// Unpacks a JPEG file. What is missing at its end stays grey: a half of a photograph may hold the code.
pub(super) fn luma_of(bytes: &[u8]) -> Result<Luma, ScanError> {
    let options = DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .jpeg_set_max_scans(MAX_SCANS);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|error| refusal(&error))?;
    let (width, height) = decoder.dimensions().ok_or(ScanError::Damaged)?;
    within_limits(width as u64, height as u64)?;
    let plane = matches!(decoder.input_colorspace(), Some(ColorSpace::YCbCr | ColorSpace::Luma));
    let wanted = if plane { ColorSpace::Luma } else { ColorSpace::RGB };
    decoder.set_options(options.jpeg_set_out_colorspace(wanted));
    let size = decoder.output_buffer_size().ok_or(ScanError::Damaged)?;
    if size > MAX_UNPACKED_BYTES {
        return Err(ScanError::TooLarge);
    }
    let mut data = decoder.decode().map_err(|error| refusal(&error))?;
    if !plane {
        data = data.as_chunks::<3>().0.iter().map(|&rgb| grey(rgb)).collect();
    }
    if data.len() != width * height {
        return Err(ScanError::Damaged);
    }
    Ok(Luma::new(width, height, data))
}

fn refusal(error: &DecodeErrors) -> ScanError {
    match error {
        DecodeErrors::LargeDimensions(_) => ScanError::TooLarge,
        DecodeErrors::Unsupported(_) => ScanError::Unsupported(FileKind::Jpeg),
        _ => ScanError::Damaged,
    }
}
