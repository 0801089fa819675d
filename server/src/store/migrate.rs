//! The tables' versions: numbered files, applied once and in order, never changed afterwards.

use sha2::{Digest, Sha256};

use super::StoreError;

/// One file of a folder of migrations.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Its number, from 1 without gaps.
    pub version: u64,
    /// Its statements.
    pub sql: &'static str,
}

/// For SQLite.
pub const SQLITE: &[Migration] = &[
    Migration {
        version: 1,
        sql: include_str!("../../migrations/sqlite/0001_books.sql"),
    },
    Migration {
        version: 2,
        sql: include_str!("../../migrations/sqlite/0002_identity.sql"),
    },
    Migration {
        version: 3,
        sql: include_str!("../../migrations/sqlite/0003_town.sql"),
    },
    Migration {
        version: 4,
        sql: include_str!("../../migrations/sqlite/0004_given_up.sql"),
    },
    Migration {
        version: 5,
        sql: include_str!("../../migrations/sqlite/0005_who_did_it.sql"),
    },
];

/// For PostgreSQL.
pub const POSTGRES: &[Migration] = &[
    Migration {
        version: 1,
        sql: include_str!("../../migrations/postgres/0001_books.sql"),
    },
    Migration {
        version: 2,
        sql: include_str!("../../migrations/postgres/0002_identity.sql"),
    },
    Migration {
        version: 3,
        sql: include_str!("../../migrations/postgres/0003_town.sql"),
    },
    Migration {
        version: 4,
        sql: include_str!("../../migrations/postgres/0004_given_up.sql"),
    },
    Migration {
        version: 5,
        sql: include_str!("../../migrations/postgres/0005_who_did_it.sql"),
    },
];

/// Where a database remembers what was applied. It belongs to the database, not to a town.
pub const TABLE: &str = "create table if not exists schema_versions (\
     version bigint not null, digest text not null, primary key (version))";

impl Migration {
    /// Recognises a file that was changed after it had been applied.
    #[must_use]
    pub fn digest(&self) -> String {
        data_encoding::HEXLOWER.encode(&Sha256::digest(self.sql))
    }
}

/// The migrations still to be applied, given the versions and digests that were.
///
/// # Errors
/// [`StoreError::Newer`] where the database knows more than this program, [`StoreError::Failed`]
/// where an applied file is another now.
pub fn pending<'m>(all: &'m [Migration], applied: &[(u64, String)]) -> Result<&'m [Migration], StoreError> {
    for (version, digest) in applied {
        let known = all.iter().find(|migration| migration.version == *version);
        let Some(known) = known else {
            let known = all.last().map_or(0, |migration| migration.version);
            return Err(StoreError::Newer { found: *version, known });
        };
        if known.digest() != *digest {
            return Err(StoreError::Failed {
                what: format!("migration {version} is not the one that was applied"),
            });
        }
    }
    Ok(all.get(applied.len()..).unwrap_or_default())
}
