//! The JSON API of shops and offices: what a shop sold and is paid, what the office sets up, draws, closes and undoes.
//!
//! A request is somebody's by a token or by the signature of a shop's device (`caller`); what its role may do is asked
//! in one place (`guard`). Handlers read the books or carry out one command, and whatever changes something leaves a
//! line with the token's number. The document at `openapi.json` says all of it (`document`).

mod asked;
mod caller;
mod document;
mod guard;
mod listed;
mod me;
mod programmes;
mod refused;
mod rosters;
mod shops;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use super::{App, Problem};
use crate::access::action::AccessAction;
use crate::clock;
use crate::command::Action;
use caller::Caller;
use guard::{Need, guard};

/// Bytes of a folder or a list of people.
const LARGE: usize = 32 * 1_024 * 1_024;

/// Every address of the API, below `/api/v1/{muni}`.
pub(super) fn router(app: &Arc<App>) -> Router<Arc<App>> {
    let needs = |routes: Router<Arc<App>>, need| routes.route_layer(from_fn_with_state((app.clone(), need), guard));
    let open = Router::new().route("/openapi.json", get(document::document));
    let anybody = Router::new()
        .route("/me", get(me::me))
        .route("/shops", get(shops::shops));
    let look = Router::new()
        .route("/office/programmes", get(programmes::folder))
        .route("/office/programmes/{id}", get(programmes::programme))
        .route("/office/rosters", get(rosters::rosters));
    let manager = Router::new()
        .route("/office/programmes", post(programmes::load))
        .route("/office/programmes/check", post(programmes::check))
        .route("/office/rosters/{name}", post(rosters::import))
        .layer(DefaultBodyLimit::max(LARGE));
    open.merge(needs(anybody, Need::Anybody))
        .merge(needs(look, Need::Look))
        .merge(needs(manager, Need::Manager))
}

impl App {
    /// Writes down what somebody did.
    async fn deed(&self, caller: &Caller, deed: &str, target: impl Into<String>) -> Result<(), Problem> {
        let action = AccessAction::Log {
            token: caller.token,
            deed: deed.to_owned(),
            target: target.into(),
        };
        self.books.execute(Action::Access(action), clock::now()).await?;
        Ok(())
    }
}
