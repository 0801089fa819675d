//! The town's folder as the books have it, read again only where another one was loaded.

use std::sync::{Arc, Mutex};

use super::Reader;
use crate::ledger::rows::CounterRow;
use crate::programme::rows::ProgrammeFileRow;
use crate::programme::{Folder, PROGRAMMES, Programmes};
use crate::store::StoreError;
use crate::store::table::BadValue;

/// The folder that was read last, with its version.
pub(super) type Known = Arc<Mutex<(u64, Option<Arc<Programmes>>)>>;

impl Reader {
    /// What the town's folder says; none where it has none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn programmes(&self) -> Result<Option<Arc<Programmes>>, StoreError> {
        let counter = self.one::<CounterRow>("name", &PROGRAMMES.to_owned()).await?;
        let version = counter.map_or(0, |row| row.value);
        if version == 0 {
            return Ok(None);
        }
        let known = self.known.lock().map(|known| known.clone()).unwrap_or_default();
        if known.0 == version && known.1.is_some() {
            return Ok(known.1);
        }
        let rows = self.all::<ProgrammeFileRow>().await?;
        let programmes = Programmes::read(&Folder::of(rows)).map_err(|_| BadValue)?;
        let programmes = Arc::new(programmes);
        if let Ok(mut known) = self.known.lock() {
            *known = (version, Some(programmes.clone()));
        }
        Ok(Some(programmes))
    }
}
