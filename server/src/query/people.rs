//! The rows of cards and persons, sealed as they are: who may open them is `crate::identity`'s affair.

use kinchaku_protocol::ids::DocId;
use kinchaku_protocol::time::Time;

use super::Reader;
use crate::identity::rows::{
    ChallengeRow, DeedRow, KeyIdProgressRow, KeyIdRow, KeyKind, KeyRow, KeyStanding, PendingRow, PendingState,
    PersonRow, PersonalKeyRow, PersonalRow, ProofRow,
};
use crate::store::table::Column as _;
use crate::store::{StoreError, Which};

/// Everything about the person of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonFile {
    /// Level of the account.
    pub level: u8,
    /// The link; none where nobody was ever linked.
    pub person: Option<PersonRow>,
    /// The person's key, wrapped.
    pub wrapped: Option<Vec<u8>>,
    /// What is sealed under it.
    pub data: Vec<PersonalRow>,
    /// The certificates.
    pub keys: Vec<KeyRow>,
    /// Cards that wait for the office.
    pub pendings: Vec<PendingRow>,
    /// How far the My Key ID is.
    pub progress: Option<KeyIdProgressRow>,
    /// Every My Key ID of the account.
    pub key_ids: Vec<KeyIdRow>,
    /// What the office did.
    pub deeds: Vec<DeedRow>,
}

impl Reader {
    /// The person of an account; none where there is no such account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn person(&self, account: u64) -> Result<Option<PersonFile>, StoreError> {
        let Some(row) = self.account_by_number(account).await? else {
            return Ok(None);
        };
        let of = || vec![account.to_value()];
        let keys: Vec<PersonalKeyRow> = self.among("account", of()).await?;
        let pendings: Vec<PendingRow> = self.among("account", of()).await?;
        Ok(Some(PersonFile {
            level: row.level,
            person: self.one("account", &account).await?,
            wrapped: keys.into_iter().next().and_then(|row| row.wrapped),
            data: self.among("account", of()).await?,
            keys: self.among("account", of()).await?,
            pendings: pendings
                .into_iter()
                .filter(|row| row.state == PendingState::Open)
                .collect(),
            progress: self.one("account", &account).await?,
            key_ids: self.among("account", of()).await?,
            deeds: self.among("account", of()).await?,
        }))
    }

    /// The challenges of a device.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn challenges(&self, device: u64) -> Result<Vec<ChallengeRow>, StoreError> {
        self.among("device", vec![device.to_value()]).await
    }

    /// A proof that was decided.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn proof(&self, document: DocId) -> Result<Option<ProofRow>, StoreError> {
        self.one("id", &document).await
    }

    /// The account a certificate for user authentication belongs to.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn holder_of(&self, auth: DocId) -> Result<Option<u64>, StoreError> {
        let rows: Vec<KeyRow> = self.among("hash", vec![auth.to_value()]).await?;
        let mut owners = rows
            .into_iter()
            .filter(|row| row.kind == KeyKind::Auth && row.standing > KeyStanding::Claimed);
        Ok(owners.next().map(|row| row.account))
    }

    /// A My Key ID.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn key_id(&self, hash: DocId) -> Result<Option<KeyIdRow>, StoreError> {
        self.one("hash", &hash).await
    }

    /// Linked persons whose certificate was asked about no later than this, the longest ago first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn checked_until(&self, time: Time) -> Result<Vec<PersonRow>, StoreError> {
        let most = i64::try_from(time.0).unwrap_or(i64::MAX);
        let which = Which::UpTo("checked_at", most, "lapsed_at is null and erased_at is null");
        let mut rows: Vec<PersonRow> = self.rows(which).await?;
        rows.sort_by_key(|row| (row.checked_at, row.account));
        Ok(rows)
    }

    /// One person's key of those that were not erased, to see whether our secret is the one it needs.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn any_personal_key(&self) -> Result<Option<(u64, Vec<u8>)>, StoreError> {
        let sql = "select account, wrapped from personal_keys where muni = $1 and wrapped is not null \
                   order by account desc limit 1";
        match self.store.report(self.town, sql, Vec::new()).await?.pop().as_deref() {
            Some([account, wrapped]) => Ok(Some((u64::from_value(account)?, Vec::from_value(wrapped)?))),
            _ => Ok(None),
        }
    }
}
