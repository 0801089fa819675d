//! The last counter and intent of the allowance in use, as the vault keeps them beside the database: an
//! older copy of the database put back does not take them back, so the allowance can be closed truly (T5).

use kinchaku_protocol::ids::Ref;
use rusqlite::Connection;

use crate::store::{StoreError, set_note};

/// Where an allowance's chain ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainEnd {
    /// The allowance.
    pub allowance: Ref,
    /// The last counter used, 0 where none was.
    pub last: u32,
    /// The intent with it, or the allowance.
    pub head: Ref,
}

impl ChainEnd {
    /// Notes it in a counted transaction.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn note(&self, db: &Connection) -> Result<(), StoreError> {
        let mut bytes = self.allowance.0.to_vec();
        bytes.extend(self.last.to_be_bytes());
        bytes.extend(self.head.0);
        Ok(set_note(db, &bytes)?)
    }

    /// Reads what the vault keeps; `None` where nothing was ever noted.
    #[must_use]
    pub fn read(note: &[u8]) -> Option<Self> {
        let (allowance, rest) = note.split_first_chunk::<16>()?;
        let (last, head) = rest.split_first_chunk::<4>()?;
        Some(Self {
            allowance: Ref(*allowance),
            last: u32::from_be_bytes(*last),
            head: Ref::from_slice(head)?,
        })
    }
}
