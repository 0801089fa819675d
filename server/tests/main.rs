//! Everything that is tested of the server through its public face, as one program: forty would each link the whole server.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test stops where it fails"
)]

mod api_desk;
mod api_folder;
mod api_limits;
mod api_office;
mod api_roles;
mod api_shops;
mod card_town;
mod certificate_status;
mod generated;
mod histories;
mod http_day;
mod http_jobs;
mod http_refusals;
mod http_stop;
mod http_town;
mod identity_books;
mod identity_http;
mod identity_proofs;
mod jpki;
mod ledger_clones;
mod ledger_commands;
mod ledger_evidence;
mod ledger_lane;
mod ledger_orders;
mod ledger_payments;
mod ledger_pull;
mod ledger_stores;
mod model;
mod naive_model;
mod operator_commands;
mod plans;
mod points_claw;
mod points_earn;
mod points_expiry;
mod points_given_up;
mod points_grant;
mod points_jobs;
mod points_rank;
mod sale_desk;
mod sale_histories;
mod sale_lottery;
mod sale_orders;
mod sale_town;
mod schema;
mod settlement_cancel;
mod settlement_close;
mod settlement_season;
mod support;
mod takeover;
