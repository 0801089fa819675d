//! What a running server does by itself, at its start and then every hour: ends holds and lots whose time
//! has come, publishes a bulletin once a day, so that a shop can tell how old its knowledge is, and asks once
//! a month about the certificate of each linked person.
//!
//! Every job is idempotent, and none of them is needed for a payment to be right: a job that failed is
//! done an hour later, or by `kinchaku-server job`.

use std::sync::Arc;
use std::time::Duration;

use kinchaku_protocol::doc::{Bulletin, Received};
use kinchaku_protocol::time::{DAY_SECONDS, Time};

use crate::books::{Books, BooksError};
use crate::clock;
use crate::command::Action;

/// How often jobs are looked at.
const EVERY: Duration = Duration::from_secs(3_600);

/// Does what is due, until it is dropped.
pub async fn run(books: Arc<Books>) {
    let mut hours = tokio::time::interval(EVERY);
    loop {
        hours.tick().await;
        if let Err(error) = do_due(&books, clock::now()).await {
            tracing::warn!(%error, "a job has to wait");
        }
    }
}

/// Does what is due at `now`.
///
/// # Errors
/// [`BooksError`]; what was not done is due the next time.
pub async fn do_due(books: &Books, now: Time) -> Result<(), BooksError> {
    books.execute(Action::Lapse, now).await?;
    books.execute(Action::Expire, now).await?;
    if let Err(error) = books.run_points_jobs(now).await {
        tracing::warn!(%error, "points have to wait");
    }
    if let Err(error) = books.run_sale_jobs(now).await {
        tracing::warn!(%error, "orders and points for buying have to wait");
    }
    if let Err(error) = books.close_periods(None, now.day(), now).await {
        tracing::warn!(%error, "the close of a period has to wait");
    }
    let current = Received::<Bulletin>::read(&books.bulletin().await?).ok();
    let fresh = current.is_some_and(|bulletin| now.since(bulletin.claims().made_at) < DAY_SECONDS);
    if !fresh {
        books.execute(Action::PublishBulletin, now).await?;
    }
    if let Err(error) = books.recheck_cards(now).await {
        tracing::warn!(%error, "certificates of cards have to wait");
    }
    Ok(())
}
