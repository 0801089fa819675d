//! Who may do what: the one place where roles are asked. Each group of routes has one need; behind it a handler
//! knows its caller, and the shop it is about is one the caller may see.

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use kinchaku_protocol::ids::Pid;
use serde::Deserialize;
use utoipa::IntoParams;

use super::caller::{Caller, identify};
use crate::access::rows::AccessRole;
use crate::books::BooksError;
use crate::http::{App, Problem};

/// What a group of routes asks of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// Anybody who is somebody.
    Anybody,
    /// May see the shop in the path; whoever only looks changes nothing there.
    Shop,
    /// Looks at everything.
    Look,
    /// Works in the office.
    Office,
    /// Answers for the office.
    Manager,
}

impl Need {
    const fn allows(self, role: AccessRole, changes: bool) -> bool {
        match self {
            Self::Anybody => true,
            Self::Shop => !changes || !matches!(role, AccessRole::Viewer),
            Self::Look => matches!(role, AccessRole::Viewer | AccessRole::Office | AccessRole::Manager),
            Self::Office => matches!(role, AccessRole::Office | AccessRole::Manager),
            Self::Manager => matches!(role, AccessRole::Manager),
        }
    }
}

/// The shop in a path, for the document.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "what it says is read by the guard")]
pub(super) struct ShopPath {
    /// Its id.
    #[param(pattern = "^[0-9a-f]{16}$")]
    shop: String,
}

/// The shop a request is about.
#[derive(Clone, Copy)]
pub(super) struct InShop(pub(super) Pid);

/// Lets through who may.
pub(super) async fn guard(State((app, need)): State<(Arc<App>, Need)>, request: Request, next: Next) -> Response {
    match admitted(&app, need, request).await {
        Ok(request) => next.run(request).await,
        Err(problem) => {
            let mut response = problem.into_response();
            if response.status() == StatusCode::UNAUTHORIZED {
                let headers = response.headers_mut();
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            response
        }
    }
}

async fn admitted(app: &Arc<App>, need: Need, request: Request) -> Result<Request, Problem> {
    let (caller, request) = identify(app, request).await?;
    let changes = request.method() != Method::GET && request.method() != Method::HEAD;
    if !need.allows(caller.role, changes) {
        return Err(Problem::Role);
    }
    let (mut parts, body) = request.into_parts();
    if need == Need::Shop {
        let shop = InShop(the_shop(app, &caller, &mut parts).await?);
        parts.extensions.insert(shop);
    }
    parts.extensions.insert(caller);
    Ok(Request::from_parts(parts, body))
}

async fn the_shop(app: &App, caller: &Caller, parts: &mut Parts) -> Result<Pid, Problem> {
    let params = RawPathParams::from_request_parts(parts, &()).await;
    let params = params.map_err(|_| Problem::Unknown)?;
    let shop = params.iter().find(|(name, _)| *name == "shop");
    let shop = shop.and_then(|(_, text)| Pid::from_hex(text));
    let scoped = matches!(caller.role, AccessRole::Shop | AccessRole::Merchant);
    // Whoever is bound to shops does not learn which others there are.
    let unseen = if scoped { Problem::Role } else { Problem::Unknown };
    let shop = shop.ok_or(unseen)?;
    if caller.role == AccessRole::Shop {
        return (caller.shop == Some(shop)).then_some(shop).ok_or(unseen);
    }
    let row = app.books.reader().shop(shop).await.map_err(BooksError::from)?;
    let row = row.ok_or(unseen)?;
    let theirs = caller.role != AccessRole::Merchant || caller.merchant.as_ref() == Some(&row.merchant_id);
    theirs.then_some(shop).ok_or(unseen)
}

impl<S: Sync> FromRequestParts<S> for InShop {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().copied().ok_or(Problem::Internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_do_what_the_one_below_may_and_viewers_only_look() {
        use AccessRole::{Manager, Merchant, Office, Shop, Viewer};
        let table = [
            (
                Need::Anybody,
                [Shop, Merchant, Viewer, Office, Manager].as_slice(),
                [Shop, Merchant, Viewer, Office, Manager].as_slice(),
            ),
            (
                Need::Shop,
                &[Shop, Merchant, Viewer, Office, Manager],
                &[Shop, Merchant, Office, Manager],
            ),
            (Need::Look, &[Viewer, Office, Manager], &[Viewer, Office, Manager]),
            (Need::Office, &[Office, Manager], &[Office, Manager]),
            (Need::Manager, &[Manager], &[Manager]),
        ];
        for (need, look, change) in table {
            for role in [Shop, Merchant, Viewer, Office, Manager] {
                assert_eq!(need.allows(role, false), look.contains(&role), "{need:?} {role:?}");
                assert_eq!(need.allows(role, true), change.contains(&role), "{need:?} {role:?}");
            }
        }
    }
}
