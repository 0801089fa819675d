//! rqrr on the same frame, for texts the caller refused. Its detector is the weaker one, but it samples
//! the symbol in another way and hands out bytes where others guess at the character set.

use rqrr::PreparedImage;

use super::picture::Luma;
use super::prepare::prepared;
use super::reading::Reading;

/// Every symbol rqrr reads in the frame after `step`. May hang or panic on crowded pictures.
pub(super) fn attempt(frame: &Luma, step: &str) -> Vec<Reading> {
    let frame = prepared(frame, step);
    let mut pixels = frame.data().iter();
    let mut image = PreparedImage::prepare_from_greyscale(frame.width(), frame.height(), |_, _| {
        pixels.next().copied().unwrap_or(255)
    });
    let grids = image.detect_grids();
    let symbols = grids.iter().filter_map(|grid| {
        let mut bytes = Vec::new();
        grid.decode_to(&mut bytes).ok()?;
        Reading::new(None, &bytes)
    });
    symbols.collect()
}
