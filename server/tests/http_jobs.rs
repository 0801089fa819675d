//! What a running server does by itself, as days pass.

use kinchaku_protocol::doc::{Bulletin, Received};
use kinchaku_protocol::time::{DAY_SECONDS, Time};
use kinchaku_server::books::Books;
use kinchaku_server::config::TownConfig;
use kinchaku_server::jobs;
use kinchaku_server::keys::{self, Passphrase, Roots};

const NOW: Time = Time(1_790_000_000);

async fn epoch(books: &Books) -> u32 {
    let bulletin = books.bulletin().await.unwrap();
    Received::<Bulletin>::read(&bulletin).unwrap().claims().epoch
}

/// A town has a bulletin from its first moment, one more each day, and none in between.
#[tokio::test(flavor = "multi_thread")]
async fn a_bulletin_is_never_older_than_a_day() {
    let folder = tempfile::tempdir().unwrap();
    let roots = Roots::Sealed(Passphrase::new("a purse with a cord".to_owned()).unwrap());
    let keys = keys::init(&folder.path().join("keys"), &roots, NOW).unwrap();
    let database = format!("sqlite:{}", folder.path().join("books.db").display());
    let books = Books::open(&database, &TownConfig::new(1), &keys, NOW).await.unwrap();
    let first = epoch(&books).await;
    jobs::do_due(&books, NOW.after(DAY_SECONDS - 1)).await.unwrap();
    assert_eq!(epoch(&books).await, first);
    jobs::do_due(&books, NOW.after(DAY_SECONDS)).await.unwrap();
    assert_eq!(epoch(&books).await, first + 1);
    books.close().await;
    // Once the lane is let go, nothing is done.
    assert!(jobs::do_due(&books, NOW.after(DAY_SECONDS * 3)).await.is_err());
}
