//! A shop's sheets in the books: a new one, and one that is there to be printed again.

use kinchaku_protocol::doc::KeyUse;
use kinchaku_protocol::ids::{MarkId, Pid};
use kinchaku_protocol::mpm::shop_mark::{Offline, ShopMark};
use kinchaku_protocol::signature::Signer as _;
use kinchaku_protocol::time::Time;
use serde_json::{Value, json};

use super::carry_out::random;
use super::request::{MarkAdd, MarkSheet};
use crate::books::{Books, BooksError};
use crate::command::{Action, NewShop};
use crate::http::Problem;
use crate::keys::TownKeys;

/// A sheet: signed, then in the books, then told.
///
/// # Errors
/// [`Problem`].
pub(super) async fn add(books: &Books, keys: &TownKeys, asked: MarkAdd, now: Time) -> Result<Value, Problem> {
    let mark = match &asked.mark {
        Some(text) => MarkId::from_hex(text).ok_or(Problem::Unknown)?,
        None => MarkId(random()?),
    };
    let shop = shop(books, &asked.shop).await?;
    // Signed before it is in the books: a sheet that cannot be printed is not registered.
    let answer = told(books, keys, shop, mark, &asked.label, now).await?;
    let action = Action::AddMark {
        shop: Pid::from_hex(&asked.shop).ok_or(Problem::Unknown)?,
        mark,
        label: asked.label,
    };
    books.execute(action, now).await?;
    Ok(answer)
}

/// A sheet that the books have and that is still good, for printing it again. Where the town's key and what the
/// directory says of the shop are the same, so is its code.
///
/// # Errors
/// [`Problem`].
pub(super) async fn again(books: &Books, keys: &TownKeys, asked: MarkSheet, now: Time) -> Result<Value, Problem> {
    let mark = MarkId::from_hex(&asked.mark).ok_or(Problem::Unknown)?;
    let shop = shop(books, &asked.shop).await?;
    let marks = books.reader().marks(shop.shop).await.map_err(BooksError::from)?;
    let row = marks.into_iter().find(|row| row.mark == mark).ok_or(Problem::Unknown)?;
    told(books, keys, shop, mark, &row.label, now).await
}

async fn shop(books: &Books, id: &str) -> Result<NewShop, Problem> {
    let id = Pid::from_hex(id).ok_or(Problem::Unknown)?;
    let shop = books.reader().shop(id).await.map_err(BooksError::from)?;
    shop.ok_or(Problem::Unknown)
}

/// What is told of a sheet, with its signed payload.
async fn told(
    books: &Books,
    keys: &TownKeys,
    shop: NewShop,
    mark: MarkId,
    label: &str,
    now: Time,
) -> Result<Value, Problem> {
    let programmes = books.reader().programmes().await.map_err(BooksError::from)?;
    let signer = keys.signer(KeyUse::SHOP_MARK, now).map_err(|_| Problem::Unavailable)?;
    let payload = ShopMark {
        shop: shop.shop,
        mark,
        kid: signer.public_key().kid(),
        sets: shop.sets.iter().copied().collect(),
        offline: offline(shop.offline)?,
        name: shop.romaji,
        city: shop.city,
        language: "JA".to_owned(),
        local_name: shop.name,
        local_city: None,
        postal_code: Some(shop.postal).filter(|postal| !postal.is_empty()),
        mcc: format!("{:04}", shop.mcc),
    }
    .sign(signer.as_ref())
    .map_err(|_| Problem::Mark)?;
    Ok(json!({
        "shop": shop.shop.to_string(),
        "mark": mark.to_string(),
        "label": label,
        "kana": shop.kana,
        "town": programmes.as_deref().map(|programmes| programmes.region.name.as_str()),
        "issued": now.day().to_string(),
        "payload": payload,
    }))
}

fn offline(number: u8) -> Result<Offline, Problem> {
    match number {
        0 => Ok(Offline::None),
        1 => Ok(Offline::Scan),
        2 => Ok(Offline::Paper),
        _ => Err(Problem::Internal),
    }
}
