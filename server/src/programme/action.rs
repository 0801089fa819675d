//! What is asked about the town's folder and its lists.

use std::sync::Arc;

use kinchaku_protocol::ids::DocId;

use super::Folder;

/// What is asked about the town's folder and its lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetUpAction {
    /// The books go by this folder from now on. Its classes and shops are registered with it.
    Load(Arc<Folder>),
    /// A list of people, whole, in place of the one of that name.
    Roster {
        /// Its name; a resident register's is its day, `YYYY-MM-DD`.
        name: String,
        /// Keyed hashes of name with birth date, and of the address.
        lines: Vec<(DocId, DocId)>,
    },
}
