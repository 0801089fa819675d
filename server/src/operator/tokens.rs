//! Tokens for the JSON API, one for each person: made and shown once, listed without themselves, taken back.

use kinchaku_protocol::ids::Pid;
use kinchaku_protocol::time::{DAY_SECONDS, Time};
use serde_json::{Value, json};

use super::request::{TokenAsked, TokenIssue, TokenRole};
use crate::access::action::{AccessAction, NewToken};
use crate::access::rows::AccessRole;
use crate::access::token;
use crate::books::{Books, BooksError};
use crate::command::{Action, Outcome};
use crate::http::Problem;

/// Carries out what is asked about tokens.
///
/// # Errors
/// [`Problem`].
pub(super) async fn tokens(books: &Books, asked: TokenAsked, now: Time) -> Result<Value, Problem> {
    match asked {
        TokenAsked::Issue(new) => issue(books, new, now).await,
        TokenAsked::List => list(books, now).await,
        TokenAsked::Revoke { id } => {
            books.execute(Action::Access(AccessAction::Revoke { id }), now).await?;
            Ok(json!({ "id": id, "revoked": true }))
        }
    }
}

async fn issue(books: &Books, new: TokenIssue, now: Time) -> Result<Value, Problem> {
    let token = token::fresh().map_err(|_| Problem::Unavailable)?;
    let hash = token::hash(&token).ok_or(Problem::Internal)?;
    let shop = new
        .shop
        .as_deref()
        .map(|text| Pid::from_hex(text).ok_or(Problem::Unknown));
    let expires = now.after(DAY_SECONDS.saturating_mul(u64::from(new.days)));
    let action = AccessAction::Issue(NewToken {
        hash: hash.0,
        name: new.name.clone(),
        role: new.role.into(),
        merchant: new.merchant.clone(),
        shop: shop.transpose()?,
        expires,
    });
    match books.execute(Action::Access(action), now).await? {
        Outcome::Token { id } => Ok(json!({
            "id": id,
            "token": token.as_str(),
            "name": new.name,
            "role": word(new.role.into()),
            "expires": expires.to_string(),
        })),
        _ => Err(Problem::Internal),
    }
}

async fn list(books: &Books, now: Time) -> Result<Value, Problem> {
    let tokens = books.reader().tokens().await.map_err(BooksError::from)?;
    let tokens: Vec<Value> = tokens
        .iter()
        .map(|row| {
            json!({
                "id": row.id,
                "name": row.name,
                "role": word(row.role),
                "merchant": row.merchant,
                "shop": row.shop.map(|shop| shop.to_string()),
                "made_at": row.made_at.to_string(),
                "expires": row.expires.to_string(),
                "revoked_at": row.revoked_at.map(|at| at.to_string()),
                "good": row.revoked_at.is_none() && now < row.expires,
            })
        })
        .collect();
    Ok(json!({ "tokens": tokens }))
}

const fn word(role: AccessRole) -> &'static str {
    match role {
        AccessRole::Shop => "shop",
        AccessRole::Merchant => "merchant",
        AccessRole::Viewer => "viewer",
        AccessRole::Office => "office",
        AccessRole::Manager => "manager",
    }
}

impl From<TokenRole> for AccessRole {
    fn from(role: TokenRole) -> Self {
        match role {
            TokenRole::Shop => Self::Shop,
            TokenRole::Merchant => Self::Merchant,
            TokenRole::Viewer => Self::Viewer,
            TokenRole::Office => Self::Office,
            TokenRole::Manager => Self::Manager,
        }
    }
}

/// What was done about tokens, in words.
pub(super) fn lines(asked: &TokenAsked, answer: &Value) -> String {
    let text = |value: &Value, name: &str| match value.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    };
    match asked {
        TokenAsked::Issue(_) => format!(
            "{}\n番号 {}、{}（{}）、{} まで。もう一度は表示できません",
            text(answer, "token"),
            text(answer, "id"),
            text(answer, "name"),
            text(answer, "role"),
            text(answer, "expires"),
        ),
        TokenAsked::Revoke { id } => format!("番号 {id} を使えなくしました"),
        TokenAsked::List => {
            let tokens = answer.get("tokens").and_then(Value::as_array);
            let line = |row: &Value| {
                let good = row.get("good").and_then(Value::as_bool).unwrap_or(false);
                let standing = if good { "有効" } else { "無効" };
                let scope = format!("{}{}", text(row, "merchant"), text(row, "shop"));
                let (id, name, role) = (text(row, "id"), text(row, "name"), text(row, "role"));
                format!(
                    "{id:>4}  {standing}  {role:<8}  {name}  {scope}  {} まで\n",
                    text(row, "expires")
                )
            };
            tokens.into_iter().flatten().map(line).collect()
        }
    }
}
