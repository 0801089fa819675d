//! From camera frames, one after the other, to the text of a code.

use std::sync::{Arc, Mutex, TryLockError};
use std::time::Duration;

use kinchaku_core::scan::{FrameReader, Luma};

use super::scan::{Picture, Wanted};
use crate::error::{ScanError, Trouble};

/// What one frame may take: a preview goes on at some eight frames a second.
const FRAME: Duration = Duration::from_millis(120);

/// The frames of one opened camera. Frames that come while one is being read are answered at once with
/// [`Trouble::Busy`] and left out.
#[derive(uniffi::Object)]
pub struct Frames {
    reader: Mutex<FrameReader>,
    wanted: Wanted,
}

#[uniffi::export]
impl Frames {
    /// For a camera that was opened.
    #[uniffi::constructor]
    #[must_use]
    pub fn of_camera(wanted: Wanted) -> Arc<Self> {
        Arc::new(Self {
            reader: Mutex::new(FrameReader::new(FRAME)),
            wanted,
        })
    }

    /// Reads a frame: the luma plane in a direct buffer, `stride` bytes from row to row. To be called on the camera's own
    /// thread, never on the one that draws.
    ///
    /// # Errors
    /// [`ScanError`]; after [`ScanError::NoCode`] and [`ScanError::OutOfTime`] the next frame comes.
    pub fn read(&self, width: i32, height: i32, stride: i32, luma: &[u8]) -> Result<Picture, ScanError> {
        let mut reader = match self.reader.try_lock() {
            Ok(reader) => reader,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Err(Trouble::Busy.into()),
        };
        let side = |length: i32| usize::try_from(length).map_err(|_| ScanError::NotAPicture);
        let frame = Luma::from_plane(side(width)?, side(height)?, side(stride)?, luma)?;
        let wanted = kinchaku_core::scan::Wanted::from(self.wanted);
        Ok(reader.read(frame, |text| wanted.fit(text))?.into())
    }
}
