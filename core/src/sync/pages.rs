//! Pulling: one opaque cursor, pages signed by the server, each applied in one commit with its cursor.

use kinchaku_protocol::api::PullRequest;
use kinchaku_protocol::doc::field::{self, Bytes};
use kinchaku_protocol::doc::{Page, Table, Verified};
use rusqlite::Connection;

use super::answers::apply_fact;
use super::error::SyncError;
use super::exchange::{Call, call};
use super::knowledge;
use crate::book::{outbox, server_rows};
use crate::fault;
use crate::home::{Home, Town};
use crate::secret::random;
use crate::store::{StoreError, meta};
use crate::trust::Trust;

const CURSOR: &str = "sync.cursor";

/// Set while pages of a snapshot are still to come.
const IN_SNAPSHOT: &str = "sync.in-snapshot";

/// The time of the last page: how old what is shown is.
const SYNCED_AT: &str = "sync.at";

/// Pages in one run; a server that never ends is not ours.
const MOST_PAGES: usize = 1_000;

/// Pulls until nothing more is there; gives the number of rows.
///
/// # Errors
/// [`SyncError`]; pages applied before it stand.
pub fn pull(home: &Home) -> Result<u32, SyncError> {
    let trust = home.trust().ok_or(SyncError::NotEnrolled)?;
    let mut rows = 0_u32;
    for _ in 0..MOST_PAGES {
        let (town, cursor) = home.store().read(|db| {
            let cursor = meta::get(db, CURSOR)?.unwrap_or_default();
            Ok::<_, SyncError>((Town::load(db)?, cursor))
        })?;
        let page = fetch(home, &trust, &town, cursor)?;
        home.store().write(|db| apply(home, &trust, db, &page))?;
        fault::point("sync.page");
        rows = rows.saturating_add(u32::try_from(page.rows.len()).unwrap_or(u32::MAX));
        if !page.more {
            return Ok(rows);
        }
    }
    Err(SyncError::Nonsense)
}

fn fetch(home: &Home, trust: &Trust, town: &Town, cursor: Vec<u8>) -> Result<Verified<Page>, SyncError> {
    // With this device's name in it, so that the page was made for this question of this very device.
    let device = home.device()?.ok_or(SyncError::NotEnrolled)?;
    let mut nonce = device.to_ref().0.to_vec();
    nonce.extend(random::<16>().map_err(crate::key::KeyError::from)?);
    let request = PullRequest {
        cursor: Bytes(cursor),
        nonce: Bytes(nonce.clone()),
    };
    let body = call(home, town, Call::signed("pull", field::to_bytes(&request)))?;
    let page = trust.page(&body)?;
    // Signed once, but for another question: an old answer played back.
    if page.nonce.as_ref().is_none_or(|echo| echo.0 != nonce) {
        return Err(SyncError::Nonsense);
    }
    Ok(page)
}

fn apply(home: &Home, trust: &Trust, db: &Connection, page: &Page) -> Result<(), SyncError> {
    if page.snapshot == Some(true) && meta::get(db, IN_SNAPSHOT)?.is_none() {
        server_rows::begin_snapshot(db)?;
        meta::set(db, IN_SNAPSHOT, &[])?;
    }
    for row in &page.rows {
        match (row.table, &row.value) {
            // The page is proven; a row or fact in it that this version cannot read must not keep all
            // others away for ever.
            (Table::Device, Some(bytes)) => match knowledge::take_device(trust, db, &bytes.0) {
                Err(SyncError::Unproven(_) | SyncError::Nonsense) | Ok(()) => (),
                Err(error) => return Err(error),
            },
            _ => server_rows::apply(db, row)?,
        }
    }
    for fact in &page.facts {
        if let Ok(fact) = trust.fact(&fact.0) {
            apply_fact(db, &fact)?;
        }
    }
    if !page.more {
        if meta::get(db, IN_SNAPSHOT)?.is_some() {
            server_rows::end_snapshot(db)?;
            meta::remove(db, IN_SNAPSHOT)?;
        }
        meta::set_number(db, SYNCED_AT, page.at.0)?;
    }
    meta::set(db, CURSOR, &page.cursor.0)?;
    outbox::end_notes(db, true)?;
    home.anchor(db, page.at)?;
    Ok(())
}

/// When the server's rows were last confirmed.
///
/// # Errors
/// [`StoreError`].
pub fn synced_at(db: &Connection) -> Result<Option<kinchaku_protocol::time::Time>, StoreError> {
    Ok(meta::number(db, SYNCED_AT)?.map(kinchaku_protocol::time::Time))
}
