//! A town's books as HTTP and the operator's commands use them: the lane for what changes them, the
//! reader for the rest, and the key that signs pages.
//!
//! States: opened → the lane is ours (now or as soon as another process lets it go) → drained. A town has
//! a bulletin from its first moment: opening publishes one where there is none, or where the key set has
//! changed since.

use std::sync::Arc;
use std::time::Duration;

use kinchaku_protocol::doc::field::{Bytes, to_bytes};
use kinchaku_protocol::doc::{Bulletin, Document as _, MAX_PAGE, Page, Received};
use kinchaku_protocol::ids::Ref;
use kinchaku_protocol::time::Time;

use crate::command::{Action, Command, CommandError, Outcome, Signers, Town};
use crate::config::TownConfig;
use crate::export::Sender;
use crate::identity::cards::Cards;
use crate::identity::prove::CardTrust;
use crate::identity::secret::{IdentitySecret, Unreadable};
use crate::identity::status::{self, BadAddress, CertificateStatus};
use crate::keys::{KeysError, TownKeys};
use crate::lane::Lane;
use crate::query::{Enrolled, Reader};
use crate::sale::provider::{self, ChargeProvider};
use crate::store::{self, LEASE_SECONDS, StoreError};

/// How long opening waits for another process to let the lane go: a crashed one holds it for
/// [`LEASE_SECONDS`].
const PATIENCE: Duration = Duration::from_secs(LEASE_SECONDS.unsigned_abs() + 5);

/// How often it looks whether the lane is ours.
const LOOK: Duration = Duration::from_millis(10);

/// Bytes of rows in a page of the directory: what else a page has fits beside them.
const DIRECTORY_ROOM: usize = MAX_PAGE - 8 * 1_024;

/// Why the books did not answer.
#[derive(Debug, thiserror::Error)]
pub enum BooksError {
    /// A command was refused.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key to sign with is missing.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The secret beside the keys is not the one these books' persons are sealed with.
    #[error("the identity secret is not that of these books")]
    Identity(#[from] Unreadable),
    /// An address where the status of certificates is asked is none.
    #[error("where certificates are asked about: {0}")]
    Status(#[from] BadAddress),
}

/// The books of a town.
pub struct Books {
    town: Town,
    lane: Lane,
    reader: Reader,
    signers: Arc<Signers>,
    cards: Cards,
    sender: Option<Sender>,
    provider: Option<Arc<dyn ChargeProvider>>,
}

impl Books {
    /// Opens a database, brings its tables up to date and takes the lane. Where another process keeps the
    /// lane, the books can be read, and commands are [`CommandError::Unavailable`] until it lets go.
    ///
    /// # Errors
    /// [`BooksError`].
    pub async fn open(address: &str, config: &TownConfig, keys: &TownKeys, now: Time) -> Result<Self, BooksError> {
        let status = status::open(config.jpki.as_ref())?;
        Self::open_with(address, config, keys, (CardTrust::of_this_build(), status), now).await
    }

    /// As [`Books::open`], with who is believed about cards and who is asked about them.
    ///
    /// # Errors
    /// [`BooksError`].
    pub async fn open_with(
        address: &str,
        config: &TownConfig,
        keys: &TownKeys,
        (trust, status): (CardTrust, Arc<dyn CertificateStatus>),
        now: Time,
    ) -> Result<Self, BooksError> {
        let store = store::open(address).await?;
        let signers = Arc::new(keys.signers(now)?);
        let town = config.town();
        let reader = Reader::new(store.clone(), town);
        let secret = identity(town, keys, &reader).await?;
        let mut holder = [0; 8];
        getrandom::fill(&mut holder).map_err(|_| KeysError::NotMade)?;
        let holder = data_encoding::HEXLOWER.encode(&holder);
        let provider = provider::open(config.provider, keys)?;
        let lane = Lane::start(store, town, signers.clone(), config.rules(), holder);
        let books = Self {
            town,
            lane,
            reader,
            signers,
            cards: Cards::new(secret, trust, status, config.minors_by_card),
            sender: config.sender.as_ref().and_then(|sender| {
                let read = sender.sender();
                read.inspect_err(|error| tracing::error!(%error, "the sender of transfers"))
                    .ok()
            }),
            provider,
        };
        if books.lane_is_ours().await {
            books.first_bulletin(now).await?;
        }
        Ok(books)
    }

    /// Waits for the lane, for a while.
    async fn lane_is_ours(&self) -> bool {
        let ours = async {
            while !self.lane.keeps() {
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::time::timeout(PATIENCE, ours).await.is_ok()
    }

    async fn first_bulletin(&self, now: Time) -> Result<(), BooksError> {
        let current = self.reader.bulletin().await?;
        let current = current.and_then(|bytes| Received::<Bulletin>::read(&bytes).ok());
        if current.is_none_or(|bulletin| bulletin.claims().keyset != self.signers.keyset_version) {
            self.execute(Action::PublishBulletin, now).await?;
        }
        Ok(())
    }

    /// Whose books.
    #[must_use]
    pub const fn town(&self) -> Town {
        self.town
    }

    /// What can be read.
    #[must_use]
    pub const fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Where they change.
    pub(crate) const fn lane(&self) -> &Lane {
        &self.lane
    }

    /// The key of pseudonyms.
    pub(crate) fn pseudonym(&self) -> &zeroize::Zeroizing<[u8; 32]> {
        &self.signers.pseudonym
    }

    /// The account that shops are paid from, where the town said so.
    #[must_use]
    pub const fn sender(&self) -> Option<&Sender> {
        self.sender.as_ref()
    }

    /// Who judges cards, and keeps what they say.
    pub(crate) const fn cards(&self) -> &Cards {
        &self.cards
    }

    /// Whoever collects money for the town; none where nobody does.
    #[must_use]
    pub fn charge_provider(&self) -> Option<&dyn ChargeProvider> {
        self.provider.as_deref()
    }

    /// Carries out a command as of `now`; it is committed when this returns.
    ///
    /// # Errors
    /// [`BooksError::Command`]; at once where another process keeps the lane.
    pub async fn execute(&self, action: Action, now: Time) -> Result<Outcome, BooksError> {
        if !self.lane.keeps() {
            return Err(CommandError::Unavailable.into());
        }
        Ok(self.lane.run(Command { now, action }).await?)
    }

    /// The device a document names, unless it was stopped. A document whose days are over still names it:
    /// renewing it is one of the things it may ask for.
    ///
    /// # Errors
    /// [`BooksError::Store`].
    pub async fn device(&self, document: Ref) -> Result<Option<Enrolled>, BooksError> {
        let device = self.reader.device(document).await?;
        Ok(device.filter(|device| !device.revoked))
    }

    /// The bulletin in force, as signed.
    ///
    /// # Errors
    /// [`BooksError`].
    pub async fn bulletin(&self) -> Result<Vec<u8>, BooksError> {
        let bulletin = self.reader.bulletin().await?;
        bulletin.ok_or(CommandError::Unavailable.into())
    }

    /// What changed for a device, as a signed page.
    ///
    /// # Errors
    /// [`BooksError`].
    pub async fn page(&self, device: &Enrolled, cursor: &[u8], nonce: Bytes, now: Time) -> Result<Vec<u8>, BooksError> {
        self.sign(&self.reader.page(device, cursor, nonce, now).await?)
    }

    /// The directory after a shop (none for its beginning), as a signed page.
    ///
    /// # Errors
    /// [`BooksError`].
    pub async fn directory(&self, after: &[u8], now: Time) -> Result<Vec<u8>, BooksError> {
        let whole = self.reader.directory(now).await?;
        self.sign(&part(whole, after, DIRECTORY_ROOM))
    }

    /// Signs a page.
    ///
    /// # Errors
    /// [`BooksError::Command`] where the key did not sign.
    pub fn sign(&self, page: &Page) -> Result<Vec<u8>, BooksError> {
        let signed = page.sign(self.signers.fact.as_ref());
        let signed = signed.map_err(|_| CommandError::Unavailable)?;
        Ok(signed.bytes().to_vec())
    }

    /// Whether the lane is ours and the database answers.
    pub async fn ready(&self) -> bool {
        self.lane.keeps() && self.reader.epoch().await.is_ok()
    }

    /// Finishes what waits and lets the lane go.
    pub async fn close(&self) {
        self.lane.drain().await;
    }
}

/// The secret of persons, which must open what is there already.
async fn identity(town: Town, keys: &TownKeys, reader: &Reader) -> Result<IdentitySecret, BooksError> {
    let known = reader.any_personal_key().await?;
    let secret = IdentitySecret::new(town, &*keys.identity(known.is_none())?)?;
    if let Some((account, wrapped)) = known {
        secret.person(account, &wrapped)?;
    }
    Ok(secret)
}

/// The rows of a page after a key, as many as fit into `room` bytes. The cursor is the last row's key.
fn part(mut page: Page, after: &[u8], mut room: usize) -> Page {
    let mut rows = Vec::new();
    for row in page.rows.into_iter().filter(|row| row.key.0.as_slice() > after) {
        let Some(left) = room.checked_sub(to_bytes(&row).len()) else {
            page.more = true;
            break;
        };
        room = left;
        rows.push(row);
    }
    page.cursor = rows.last().map_or_else(|| Bytes(after.to_vec()), |row| row.key.clone());
    page.rows = rows;
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use kinchaku_protocol::doc::{Row, StateRoot, Table};
    use kinchaku_protocol::money::Amount;

    fn directory() -> Page {
        let row = |number: u8| Row {
            table: Table::Shop,
            key: Bytes(vec![number; 8]),
            value: Some(Bytes(vec![0; 80])),
        };
        Page {
            cursor: Bytes::default(),
            rows: (1..=10).map(row).collect(),
            facts: Vec::new(),
            root: StateRoot {
                balance: Amount::ZERO,
                reserved: Amount::ZERO,
                negative: Amount::ZERO,
            },
            at: Time(0),
            epoch: 1,
            more: false,
            snapshot: Some(true),
            nonce: None,
        }
    }

    #[test]
    fn a_directory_too_large_for_a_page_comes_in_several() {
        let (mut after, mut shops, mut pages) = (Vec::new(), Vec::new(), 0);
        loop {
            let page = part(directory(), &after, 300);
            after.clone_from(&page.cursor.0);
            shops.extend(page.rows);
            pages += 1;
            if !page.more {
                break;
            }
        }
        assert_eq!(shops, directory().rows);
        assert_eq!(pages, 4);
        assert!(part(directory(), &after, 300).rows.is_empty());
    }
}
