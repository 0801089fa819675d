//! What is done when its time has come, as an operator or the office asks for it: each may run twice or late.

use kinchaku_protocol::doc::{Bulletin, Received};
use kinchaku_protocol::time::Time;
use serde_json::{Value, json};

use super::request::Job;
use crate::books::{Books, BooksError};
use crate::command::{Action, CommandError, Outcome};
use crate::http::Problem;

/// What a job did.
pub(crate) enum Ran {
    /// So many holds, lots, grants, ranks, orders or periods.
    Ended(u64),
    /// Published this.
    Bulletin(Vec<u8>),
    /// Asked about so many cards.
    Cards(Value),
}

/// What a job is called.
pub(crate) const fn name(job: Job) -> &'static str {
    match job {
        Job::Lapse => "lapse",
        Job::Expire => "expire",
        Job::Publish => "publish",
        Job::Cards => "cards",
        Job::Points => "points",
        Job::Rank => "rank",
        Job::Bonus => "bonus",
        Job::Exchanges => "exchanges",
        Job::Orders => "orders",
        Job::Close => "close",
    }
}

/// Whether a job may run as of a time: what ends because of a mistyped year cannot be begun again.
pub(crate) fn may_run(at: Time, now: Time) -> Result<(), Problem> {
    let may = at <= now || cfg!(feature = "demo");
    may.then_some(()).ok_or(Problem::Future)
}

/// A time in RFC 3339.
pub(crate) fn time(text: &str) -> Option<Time> {
    let at = chrono::DateTime::parse_from_rfc3339(text).ok()?;
    u64::try_from(at.timestamp()).ok().map(Time)
}

/// Runs a job as of `at`.
///
/// # Errors
/// [`Problem`].
pub(crate) async fn run(books: &Books, job: Job, at: Time) -> Result<Ran, Problem> {
    let ran = match job {
        Job::Lapse => ended(books.execute(Action::Lapse, at).await?)?,
        Job::Expire => {
            let lots = ended(books.execute(Action::Expire, at).await?)?;
            lots.saturating_add(books.end_due_balances(at).await?)
        }
        Job::Points => books.grant_due(at).await?,
        Job::Rank => books.judge_due(at).await?,
        Job::Bonus => books.grant_bonuses(at).await?,
        Job::Exchanges => books.grant_exchanges(at).await?,
        Job::Orders => {
            let lapsed = books.lapse_orders(at).await?;
            lapsed.saturating_add(books.return_due(at).await?)
        }
        Job::Close => {
            let closed = books.close_periods(None, at.day(), at).await?;
            u64::try_from(closed.len()).unwrap_or(u64::MAX)
        }
        Job::Publish => match books.execute(Action::PublishBulletin, at).await? {
            Outcome::Bulletin(signed) => return Ok(Ran::Bulletin(signed)),
            _ => return Err(Problem::Internal),
        },
        Job::Cards => return super::person::recheck(books, at).await.map(Ran::Cards),
    };
    Ok(Ran::Ended(ran))
}

fn ended(outcome: Outcome) -> Result<u64, BooksError> {
    match outcome {
        Outcome::Ended(ended) => Ok(ended),
        _ => Err(CommandError::Broken.into()),
    }
}

/// Runs a job and gives what is printed for machines.
pub(super) async fn job(books: &Books, job: Job, at: Option<String>, now: Time) -> Result<Value, Problem> {
    let at = at.map_or(Ok(now), |text| time(&text).ok_or(Problem::Malformed))?;
    may_run(at, now)?;
    match run(books, job, at).await? {
        Ran::Ended(ended) => Ok(json!({ "at": at.to_string(), "ended": ended })),
        Ran::Bulletin(signed) => bulletin(&signed),
        Ran::Cards(asked) => Ok(asked),
    }
}

/// What is said of a bulletin.
pub(super) fn bulletin(signed: &[u8]) -> Result<Value, Problem> {
    let bulletin = Received::<Bulletin>::read(signed).map_err(|_| Problem::Internal)?;
    let claims = bulletin.claims();
    Ok(json!({ "bulletin": claims.epoch, "made_at": claims.made_at.to_string() }))
}
