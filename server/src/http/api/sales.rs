//! The office's side of a sale: applications on paper, the list, the draw (F078, F149 to F152).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kinchaku_protocol::ids::{DocId, Ref};
use kinchaku_protocol::jpki::attributes::BirthDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use zeroize::Zeroizing;

use super::asked::{Asked, At, Limit, Sent, Text, Written};
use super::caller::Caller;
use super::listed::Listed;
use super::programmes::Number;
use super::refused::Refused;
use crate::access::rows::AccessRole;
use crate::clock;
use crate::command::{Action, Outcome};
use crate::http::{App, Problem};
use crate::sale::action::SaleAction;
use crate::sale::somebody::OnPaper;

/// Letters of a line on paper.
const LINE: usize = 200;

impl Written for Ref {
    const FORM: &'static str = "32 digits in lower-case hexadecimal";

    fn read(text: &str) -> Option<Self> {
        Self::from_hex(text)
    }
}

/// A line of a form.
pub(super) struct Line(pub(super) Zeroizing<String>);

impl Written for Line {
    const FORM: &'static str = "1 to 200 letters";

    fn read(text: &str) -> Option<Self> {
        let length = text.chars().count();
        let plain = !text.chars().any(char::is_control) && !text.trim().is_empty();
        (plain && (1..=LINE).contains(&length)).then(|| Self(Zeroizing::new(text.to_owned())))
    }
}

/// A birth date, with its digits.
pub(super) struct Born(BirthDate, Zeroizing<String>);

impl Written for Born {
    const FORM: &'static str = "a day as 1954-04-01";

    fn read(text: &str) -> Option<Self> {
        // A day that there was.
        chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        let digits = Zeroizing::new(text.replace('-', ""));
        Some(Self(BirthDate::from_digits(digits.as_bytes()).ok()?, digits))
    }
}

/// An application in a path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct Which {
    /// The sale.
    id: u32,
    /// The application's number.
    #[param(pattern = "^[0-9a-f]{32}$")]
    app: String,
}

/// SHA-256 of a seed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Commitment {
    #[schema(value_type = String, pattern = "^[0-9a-f]{64}$")]
    commitment: Text<DocId>,
}

/// The seed of a draw.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Seed {
    #[schema(value_type = String, pattern = "^[0-9a-f]{64}$")]
    seed: Text<DocId>,
}

/// What was published.
#[derive(Serialize, ToSchema)]
pub(super) struct Committed {
    commitment: String,
}

/// A list that was closed.
#[derive(Serialize, ToSchema)]
pub(super) struct ListClosed {
    /// SHA-256 of it.
    list: Option<String>,
    /// Applications on it.
    applications: u64,
}

/// What came of a draw.
#[derive(Serialize, ToSchema)]
pub(super) struct Drawn {
    /// Applications that took part.
    applications: u64,
    /// Lots won, all together.
    won: u64,
}

/// An application on paper.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Paper {
    /// As in the resident register.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    name: Text<Line>,
    /// As in the resident register.
    #[schema(value_type = String, format = Date)]
    birth: Text<Born>,
    /// As in the resident register.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    address: Text<Line>,
    /// Where the applicant can be called (F150).
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    phone: Text<Line>,
    /// Lots.
    #[schema(minimum = 1)]
    units: u32,
    /// 16 random bytes: with them the number, and so the place in the draw, is nobody's choice. The same form with the
    /// same bytes is the same application.
    #[schema(value_type = String, pattern = "^[0-9a-f]{32}$")]
    nonce: Text<Ref>,
}

/// An application that was taken.
#[derive(Serialize, ToSchema)]
pub(super) struct Applied {
    /// Its number.
    id: String,
}

/// An application, without who applied.
#[derive(Serialize, ToSchema)]
pub(super) struct Application {
    /// Its number.
    id: String,
    /// Lots wanted.
    wanted: u32,
    /// Lots won; none before the draw.
    won: Option<u32>,
    /// Whether it no longer counts.
    void: bool,
    /// Whether it came on paper.
    paper: bool,
    /// The buyer number of the notice (F151), for whoever sends notices.
    buyer: Option<u64>,
    /// What it cost in points; nothing once they were given back.
    points: u64,
    /// When it came.
    #[schema(format = DateTime)]
    at: String,
}

/// Which part of the list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Part {
    /// Those alone that count and whose account owes something after a claw-back (F009).
    #[serde(default)]
    owing: bool,
    /// After this application.
    #[param(value_type = Option<String>, pattern = "^[0-9a-f]{32}$")]
    after: Option<Text<Ref>>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
}

/// One command about a sale, by somebody.
async fn sale(
    app: &Arc<App>,
    caller: &Caller,
    (deed, target): (&'static str, String),
    action: SaleAction,
) -> Result<Outcome, Refused> {
    let desk = app.clone();
    let work = async move {
        let outcome = desk.books.execute(Action::Sale(action), clock::now());
        Ok((target, outcome.await?))
    };
    app.act(caller, deed, work).await
}

/// Publishes the hash of the draw's seed, before applications close.
#[utoipa::path(
    post, path = "/office/sales/{id}/commitment", tag = "office", params(Number), request_body = Commitment,
    responses((status = 200, description = "Published", body = Committed))
)]
pub(super) async fn commit(
    State(app): State<Arc<App>>,
    caller: Caller,
    At(Number { id }): At<Number>,
    Sent(asked): Sent<Commitment>,
) -> Result<Json<Committed>, Refused> {
    let commitment = asked.commitment.0;
    let programme = id;
    let action = SaleAction::Commit { programme, commitment };
    sale(&app, &caller, ("commitment", id.to_string()), action).await?;
    Ok(Json(Committed {
        commitment: commitment.to_string(),
    }))
}

/// Takes an application on paper. Of the person only keyed hashes are kept.
#[utoipa::path(
    post, path = "/office/sales/{id}/applications", tag = "office", params(Number), request_body = Paper,
    responses((status = 200, description = "Taken", body = Applied))
)]
pub(super) async fn apply(
    State(app): State<Arc<App>>,
    caller: Caller,
    At(Number { id }): At<Number>,
    Sent(asked): Sent<Paper>,
) -> Result<Json<Applied>, Refused> {
    let (name, address, phone) = (asked.name.0.0, asked.address.0.0, asked.phone.0.0);
    let sent = Zeroizing::new(format!(
        "{id}\0{}\0{}\0{}\0{}\0{}\0{}",
        *name, *asked.birth.0.1, *address, *phone, asked.units, asked.nonce.0
    ));
    let form = OnPaper {
        name: name.to_string(),
        birth: asked.birth.0.0,
        address: address.to_string(),
        phone: phone.to_string(),
    };
    let desk = app.clone();
    let work = async move {
        let books = &desk.books;
        let taken = books.apply_on_paper(id, &form, asked.units, sent.as_bytes(), clock::now());
        let application = taken.await?.to_string();
        Ok((application.clone(), application))
    };
    let application = app.act(&caller, "application", work).await?;
    Ok(Json(Applied { id: application }))
}

/// Applications by their number; nothing of it says who applied.
#[utoipa::path(
    get, path = "/office/sales/{id}/applications", tag = "office", params(Number, Part),
    responses((status = 200, description = "Applications", body = Listed<Application>))
)]
pub(super) async fn applications(
    State(app): State<Arc<App>>,
    caller: Caller,
    At(Number { id }): At<Number>,
    Asked(part): Asked<Part>,
) -> Result<Json<Listed<Application>>, Refused> {
    let limit = part.limit.0;
    let after = part.after.map(|after| after.0);
    let (reader, more) = (app.books.reader(), limit.saturating_add(1));
    let rows = if part.owing {
        reader.owing_applications(id, after, more).await?
    } else {
        reader.applications(id, after, more).await?
    };
    let sends = caller.role != AccessRole::Viewer;
    let rows = rows.into_iter().map(|row| Application {
        id: row.id.to_string(),
        wanted: row.wanted,
        won: row.won,
        void: row.void,
        paper: row.account.is_none(),
        buyer: Some(row.buyer).filter(|buyer| sends && *buyer > 0),
        points: row.entry.map_or(0, |_| row.points.units()),
        at: row.at.to_string(),
    });
    Ok(Json(Listed::part(rows.collect(), limit, |row| row.id.clone())))
}

/// An application no longer counts: a double, or a fraud.
#[utoipa::path(
    post, path = "/office/sales/{id}/applications/{app}/void", tag = "office", params(Which),
    responses((status = 200, description = "It no longer counts", body = Applied))
)]
pub(super) async fn void(
    State(app): State<Arc<App>>,
    caller: Caller,
    At(which): At<Which>,
) -> Result<Json<Applied>, Refused> {
    let id = Ref::from_hex(&which.app).ok_or(Problem::Unknown)?;
    let programme = which.id;
    let action = SaleAction::Void { programme, id };
    sale(&app, &caller, ("void", which.app.clone()), action).await?;
    Ok(Json(Applied { id: which.app }))
}

/// No more applications: the hash of the list is published.
#[utoipa::path(
    post, path = "/office/sales/{id}/close-list", tag = "office", params(Number),
    responses((status = 200, description = "Closed", body = ListClosed))
)]
pub(super) async fn close_list(
    State(app): State<Arc<App>>,
    caller: Caller,
    At(Number { id }): At<Number>,
) -> Result<Json<ListClosed>, Refused> {
    let action = SaleAction::CloseList { programme: id };
    sale(&app, &caller, ("close_list", id.to_string()), action).await?;
    let row = app.books.reader().sale_state(id).await?.ok_or(Problem::Internal)?;
    Ok(Json(ListClosed {
        list: row.list.map(|list| list.to_string()),
        applications: row.applications,
    }))
}

/// Draws lots. The same seed again says the same.
#[utoipa::path(
    post, path = "/office/sales/{id}/draw", tag = "office", params(Number), request_body = Seed,
    responses((status = 200, description = "Drawn", body = Drawn))
)]
pub(super) async fn draw(
    State(app): State<Arc<App>>,
    caller: Caller,
    At(Number { id }): At<Number>,
    Sent(asked): Sent<Seed>,
) -> Result<Json<Drawn>, Refused> {
    let seed = asked.seed.0.0;
    let action = SaleAction::Draw { programme: id, seed };
    match sale(&app, &caller, ("draw", id.to_string()), action).await? {
        Outcome::Drawn { applications, won } => Ok(Json(Drawn { applications, won })),
        _ => Err(Problem::Internal.into()),
    }
}
