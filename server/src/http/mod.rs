//! The sync API (docs/protocol.md, "The sync API"): documents and CBOR in, documents and CBOR out,
//! problem details for errors; and under `/api/v1/{muni}` the JSON API of shops and offices ([`api`]).
//!
//! A request passes, from outside in: the log line and the counters, the panic guard, the time limit, the
//! size limit, then under `/v1/{muni}` the town and the version. Devices sign their requests
//! (`signed`); uploads need no signature, because documents prove themselves.
//!
//! TLS ends at a proxy in front; this server listens on loopback unless it is told about the proxy.

mod acquire;
mod api;
mod body;
mod card;
mod limit;
mod nonce;
mod office;
mod problem;
mod public;
mod replay;
mod sandbox;
mod serve;
mod signed;
mod throttle;
mod wallet;
mod watch;
mod work;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, RawPathParams, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use kinchaku_protocol::api as protocol;
use kinchaku_protocol::ids::Ref;
use tower_http::catch_panic::CatchPanicLayer;
use zeroize::Zeroizing;

use crate::books::Books;
use crate::keys::{KeysError, TownKeys};
use crate::telemetry::Metrics;
use api::export::Exporting;
use limit::in_time;
use nonce::Nonces;
pub use problem::Problem;
use replay::Replays;
pub use serve::{Listening, ServeError, asked_to_stop};
use throttle::{Rate, Throttle};
use work::Running;

/// The largest body in bytes: 500 receipts with room to spare.
pub const MAX_BODY: usize = 1_024 * 1_024;

/// What one address may ask for without a signature. A town may sit behind one router.
const ADDRESS: Rate = Rate {
    burst: 300,
    refill: Duration::from_millis(50),
};

/// What one address may ask for with signatures, which have to be checked first.
const SIGNED: Rate = Rate {
    burst: 600,
    refill: Duration::from_millis(25),
};

/// What one address may try codes. A code has 60 bits; an event may enrol many people behind one router.
const CODES: Rate = Rate {
    burst: 60,
    refill: Duration::from_secs(2),
};

/// What one device may ask for.
const DEVICE: Rate = Rate {
    burst: 60,
    refill: Duration::from_secs(1),
};

/// What one person may ask for with a token: a console that pages through lists.
const TOKEN: Rate = Rate {
    burst: 300,
    refill: Duration::from_millis(50),
};

/// What one device may ask for with a card: some taps that go wrong, and the steps of a My Key ID.
const CARDS: Rate = Rate {
    burst: 30,
    refill: Duration::from_secs(10),
};

/// What the handlers share.
pub struct App {
    books: Arc<Books>,
    keys: Arc<TownKeys>,
    metrics: Metrics,
    nonces: Nonces,
    replays: Replays,
    addresses: Throttle<IpAddr>,
    signed: Throttle<IpAddr>,
    codes: Throttle<IpAddr>,
    devices: Throttle<Ref>,
    cards: Throttle<Ref>,
    tokens: Throttle<u64>,
    outcomes: api::public::Outcomes,
    running: Running,
    document: api::document::Written,
    exports: Exporting,
    office_token: Zeroizing<String>,
    behind_proxy: bool,
}

impl App {
    /// The handlers' state. `behind_proxy`: whether `X-Forwarded-For` says who asks.
    ///
    /// # Errors
    /// [`KeysError`] where the folder lacks the server's secret.
    pub fn new(
        books: Arc<Books>,
        keys: Arc<TownKeys>,
        metrics: Metrics,
        office_token: Zeroizing<String>,
        behind_proxy: bool,
    ) -> Result<Arc<Self>, KeysError> {
        Ok(Arc::new(Self {
            nonces: Nonces::new(keys.derive("nonce")?),
            books,
            keys,
            metrics,
            replays: Replays::new(),
            addresses: Throttle::new(ADDRESS),
            signed: Throttle::new(SIGNED),
            codes: Throttle::new(CODES),
            devices: Throttle::new(DEVICE),
            cards: Throttle::new(CARDS),
            tokens: Throttle::new(TOKEN),
            outcomes: api::public::Outcomes::default(),
            running: Running::default(),
            document: api::document::Written::default(),
            exports: Exporting::default(),
            office_token,
            behind_proxy,
        }))
    }
}

/// Every address there is.
pub fn router(app: Arc<App>) -> Router {
    let town = Router::new()
        .route("/keyset", get(public::keyset))
        .route("/bulletin", get(public::bulletin))
        .route("/directory", get(public::directory))
        .route("/nonce", get(public::nonce))
        .route("/enrol", post(wallet::enrol))
        .route("/device", post(wallet::device))
        .route("/allowance", post(wallet::allowance))
        .route("/pull", post(wallet::pull))
        .route("/upload", post(wallet::upload))
        .route("/unlock", post(wallet::unlock))
        .route("/card/challenge", post(card::challenge))
        .route("/card/proof", post(card::proof))
        .route("/card/key-id", post(card::key_id))
        .route("/offers", post(acquire::offers))
        .route("/apply", post(acquire::apply))
        .route("/order", post(acquire::order))
        .route("/order-status", post(acquire::order_status))
        .route("/receive", post(acquire::receive))
        .route("/exchange", post(acquire::exchange))
        .layer(from_fn(version))
        .route("/office", post(office::office).layer(DefaultBodyLimit::max(api::LARGE)))
        .layer(from_fn_with_state(app.clone(), our_town));
    // Where it is not the provider, there is no such page.
    let sandbox = app.books.charge_provider().and_then(|provider| provider.sandbox());
    let pages = match sandbox {
        None => Router::new(),
        Some(_) => Router::new()
            .route("/sandbox/pay/{hand}", get(sandbox::page).post(sandbox::pay))
            .route("/sandbox/turn-back/{hand}", post(sandbox::turn_back)),
    };
    Router::new()
        .nest("/v1/{muni}", town)
        .nest(
            "/api/v1/{muni}",
            api::router(&app).layer(from_fn_with_state(app.clone(), our_town)),
        )
        .merge(pages)
        .route("/healthz", get(watch::health))
        .route("/readyz", get(watch::ready))
        .route("/metrics", get(watch::metrics))
        .fallback(|| async { Problem::NotFound })
        .method_not_allowed_fallback(|| async { Problem::Method })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn(in_time))
        .layer(CatchPanicLayer::custom(|_| Problem::Internal.into_response()))
        .layer(from_fn_with_state(app.clone(), watch::observe))
        .with_state(app)
}

/// Refuses other towns.
async fn our_town(State(app): State<Arc<App>>, params: RawPathParams, request: Request, next: Next) -> Response {
    let asked = params.iter().find(|(name, _)| *name == "muni");
    let ours = app.books.town().muni.to_string();
    if asked.is_some_and(|(_, muni)| muni == ours) {
        next.run(request).await
    } else {
        Problem::UnknownTown.into_response()
    }
}

/// Refuses other versions.
async fn version(request: Request, next: Next) -> Response {
    let asked = request.headers().get(protocol::VERSION_HEADER);
    let ours = protocol::VERSION.to_string();
    if asked.is_some_and(|version| version.as_bytes() == ours.as_bytes()) {
        next.run(request).await
    } else {
        Problem::Version.into_response()
    }
}
