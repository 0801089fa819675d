//! A fresh database for each test, of each kind.

use std::io::Write;
use std::sync::Arc;

use kinchaku_server::store::{self, Store};

/// A store with what keeps it alive.
pub struct Fresh {
    pub store: Arc<dyn Store>,
    pub address: String,
    _folder: Option<tempfile::TempDir>,
}

pub async fn sqlite() -> Fresh {
    let folder = tempfile::tempdir().unwrap();
    let address = format!("sqlite:{}", folder.path().join("books.db").display());
    Fresh {
        store: store::open(&address).await.unwrap(),
        address,
        _folder: Some(folder),
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
    let (client, connection) = tokio_postgres::connect(&server, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let name = format!("t_{}_{test}", std::process::id());
    client
        .batch_execute(&format!("create database {name} template template0"))
        .await
        .unwrap();
    let (head, tail) = server
        .split_once("/postgres?")
        .expect("an address of the database postgres");
    let address = format!("{head}/{name}?{tail}");
    Some(Fresh {
        store: store::open(&address).await.unwrap(),
        address,
        _folder: None,
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
                }
            )*
        }

        mod postgres {
            $(
                #[tokio::test]
                async fn $test() {
                    if let Some(fresh) = $crate::support::database::postgres(stringify!($test)).await {
                        super::$test(fresh.store.clone()).await;
                    }
                }
            )*
        }
    };
}
