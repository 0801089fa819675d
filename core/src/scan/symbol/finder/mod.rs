//! Finder squares in grey pictures, without a threshold: a patch is alike to dark 3×3, light 5×5, dark 7×7
//! and light 9×9 modules over each other, or it is not. Blur and grain leave that likeness where they
//! take black and white apart.
//!
//! Sums over boxes find patches of every size ([`boxes`]), in large pictures the runs of their rows do ([`runs`]); the best
//! are then turned, stretched and moved until they fit ([`square`]), and put together by threes ([`triples`]).

mod boxes;
mod runs;
mod square;
mod triples;

use super::super::picture::Luma;
use super::super::prepare::half;
use super::map::grey;
use super::register::Corners;
use boxes::Sums;
use square::{Patch, Square};

const HALVINGS: usize = 4;
/// Likeness of a square that is believed.
const BELIEVED: f32 = 0.55;
const MAX_SQUARES: usize = 14;

/// Where to look for finder squares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Search {
    /// Modules of three pixels and more.
    Large,
    /// Modules of one and a half to three pixels, which takes longer.
    Small,
    /// Large ones, with the picture turned by an eighth of a turn: boxes don't see squares that stand on a corner.
    Turned,
    /// Modules of two to nine pixels in a picture that is too large for the others.
    Far,
}

/// The corners of what may be symbols, likeliest first.
pub(in super::super) fn corners(frame: &Luma, search: Search) -> Vec<Corners> {
    let squares = match search {
        Search::Far => runs::patches(frame)
            .iter()
            .map(|patch| Square::fitted(frame, patch))
            .collect(),
        _ => by_boxes(frame, search),
    };
    triples::triples(&believed(squares))
}

/// Squares of all sizes, each looked for in the picture halved as often as makes its modules about two pixels wide.
fn by_boxes(frame: &Luma, search: Search) -> Vec<Square> {
    let range = if search == Search::Small { 0..1 } else { 1..HALVINGS };
    let mut levels: Vec<Luma> = vec![];
    let mut patches: Vec<Patch> = Vec::new();
    for level in 0..range.end {
        let smaller = match levels.last() {
            None => frame.clone(),
            Some(last) if level == 1 && search == Search::Turned => turned(&half(last)),
            Some(last) => half(last),
        };
        if range.contains(&level) {
            boxes::patches(&Sums::of(&smaller), level, &mut patches);
        }
        levels.push(smaller);
    }
    boxes::chosen(patches)
        .into_iter()
        .map(|patch| {
            let square = Square::fitted(&levels[patch.level], &patch).scaled((1 << patch.level) as f32);
            match search {
                Search::Turned => turned_back(square, frame, &levels[1]),
                _ => square,
            }
        })
        .collect()
}

/// The best of those that are finder squares, one for each place.
fn believed(mut squares: Vec<Square>) -> Vec<Square> {
    squares.retain(|square| square.likeness.abs() > BELIEVED && square.size() > 1.0);
    squares.sort_by(|a, b| b.likeness.abs().total_cmp(&a.likeness.abs()));
    let mut kept: Vec<Square> = Vec::new();
    for square in squares {
        let apart = |old: &Square| {
            (old.middle.0 - square.middle.0).hypot(old.middle.1 - square.middle.1) > 3.0 * square.size().max(old.size())
        };
        if kept.len() < MAX_SQUARES && kept.iter().all(apart) {
            kept.push(square);
        }
    }
    kept
}

/// A square of the picture that was turned and halved, where it is in the picture itself.
fn turned_back(mut square: Square, frame: &Luma, turned: &Luma) -> Square {
    let middle = turned.width() as f32;
    let (x, y) = back((square.middle.0 - middle, square.middle.1 - middle));
    square.middle = (x + 0.5 * frame.width() as f32, y + 0.5 * frame.height() as f32);
    (square.across, square.down) = (back(square.across), back(square.down));
    square
}

/// An eighth of a turn back.
fn back(way: (f32, f32)) -> (f32, f32) {
    use std::f32::consts::FRAC_1_SQRT_2;
    ((way.0 + way.1) * FRAC_1_SQRT_2, (way.1 - way.0) * FRAC_1_SQRT_2)
}

/// The picture turned by an eighth of a turn, on a square that holds all of it.
fn turned(frame: &Luma) -> Luma {
    let (width, height) = (frame.width() as f32, frame.height() as f32);
    let side = ((width + height) * std::f32::consts::FRAC_1_SQRT_2) as usize + 1;
    let middle = 0.5 * side as f32;
    let mut data = Vec::with_capacity(side * side);
    for row in 0..side {
        for column in 0..side {
            let (x, y) = back((column as f32 + 0.5 - middle, row as f32 + 0.5 - middle));
            data.push(grey(frame, x + 0.5 * width, y + 0.5 * height) as u8);
        }
    }
    Luma::new(side, side, data)
}
