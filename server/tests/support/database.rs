//! A fresh database for each test, of each kind.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kinchaku_server::store::{self, Store};

/// A store with what keeps it alive.
pub struct Fresh {
    pub store: Arc<dyn Store>,
    pub address: String,
    kept_in: Place,
}

enum Place {
    Folder(tempfile::TempDir),
    Server { admin: String, name: String },
}

impl Fresh {
    /// Gives the space back: some hundred databases of empty tables are gigabytes. One whose test failed stays to be read.
    pub async fn end(self) {
        drop(self.store);
        match self.kept_in {
            Place::Folder(folder) => folder.close().unwrap(),
            Place::Server { admin, name } => {
                let drop = format!("drop database {name} with (force)");
                ask(&admin, &drop).await;
            }
        }
    }
}

async fn ask(server: &str, statement: &str) {
    let (client, connection) = tokio_postgres::connect(server, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute(statement).await.unwrap();
}

pub async fn sqlite() -> Fresh {
    let folder = tempfile::tempdir().unwrap();
    let address = format!("sqlite:{}", folder.path().join("books.db").display());
    Fresh {
        store: store::open(&address).await.unwrap(),
        address,
        kept_in: Place::Folder(folder),
    }
}

/// None where no server is given: the half that needs one says so and is skipped.
pub async fn postgres(test: &str) -> Option<Fresh> {
    let Ok(server) = std::env::var("KINCHAKU_TEST_POSTGRES") else {
        static SAID: std::sync::Once = std::sync::Once::new();
        SAID.call_once(|| {
            // Past the capture of the test harness: whoever runs it should see it.
            let line = b"SKIPPED: the PostgreSQL half of the ledger's tests (KINCHAKU_TEST_POSTGRES is not set)\n";
            std::io::stderr().write_all(line).unwrap();
        });
        return None;
    };
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    // The number first: a name is cut after 63 bytes.
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("t{number}_{}_{test}", std::process::id());
    ask(&server, &format!("create database {name} template template0")).await;
    let (head, tail) = server
        .split_once("/postgres?")
        .expect("an address of the database postgres");
    let address = format!("{head}/{name}?{tail}");
    Some(Fresh {
        store: store::open(&address).await.unwrap(),
        address,
        kept_in: Place::Server { admin: server, name },
    })
}

/// Runs each test on both databases.
#[macro_export]
macro_rules! on_both {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test]
                async fn $test() {
                    let fresh = $crate::support::database::sqlite().await;
                    super::$test(fresh.store.clone()).await;
                    fresh.end().await;
                }
            )*
        }

        mod postgres {
            $(
                #[tokio::test]
                async fn $test() {
                    if let Some(fresh) = $crate::support::database::postgres(stringify!($test)).await {
                        super::$test(fresh.store.clone()).await;
                        fresh.end().await;
                    }
                }
            )*
        }
    };
}
