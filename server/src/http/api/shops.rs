//! The shops somebody may see.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::asked::{Asked, Limit};
use super::caller::Caller;
use super::listed::Listed;
use super::named::Shop;
use super::refused::Refused;
use crate::access::rows::AccessRole;
use crate::http::App;

/// Which part of the list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Part {
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
    /// Where the page before ended.
    after: Option<String>,
}

/// The shops I may see, by their id.
#[utoipa::path(
    get, path = "/shops", tag = "shop", params(Part),
    responses((status = 200, description = "Shops", body = Listed<Shop>))
)]
pub(super) async fn shops(
    State(app): State<Arc<App>>,
    caller: Caller,
    Asked(part): Asked<Part>,
) -> Result<Json<Listed<Shop>>, Refused> {
    let limit = usize::try_from(part.limit.0).unwrap_or(usize::MAX);
    let reader = app.books.reader();
    let shops = match (caller.role, caller.shop) {
        // Every device asks, and there may be thousands of shops.
        (AccessRole::Shop, own) => reader.shops_among(own.into_iter().collect()).await?,
        _ => reader.shop_list().await?,
    };
    let mine = shops.into_iter().filter(|shop| match caller.role {
        AccessRole::Shop => caller.shop == Some(shop.shop),
        AccessRole::Merchant => caller.merchant.as_ref() == Some(&shop.merchant_id),
        AccessRole::Viewer | AccessRole::Office | AccessRole::Manager => true,
    });
    let mut mine: Vec<Shop> = mine
        .map(|shop| Shop {
            shop: shop.shop.to_string(),
            merchant: shop.merchant_id,
            name: shop.name,
        })
        .collect();
    mine.sort_by(|a, b| a.shop.cmp(&b.shop));
    let after = part.after.unwrap_or_default();
    let page = mine.into_iter().filter(|shop| shop.shop > after);
    let page = page.take(limit.saturating_add(1)).collect();
    Ok(Json(Listed::part(page, part.limit.0, |shop| shop.shop.clone())))
}
