//! The folder in force, lists of people, and how far programmes are.

use super::Reader;
use crate::ledger::rows::CounterRow;
use crate::programme::rows::{ProgrammeFileRow, RosterRow};
use crate::programme::{Folder, PROGRAMMES};
use crate::sale::rows::SaleRow;
use crate::store::StoreError;

impl Reader {
    /// The folder in force with its version; version 0 and nothing in it before the first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn folder(&self) -> Result<(u64, Folder), StoreError> {
        let counter = self.one::<CounterRow>("name", &PROGRAMMES.to_owned()).await?;
        let files: Vec<ProgrammeFileRow> = self.all().await?;
        Ok((counter.map_or(0, |row| row.value), Folder::of(files)))
    }

    /// Every imported list.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn roster_list(&self) -> Result<Vec<RosterRow>, StoreError> {
        self.all().await
    }

    /// How far a programme is; none before anything happened in it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sale_state(&self, programme: u32) -> Result<Option<SaleRow>, StoreError> {
        self.one("programme", &programme).await
    }
}
