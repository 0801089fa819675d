//! The town's folder: what is in force, what another one would be, and how far each programme is (F075).

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use encoding_rs::SHIFT_JIS;
use kinchaku_protocol::time::Time;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked::{At, Sent};
use super::caller::Caller;
use super::refused::Refused;
use crate::clock;
use crate::http::limit::Patience;
use crate::http::{App, Problem};
use crate::programme::{Folder, Kind, Programme, Window, read_folder};
use crate::sale::rows::SaleRow;

/// The folder in force.
#[derive(Serialize, ToSchema)]
pub(super) struct InForce {
    /// Goes up with every folder; 0 before the first.
    version: u64,
    /// The text of each file by its path.
    files: BTreeMap<String, String>,
}

/// A folder.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Files {
    /// The text of each file by its path: `town.toml`, `classes.toml`, `shops.csv`, `programmes/*.toml`.
    files: BTreeMap<String, String>,
}

/// What a folder that is right has.
#[derive(Serialize, ToSchema)]
pub(super) struct Checked {
    /// Its classes.
    classes: usize,
    /// Its programmes.
    programmes: usize,
    /// Its shops.
    shops: usize,
}

/// A folder that was loaded.
#[derive(Serialize, ToSchema)]
pub(super) struct Loaded {
    /// Its version; the same folder again keeps it.
    version: u64,
}

/// Which programme.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct Number {
    /// Its number.
    pub(super) id: u32,
}

/// How far a programme is.
#[derive(Serialize, ToSchema)]
pub(super) struct Progress {
    id: u32,
    name: String,
    kind: KindWord,
    /// What it hands out.
    class: u32,
    /// Value handed out or sold so far.
    issued: u64,
    /// Of that, what nobody paid for.
    premium: u64,
    /// The most value.
    issue_ceiling: Option<u64>,
    /// The most of it that nobody pays for.
    premium_ceiling: Option<u64>,
    /// Lots there are, in a sale.
    stock: Option<u64>,
    /// Lots that were paid.
    sold: u64,
    /// Lots that wait for their payment.
    reserved: u64,
    /// Applications that count.
    applications: u64,
    /// When what may be done.
    windows: Vec<WindowState>,
    /// SHA-256 of the draw's seed.
    commitment: Option<String>,
    /// SHA-256 of the list of applications, once it is closed.
    list: Option<String>,
    #[schema(format = DateTime)]
    closed_at: Option<String>,
    #[schema(format = DateTime)]
    drawn_at: Option<String>,
}

/// A kind of programme.
#[derive(Serialize, ToSchema)]
#[schema(as = ProgrammeKind)]
#[serde(rename_all = "snake_case")]
pub(super) enum KindWord {
    Sale,
    Distribution,
    Campaign,
    Exchange,
}

/// A time in which something may be done.
#[derive(Serialize, ToSchema)]
pub(super) struct WindowState {
    what: WindowWord,
    /// The first second.
    #[schema(format = DateTime)]
    opens: String,
    /// The first second after it.
    #[schema(format = DateTime)]
    closes: String,
    state: Standing,
}

/// What may be done.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum WindowWord {
    Apply,
    Buy,
    Receive,
    Use,
    Earn,
    Exchange,
}

/// Where a time stands to now.
#[derive(Serialize, ToSchema)]
#[schema(as = WindowStanding)]
#[serde(rename_all = "snake_case")]
pub(super) enum Standing {
    Before,
    Open,
    Over,
}

/// The folder in force.
#[utoipa::path(
    get, path = "/office/programmes", tag = "office",
    responses((status = 200, description = "The folder", body = InForce))
)]
pub(super) async fn folder(State(app): State<Arc<App>>) -> Result<Json<InForce>, Refused> {
    let (version, folder) = app.books.reader().folder().await?;
    let files = folder.files.into_iter().map(|(path, bytes)| (path, text(bytes)));
    Ok(Json(InForce {
        version,
        files: files.collect(),
    }))
}

/// A list of holidays may be in CP932, as the Cabinet Office publishes it.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| SHIFT_JIS.decode(error.as_bytes()).0.into_owned())
}

/// Says everything that is wrong with a folder, and changes nothing.
#[utoipa::path(
    post, path = "/office/programmes/check", tag = "office", request_body = Files,
    responses((status = 200, description = "It is right", body = Checked))
)]
pub(super) async fn check(State(app): State<Arc<App>>, Sent(sent): Sent<Files>) -> Result<Json<Checked>, Refused> {
    let programmes = read_folder(&sent.folder(), app.books.town().muni);
    let programmes = programmes.map_err(|problems| Refused::wrong(&problems))?;
    Ok(Json(Checked {
        classes: programmes.classes.len(),
        programmes: programmes.programmes.len(),
        shops: programmes.shops.len(),
    }))
}

/// The books go by this folder from now on. What is sold or in people's hands stays what it was.
#[utoipa::path(
    post, path = "/office/programmes", tag = "office", request_body = Files,
    responses((status = 200, description = "Loaded", body = Loaded))
)]
pub(super) async fn load(
    State(app): State<Arc<App>>,
    caller: Caller,
    _: Patience,
    Sent(sent): Sent<Files>,
) -> Result<Json<Loaded>, Refused> {
    let desk = app.clone();
    let work = async move {
        let version = desk.books.load_folder(sent.folder(), clock::now()).await?;
        Ok((version.to_string(), version))
    };
    let version = app.act(&caller, "programmes", work).await?;
    Ok(Json(Loaded { version }))
}

impl Files {
    fn folder(self) -> Folder {
        let files = self.files.into_iter().map(|(path, text)| (path, text.into_bytes()));
        Folder { files: files.collect() }
    }
}

/// How far a programme is: stock, ceilings, applications and windows.
#[utoipa::path(
    get, path = "/office/programmes/{id}", tag = "office", params(Number),
    responses((status = 200, description = "The programme", body = Progress))
)]
pub(super) async fn programme(
    State(app): State<Arc<App>>,
    At(Number { id }): At<Number>,
) -> Result<Json<Progress>, Refused> {
    let reader = app.books.reader();
    let programmes = reader.programmes().await?.ok_or(Problem::NotSetUp)?;
    let programme = programmes.programmes.get(&id).ok_or(Problem::Unknown)?;
    let row = reader.sale_state(id).await?;
    Ok(Json(state(programme, row, clock::now())))
}

fn state(programme: &Programme, row: Option<SaleRow>, now: Time) -> Progress {
    let window = |what, window: &Window| WindowState {
        what,
        opens: window.opens.to_string(),
        closes: window.closes.to_string(),
        state: match now {
            now if now < window.opens => Standing::Before,
            now if now < window.closes => Standing::Open,
            _ => Standing::Over,
        },
    };
    let issued = row.as_ref().map_or(0, |row| row.issued.units());
    let sold = row.as_ref().map_or(0, |row| row.sold);
    let mut state = Progress {
        id: programme.id,
        name: programme.name.clone(),
        kind: KindWord::Campaign,
        class: programme.class.0,
        issued,
        premium: 0,
        issue_ceiling: None,
        premium_ceiling: None,
        stock: None,
        sold,
        reserved: row.as_ref().map_or(0, |row| row.reserved),
        applications: row.as_ref().map_or(0, |row| row.applications),
        windows: Vec::new(),
        commitment: row.as_ref().and_then(|row| Some(row.commitment?.to_string())),
        list: row.as_ref().and_then(|row| Some(row.list?.to_string())),
        closed_at: row.as_ref().and_then(|row| Some(row.closed_at?.to_string())),
        drawn_at: row.as_ref().and_then(|row| Some(row.drawn_at?.to_string())),
    };
    match &programme.kind {
        Kind::Sale(sale) => {
            state.kind = KindWord::Sale;
            state.premium = sale.premium().units().saturating_mul(sold);
            state.issue_ceiling = Some(sale.issue_ceiling.units());
            state.premium_ceiling = Some(sale.premium_ceiling.units());
            state.stock = Some(sale.stock());
            let apply = sale.apply.map(|apply| window(WindowWord::Apply, &apply.window));
            state.windows.extend(apply);
            state.windows.push(window(WindowWord::Buy, &sale.buy));
            state.windows.push(window(WindowWord::Use, &of(sale.usage)));
        }
        Kind::Distribution(handed) => {
            state.kind = KindWord::Distribution;
            state.premium = issued;
            state.issue_ceiling = Some(handed.issue_ceiling.units());
            state.windows.push(window(WindowWord::Receive, &handed.window));
            state.windows.push(window(WindowWord::Use, &of(handed.usage)));
        }
        Kind::Exchange(exchange) => {
            state.kind = KindWord::Exchange;
            state.premium = issued;
            state.windows.push(window(WindowWord::Exchange, &exchange.window));
        }
        Kind::Campaign(campaign) => {
            let Window { opens, closes } = Window {
                opens: campaign.opens,
                closes: campaign.closes,
            };
            state.windows.push(window(WindowWord::Earn, &Window { opens, closes }));
        }
    }
    state
}

/// The days of use as seconds.
fn of(usage: crate::programme::UsePeriod) -> Window {
    Window {
        opens: usage.from,
        closes: usage.until.end(),
    }
}
