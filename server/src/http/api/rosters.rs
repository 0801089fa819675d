//! Lists of people: imported whole; of them only keyed hashes are kept (F071, F076).

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked::{At, whole};
use super::caller::Caller;
use super::listed::Listed;
use super::refused::Refused;
use crate::clock;
use crate::http::limit::Patience;
use crate::http::{App, Problem};

/// The longest name of a list.
const NAME: usize = 64;

/// A list of people.
#[derive(Serialize, ToSchema)]
pub(super) struct Roster {
    /// Its name; a register's is its day.
    name: String,
    /// How many people stand on it.
    lines: u64,
    /// When it was imported.
    #[schema(format = DateTime)]
    at: String,
}

/// What was imported.
#[derive(Serialize, ToSchema)]
pub(super) struct Imported {
    /// How many people stand on it.
    lines: usize,
}

/// Which list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct Named {
    /// Its name; a register's is its day, `YYYY-MM-DD`.
    #[param(min_length = 1, max_length = 64)]
    name: String,
}

/// The lists there are.
#[utoipa::path(
    get, path = "/office/rosters", tag = "office",
    responses((status = 200, description = "Lists", body = Listed<Roster>))
)]
pub(super) async fn rosters(State(app): State<Arc<App>>) -> Result<Json<Listed<Roster>>, Refused> {
    let rosters = app.books.reader().roster_list().await?;
    let rosters = rosters.into_iter().map(|row| Roster {
        name: row.name,
        lines: row.lines,
        at: row.at.to_string(),
    });
    Ok(Json(Listed::whole(rosters.collect())))
}

/// A list, whole, in place of the one of that name: a CSV of name, birth and address, UTF-8 or CP932.
#[utoipa::path(
    post, path = "/office/rosters/{name}", tag = "office", params(Named),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, description = "Imported", body = Imported))
)]
pub(super) async fn import(
    State(app): State<Arc<App>>,
    caller: Caller,
    _: Patience,
    At(Named { name }): At<Named>,
    request: Request,
) -> Result<Json<Imported>, Refused> {
    let media = request.headers().get(header::CONTENT_TYPE);
    if !media.is_some_and(|media| media.as_bytes().starts_with(b"text/csv")) {
        return Err(Problem::MediaType.into());
    }
    if name.is_empty() || name.len() > NAME || name.chars().any(char::is_control) {
        return Err(Refused::field("name", "expected 1 to 64 letters"));
    }
    let list = whole(request, &()).await?;
    let desk = app.clone();
    let work = async move {
        let lines = desk.books.import_roster(&name, &list, clock::now()).await?;
        Ok((name, lines))
    };
    let lines = app.act(&caller, "roster", work).await?;
    Ok(Json(Imported { lines }))
}
