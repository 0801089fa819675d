//! A reader of single symbols for pictures in which libraries find the finder squares and no more: it lays
//! the symbol's grid over the grey picture, undoes the blur between modules, and gives up the
//! codewords it is least sure of.

mod codewords;
mod finder;
mod map;
mod plan;
mod reed_solomon;
mod register;
mod soften;

use super::picture::Luma;
pub(super) use codewords::Said;
pub(super) use finder::{Search, corners};
use plan::Plan;
pub(super) use register::Corners;

/// A grid that matches this well is of the right version.
const CERTAIN: f32 = 0.7;

/// What stands in the symbol with these corners.
pub(super) fn read(frame: &Luma, corners: &Corners) -> Option<Said> {
    let (plan, map) = laid(frame, corners)?;
    let soft = soften::softened(frame, &map, &plan, corners.inverted);
    codewords::said(&soft.0, &plan)
}
/// The grid that matches best, of the version measured and of its neighbours.
fn laid(frame: &Luma, corners: &Corners) -> Option<(Plan, map::Map)> {
    let measured = ((corners.side - 17.0) / 4.0).round() as i32;
    let mut best: Option<(Plan, map::Map, f32)> = None;
    for off in [0, 1, -1] {
        let Some(plan) = u32::try_from(measured + off).ok().and_then(Plan::of) else {
            continue;
        };
        if let Some((map, score)) = register::registered(frame, corners, &plan)
            && best.as_ref().is_none_or(|best| score > best.2)
        {
            best = Some((plan, map, score));
            if score > CERTAIN {
                break;
            }
        }
    }
    best.map(|(plan, map, _)| (plan, map))
}
