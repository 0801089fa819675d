//! What shops are paid: the period that is open so far and those that are closed (F092 to F095, F167); closing them,
//! and the order for the bank.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use kinchaku_protocol::ids::ClassId;
use kinchaku_protocol::time::Day;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked::{Asked, At, Sent, Text};
use super::caller::Caller;
use super::guard::{InShop, ShopPath};
use super::listed::Listed;
use super::named::{Names, Service, Shop};
use super::refused::Refused;
use super::results::attached;
use crate::clock;
use crate::export::TransferProblem;
use crate::http::limit::Patience;
use crate::http::{App, Problem};
use crate::operator::jobs;
use crate::operator::request::Job;
use crate::query::settlement::PeriodStanding;
use crate::settlement::rows::{PayoutRow, PeriodRow, PeriodState};

/// A period as one shop sees it.
#[derive(Serialize, ToSchema)]
pub(super) struct ShopPeriod {
    service: Service,
    class: u32,
    /// Its place, from 1.
    number: u32,
    /// Its first posting day.
    #[schema(format = Date)]
    first: String,
    /// Its last.
    #[schema(format = Date)]
    last: String,
    /// When the money arrives.
    #[schema(format = Date)]
    paid_on: String,
    /// Whether it is the one for what came in after the season.
    late: bool,
    state: Standing,
    /// Payments.
    used: u64,
    /// Payments taken back.
    cancelled: u64,
    /// Left over from the period before.
    carried_in: i64,
    /// What is paid, as it stands.
    paid: u64,
    /// Left for the next one.
    carried_out: i64,
}

/// How far a period is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Standing {
    /// Sums grow.
    Open,
    /// Over, and its close is due.
    Due,
    /// Its sums are being written.
    Closing,
    /// Its sums are written.
    Closed,
}

/// A period as the office sees it.
#[derive(Serialize, ToSchema)]
pub(super) struct Period {
    service: Service,
    class: u32,
    /// Its place, from 1.
    number: u32,
    /// Its first posting day.
    #[schema(format = Date)]
    first: String,
    /// Its last.
    #[schema(format = Date)]
    last: String,
    /// When the money arrives.
    #[schema(format = Date)]
    paid_on: String,
    /// Whether it is the one for what came in after the season.
    late: bool,
    state: Standing,
    /// Shops with a sum.
    shops: u64,
    /// Payments.
    used: u64,
    /// Payments taken back.
    cancelled: u64,
    /// What is transferred, all together.
    paid: u64,
}

/// A period with what each shop is paid.
#[derive(Serialize, ToSchema)]
pub(super) struct Payouts {
    /// Which.
    period: Period,
    /// By shop.
    items: Vec<Payout>,
}

/// What a shop is paid.
#[derive(Serialize, ToSchema)]
pub(super) struct Payout {
    shop: Shop,
    /// Payments.
    used: u64,
    /// Payments taken back.
    cancelled: u64,
    /// Left over from the period before.
    carried_in: i64,
    /// What is transferred.
    paid: u64,
    /// Left for the next one.
    carried_out: i64,
}

/// Which periods.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct OfClass {
    /// Of one class alone.
    class: Option<u32>,
}

/// Which period.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct Which {
    /// Of which class.
    class: u32,
    /// Its place, from 1.
    number: u32,
}

/// How the bank's file is written.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Lines {
    /// Whether each record ends with CR LF; banks differ.
    #[serde(default)]
    line_breaks: bool,
}

/// What is closed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Close {
    /// Of one class alone.
    class: Option<u32>,
    /// Periods that end on this day at the latest; all that are over where absent.
    #[schema(value_type = Option<String>, format = Date)]
    through: Option<Text<Day>>,
}

/// A shop's periods, newest first within each class.
#[utoipa::path(
    get, path = "/shops/{shop}/settlements", tag = "shop", params(ShopPath),
    responses((status = 200, description = "Periods", body = Listed<ShopPeriod>))
)]
pub(super) async fn of_shop(
    State(app): State<Arc<App>>,
    InShop(shop): InShop,
) -> Result<Json<Listed<ShopPeriod>>, Refused> {
    let reader = app.books.reader();
    let names = Names::of(reader, []).await?;
    let periods = reader.shop_settlements(shop, clock::now()).await?;
    let periods = periods.iter().map(|period| ShopPeriod {
        service: names.service(period.class),
        class: period.class.0,
        number: period.number,
        first: period.first.to_string(),
        last: period.last.to_string(),
        paid_on: period.paid_on.to_string(),
        late: period.late,
        state: match period.standing {
            PeriodStanding::Open => Standing::Open,
            PeriodStanding::Due => Standing::Due,
            PeriodStanding::Closed => Standing::Closed,
        },
        used: period.used.units(),
        cancelled: period.cancelled.units(),
        carried_in: period.carried_in.units(),
        paid: period.paid.units(),
        carried_out: period.carried_out.units(),
    });
    Ok(Json(Listed::whole(periods.collect())))
}

/// Periods whose close has begun.
#[utoipa::path(
    get, path = "/office/settlements", tag = "office", params(OfClass),
    responses((status = 200, description = "Periods", body = Listed<Period>))
)]
pub(super) async fn of_all(
    State(app): State<Arc<App>>,
    Asked(asked): Asked<OfClass>,
) -> Result<Json<Listed<Period>>, Refused> {
    let periods = app.books.reader().periods(asked.class.map(ClassId)).await?;
    Ok(Json(Listed::whole(with_sums(&app, periods).await?)))
}

/// Closes every period that is over. The same again closes nothing more.
#[utoipa::path(
    post, path = "/office/settlements/close", tag = "office", request_body = Close,
    responses((status = 200, description = "Periods that were closed", body = Listed<Period>))
)]
pub(super) async fn close(
    State(app): State<Arc<App>>,
    caller: Caller,
    _: Patience,
    Sent(asked): Sent<Close>,
) -> Result<Json<Listed<Period>>, Refused> {
    let now = clock::now();
    let through = asked.through.map_or(now.day(), |day| day.0);
    let class = asked.class.map(ClassId);
    let target = class.map_or_else(|| format!("all {through}"), |class| format!("{class} {through}"));
    let turn = app.running.begin(jobs::name(Job::Close))?;
    let desk = app.clone();
    let work = async move {
        let closed = desk.books.close_periods(class, through, now).await;
        drop(turn);
        Ok((target, closed?))
    };
    let closed = app.act(&caller, "close", work).await?;
    Ok(Json(Listed::whole(with_sums(&app, closed).await?)))
}

/// What shops are paid for a period.
#[utoipa::path(
    get, path = "/office/settlements/{class}/{number}", tag = "office", params(Which),
    responses((status = 200, description = "The period", body = Payouts))
)]
pub(super) async fn payouts(State(app): State<Arc<App>>, At(which): At<Which>) -> Result<Json<Payouts>, Refused> {
    let reader = app.books.reader();
    let class = ClassId(which.class);
    let period = reader.periods(Some(class)).await?;
    let period = period.into_iter().find(|row| row.number == which.number);
    let period = period.ok_or(Problem::Unknown)?;
    let rows = reader.payouts(class, which.number).await?;
    let names = Names::of(reader, rows.iter().map(|row| row.shop)).await?;
    let items = rows.iter().map(|row| Payout {
        shop: names.shop(row.shop),
        used: row.used.units(),
        cancelled: row.cancelled.units(),
        carried_in: row.carried_in.units(),
        paid: row.paid.units(),
        carried_out: row.carried_out.units(),
    });
    Ok(Json(Payouts {
        items: items.collect(),
        period: summed(&names, &period, &rows),
    }))
}

/// The order for the bank (全銀), from the account in the town's settings.
#[utoipa::path(
    get, path = "/office/settlements/{class}/{number}/transfer", tag = "office", params(Which, Lines),
    responses((status = 200, description = "The file, in JIS X 0201", content_type = "text/plain", body = String))
)]
pub(super) async fn transfer(
    State(app): State<Arc<App>>,
    At(which): At<Which>,
    Asked(lines): Asked<Lines>,
) -> Result<Response, Refused> {
    let sender = app.books.sender().ok_or(Problem::NotSetUp)?;
    let class = ClassId(which.class);
    let order = app.books.transfer_order(class, which.number, sender, lines.line_breaks);
    let order = order.await.map_err(|problem| match problem {
        TransferProblem::Store(error) => Refused::from(error),
        TransferProblem::NotSetUp => Problem::NotSetUp.into(),
        TransferProblem::NotClosed => Problem::NotClosed.into(),
        problem @ (TransferProblem::NoAccount { .. } | TransferProblem::Form(_)) => {
            Refused::because(Problem::Transfer, &problem.to_string())
        }
    })?;
    attached(Body::from(order.bytes), "text/plain; charset=Shift_JIS", &order.name)
}

async fn with_sums(app: &App, periods: Vec<PeriodRow>) -> Result<Vec<Period>, Refused> {
    let reader = app.books.reader();
    let names = Names::of(reader, []).await?;
    let mut all = Vec::new();
    for period in periods {
        let rows = reader.payouts(period.class, period.number).await?;
        all.push(summed(&names, &period, &rows));
    }
    Ok(all)
}

fn summed(names: &Names, period: &PeriodRow, rows: &[PayoutRow]) -> Period {
    let sum = |of: fn(&PayoutRow) -> u64| rows.iter().fold(0_u64, |sum, row| sum.saturating_add(of(row)));
    Period {
        service: names.service(period.class),
        class: period.class.0,
        number: period.number,
        first: period.first.to_string(),
        last: period.last.to_string(),
        paid_on: period.paid_on.to_string(),
        late: period.late,
        state: match period.state {
            PeriodState::Closing => Standing::Closing,
            PeriodState::Closed => Standing::Closed,
        },
        shops: u64::try_from(rows.len()).unwrap_or(u64::MAX),
        used: sum(|row| row.used.units()),
        cancelled: sum(|row| row.cancelled.units()),
        paid: sum(|row| row.paid.units()),
    }
}
