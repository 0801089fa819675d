//! A fresh database for a server, of either kind.

use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

/// Where the half with PostgreSQL finds its server: `postgres:///postgres?host=…&user=…`.
const POSTGRES: &str = "KINCHAKU_TEST_POSTGRES";

/// A kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One file in the town's folder.
    Sqlite,
    /// A database of its own in the server that the environment names.
    Postgres,
}

/// The address of a fresh database; `None`, said in one visible line, where there is no server for it.
#[must_use]
pub fn fresh(kind: Kind, folder: &Path, test: &str) -> Option<String> {
    match kind {
        Kind::Sqlite => Some(format!("sqlite:{}", folder.join("books.db").display())),
        Kind::Postgres => {
            let Ok(server) = std::env::var(POSTGRES) else {
                // Past the capture of the test harness: whoever runs it should see it.
                let line = format!("SKIPPED: {test} on PostgreSQL ({POSTGRES} is not set)\n");
                std::io::stderr().write_all(line.as_bytes()).unwrap();
                return None;
            };
            Some(create(&server))
        }
    }
}

fn create(server: &str) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("town_{}_{number}", std::process::id());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(server, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        let sql = format!("create database {name} template template0");
        client.batch_execute(&sql).await.unwrap();
    });
    let (head, tail) = server
        .split_once("/postgres?")
        .expect("an address of the database postgres");
    format!("{head}/{name}?{tail}")
}
