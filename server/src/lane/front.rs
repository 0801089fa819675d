//! In front of the lane: documents are read and their signatures checked, many at a time and outside the
//! lane. Keys never change once they are there; a device may have been stopped in between.

use std::collections::BTreeMap;

use kinchaku_protocol::doc::{
    Allowance, Bulletin, Cancel, Close, Device, DocError, Document, Fact, Intent, KeySet, LinkProof, Page, ParkReason,
    Received, Role, Seen, Verified, kind_of,
};
use kinchaku_protocol::ids::{Kid, Pid, Ref};
use kinchaku_protocol::signature::{PublicKey, VerifyingPoint};

use crate::command::{Signers, Town};
use crate::ledger::decide::{CancelledBy, Checked};
use crate::ledger::rows::{AllowanceRow, DeviceRow};
use crate::store::table::{Column, Table, Value};
use crate::store::{Query, Store, StoreError, Which};

/// Fewer documents than this are not worth another thread.
const SHARE: usize = 16;

/// A document that reads well, unproven.
enum Read {
    Intent(Received<Intent>),
    Seen(Received<Seen>),
    Close(Received<Close>),
    Cancel(Received<Cancel>),
    Not(ParkReason),
    /// Not even kept: a card's proof that lost its way has a person's name in it, and a minor's more.
    Private,
}

/// The keys that may have signed a batch.
#[derive(Default)]
struct Keys {
    /// K_pay and K_sync by allowance.
    allowances: BTreeMap<Ref, (Option<VerifyingPoint>, u64)>,
    /// K_sync by its short name, with the shop.
    devices: BTreeMap<Kid, Vec<Signer>>,
    /// Of the console.
    console: Vec<(Kid, VerifyingPoint)>,
}

struct Signer {
    id: u64,
    key: VerifyingPoint,
    shop: Option<Pid>,
    stopped: bool,
}

impl Signer {
    /// What a document signed by a stopped device is worth is for the books to say: they may know it.
    fn passes(&self, checked: Checked) -> Checked {
        if self.stopped {
            Checked::Stopped(Box::new(checked))
        } else {
            checked
        }
    }
}

/// Reads and verifies documents, in their order.
///
/// # Errors
/// [`StoreError`] where keys cannot be loaded; a bad document is no error.
pub async fn check(
    store: &dyn Store,
    town: Town,
    signers: &Signers,
    documents: Vec<Vec<u8>>,
) -> Result<Vec<Checked>, StoreError> {
    let read = spread(documents, |bytes| (read(&bytes), bytes)).await?;
    let keys = Keys::load(store, town, signers, &read).await?;
    let keys = std::sync::Arc::new(keys);
    spread(read, move |(document, bytes)| prove(document, bytes, &keys)).await
}

/// Works on many things at once, keeping their order.
async fn spread<A: Send + 'static, B: Send + 'static>(
    mut things: Vec<A>,
    work: impl Fn(A) -> B + Send + Sync + 'static,
) -> Result<Vec<B>, StoreError> {
    if things.len() <= SHARE {
        return Ok(things.into_iter().map(work).collect());
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let size = things.len().div_ceil(threads).max(SHARE);
    let work = std::sync::Arc::new(work);
    let mut shares = Vec::new();
    while !things.is_empty() {
        let rest = things.split_off(size.min(things.len()));
        let share = std::mem::replace(&mut things, rest);
        let work = work.clone();
        shares.push(tokio::task::spawn_blocking(move || {
            share.into_iter().map(|thing| work(thing)).collect::<Vec<B>>()
        }));
    }
    let mut done = Vec::new();
    for share in shares {
        let part = share.await.map_err(|_| StoreError::Failed {
            what: "a worker stopped".to_owned(),
        })?;
        done.extend(part);
    }
    Ok(done)
}

fn read(bytes: &[u8]) -> Read {
    match kind_of(bytes) {
        Ok(Intent::KIND) => received(bytes, Read::Intent),
        Ok(Seen::KIND) => received(bytes, Read::Seen),
        Ok(Close::KIND) => received(bytes, Read::Close),
        Ok(Cancel::KIND) => received(bytes, Read::Cancel),
        // A kind of ours that nobody uploads.
        Ok(Allowance::KIND | Fact::KIND | Device::KIND | Bulletin::KIND | KeySet::KIND | Page::KIND) | Err(_) => {
            Read::Not(ParkReason::Unreadable)
        }
        Ok(LinkProof::KIND) => Read::Private,
        Ok(_) => Read::Not(ParkReason::Newer),
    }
}

fn received<D: Document>(bytes: &[u8], kind: impl Fn(Received<D>) -> Read) -> Read {
    match Received::read(bytes) {
        Ok(document) => kind(document),
        Err(DocError::Newer { .. }) => Read::Not(ParkReason::Newer),
        Err(_) => Read::Not(ParkReason::Unreadable),
    }
}

impl Keys {
    async fn load(
        store: &dyn Store,
        town: Town,
        signers: &Signers,
        read: &[(Read, Vec<u8>)],
    ) -> Result<Self, StoreError> {
        let mut references = Vec::new();
        let mut kids = Vec::new();
        for (document, _) in read {
            match document {
                Read::Intent(intent) => references.push(intent.claims().authorisation.to_value()),
                Read::Close(close) => {
                    references.push(close.claims().allowance.to_value());
                    kids.extend(close.kid());
                }
                Read::Seen(seen) => kids.extend(seen.kid()),
                Read::Cancel(cancel) => kids.extend(cancel.kid()),
                Read::Not(_) | Read::Private => {}
            }
        }
        references.sort();
        references.dedup();
        kids.sort();
        kids.dedup();
        let mut keys = Self {
            console: signers
                .console
                .iter()
                .filter_map(|key| Some((key.kid(), key.point().ok()?)))
                .collect(),
            ..Self::default()
        };
        if references.is_empty() && kids.is_empty() {
            return Ok(keys);
        }
        let kids = kids.iter().map(Column::to_value).collect();
        let queries = vec![
            among::<AllowanceRow>("reference", references),
            among::<DeviceRow>("kid", kids),
        ];
        for (rows, table) in store.load(town, queries).await?.into_iter().zip([0, 1]) {
            for values in rows {
                if table == 0 {
                    keys.learn_allowance(&AllowanceRow::from_values(&values)?);
                } else {
                    keys.learn_device(&DeviceRow::from_values(&values)?);
                }
            }
        }
        Ok(keys)
    }

    fn learn_allowance(&mut self, row: &AllowanceRow) {
        let key: Option<PublicKey> = Received::<Allowance>::read(&row.doc)
            .ok()
            .map(|document| document.claims().device_key);
        let point = key.and_then(|key| key.point().ok());
        self.allowances.insert(row.reference, (point, row.device));
    }

    fn learn_device(&mut self, row: &DeviceRow) {
        if let Ok(key) = row.sync_key.point() {
            let shop = (row.role == Role::Shop).then_some(row.owner);
            let signer = Signer {
                id: row.id,
                key,
                shop,
                stopped: row.revoked,
            };
            self.devices.entry(row.kid).or_default().push(signer);
        }
    }

    fn named(&self, kid: Option<Kid>) -> impl Iterator<Item = &Signer> {
        kid.and_then(|kid| self.devices.get(&kid)).into_iter().flatten()
    }
}

fn among<R: Table>(column: &'static str, values: Vec<Value>) -> Query {
    Query {
        table: R::DEF,
        which: Which::Among(column, values, None),
    }
}

fn prove(document: Read, bytes: Vec<u8>, keys: &Keys) -> Checked {
    let proven = match document {
        Read::Intent(intent) => prove_intent(intent, keys),
        Read::Seen(seen) => prove_seen(&seen, keys),
        Read::Close(close) => prove_close(&close, keys),
        Read::Cancel(cancel) => prove_cancel(&cancel, keys),
        Read::Not(reason) => Err(reason),
        Read::Private => return Checked::Parked(ParkReason::Unreadable, Vec::new()),
    };
    proven.unwrap_or_else(|reason| Checked::Parked(reason, bytes))
}

fn prove_intent(intent: Received<Intent>, keys: &Keys) -> Result<Checked, ParkReason> {
    let known = keys.allowances.get(&intent.claims().authorisation);
    let (point, _) = known.ok_or(ParkReason::Waiting)?;
    let point = point.as_ref().ok_or(ParkReason::WrongSigner)?;
    intent
        .verify_by(point)
        .map(Checked::Intent)
        .map_err(|_| ParkReason::BadSignature)
}

fn prove_seen(seen: &Received<Seen>, keys: &Keys) -> Result<Checked, ParkReason> {
    let (seen, signer) = by_device(seen, keys)?;
    let shop = signer.shop.ok_or(ParkReason::WrongSigner)?;
    Ok(signer.passes(Checked::Seen(seen, shop)))
}

fn prove_close(close: &Received<Close>, keys: &Keys) -> Result<Checked, ParkReason> {
    let (_, device) = keys
        .allowances
        .get(&close.claims().allowance)
        .ok_or(ParkReason::Waiting)?;
    let (close, signer) = by_device(close, keys)?;
    (signer.id == *device)
        .then(|| signer.passes(Checked::Close(close)))
        .ok_or(ParkReason::WrongSigner)
}

fn prove_cancel(cancel: &Received<Cancel>, keys: &Keys) -> Result<Checked, ParkReason> {
    let console = keys.console.iter().filter(|(kid, _)| Some(*kid) == cancel.kid());
    for (_, key) in console {
        if let Ok(proven) = cancel.clone().verify_by(key) {
            return Ok(Checked::Cancel(proven, CancelledBy::Console));
        }
    }
    let (proven, signer) = by_device(cancel, keys)?;
    (signer.shop == Some(proven.shop))
        .then(|| signer.passes(Checked::Cancel(proven, CancelledBy::Shop)))
        .ok_or(ParkReason::WrongSigner)
}

/// Which enrolled device signed it: short names may collide, so each is tried.
fn by_device<'k, D: Document + Clone>(
    document: &Received<D>,
    keys: &'k Keys,
) -> Result<(Verified<D>, &'k Signer), ParkReason> {
    let mut reason = ParkReason::WrongSigner;
    for signer in keys.named(document.kid()) {
        match document.clone().verify_by(&signer.key) {
            Ok(proven) => return Ok((proven, signer)),
            Err(_) => reason = ParkReason::BadSignature,
        }
    }
    Err(reason)
}
