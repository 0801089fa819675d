//! From file bytes to grey pixels, with every size checked before it is allocated.

use std::io::Cursor;

use image::{DynamicImage, GrayImage, ImageDecoder, ImageError, ImageReader, Limits};

use super::ScanError;

/// Largest file taken, in bytes.
pub const MAX_FILE_BYTES: usize = 32 * 1024 * 1024;
/// Largest picture taken, in pixels; phones make 12 to 50 million.
pub const MAX_PIXELS: u64 = 52_000_000;
/// What a picture may cost in memory while it is unpacked, in bytes.
const MAX_UNPACKED_BYTES: u64 = 256 * 1024 * 1024;
/// Decoders get no more pixels than this: their time grows faster than the picture.
const WORKING_PIXELS: usize = 1_300_000;

/// Grey pixels, row by row, 0 = black.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Luma {
    width: usize,
    height: usize,
    data: Vec<u8>,
}

impl Luma {
    /// A frame from the luma plane of a camera, whose rows start `stride` bytes apart.
    ///
    /// # Errors
    /// `TooLarge` over [`MAX_PIXELS`], `NotAPicture` if the plane does not hold that many rows.
    pub fn from_plane(width: usize, height: usize, stride: usize, plane: &[u8]) -> Result<Self, ScanError> {
        within_limits(width as u64, height as u64)?;
        let rows: Vec<&[u8]> = plane
            .chunks(stride.max(1))
            .take(height)
            .filter_map(|row| row.get(..width))
            .collect();
        if stride < width || rows.len() != height {
            return Err(ScanError::NotAPicture);
        }
        Ok(Self::new(width, height, rows.concat()))
    }

    pub(super) fn new(width: usize, height: usize, data: Vec<u8>) -> Self {
        debug_assert_eq!(data.len(), width * height);
        Self { width, height, data }
    }

    /// Pixels in a row.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of rows.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// All pixels, row by row.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    pub(super) fn rows(&self) -> impl DoubleEndedIterator<Item = &[u8]> + ExactSizeIterator {
        self.data.chunks_exact(self.width.max(1))
    }

    pub(super) fn into_data(self) -> Vec<u8> {
        self.data
    }

    /// The same picture with at most [`WORKING_PIXELS`] pixels.
    pub(super) fn shrunk(self) -> Self {
        let pixels = self.width * self.height;
        if pixels <= WORKING_PIXELS {
            return self;
        }
        let scale = (WORKING_PIXELS as f64 / pixels as f64).sqrt();
        let shorter = |side: usize| ((side as f64 * scale) as u32).max(1);
        let (width, height) = (shorter(self.width), shorter(self.height));
        let Some(image) = GrayImage::from_raw(self.width as u32, self.height as u32, self.data) else {
            return Self::new(0, 0, Vec::new());
        };
        let small = DynamicImage::ImageLuma8(image).thumbnail_exact(width, height);
        Self::new(width as usize, height as usize, small.into_luma8().into_raw())
    }
}

fn within_limits(width: u64, height: u64) -> Result<(), ScanError> {
    match width.checked_mul(height) {
        Some(0) => Err(ScanError::NotAPicture),
        Some(pixels) if pixels <= MAX_PIXELS => Ok(()),
        _ => Err(ScanError::TooLarge),
    }
}

/// Unpacks a PNG or JPEG file.
pub(super) fn luma_of(bytes: &[u8]) -> Result<Luma, ScanError> {
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|_| ScanError::NotAPicture)?;
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_UNPACKED_BYTES);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(refusal)?;
    let (width, height) = decoder.dimensions();
    within_limits(u64::from(width), u64::from(height))?;
    if decoder.total_bytes() > MAX_UNPACKED_BYTES {
        return Err(ScanError::TooLarge);
    }
    let image = DynamicImage::from_decoder(decoder).map_err(refusal)?;
    let data = if image.color().has_alpha() {
        on_white(image)
    } else {
        image.into_luma8().into_raw()
    };
    Ok(Luma::new(width as usize, height as usize, data))
}

/// Codes are exported with a transparent ground, and mean it to be white.
fn on_white(image: DynamicImage) -> Vec<u8> {
    let pixels = image.into_luma_alpha8().into_raw();
    let (pairs, _) = pixels.as_chunks::<2>();
    pairs
        .iter()
        .map(|&[grey, alpha]| {
            let (grey, alpha) = (u32::from(grey), u32::from(alpha));
            ((grey * alpha + 255 * (255 - alpha)) / 255) as u8
        })
        .collect()
}

fn refusal(error: ImageError) -> ScanError {
    match error {
        ImageError::Limits(_) => ScanError::TooLarge,
        _ => ScanError::NotAPicture,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plane_is_cut_out_of_its_stride() {
        let frame = Luma::from_plane(2, 2, 3, &[1, 2, 9, 3, 4]).unwrap();
        assert_eq!(frame.data(), [1, 2, 3, 4]);
        assert_eq!(Luma::from_plane(2, 3, 3, &[1, 2, 9, 3, 4]), Err(ScanError::NotAPicture));
        assert_eq!(Luma::from_plane(3, 1, 2, &[1, 2, 3, 4]), Err(ScanError::NotAPicture));
        assert_eq!(
            Luma::from_plane(usize::MAX, usize::MAX, 1, &[]),
            Err(ScanError::TooLarge)
        );
    }

    #[test]
    fn a_large_frame_is_shrunk_in_proportion() {
        let frame = Luma::new(3000, 2000, vec![77; 6_000_000]).shrunk();
        assert!(frame.width() * frame.height() <= WORKING_PIXELS);
        assert!(frame.width() * frame.height() > WORKING_PIXELS - 5_000);
        assert!((frame.width() * 2).abs_diff(frame.height() * 3) <= 3);
        assert!(frame.data().iter().all(|&pixel| pixel == 77));
    }
}
