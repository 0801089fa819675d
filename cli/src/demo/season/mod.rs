//! The third act: a season of premium vouchers, from the application to the last transfer, on a clock that the
//! story moves. The office and the shops use the real `kinchaku office` and `kinchaku shop`, the residents real
//! wallets; the server is the real program with the town's folder of `towns/mitaka-like`, of which only the ceilings
//! are smaller, so that lots have to be drawn.
//!
//! - [`town`]: the place, its clock, its programs; [`people`]: who lives there
//! - [`selling`]: applications, the draw, purchases
//! - [`summer`]: fourteen weeks of paying, cancelling and closing
//! - [`papers`]: what is in the files in the end, and whether it adds up

mod papers;
mod people;
mod selling;
mod summer;
mod town;

use kinchaku_design::Key;

use super::error::DemoError;
use super::narrator::Narrator;
use super::setting::Setting;
use town::Season;

/// Lives it.
pub fn live(first: &Setting, narrator: &mut Narrator) -> Result<(), DemoError> {
    narrator.chapter(Key::DemoSeason);
    let mut season = Season::open(first, narrator)?;
    selling::apply(&season, narrator)?;
    selling::draw(&mut season, narrator)?;
    let residents = selling::buy(&mut season, narrator)?;
    let transferred = summer::live(&mut season, &residents, narrator)?;
    papers::check(&mut season, transferred, narrator)
}
