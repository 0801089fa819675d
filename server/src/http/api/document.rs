//! The OpenAPI 3.1 document: made from the handlers themselves.

use std::sync::{Arc, OnceLock};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder, Server};
use utoipa::{Modify, OpenApi};

use super::refused::ProblemBody;
use super::{
    cancel, deed, me, members, odd, orders, programmes, public, results, rosters, sales, settlements, shops,
    transactions, watch,
};
use crate::http::{App, Problem};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "巾着 JSON API",
        description = "What shops and offices ask of a town's server. Money is whole yen or points, days are those of \
                       Japan. Whatever a query or a body has beyond what is listed here is refused. A shop's device may sign its \
                       requests (RFC 9421) in place of a token.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    paths(
        me::me,
        shops::shops,
        programmes::folder,
        programmes::check,
        programmes::load,
        programmes::programme,
        rosters::rosters,
        rosters::import,
        transactions::of_shop,
        transactions::one_of_shop,
        transactions::of_all,
        transactions::one_of_all,
        cancel::by_shop,
        cancel::by_office,
        cancel::cash,
        results::of_shop,
        results::of_all,
        results::file_of_shop,
        results::file_of_all,
        settlements::of_shop,
        settlements::of_all,
        settlements::payouts,
        settlements::transfer,
        settlements::close,
        sales::commit,
        sales::apply,
        sales::applications,
        sales::void,
        sales::close_list,
        sales::draw,
        orders::orders,
        orders::paid,
        orders::refund,
        odd::events,
        odd::done,
        odd::returned,
        odd::unsettled,
        members::member,
        members::take_away,
        members::exchanges,
        public::draw,
        public::provider,
        watch::books,
        watch::audit,
        deed::log,
        watch::job,
    ),
    components(schemas(ProblemBody)),
    modifiers(&Problems)
)]
struct Document;

/// Refusals that any operation can meet, and who may ask.
struct Problems;

const REFUSALS: [(&str, &str); 12] = [
    ("400", "Not understood"),
    ("401", "No token, or one that is no longer good"),
    ("403", "Not with this role"),
    ("404", "Nothing is there"),
    ("405", "Not with this method"),
    ("409", "A rule says no; `code` says which"),
    ("413", "Too large"),
    ("415", "Of another media type"),
    ("422", "A field is not right; `field` says which"),
    ("429", "Too many requests"),
    ("500", "A mistake of the server"),
    ("503", "Try again"),
];

/// Operations for which nobody has to be anybody.
const OPEN: [&str; 2] = ["/draws/", "/provider/"];

const TOKEN: &str = "token";

impl Modify for Problems {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        if let Some(components) = &mut document.components {
            let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
            components.add_security_scheme(TOKEN, bearer);
        }
        for (path, item) in &mut document.paths.paths {
            let open = OPEN.iter().any(|open| path.starts_with(open));
            let operations = [("get", &mut item.get), ("post", &mut item.post)];
            for (method, operation) in operations {
                let Some(operation) = operation else { continue };
                // Handlers of two modules may bear one name.
                let name = path.replace(['/', '-'], "_").replace(['{', '}'], "");
                operation.operation_id = Some(format!("{method}{name}"));
                add_refusals(operation);
                if !open {
                    operation.security = Some(vec![SecurityRequirement::new::<_, [&str; 0], &str>(TOKEN, [])]);
                }
            }
        }
    }
}

fn add_refusals(operation: &mut Operation) {
    for (status, said) in REFUSALS {
        let content = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name("Problem")))
            .build();
        let response = ResponseBuilder::new()
            .description(said)
            .content("application/problem+json", content)
            .build();
        let responses = &mut operation.responses.responses;
        responses.entry(status.to_owned()).or_insert(RefOr::T(response));
    }
}

/// The document once it was written: anybody may ask for it, as often as they like.
#[derive(Default)]
pub(in crate::http) struct Written(OnceLock<Bytes>);

/// The document, for this town.
pub(super) async fn document(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let text = match app.document.0.get() {
        Some(text) => text.clone(),
        None => {
            let mut document = Document::openapi();
            document.servers = Some(vec![Server::new(format!("/api/v1/{}", app.books.town().muni))]);
            let text = serde_json::to_vec(&document).map_err(|_| Problem::Internal)?;
            app.document.0.get_or_init(|| text.into()).clone()
        }
    };
    Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
}
