//! What nobody needs a token for: a draw that anybody can check (docs/programmes.md), and callbacks of whoever
//! collects money, which are signed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use axum::Json;
use axum::extract::{Request, State};
use kinchaku_protocol::ids::Ref;
use kinchaku_protocol::rules::draw::{self, Application, ApplicationId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked::{Asked, At, Limit, whole};
use super::programmes::Number;
use super::refused::Refused;
use crate::clock;
use crate::http::body::Peer;
use crate::http::{App, Problem};
use crate::query::sales::{ListedApplication, PublishedDraw};
use crate::sale::provider::SIGNATURE;
use crate::sale::rows::EventVerdict;

/// Rows read at once.
const CHUNK: u32 = 10_000;

/// Outcomes of draws in their order, by programme: once drawn, none changes.
pub(in crate::http) type Outcomes = Mutex<BTreeMap<u32, Arc<Vec<ListedApplication>>>>;

/// What is published of a draw.
#[derive(Serialize, ToSchema)]
pub(super) struct Draw {
    /// The way of drawing; none where who came first won.
    algorithm: Option<String>,
    /// SHA-256 of the seed.
    commitment: Option<String>,
    /// SHA-256 of the list, once it is closed.
    list: Option<String>,
    /// The seed, once it was used.
    seed: Option<String>,
    /// Lots there are.
    stock: u64,
    /// Lots one application may want.
    most: u32,
    #[schema(format = DateTime)]
    closed_at: Option<String>,
    #[schema(format = DateTime)]
    drawn_at: Option<String>,
    /// Who won what, in the order of the draw; nothing before it.
    outcome: Vec<Place>,
    /// What to ask for as `after` to get those that follow; none at the end.
    next: Option<String>,
}

/// A place in the order of a draw.
#[derive(Serialize, ToSchema)]
pub(super) struct Place {
    /// The application.
    id: String,
    /// Lots wanted.
    wanted: u32,
    /// Lots won.
    won: u32,
}

/// Which part of the outcome.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Part {
    /// After so many places.
    after: Option<u64>,
    /// Places of a page.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
}

/// A draw, as anybody can check it.
#[utoipa::path(
    get, path = "/draws/{id}", tag = "public", params(Number, Part),
    responses((status = 200, description = "What is published", body = Draw))
)]
pub(super) async fn draw(
    State(app): State<Arc<App>>,
    Peer(peer): Peer,
    At(Number { id }): At<Number>,
    Asked(part): Asked<Part>,
) -> Result<Json<Draw>, Refused> {
    app.addresses.take(peer, 1, Instant::now())?;
    let published = app.books.reader().published_draw(id).await?;
    let published = published.ok_or(Problem::Unknown)?;
    let outcome = match published.drawn_at {
        Some(_) => outcome(&app, id, &published).await?,
        None => Arc::default(),
    };
    let after = part.after.unwrap_or(0);
    let limit = u64::from(part.limit.0);
    let from = usize::try_from(after).unwrap_or(usize::MAX);
    let places = outcome
        .iter()
        .skip(from)
        .take(usize::try_from(limit).unwrap_or(usize::MAX));
    let end = after.saturating_add(limit);
    let more = u64::try_from(outcome.len()).is_ok_and(|places| places > end);
    Ok(Json(Draw {
        algorithm: published.algorithm.map(str::to_owned),
        commitment: published.commitment.map(|hash| hash.to_string()),
        list: published.list.map(|hash| hash.to_string()),
        seed: published.seed.map(|seed| seed.to_string()),
        stock: published.stock,
        most: published.most,
        closed_at: published.closed_at.map(|at| at.to_string()),
        drawn_at: published.drawn_at.map(|at| at.to_string()),
        outcome: places
            .map(|place| Place {
                id: place.id.to_string(),
                wanted: place.wanted,
                won: place.won.unwrap_or(0),
            })
            .collect(),
        next: more.then(|| end.to_string()),
    }))
}

/// Everybody's outcome in the order of the draw, or by number where nothing was drawn.
async fn outcome(app: &App, id: u32, published: &PublishedDraw) -> Result<Arc<Vec<ListedApplication>>, Refused> {
    let known = app.outcomes.lock().ok().and_then(|known| known.get(&id).cloned());
    if let Some(known) = known {
        return Ok(known);
    }
    let mut all: BTreeMap<Ref, ListedApplication> = BTreeMap::new();
    loop {
        let after = all.last_key_value().map(|(id, _)| *id);
        let page = app.books.reader().published_list(id, after, CHUNK).await?;
        if page.is_empty() {
            break;
        }
        all.extend(page.into_iter().map(|row| (row.id, row)));
    }
    let order = match published.seed {
        None => all.into_values().collect(),
        Some(seed) => {
            let list: Vec<Application> = all
                .values()
                .map(|row| Application {
                    id: ApplicationId(row.id.0),
                    wanted: row.wanted,
                })
                .collect();
            let drawn = draw::draw(&seed.0, &list, published.stock, published.most);
            let drawn = drawn.map_err(|_| Problem::Internal)?;
            let places = drawn.iter().filter_map(|place| all.get(&Ref(place.id.0)).copied());
            places.collect::<Vec<_>>()
        }
    };
    let order = Arc::new(order);
    if let Ok(mut known) = app.outcomes.lock() {
        known.insert(id, order.clone());
    }
    Ok(order)
}

/// Who collects money.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct Provider {
    /// Its name: `sandbox`.
    provider: String,
}

/// What was made of a callback.
#[derive(Serialize, ToSchema)]
pub(super) struct Taken {
    verdict: VerdictWord,
}

/// What was made of a callback.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum VerdictWord {
    /// The order went on.
    Taken,
    /// The money came too late: it goes back.
    TooLate,
    /// Not the price of the order.
    OtherAmount,
    /// The order was past it already.
    OutOfTurn,
}

/// A callback of whoever collects money; the same again says the same.
#[utoipa::path(
    post, path = "/provider/{provider}", tag = "public",
    params(Provider, ("kinchaku-provider-signature" = String, Header, description = "HMAC-SHA256 of the body")),
    request_body(content = String, content_type = "application/json"),
    responses((status = 200, description = "Taken in", body = Taken))
)]
pub(super) async fn provider(
    State(app): State<Arc<App>>,
    Peer(peer): Peer,
    At(Provider { provider }): At<Provider>,
    request: Request,
) -> Result<Json<Taken>, Refused> {
    if provider != "sandbox" || app.books.charge_provider().is_none() {
        return Err(Problem::Unknown.into());
    }
    let signature = request.headers().get(SIGNATURE);
    let signature = signature.and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
    let body = whole(request, &()).await?;
    let charges = app.books.charge_provider().ok_or(Problem::Unknown)?;
    // A provider sends all its callbacks from one address, as many as people pay: what it signed is never too many.
    if charges.read(&body, &signature).is_err() {
        app.addresses.take(peer, 1, Instant::now())?;
        return Err(Problem::Signature.into());
    }
    let verdict = app.books.provider_event(&body, &signature, clock::now()).await?;
    Ok(Json(Taken {
        verdict: match verdict {
            EventVerdict::Taken => VerdictWord::Taken,
            EventVerdict::TooLate => VerdictWord::TooLate,
            EventVerdict::OtherAmount => VerdictWord::OtherAmount,
            EventVerdict::OutOfTurn => VerdictWord::OutOfTurn,
        },
    }))
}
