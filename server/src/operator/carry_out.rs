//! Carrying out an operator's request on the books, in whichever process holds them.

use kinchaku_protocol::ids::{ClassId, MarkId, Pid, Ref, ServiceType, SetId};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::time::{DAY_SECONDS, Day, Time};
use serde_json::{Value, json};

use super::request::{ClassAdd, Credit, Invite, LegalKind, OfflineKind, Request, Revoke, RoleKind, Service, ShopAdd};
use crate::books::Books;
use crate::clock;
use crate::code;
use crate::command::{Action, Invitee, Legal, NewClass, NewShop, Outcome, Stop};
use crate::http::Problem;
use crate::keys::TownKeys;

/// Days an invitation code is good for.
const INVITATION_DAYS: u64 = 7;

/// Carries a request out and gives what is printed for machines.
///
/// # Errors
/// [`Problem`].
pub async fn carry_out(books: &Books, keys: &TownKeys, request: Request) -> Result<Value, Problem> {
    let now = clock::now();
    match request {
        Request::ClassAdd(class) => class_add(books, class, now).await,
        Request::ShopAdd(shop) => shop_add(books, shop, now).await,
        Request::MarkAdd(mark) => super::marks::add(books, keys, mark, now).await,
        Request::MarkSheet(sheet) => super::marks::again(books, keys, sheet, now).await,
        Request::Invite(invite) => invitation(books, invite, now).await,
        Request::Credit(credit) => value(books, credit, now).await,
        Request::Revoke(revoke) => stop(books, revoke, now).await,
        Request::UnlockCode { account } => unlock_code(books, account, now).await,
        Request::Person(asked) => super::person::person(books, asked, now).await,
        Request::Token(asked) => super::tokens::tokens(books, asked, now).await,
        Request::TownLoad { files } => super::setup::load_folder(books, files, now).await,
        Request::RosterImport { name, list } => super::setup::import(books, &name, &list, now).await,
        Request::Job { job, at } => super::jobs::job(books, job, at, now).await,
        Request::Books => super::report::books(books.reader()).await,
    }
}

async fn class_add(books: &Books, class: ClassAdd, now: Time) -> Result<Value, Problem> {
    let service_type = match class.service {
        Service::Coin => ServiceType::Money,
        Service::Points => ServiceType::Points,
        Service::Voucher => ServiceType::Voucher,
    };
    let legal = match (class.legal, class.service) {
        (Some(LegalKind::FreePoint), _) | (None, Service::Points) => Legal::FreePoint,
        (Some(LegalKind::PrepaidExempt), _) | (None, Service::Voucher) => Legal::PrepaidExempt,
        (Some(LegalKind::Prepaid), _) | (None, Service::Coin) => Legal::Prepaid,
    };
    let action = Action::AddClass(NewClass {
        id: ClassId(class.class),
        service_type,
        legal,
        name: class.name.clone(),
    });
    books.execute(action, now).await?;
    Ok(json!({ "class": class.class, "name": class.name, "service_type": service_type.number() }))
}

async fn shop_add(books: &Books, shop: ShopAdd, now: Time) -> Result<Value, Problem> {
    let id = match &shop.shop {
        Some(text) => Pid::from_hex(text).ok_or(Problem::Unknown)?,
        None => Pid(random()?),
    };
    let action = Action::AddShop(NewShop {
        shop: id,
        merchant_id: shop.merchant.unwrap_or_else(|| id.to_string()),
        name: shop.name.clone(),
        kana: shop.kana,
        romaji: shop.romaji,
        city: shop.city,
        mcc: shop.mcc,
        postal: shop.postal,
        sets: shop.sets.into_iter().map(SetId).collect(),
        offline: match shop.offline {
            OfflineKind::None => 0,
            OfflineKind::Scan => 1,
            OfflineKind::Paper => 2,
        },
    });
    books.execute(action, now).await?;
    Ok(json!({ "shop": id.to_string(), "name": shop.name }))
}

async fn invitation(books: &Books, invite: Invite, now: Time) -> Result<Value, Problem> {
    let invitee = match (invite.role, invite.account, &invite.shop) {
        (RoleKind::Wallet, None, None) => Invitee::Resident,
        (RoleKind::Wallet, Some(account), None) => Invitee::Account(account),
        (RoleKind::Shop, None, Some(shop)) => Invitee::Shop(Pid::from_hex(shop).ok_or(Problem::Unknown)?),
        _ => return Err(Problem::Unknown),
    };
    let code = code::fresh().map_err(|_| Problem::Unavailable)?;
    let action = Action::Invite {
        code_hash: code::hash(&code),
        invitee,
    };
    let account = match books.execute(action, now).await? {
        Outcome::Invited { account } => account.or(invite.account),
        _ => return Err(Problem::Internal),
    };
    let expires = now.after(DAY_SECONDS.saturating_mul(INVITATION_DAYS));
    Ok(json!({
        "code": code.as_str(),
        "account": account,
        "shop": invite.shop,
        "expires": expires.to_string(),
    }))
}

async fn value(books: &Books, credit: Credit, now: Time) -> Result<Value, Problem> {
    let until = credit.until.as_deref().map(day).transpose()?;
    let action = Action::Credit(crate::command::Credit {
        key: credit.key,
        account: credit.account,
        class: ClassId(credit.class),
        amount: Amount::new(credit.amount).map_err(|_| Problem::Amount)?,
        until,
        set: SetId(credit.set),
    });
    match books.execute(action, now).await? {
        Outcome::Credited { tran_id } => Ok(json!({
            "tran_id": tran_id,
            "account": credit.account,
            "class": credit.class,
            "amount": credit.amount,
        })),
        _ => Err(Problem::Internal),
    }
}

async fn stop(books: &Books, revoke: Revoke, now: Time) -> Result<Value, Problem> {
    let pid = |text: &String| Pid::from_hex(text).ok_or(Problem::Unknown);
    let whom = match (&revoke.holder, &revoke.device, &revoke.shop) {
        (Some(holder), None, None) => Stop::Holder(pid(holder)?),
        (None, Some(device), None) => Stop::Device(Ref::from_hex(device).ok_or(Problem::Unknown)?),
        (None, None, Some(shop)) => {
            let mark = revoke.mark.as_deref();
            let mark = mark.map(|text| MarkId::from_hex(text).ok_or(Problem::Unknown));
            Stop::Shop(pid(shop)?, mark.transpose()?)
        }
        _ => return Err(Problem::Unknown),
    };
    books.execute(Action::Revoke(whom), now).await?;
    super::jobs::bulletin(&books.bulletin().await?)
}

async fn unlock_code(books: &Books, account: u64, now: Time) -> Result<Value, Problem> {
    let code = code::fresh().map_err(|_| Problem::Unavailable)?;
    let action = Action::IssueUnlock {
        code_hash: code::hash(&code),
        account,
    };
    books.execute(action, now).await?;
    Ok(json!({ "code": code.as_str(), "account": account }))
}

/// A calendar date in Japan.
fn day(text: &str) -> Result<Day, Problem> {
    text.parse().ok().and_then(Day::of).ok_or(Problem::Malformed)
}

pub(super) fn random<const N: usize>() -> Result<[u8; N], Problem> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| Problem::Unavailable)?;
    Ok(bytes)
}
