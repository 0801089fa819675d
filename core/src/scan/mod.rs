//! From a picture to the text of the QR codes in it; what the text means is for `protocol::mpm` and
//! `protocol::base45` to say.
//!
//! A picture comes from outside and is hostile until proven otherwise, and decoders panic or hang on
//! some. So sizes are checked before anything is allocated ([`file`], [`picture`]), every attempt runs on a
//! worker thread that may be lost without losing the caller ([`worker`]), and the whole scan has a
//! deadline. Attempts climb a ladder ([`steps`]) that stops at the first text the caller hopes for: a library on
//! the picture after small changes ([`ladder`], [`prepare`]), then a reader of our own ([`symbol`]) for what
//! libraries don't see. A symbol without a text that fits ([`wanted`]) is tried in other
//! character sets ([`reading`]) and read again by a second decoder ([`second_opinion`]). Between scans a
//! [`FrameReader`] keeps its thread and which step comes next; whatever is lost of that costs a frame.

mod file;
mod ladder;
mod picture;
mod prepare;
mod reading;
mod second_opinion;
mod steps;
mod stream;
mod symbol;
mod wanted;
mod worker;

use std::time::{Duration, Instant};

pub use file::FileKind;
pub use picture::{Luma, MAX_FILE_BYTES, MAX_PIXELS};
use reading::Reading;
use steps::{Climb, LADDER, Views};
pub use stream::FrameReader;
pub use wanted::{Fit, Wanted};
use worker::{Lost, Worker};

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// Texts found, those that fit first; never empty. More than one means several codes in the picture.
    pub texts: Vec<String>,
    /// How many of `texts`, from the first, fit what the caller hopes for.
    pub accepted: usize,
    /// Decoder and step that read them, for example `rxing:hs`.
    pub decoder: String,
    /// Time from call to answer.
    pub elapsed: Duration,
}

/// Why nothing was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    /// No bytes at all.
    #[error("an empty file")]
    Empty,
    /// The bytes are nothing that anybody would call a picture.
    #[error("not a picture")]
    NotAPicture,
    /// Another kind of file than PNG and JPEG, or a kind of JPEG that is not read.
    #[error("{} is not read", .0.name())]
    Unsupported(FileKind),
    /// A PNG or JPEG that is cut off or spoilt.
    #[error("a damaged picture")]
    Damaged,
    /// The file or the picture in it is over [`MAX_FILE_BYTES`] or [`MAX_PIXELS`].
    #[error("picture too large")]
    TooLarge,
    /// No QR code could be read.
    #[error("no QR code in the picture")]
    NoCode,
    /// The deadline passed before a code was read.
    #[error("out of time")]
    OutOfTime,
    /// The device would not start a thread for the decoder.
    #[error("decoder unavailable")]
    Unavailable,
}

/// Longest scan of a stored picture, which may have twelve million pixels.
pub const PICTURE_DEADLINE: Duration = Duration::from_millis(2_000);
/// Longest scan of a single camera frame; with a [`FrameReader`], frames may be given less, since the next one comes.
pub const FRAME_DEADLINE: Duration = Duration::from_millis(250);

/// Reads the QR codes in an encoded picture (PNG or JPEG).
///
/// `fit` says how far a text is what the caller hopes for; [`Wanted::fit`] is what most give. A text that doesn't fit is
/// still returned, as the best there was.
///
/// # Errors
/// See [`ScanError`].
pub fn decode<F: Into<Fit>>(picture: &[u8], deadline: Duration, fit: impl Fn(&str) -> F) -> Result<Scan, ScanError> {
    let started = Instant::now();
    if picture.len() > MAX_FILE_BYTES {
        return Err(ScanError::TooLarge);
    }
    let until = started + deadline;
    let mut worker = Worker::default();
    let bytes = picture.to_vec();
    let views = worker
        .run(until, move || file::luma_of(&bytes).map(Views::of))
        .map_err(|why| match why {
            Lost::Panicked => ScanError::Damaged,
            why => lost(why),
        })??;
    let climb = Climb {
        worker: &mut worker,
        views,
        started,
        until,
    };
    climb.up(LADDER.into_iter(), |text| fit(text).into()).0
}

/// Reads the QR codes in one camera frame; [`FrameReader`] reads a stream of them.
///
/// # Errors
/// See [`ScanError`]; none that speaks of a file.
pub fn decode_luma<F: Into<Fit>>(frame: Luma, deadline: Duration, fit: impl Fn(&str) -> F) -> Result<Scan, ScanError> {
    FrameReader::new(deadline).read(frame, fit)
}

/// What a lost job of the reader's own means to the caller.
fn lost(why: Lost) -> ScanError {
    match why {
        Lost::NoThread => ScanError::Unavailable,
        Lost::Late | Lost::Panicked => ScanError::OutOfTime,
    }
}

fn ranked(symbols: Vec<Reading>, least: Fit, fit: &impl Fn(&str) -> Fit, decoder: String, started: Instant) -> Scan {
    let settled = symbols.into_iter().map(|symbol| symbol.settled(least, fit));
    let (first, rest): (Vec<_>, Vec<_>) = settled.partition(|(_, accepted)| *accepted);
    Scan {
        accepted: first.len(),
        texts: first.into_iter().chain(rest).map(|(text, _)| text).collect(),
        decoder,
        elapsed: started.elapsed(),
    }
}
