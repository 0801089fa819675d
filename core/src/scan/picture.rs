//! Grey pixels, with every size checked before it is allocated.

use image::ImageBuffer;
use image::imageops::thumbnail;

use super::ScanError;

/// Largest file taken, in bytes.
pub const MAX_FILE_BYTES: usize = 32 * 1024 * 1024;
/// Largest picture taken, in pixels; phones make 12 to 50 million.
pub const MAX_PIXELS: u64 = 52_000_000;

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

    /// The grey pixels of a PNG or JPEG file. Decoders of strangers' files may panic: [`super::decode`]
    /// survives that.
    ///
    /// # Errors
    /// What [`ScanError`] says of files.
    pub fn from_file(bytes: &[u8]) -> Result<Self, ScanError> {
        if bytes.len() > MAX_FILE_BYTES {
            return Err(ScanError::TooLarge);
        }
        super::file::luma_of(bytes)
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

    /// Decoders get no more pixels than this at first: their time grows faster than the picture.
    pub(super) const WORKING_PIXELS: usize = 1_300_000;
    /// And never more than this.
    pub(super) const LARGE_PIXELS: usize = 12_600_000;

    /// The same picture with at most `most` pixels.
    pub(super) fn at_most(self, most: usize) -> Self {
        if self.data.len() <= most {
            self
        } else {
            self.thumbnail(most)
        }
    }

    /// A smaller picture of at most `most` pixels.
    pub(super) fn thumbnail(&self, most: usize) -> Self {
        let scale = (most as f64 / self.data.len() as f64).sqrt().min(1.0);
        let shorter = |side: usize| ((side as f64 * scale) as u32).max(1);
        let (width, height) = (shorter(self.width), shorter(self.height));
        let size = (self.width as u32, self.height as u32);
        let Some(whole) = ImageBuffer::<image::Luma<u8>, &[u8]>::from_raw(size.0, size.1, self.data.as_slice()) else {
            return Self::new(0, 0, Vec::new());
        };
        let small = thumbnail(&whole, width, height);
        Self::new(width as usize, height as usize, small.into_raw())
    }
}

pub(super) fn within_limits(width: u64, height: u64) -> Result<(), ScanError> {
    match width.checked_mul(height) {
        Some(0) => Err(ScanError::NotAPicture),
        Some(pixels) if pixels <= MAX_PIXELS => Ok(()),
        _ => Err(ScanError::TooLarge),
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
        let frame = Luma::new(3000, 2000, vec![77; 6_000_000]).at_most(Luma::WORKING_PIXELS);
        assert!(frame.width() * frame.height() <= Luma::WORKING_PIXELS);
        assert!(frame.width() * frame.height() > Luma::WORKING_PIXELS - 5_000);
        assert!((frame.width() * 2).abs_diff(frame.height() * 3) <= 3);
        assert!(frame.data().iter().all(|&pixel| pixel == 77));
    }
}
