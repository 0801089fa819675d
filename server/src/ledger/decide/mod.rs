//! What becomes of a command: a pure function of the rows at hand, the command, its time and the keys.
//!
//! A refused command leaves the view as it was: everything is checked before the first row is put.

mod credit;
mod documents;
mod enrol;
mod issue;
mod job;
mod setup;
mod signing;

use kinchaku_protocol::doc::field::Bytes;
use kinchaku_protocol::doc::{AnswerItem, Bulletin, DeadMark, Document, ParkReason};
use kinchaku_protocol::ids::Ref;
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::time::Time;

pub use documents::{CancelledBy, Checked};

use super::Broken;
use super::rows::{BulletinRow, CounterRow, FactRow};
use super::stop::EPOCH;
use super::view::View;
use crate::command::{Action, CommandError, Outcome, Signers, TownRules};

impl From<Broken> for CommandError {
    fn from(_: Broken) -> Self {
        Self::Broken
    }
}

impl From<kinchaku_protocol::money::AmountError> for CommandError {
    fn from(_: kinchaku_protocol::money::AmountError) -> Self {
        Self::Broken
    }
}

impl From<kinchaku_protocol::signature::SignError> for CommandError {
    fn from(_: kinchaku_protocol::signature::SignError) -> Self {
        Self::Unavailable
    }
}

/// A command whose documents were read and verified.
#[derive(Clone, Debug)]
pub struct Task {
    /// The server's time.
    pub now: Time,
    /// What is asked; of [`Action::Upload`] and [`Action::IssueAllowance`] only what `documents` leaves open.
    pub action: Action,
    /// The documents of an upload, or the close of an allowance request.
    pub documents: Vec<Checked>,
}

/// What a command is answered, as far as it is known before facts are signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Nothing waits for a signature.
    Ready(Outcome),
    /// One item for each document.
    Items(Vec<Item>),
    /// The bulletin that the seal makes.
    Bulletin,
    /// The fact with this number.
    Fact(u64),
}

/// What the server says of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// The fact with this number.
    Fact(u64),
    /// Kept, not decided.
    Parked(ParkReason),
    /// Taken note of.
    Noted,
}

/// The books at one moment, with what they are kept by.
pub struct Books<'a> {
    /// The rows at hand.
    pub view: &'a mut View,
    /// What the town allows.
    pub rules: &'a TownRules,
    /// The keys.
    pub signers: &'a Signers,
    /// The server's time.
    pub now: Time,
}

/// Carries out one task.
///
/// # Errors
/// [`CommandError`]; after [`CommandError::Broken`] or [`CommandError::Unavailable`] the view is spoilt.
pub fn decide(books: &mut Books<'_>, task: &Task) -> Result<Reply, CommandError> {
    // A clock that was set back must not make later facts look earlier.
    books.now = books.now.max(task.now).max(Time(books.view.counter(NOW)));
    let outcome = match &task.action {
        Action::AddClass(class) => books.add_class(class),
        Action::AddShop(shop) => books.add_shop(shop),
        Action::AddMark { shop, mark, label } => books.add_mark(*shop, *mark, label),
        Action::Invite { code_hash, invitee } => books.invite(*code_hash, *invitee),
        Action::Enrol(device) => books.enrol(device),
        Action::RenewDevice { device } => books.renew(*device),
        Action::Credit(credit) => books.credit(credit),
        Action::IssueAllowance { device, close, at_most } => {
            books.issue(*device, close.is_some(), &task.documents, *at_most)
        }
        Action::Upload(_) => return Ok(Reply::Items(books.take_in(&task.documents)?)),
        Action::Revoke(stop) => books.revoke(*stop),
        Action::PublishBulletin => {
            books.view.next(EPOCH);
            return Ok(Reply::Bulletin);
        }
        Action::Lapse => books.lapse(),
        Action::Expire => books.expire(),
        Action::IssueUnlock { code_hash, account } => books.issue_unlock(*code_hash, *account),
        Action::UseUnlock {
            code_hash,
            device,
            pay_key,
        } => books.use_unlock(*code_hash, *device, *pay_key),
        Action::Card(action) => return books.card(action),
        Action::SetUp(action) => return books.set_up(action),
        Action::Points(action) => return books.points(action),
        Action::Sale(action) => return books.sale(action),
        Action::Settle(action) => return books.settle_books(action, &task.documents),
        Action::Access(action) => return books.access(action),
    }?;
    Ok(Reply::Ready(outcome))
}

/// The time of the last commit, kept beside the series.
pub const NOW: &str = "now";

/// Whether the seal has to write a bulletin, for which all of `revoked`, `shops` and `marks` must be at hand.
#[must_use]
pub fn bulletin_due(view: &View) -> bool {
    let epoch = u32::try_from(view.counter(EPOCH)).unwrap_or(u32::MAX);
    epoch > 0 && view.bulletins.get(&(epoch,)).is_none()
}

/// Signs what was declared, and numbers what must be told. The view is ready to be written.
///
/// # Errors
/// [`CommandError::Unavailable`] where a key did not sign.
pub fn seal(view: &mut View, signers: &Signers, now: Time) -> Result<(), CommandError> {
    let now = now.max(Time(view.counter(NOW)));
    for (number, doc) in signing::sign(view.take_unsigned(), &signers.fact)? {
        if let Some(row) = view.facts.copy(&(number,)) {
            view.facts.put(FactRow { doc, ..row });
        }
    }
    // One that cannot be signed now is due again with the next batch, and holds up nothing else.
    if bulletin_due(view)
        && let Ok(signed) = bulletin(view, signers, now).sign(signers.bulletin.as_ref())
    {
        let epoch = signed.epoch;
        view.bulletins.put(BulletinRow {
            epoch,
            doc: signed.bytes().to_vec(),
        });
    }
    view.number_changes();
    if view.is_changed() {
        view.counters.put(CounterRow {
            name: NOW.to_owned(),
            value: now.0,
        });
    }
    Ok(())
}

fn bulletin(view: &View, signers: &Signers, now: Time) -> Bulletin {
    let shops = view.shops.all().filter(|shop| shop.dead_at.is_some());
    let marks = view.marks.all().filter(|mark| mark.dead_at.is_some());
    Bulletin {
        epoch: u32::try_from(view.counter(EPOCH)).unwrap_or(u32::MAX),
        made_at: now,
        revoked: view
            .revoked
            .all()
            .filter(|row| row.until >= now)
            .map(|row| row.pid)
            .collect(),
        dead: shops
            .map(|shop| DeadMark {
                shop: shop.shop,
                mark: None,
            })
            .chain(marks.map(|mark| DeadMark {
                shop: mark.shop,
                mark: Some(mark.mark),
            }))
            .collect(),
        directory: u32::try_from(view.counter(setup::DIRECTORY)).unwrap_or(u32::MAX),
        keyset: signers.keyset_version,
        crisis: None,
    }
}

/// The answer, once everything is signed.
///
/// # Errors
/// [`CommandError::Broken`] where a fact is not at hand.
pub fn answer(view: &View, reply: Reply) -> Result<Outcome, CommandError> {
    match reply {
        Reply::Ready(outcome) => Ok(outcome),
        Reply::Fact(number) => {
            let fact = view.facts.get(&(number,)).ok_or(CommandError::Broken)?;
            Ok(Outcome::Fact(fact.doc.clone()))
        }
        Reply::Bulletin => {
            let epoch = u32::try_from(view.counter(EPOCH)).unwrap_or(u32::MAX);
            let last = view.bulletins.get(&(epoch,)).ok_or(CommandError::Unavailable)?;
            Ok(Outcome::Bulletin(last.doc.clone()))
        }
        Reply::Items(items) => items
            .into_iter()
            .map(|item| match item {
                Item::Fact(number) => view
                    .facts
                    .get(&(number,))
                    .map(|row| AnswerItem::Fact(Bytes(row.doc.clone())))
                    .ok_or(CommandError::Broken),
                Item::Parked(reason) => Ok(AnswerItem::Parked(reason)),
                Item::Noted => Ok(AnswerItem::Noted),
            })
            .collect::<Result<_, _>>()
            .map(Outcome::Answer),
    }
}

impl Books<'_> {
    /// An enrolled device that was not stopped, by its document.
    pub(crate) fn device(&self, reference: Ref) -> Result<super::rows::DeviceRow, CommandError> {
        let document = self.view.device_docs.get(&(reference,)).ok_or(CommandError::NoDevice)?;
        let device = self
            .view
            .devices
            .copy(&(document.device,))
            .ok_or(CommandError::NoDevice)?;
        (!device.revoked).then_some(device).ok_or(CommandError::NoDevice)
    }
}

/// Nothing is no amount.
fn positive(amount: Amount) -> Result<Amount, CommandError> {
    (!amount.is_zero()).then_some(amount).ok_or(CommandError::Amount)
}
