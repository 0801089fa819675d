//! The books as the office looks at them: trial balance, audit, and jobs out of their turn.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kinchaku_protocol::doc::{Bulletin, Received};
use kinchaku_protocol::money::Signed;
use kinchaku_protocol::time::Time;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked::{At, Sent, Text, Written};
use super::caller::Caller;
use super::named::{Names, Service};
use super::refused::Refused;
use crate::clock;
use crate::http::limit::Patience;
use crate::http::work::aside;
use crate::http::{App, Problem};
use crate::ledger::rows::Book;
use crate::operator::jobs::{self, Ran};
use crate::operator::request::Job;

/// The trial balance.
#[derive(Serialize, ToSchema)]
pub(super) struct TrialBalance {
    /// By class; each adds up to zero.
    classes: Vec<ClassBooks>,
}

/// The books of one class.
#[derive(Serialize, ToSchema)]
pub(super) struct ClassBooks {
    #[serde(flatten)]
    service: Service,
    /// Account by account.
    books: Vec<BookSum>,
    /// Zero, or something is wrong (I1).
    sum: i64,
}

/// What an account of the ledger holds.
#[derive(Serialize, ToSchema)]
pub(super) struct BookSum {
    book: BookWord,
    /// Owed to others where negative.
    sum: i64,
}

/// An account of the ledger.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum BookWord {
    Budget,
    Suspense,
    User,
    ShopPayable,
    ForkLoss,
    ExpiryIncome,
    Receivable,
    Payout,
    Exchange,
    Forfeit,
}

/// What the audit found.
#[derive(Serialize, ToSchema)]
pub(super) struct Audited {
    /// Rows that were looked at.
    looked_at: u64,
    /// The hash on which two databases with the same history agree.
    state: String,
    /// What does not hold; nothing, where all is well.
    violations: Vec<Violation>,
}

/// A rule that does not hold.
#[derive(Serialize, ToSchema)]
pub(super) struct Violation {
    /// Which.
    rule: String,
    /// Where.
    place: String,
}

/// Which job.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct Which {
    /// Its name.
    #[param(inline)]
    job: JobWord,
}

/// A job.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum JobWord {
    Lapse,
    Expire,
    Points,
    Rank,
    Bonus,
    Exchanges,
    Orders,
    Close,
    Publish,
}

/// As of when.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct When {
    /// Now where absent; never a time that has not come.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Text<Time>>,
}

/// What a job did.
#[derive(Serialize, ToSchema)]
pub(super) struct Done {
    job: JobWord,
    /// As of when.
    #[schema(format = DateTime)]
    at: String,
    /// How many holds, lots, grants, ranks, orders, periods or bulletins.
    done: u64,
    /// The epoch of the bulletin, where one was published.
    bulletin: Option<u32>,
}

impl Written for Time {
    const FORM: &'static str = "a time as 2026-04-01T09:00:00+09:00";

    fn read(text: &str) -> Option<Self> {
        jobs::time(text)
    }
}

/// The trial balance.
#[utoipa::path(
    get, path = "/office/books", tag = "office",
    responses((status = 200, description = "The trial balance", body = TrialBalance))
)]
pub(super) async fn books(State(app): State<Arc<App>>) -> Result<Json<TrialBalance>, Refused> {
    let reader = app.books.reader();
    let names = Names::of(reader, []).await?;
    let trial = reader.trial_balance().await?;
    let classes = reader.class_list().await?.into_iter().map(|class| {
        let lines = trial.iter().filter(|line| line.class == class.id);
        let sum = lines.clone().try_fold(Signed::ZERO, |sum, line| sum.plus(line.sum));
        ClassBooks {
            service: names.service(class.id),
            books: lines
                .map(|line| BookSum {
                    book: word(line.book),
                    sum: line.sum.units(),
                })
                .collect(),
            // A sum that does not fit is as wrong as one that is not zero.
            sum: sum.map_or(i64::MAX, Signed::units),
        }
    });
    Ok(Json(TrialBalance {
        classes: classes.collect(),
    }))
}

const fn word(book: Book) -> BookWord {
    match book {
        Book::Budget => BookWord::Budget,
        Book::Suspense => BookWord::Suspense,
        Book::User => BookWord::User,
        Book::ShopPayable => BookWord::ShopPayable,
        Book::ForkLoss => BookWord::ForkLoss,
        Book::ExpiryIncome => BookWord::ExpiryIncome,
        Book::Receivable => BookWord::Receivable,
        Book::Payout => BookWord::Payout,
        Book::Exchange => BookWord::Exchange,
        Book::Forfeit => BookWord::Forfeit,
    }
}

/// Checks every invariant of the books.
#[utoipa::path(
    get, path = "/office/audit", tag = "office",
    responses((status = 200, description = "What was found", body = Audited))
)]
pub(super) async fn audit(State(app): State<Arc<App>>, _: Patience) -> Result<Json<Audited>, Refused> {
    let turn = app.running.begin("audit")?;
    let work = async move {
        let report = app.books.reader().audit().await;
        drop(turn);
        Ok::<_, Refused>(report?)
    };
    // It reads every table and computes over them: nobody waits behind that.
    let report = aside(work).await?;
    let violations = report.violations.iter().map(|found| Violation {
        rule: found.rule.to_string(),
        place: found.place.to_string(),
    });
    Ok(Json(Audited {
        looked_at: report.looked_at,
        violations: violations.collect(),
        state: report.state,
    }))
}

/// Does what is due, as of a time. Every job may run twice, or late.
#[utoipa::path(
    post, path = "/office/jobs/{job}", tag = "office", params(Which), request_body = When,
    responses((status = 200, description = "What was done", body = Done))
)]
pub(super) async fn job(
    State(app): State<Arc<App>>,
    caller: Caller,
    _: Patience,
    At(which): At<Which>,
    Sent(when): Sent<When>,
) -> Result<Json<Done>, Refused> {
    let now = clock::now();
    let at = when.at.map_or(now, |at| at.0);
    jobs::may_run(at, now)?;
    let job = match which.job {
        JobWord::Lapse => Job::Lapse,
        JobWord::Expire => Job::Expire,
        JobWord::Points => Job::Points,
        JobWord::Rank => Job::Rank,
        JobWord::Bonus => Job::Bonus,
        JobWord::Exchanges => Job::Exchanges,
        JobWord::Orders => Job::Orders,
        JobWord::Close => Job::Close,
        JobWord::Publish => Job::Publish,
    };
    let turn = app.running.begin(jobs::name(job))?;
    let desk = app.clone();
    let work = async move {
        let ran = jobs::run(&desk.books, job, at).await;
        drop(turn);
        Ok((at.to_string(), ran?))
    };
    let (done, bulletin) = match app.act(&caller, jobs::name(job), work).await? {
        Ran::Ended(done) => (done, None),
        Ran::Bulletin(signed) => {
            let bulletin = Received::<Bulletin>::read(&signed).map_err(|_| Problem::Internal)?;
            (1, Some(bulletin.claims().epoch))
        }
        Ran::Cards(_) => return Err(Problem::Internal.into()),
    };
    Ok(Json(Done {
        job: which.job,
        at: at.to_string(),
        done,
        bulletin,
    }))
}
