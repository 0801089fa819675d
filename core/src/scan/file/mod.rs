//! From the bytes of a file to grey pixels. PNG and JPEG are read, what else people point at is called
//! by its name. Sizes are checked before anything is allocated, and no copy in colour is kept: a row or
//! a block of it at a time becomes grey.

mod jpeg;
mod kind;
mod png;

pub use kind::FileKind;

use super::ScanError;
use super::picture::Luma;

/// The most bytes of a picture that may lie unpacked beside its grey pixels.
const MAX_UNPACKED_BYTES: usize = 256 * 1024 * 1024;

/// Unpacks a PNG or JPEG file; of an animated PNG the picture that stands for it.
pub(super) fn luma_of(bytes: &[u8]) -> Result<Luma, ScanError> {
    if bytes.is_empty() {
        return Err(ScanError::Empty);
    }
    match FileKind::of(bytes) {
        Some(FileKind::Png) => png::luma_of(bytes),
        Some(FileKind::Jpeg) => jpeg::luma_of(bytes),
        Some(other) => Err(ScanError::Unsupported(other)),
        None => Err(ScanError::NotAPicture),
    }
}

/// How light a colour looks (ITU-R BT.601, in 256ths), as JPEG has it, too.
fn grey([red, green, blue]: [u8; 3]) -> u8 {
    let sum = 77 * u32::from(red) + 150 * u32::from(green) + 29 * u32::from(blue);
    ((sum + 128) / 256) as u8
}

/// A pixel on white paper: codes are exported with a transparent ground, and mean it to be white.
fn on_white(grey: u8, alpha: u8) -> u8 {
    let (grey, alpha) = (u32::from(grey), u32::from(alpha));
    ((grey * alpha + 255 * (255 - alpha)) / 255) as u8
}
