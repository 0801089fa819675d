//! Members by their card number (F026), exchanges of points (F014, F015), and value the office takes away (F105).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kinchaku_protocol::ids::{ClassId, DocId};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::rules::card_number;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked::{Asked, At, Limit, Sent, Text};
use super::caller::Caller;
use super::listed::Listed;
use super::named::{Names, Service};
use super::refused::Refused;
use super::sales::Line;
use crate::clock;
use crate::command::Action;
use crate::http::{App, Problem};
use crate::points::action::{Forfeiture, PointsAction};
use crate::points::forfeit::forfeit_key;
use crate::points::rows::ForfeitRow;
use crate::query::members::Holding;
use crate::sale::rows::{ExchangeRow, ExchangeState};

/// A card number in a path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct Card {
    /// Ten digits, the last one a check digit.
    #[param(pattern = "^[0-9]{10}$")]
    card: String,
}

impl Card {
    fn account(&self) -> Result<u64, Problem> {
        let number = card_number::typed(&self.card);
        number.and_then(card_number::account).ok_or(Problem::Unknown)
    }
}

/// A member: what the account has, and nothing of who it is.
#[derive(Serialize, ToSchema)]
pub(super) struct Member {
    /// The card number.
    #[schema(pattern = "^[0-9]{10}$")]
    card: String,
    /// The number of the account in the books.
    account: u64,
    /// Assurance level of the person.
    level: u8,
    /// Whether nothing more is issued to it.
    stopped: bool,
    /// Since when.
    #[schema(format = DateTime)]
    opened_at: String,
    /// What it has, by class.
    holdings: Vec<Held>,
    /// Points it exchanged.
    exchanges: Vec<Exchange>,
    /// What the office took away.
    forfeits: Vec<Forfeit>,
}

/// What a member has of one class.
#[derive(Serialize, ToSchema)]
pub(super) struct Held {
    #[serde(flatten)]
    service: Service,
    /// How much; below zero where more is owed than there is.
    value: i64,
    /// Of that, what is set aside for payments.
    held: u64,
    /// What is owed after a claw-back.
    owed: u64,
    /// The last day of a balance that lives on with every use.
    #[schema(format = Date)]
    until: Option<String>,
    /// The rank.
    rank: Option<String>,
    /// What comes later.
    coming: u64,
}

/// Points that became money.
#[derive(Serialize, ToSchema)]
pub(super) struct Exchange {
    /// Its number.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    id: String,
    /// The card number of whose they were.
    card: Option<String>,
    /// On which terms.
    programme: u32,
    /// Which points.
    source: u32,
    /// How many.
    points: u64,
    /// Which money.
    class: u32,
    /// How much.
    amount: u64,
    /// When it was asked for.
    #[schema(format = DateTime)]
    asked_at: String,
    /// On which day the money comes.
    #[schema(format = Date)]
    due: String,
    state: ExchangeWord,
    /// The transaction that took the points.
    taken: String,
    /// The transaction of the money.
    tran_id: Option<String>,
}

/// Where an exchange is.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ExchangeWord {
    Waiting,
    Granted,
}

/// Value that was taken away.
#[derive(Serialize, ToSchema)]
pub(super) struct Forfeit {
    /// Which value.
    class: u32,
    /// How much.
    amount: u64,
    /// Why.
    reason: String,
    /// Whose token.
    token: u64,
    #[schema(format = DateTime)]
    at: String,
}

/// Value to be taken away.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TakeAway {
    /// The caller's key: the same key again is the same.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    key: Text<Line>,
    /// Which value.
    #[schema(minimum = 1)]
    class: u32,
    /// How much; all that nothing holds where absent.
    #[schema(value_type = Option<u64>, minimum = 1)]
    amount: Option<u64>,
    /// Why, for whoever asks later.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    reason: Text<Line>,
}

/// Which exchanges.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Part {
    /// In this state alone.
    #[param(inline)]
    state: Option<ExchangeWord>,
    /// After this exchange.
    #[param(value_type = Option<String>, pattern = "^[0-9a-f]{64}$")]
    after: Option<Text<DocId>>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
}

/// What a member has, by card number.
#[utoipa::path(
    get, path = "/office/members/{card}", tag = "office", params(Card),
    responses((status = 200, description = "The member", body = Member))
)]
pub(super) async fn member(State(app): State<Arc<App>>, At(card): At<Card>) -> Result<Json<Member>, Refused> {
    let account = card.account()?;
    let reader = app.books.reader();
    let member = reader.member(account).await?.ok_or(Problem::Unknown)?;
    let names = Names::of(reader, []).await?;
    let held = |holding: Holding| Held {
        service: names.service(holding.class),
        value: holding.value.units(),
        held: holding.held.units(),
        owed: holding.owed.units(),
        until: holding.until.map(|day| day.to_string()),
        rank: holding.rank,
        coming: holding.coming.units(),
    };
    let exchanges = reader.exchanges_of(account).await?;
    let forfeits = reader.forfeits_of(account).await?;
    Ok(Json(Member {
        card: card.card,
        account,
        level: member.account.level,
        stopped: member.account.stopped,
        opened_at: member.account.opened_at.to_string(),
        holdings: member.holdings.into_iter().map(held).collect(),
        exchanges: exchanges.iter().map(exchange).collect(),
        forfeits: forfeits.into_iter().map(forfeit).collect(),
    }))
}

/// Takes value away that nothing holds. What is set aside for payments stays until it is free.
#[utoipa::path(
    post, path = "/office/members/{card}/forfeits", tag = "office", params(Card), request_body = TakeAway,
    responses((status = 200, description = "Taken away", body = Forfeit))
)]
pub(super) async fn take_away(
    State(app): State<Arc<App>>,
    caller: Caller,
    At(card): At<Card>,
    Sent(asked): Sent<TakeAway>,
) -> Result<Json<Forfeit>, Refused> {
    let account = card.account()?;
    let amount = asked.amount.map(Amount::new).transpose();
    let key = asked.key.0.0.to_string();
    let id = forfeit_key(account, &key);
    let forfeiture = Forfeiture {
        key,
        account,
        class: ClassId(asked.class),
        amount: amount.map_err(|_| Problem::Amount)?,
        reason: asked.reason.0.0.to_string(),
        token: caller.token,
    };
    let action = Action::Points(PointsAction::Forfeit(forfeiture));
    let desk = app.clone();
    let work = async move {
        desk.books.execute(action, clock::now()).await?;
        Ok((card.card, ()))
    };
    app.act(&caller, "forfeit", work).await?;
    let row = app.books.reader().forfeit(id).await?.ok_or(Problem::Internal)?;
    Ok(Json(forfeit(row)))
}

/// Exchanges of points, by their number.
#[utoipa::path(
    get, path = "/office/exchanges", tag = "office", params(Part),
    responses((status = 200, description = "Exchanges", body = Listed<Exchange>))
)]
pub(super) async fn exchanges(
    State(app): State<Arc<App>>,
    Asked(part): Asked<Part>,
) -> Result<Json<Listed<Exchange>>, Refused> {
    let limit = part.limit.0;
    let state = part.state.map(|state| match state {
        ExchangeWord::Waiting => ExchangeState::Waiting,
        ExchangeWord::Granted => ExchangeState::Granted,
    });
    let after = part.after.map(|after| after.0);
    let rows = app
        .books
        .reader()
        .exchanges(state, after, limit.saturating_add(1))
        .await?;
    let rows = rows.iter().map(exchange).collect();
    Ok(Json(Listed::part(rows, limit, |row: &Exchange| row.id.clone())))
}

fn exchange(row: &ExchangeRow) -> Exchange {
    Exchange {
        id: row.id.to_string(),
        card: card_number::of(row.account).map(card_number::shown),
        programme: row.programme,
        source: row.source.0,
        points: row.points.units(),
        class: row.class.0,
        amount: row.amount.units(),
        asked_at: row.asked_at.to_string(),
        due: row.due.to_string(),
        state: match row.state {
            ExchangeState::Waiting => ExchangeWord::Waiting,
            ExchangeState::Granted => ExchangeWord::Granted,
        },
        taken: row.taken.clone(),
        tran_id: row.tran_id.clone(),
    }
}

fn forfeit(row: ForfeitRow) -> Forfeit {
    Forfeit {
        class: row.class.0,
        amount: row.amount.units(),
        reason: row.reason,
        token: row.token,
        at: row.at.to_string(),
    }
}
