//! What a person has of the programmes, to tell them what is on offer.

use kinchaku_protocol::ids::{DocId, Ref};

use super::Reader;
use crate::sale::rows::{ApplicationRow, ShareRow};
use crate::store::StoreError;
use crate::store::table::Column as _;

impl Reader {
    /// What these persons have of all programmes.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn shares_of(&self, persons: &[DocId]) -> Result<Vec<ShareRow>, StoreError> {
        let persons = persons.iter().map(|person| person.to_value()).collect();
        self.among("person", persons).await
    }

    /// Applications by their numbers.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn applications_named(&self, ids: &[Ref]) -> Result<Vec<ApplicationRow>, StoreError> {
        let ids = ids.iter().map(|id| id.to_value()).collect();
        self.among("id", ids).await
    }

    /// Whether an account owes anything (F008).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn owes(&self, account: u64) -> Result<bool, StoreError> {
        Ok(!self.owed(account).await?.is_empty())
    }
}
