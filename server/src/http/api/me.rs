//! Who a token is for.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::Caller;
use crate::access::rows::AccessRole;

/// Whoever asks.
#[derive(Serialize, ToSchema)]
pub(super) struct Me {
    /// As the operator calls them; empty for a device.
    name: String,
    /// What they may do.
    role: RoleWord,
    /// The merchant whose shops they see.
    merchant: Option<String>,
    /// The one shop they see.
    shop: Option<String>,
    /// Until when the token is good.
    #[schema(format = DateTime)]
    expires: String,
}

/// A role.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum RoleWord {
    Shop,
    Merchant,
    Viewer,
    Office,
    Manager,
}

impl From<AccessRole> for RoleWord {
    fn from(role: AccessRole) -> Self {
        match role {
            AccessRole::Shop => Self::Shop,
            AccessRole::Merchant => Self::Merchant,
            AccessRole::Viewer => Self::Viewer,
            AccessRole::Office => Self::Office,
            AccessRole::Manager => Self::Manager,
        }
    }
}

/// Who I am.
#[utoipa::path(get, path = "/me", tag = "access", responses((status = 200, description = "Who asks", body = Me)))]
pub(super) async fn me(caller: Caller) -> Json<Me> {
    Json(Me {
        name: caller.name,
        role: caller.role.into(),
        merchant: caller.merchant,
        shop: caller.shop.map(|shop| shop.to_string()),
        expires: caller.expires.to_string(),
    })
}
