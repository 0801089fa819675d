//! What the books keep of the town's folder and of imported lists.

use kinchaku_protocol::ids::DocId;
use kinchaku_protocol::time::Time;

use crate::store::table::table;

table! {
    /// A file of the town's folder, as the books go by it.
    pub struct ProgrammeFileRow in "programme_files" key [
        /// Its path in the folder.
        path: String,
    ] {
        /// Its bytes.
        content: Vec<u8>,
        /// Whether the folder in force has it.
        present: bool,
        /// When it was put here.
        at: Time,
    }
}

table! {
    /// An imported list of people, or the resident register of a day.
    pub struct RosterRow in "rosters" key [
        /// Its name; a register's is its day.
        name: String,
    ] {
        /// How many people stand on it.
        lines: u64,
        /// SHA-256 of the hashed lines: the same list again changes nothing.
        digest: DocId,
        /// When it was imported.
        at: Time,
    }
}

table! {
    /// Somebody on a list, as keyed hashes.
    pub struct RosterLineRow in "roster_lines" key [
        /// The list.
        list: String,
        /// Keyed hash of name and birth date.
        person: DocId,
        /// Keyed hash of the address, which tells namesakes apart.
        address: DocId,
    ] {
        /// Whether the list in force still has the line.
        listed: bool,
    }
}
