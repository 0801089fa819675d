//! What this device knows of its person's card: what the server said last, the attributes as they were read,
//! and what still waits. Readable without a network (F055, F056).

use kinchaku_protocol::api::CardStanding;
use kinchaku_protocol::doc::field;
use kinchaku_protocol::doc::{AccountRow, Reason, Table};
use kinchaku_protocol::jpki::attributes::BasicFour;
use kinchaku_protocol::time::Time;
use rusqlite::Connection;

use super::prove;
use crate::book::server_rows;
use crate::home::Home;
use crate::store::{StoreError, meta};
use crate::sync;

const STANDING: &str = "link.standing";
/// When it was told, and the page that was there then: a later page knows better.
const TOLD_AT: &str = "link.told-at";
const TOLD_ON: &str = "link.told-on";
const OFFICIAL: &str = "link.official";
const LAST: &str = "link.last";

/// [`LAST`] says that the office has to tie the card.
const COUNTER: u8 = u8::MAX;

/// The screen of the linked card.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// 0 no card, 1 a minor's, 2 an adult's: by the account's signed page or the last answer, whichever is newer.
    pub level: u8,
    /// When it was linked.
    pub linked_at: Option<Time>,
    /// The My Key ID, as last heard (F189).
    pub key_id: Option<String>,
    /// Name, address, birth date and sex as the card has them; on this device if it read the card.
    pub official: Option<Official>,
    /// What is not finished.
    pub waiting: Option<Waiting>,
    /// Why the last proof was refused, until the next one is made.
    pub refused: Option<Reason>,
}

/// The attributes of the linked card. `Debug` shows none of them.
pub type Official = BasicFour;

/// What a link waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// A network, until then.
    Network {
        /// The last second at which the proof is of use.
        until: Time,
    },
    /// The office, which ties a card the town has not seen.
    Counter,
}

/// What this device knows of its person's card.
///
/// # Errors
/// [`StoreError`].
pub fn standing(home: &Home) -> Result<Standing, StoreError> {
    let now = home.now()?.time;
    if home.store().read(|db| is_taken_back(db, now))? {
        home.store().write(|db| {
            // Name and address of somebody who is not linked any more do not stay.
            if is_taken_back(db, now)? {
                for name in [STANDING, TOLD_AT, TOLD_ON, OFFICIAL] {
                    meta::remove(db, name)?;
                }
            }
            Ok::<_, StoreError>(())
        })?;
    }
    home.store().read(|db| {
        let told: Option<CardStanding> = read(db, STANDING)?;
        let level = match page_level(db)? {
            Some(level) if page_is_newer(db, now)? => level,
            // A page older than the link still says 0.
            page => page.unwrap_or(0).max(told.as_ref().map_or(0, |told| told.level)),
        };
        let last = meta::get(db, LAST)?.and_then(|bytes| bytes.first().copied());
        let network = prove::waits_until(db)?.filter(|until| now <= *until);
        Ok(Standing {
            level,
            linked_at: told.as_ref().and_then(|told| told.linked_at),
            key_id: told.and_then(|told| told.key_id),
            official: if level > 0 { read(db, OFFICIAL)? } else { None },
            waiting: match (network, last) {
                (Some(until), _) => Some(Waiting::Network { until }),
                (None, Some(COUNTER)) => Some(Waiting::Counter),
                _ => None,
            },
            refused: last.filter(|code| *code != COUNTER).and_then(Reason::from_number),
        })
    })
}

/// Whether a page that is newer than the last answer says that nobody is linked.
fn is_taken_back(db: &Connection, now: Time) -> Result<bool, StoreError> {
    let kept = meta::get(db, STANDING)?.is_some() || meta::get(db, OFFICIAL)?.is_some();
    Ok(kept && page_level(db)? == Some(0) && page_is_newer(db, now)?)
}

fn page_level(db: &Connection) -> Result<Option<u8>, StoreError> {
    let account: Vec<AccountRow> = server_rows::all(db, Table::Account)?;
    Ok(account.first().map(|account| account.level))
}

/// Whether the account's page was made after the last answer came. A page under way may come after the answer and be
/// older, so its time decides too; unless the answer came while this device's clock was ahead.
fn page_is_newer(db: &Connection, now: Time) -> Result<bool, StoreError> {
    let Some(page) = sync::synced_at(db)? else {
        return Ok(false);
    };
    let told_on = meta::number(db, TOLD_ON)?.map(Time);
    let told_at = meta::number(db, TOLD_AT)?.map(Time).filter(|told_at| *told_at <= now);
    Ok(told_on.is_none_or(|told_on| page > told_on) && told_at.is_none_or(|told_at| page > told_at))
}

fn read<T: field::Field>(db: &Connection, name: &str) -> Result<Option<T>, StoreError> {
    // A form this version does not know is as good as nothing: the next answer of the server replaces it.
    Ok(meta::get(db, name)?.and_then(|bytes| field::from_bytes(&bytes).ok()))
}

/// The server agreed.
pub(super) fn settle(db: &Connection, told: &CardStanding, now: Time, shown: Option<&[u8]>) -> Result<(), StoreError> {
    meta::set(db, STANDING, &field::to_bytes(told))?;
    meta::set_number(db, TOLD_AT, now.0)?;
    meta::set_number(db, TOLD_ON, sync::synced_at(db)?.unwrap_or(Time(0)).0)?;
    if let Some(shown) = shown {
        meta::set(db, OFFICIAL, shown)?;
    }
    clear_refusal(db)
}

/// The ID the server told of, after a step towards one.
pub(super) fn set_key_id(db: &Connection, id: Option<String>) -> Result<(), StoreError> {
    let told: Option<CardStanding> = read(db, STANDING)?;
    if let Some(told) = told {
        meta::set(db, STANDING, &field::to_bytes(&CardStanding { key_id: id, ..told }))?;
    }
    Ok(())
}

/// The office has to tie the card.
pub(super) fn at_counter(db: &Connection) -> Result<(), StoreError> {
    Ok(meta::set(db, LAST, &[COUNTER])?)
}

/// The server refused.
pub(super) fn refused(db: &Connection, reason: Reason) -> Result<(), StoreError> {
    Ok(meta::set(db, LAST, &[reason.number()])?)
}

/// A new attempt.
pub(super) fn clear_refusal(db: &Connection) -> Result<(), StoreError> {
    Ok(meta::remove(db, LAST)?)
}
