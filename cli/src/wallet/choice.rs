//! How the person wants to pay: おまかせ, with points, or an amount for each class.

use kinchaku_core::pay::read_amount;
use kinchaku_design::Key;
use kinchaku_protocol::ids::ClassId;
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::rules::split::Choice;

use crate::args::Pay;
use crate::output::{Exit, Problem};
use crate::words;
use crate::words::state::Classes;

/// The amount of a command line.
pub fn amount(text: &str) -> Result<Amount, Problem> {
    read_amount(text).map_err(|error| words::pay::amount(text, error))
}

/// The choice of a command line.
pub fn choice(args: &Pay, classes: &Classes) -> Result<Choice, Problem> {
    if args.part.is_empty() {
        return Ok(Choice::Automatic { points: args.points });
    }
    let parts: Result<Vec<(ClassId, Amount)>, Problem> = args.part.iter().map(|part| one(part, classes)).collect();
    Ok(Choice::ByHand(parts?))
}

/// `1=800`.
fn one(part: &str, classes: &Classes) -> Result<(ClassId, Amount), Problem> {
    let unknown = Problem::new(Key::ErrorClassUnknown, Exit::Usage);
    let (class, text) = part.split_once('=').ok_or_else(|| unknown.clone())?;
    let class = class
        .trim()
        .parse()
        .map(ClassId)
        .ok()
        .and_then(|class| classes.get(class));
    let class = class.ok_or(unknown)?;
    Ok((class.id, amount(text)?))
}
