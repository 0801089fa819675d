//! The JSON API of shops and offices: what a shop sold and is paid, what the office sets up, draws, closes and undoes.
//!
//! A request is somebody's by a token or by the signature of a shop's device (`caller`); what its role may do is asked
//! in one place (`guard`). Handlers read the books or carry out one command, and whatever changes something leaves a
//! line with the token's number. The document at `openapi.json` says all of it (`document`).

mod asked;
mod caller;
mod cancel;
mod deed;
pub(super) mod document;
pub(super) mod export;
mod guard;
mod listed;
mod me;
mod members;
mod named;
mod odd;
mod orders;
mod programmes;
pub(super) mod public;
mod refused;
mod results;
mod rosters;
mod sales;
mod settlements;
mod shops;
mod transactions;
mod watch;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use super::App;
use guard::{Need, guard};

/// Bytes of a folder or a list of people.
pub(super) const LARGE: usize = 32 * 1_024 * 1_024;

/// Every address of the API, below `/api/v1/{muni}`.
pub(super) fn router(app: &Arc<App>) -> Router<Arc<App>> {
    let needs = |routes: Router<Arc<App>>, need| routes.route_layer(from_fn_with_state((app.clone(), need), guard));
    let open = Router::new()
        .route("/openapi.json", get(document::document))
        .route("/draws/{id}", get(public::draw))
        .route("/provider/{provider}", post(public::provider));
    let anybody = Router::new()
        .route("/me", get(me::me))
        .route("/shops", get(shops::shops));
    let shop = Router::new()
        .route("/shops/{shop}/transactions", get(transactions::of_shop))
        .route("/shops/{shop}/transactions/{tran_id}", get(transactions::one_of_shop))
        .route("/shops/{shop}/transactions/{tran_id}/cancel", post(cancel::by_shop))
        .route("/shops/{shop}/transactions/{tran_id}/cash-refund", post(cancel::cash))
        .route("/shops/{shop}/results", get(results::of_shop))
        .route("/shops/{shop}/settlements", get(settlements::of_shop))
        .route("/shops/{shop}/export/{kind}", get(results::file_of_shop));
    let look = Router::new()
        .route("/office/programmes/{id}", get(programmes::programme))
        .route("/office/rosters", get(rosters::rosters))
        .route("/office/transactions", get(transactions::of_all))
        .route("/office/transactions/{tran_id}", get(transactions::one_of_all))
        .route("/office/results", get(results::of_all))
        .route("/office/export/{kind}", get(results::file_of_all))
        .route("/office/settlements", get(settlements::of_all))
        .route("/office/settlements/{class}/{number}", get(settlements::payouts))
        .route("/office/sales/{id}/applications", get(sales::applications))
        .route("/office/orders", get(orders::orders))
        .route("/office/odd-events", get(odd::events))
        .route("/office/unsettled", get(odd::unsettled))
        .route("/office/exchanges", get(members::exchanges))
        .route("/office/members/{card}", get(members::member))
        .route("/office/books", get(watch::books));
    // A folder and an order for the bank have the accounts of all shops.
    let office = Router::new()
        .route("/office/programmes", get(programmes::folder))
        .route(
            "/office/settlements/{class}/{number}/transfer",
            get(settlements::transfer),
        )
        .route("/office/transactions/{tran_id}/cancel", post(cancel::by_office))
        .route("/office/sales/{id}/applications", post(sales::apply))
        .route("/office/sales/{id}/applications/{app}/void", post(sales::void))
        .route("/office/orders/{id}/paid", post(orders::paid))
        .route("/office/orders/{id}/refund", post(orders::refund))
        .route("/office/orders/{id}/returned", post(odd::returned))
        .route("/office/odd-events/{event}/done", post(odd::done))
        .route("/office/members/{card}/forfeits", post(members::take_away));
    let manager = Router::new()
        .route("/office/programmes", post(programmes::load))
        .route("/office/programmes/check", post(programmes::check))
        .route("/office/rosters/{name}", post(rosters::import))
        .route("/office/settlements/close", post(settlements::close))
        .route("/office/sales/{id}/commitment", post(sales::commit))
        .route("/office/sales/{id}/close-list", post(sales::close_list))
        .route("/office/sales/{id}/draw", post(sales::draw))
        .route("/office/jobs/{job}", post(watch::job))
        .route("/office/audit", get(watch::audit))
        .route("/office/log", get(deed::log))
        .layer(DefaultBodyLimit::max(LARGE));
    open.merge(needs(anybody, Need::Anybody))
        .merge(needs(shop, Need::Shop))
        .merge(needs(look, Need::Look))
        .merge(needs(office, Need::Office))
        .merge(needs(manager, Need::Manager))
}
