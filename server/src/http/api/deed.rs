//! What somebody did: carried out and written down together, whatever becomes of the connection; and what was written
//! down, for whoever answers for the office.

use std::future::Future;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked::{Asked, Limit};
use super::caller::Caller;
use super::listed::Listed;
use super::refused::Refused;
use crate::access::action::AccessAction;
use crate::clock;
use crate::command::Action;
use crate::http::App;
use crate::http::work::to_its_end;

/// A line of what was done.
#[derive(Serialize, ToSchema)]
pub(super) struct Deed {
    /// Its number.
    id: u64,
    /// Whose token; 0 for a shop's device.
    token: u64,
    /// Which device, by its number in the books.
    device: Option<u64>,
    /// What, in a word.
    deed: String,
    /// To what.
    target: String,
    #[schema(format = DateTime)]
    at: String,
}

/// Which lines.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Part {
    /// After this line.
    after: Option<u64>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
}

impl App {
    /// Carries out what somebody asks and writes it down: the work gives what it was done to, and its answer. Both go
    /// to their end even where the caller leaves, so that nothing is done without its line.
    pub(super) async fn act<T: Send + 'static>(
        self: &Arc<Self>,
        caller: &Caller,
        deed: &'static str,
        work: impl Future<Output = Result<(String, T), Refused>> + Send + 'static,
    ) -> Result<T, Refused> {
        let app = self.clone();
        let (token, device) = (caller.token, caller.device);
        to_its_end(async move {
            let (target, done) = work.await?;
            let line = AccessAction::Log {
                token,
                device,
                deed: deed.to_owned(),
                target,
            };
            app.books.execute(Action::Access(line), clock::now()).await?;
            Ok(done)
        })
        .await
    }
}

/// What was done with tokens and by devices, in its order.
#[utoipa::path(
    get, path = "/office/log", tag = "office", params(Part),
    responses((status = 200, description = "What was done", body = Listed<Deed>))
)]
pub(super) async fn log(State(app): State<Arc<App>>, Asked(part): Asked<Part>) -> Result<Json<Listed<Deed>>, Refused> {
    let limit = part.limit.0;
    let reader = app.books.reader();
    let lines = reader.office_log_after(part.after.unwrap_or(0), limit.saturating_add(1));
    let lines = lines.await?.into_iter().map(|line| Deed {
        id: line.id,
        token: line.token,
        device: line.device,
        deed: line.deed,
        target: line.target,
        at: line.at.to_string(),
    });
    Ok(Json(Listed::part(lines.collect(), limit, |line: &Deed| {
        line.id.to_string()
    })))
}
