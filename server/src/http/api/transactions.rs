//! Transactions one by one, newest first (F113 to F125), of one shop or of all.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kinchaku_protocol::ids::Pid;
use kinchaku_protocol::time::Day;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked::{Asked, At, Limit, Text, Written};
use super::guard::InShop;
use super::listed::Listed;
use super::named::{Names, Service, Shop};
use super::refused::Refused;
use crate::books::Books;
use crate::clock;
use crate::http::{App, Problem};
use crate::ledger::rows::{Operation, OperationId};
use crate::query::transactions as query;
use crate::settlement::action::{CancelRefusal, Canceller};

/// A transaction's number.
#[derive(Clone)]
pub(super) struct TranId(pub(super) String);

impl Written for TranId {
    const FORM: &'static str = "20 digits";

    fn read(text: &str) -> Option<Self> {
        let formed = text.len() == 20 && text.bytes().all(|byte| byte.is_ascii_digit());
        formed.then(|| Self(text.to_owned()))
    }
}

impl Written for Pid {
    const FORM: &'static str = "16 digits in lower-case hexadecimal";

    fn read(text: &str) -> Option<Self> {
        Self::from_hex(text)
    }
}

/// One row of the books for one service.
#[derive(Serialize, ToSchema)]
pub(super) struct Transaction {
    /// `YYYYMMDD` of the posting and 12 digits in its order.
    #[schema(pattern = "^[0-9]{20}$")]
    tran_id: String,
    /// Whether several services paid together (F114).
    combined: bool,
    /// Which value.
    service: Service,
    operation_type: OperationWord,
    operation_id: OperationCode,
    /// In Japanese (F117).
    operation_name: String,
    /// Yen or points.
    amount: u64,
    /// The payer's balance before, as of posting (F120).
    before: i64,
    /// The payer's balance after.
    after: i64,
    /// The sheet or register.
    mark: Option<Mark>,
    /// The payer, by a name that means nothing elsewhere.
    uid: String,
    /// Whether it stands.
    active: bool,
    /// Whether its period is closed.
    closed: bool,
    /// What a slip takes back.
    target_tran_id: Option<String>,
    /// The payment it belongs to.
    intent: Option<String>,
    /// When it came into the books.
    #[schema(format = DateTime)]
    posted_at: String,
    /// When it was paid.
    #[schema(format = DateTime)]
    occurred_at: String,
    /// The shop, where a list is of several.
    shop: Option<Shop>,
}

/// A sheet or register.
#[derive(Serialize, ToSchema)]
pub(super) struct Mark {
    /// Its id.
    mark: String,
    /// What the shop calls it.
    label: String,
}

/// What a row does.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum OperationWord {
    Add,
    Sub,
    Cancel,
}

/// What a row is about.
#[derive(Serialize, ToSchema)]
pub(super) enum OperationCode {
    #[serde(rename = "OP1")]
    Use,
    #[serde(rename = "OP2")]
    Grant,
    #[serde(rename = "OP3")]
    Charge,
    #[serde(rename = "OP4")]
    UseCancel,
    #[serde(rename = "OP5")]
    GrantCancel,
}

/// A transaction in full.
#[derive(Serialize, ToSchema)]
pub(super) struct Detail {
    #[serde(flatten)]
    row: Transaction,
    /// All rows of the payment, this one among them.
    parts: Vec<Transaction>,
    /// The whole payment.
    total: u64,
    /// Whether it can be taken back now (F128).
    may_cancel: May,
    /// Whether cash can be given back instead (F097).
    may_refund_cash: May,
    /// What was written when it was undone.
    note: Option<String>,
}

/// Whether something can be done.
#[derive(Serialize, ToSchema)]
pub(super) struct May {
    /// It can.
    ok: bool,
    /// Why not, as the problem's code.
    code: Option<String>,
}

impl From<Result<(), CancelRefusal>> for May {
    fn from(may: Result<(), CancelRefusal>) -> Self {
        Self {
            ok: may.is_ok(),
            code: may
                .err()
                .map(|refusal| Problem::NotCancelled(refusal).code().to_owned()),
        }
    }
}

/// Which transactions of a shop.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct OfShop {
    /// From this posting day.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Text<Day>>,
    /// To this posting day.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Text<Day>>,
    /// After this transaction.
    #[param(value_type = Option<String>, pattern = "^[0-9]{20}$")]
    after: Option<Text<TranId>>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
}

/// Which transactions of all shops.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct OfAll {
    /// Of this shop alone.
    #[param(value_type = Option<String>, pattern = "^[0-9a-f]{16}$")]
    shop: Option<Text<Pid>>,
    /// From this posting day.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Text<Day>>,
    /// To this posting day.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Text<Day>>,
    /// After this transaction.
    #[param(value_type = Option<String>, pattern = "^[0-9]{20}$")]
    after: Option<Text<TranId>>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
}

/// A transaction in a path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct Which {
    /// Its number.
    #[param(pattern = "^[0-9]{20}$")]
    pub(super) tran_id: String,
}

/// A shop's transactions, newest first.
#[utoipa::path(
    get, path = "/shops/{shop}/transactions", tag = "shop", params(super::guard::ShopPath, OfShop),
    responses((status = 200, description = "Transactions", body = Listed<Transaction>))
)]
pub(super) async fn of_shop(
    State(app): State<Arc<App>>,
    InShop(shop): InShop,
    Asked(asked): Asked<OfShop>,
) -> Result<Json<Listed<Transaction>>, Refused> {
    let asked = OfAll {
        shop: Some(Text(shop)),
        from: asked.from,
        to: asked.to,
        after: asked.after,
        limit: asked.limit,
    };
    list(&app, asked, false).await
}

/// All transactions, newest first.
#[utoipa::path(
    get, path = "/office/transactions", tag = "office", params(OfAll),
    responses((status = 200, description = "Transactions", body = Listed<Transaction>))
)]
pub(super) async fn of_all(
    State(app): State<Arc<App>>,
    Asked(asked): Asked<OfAll>,
) -> Result<Json<Listed<Transaction>>, Refused> {
    list(&app, asked, true).await
}

async fn list(app: &App, asked: OfAll, with_shop: bool) -> Result<Json<Listed<Transaction>>, Refused> {
    let limit = asked.limit.0;
    let query = query::TransactionQuery {
        shop: asked.shop.map(|shop| shop.0),
        first: asked.from.map(|day| day.0),
        last: asked.to.map(|day| day.0),
        after: asked.after.map(|after| after.0.0),
        limit: limit.saturating_add(1),
    };
    let reader = app.books.reader();
    let rows = reader.transactions(&query, clock::now()).await?;
    let shops = rows.iter().filter_map(|row| row.line.row.shop).filter(|_| with_shop);
    let names = Names::of(reader, shops).await?;
    let rows = rows.iter().map(|row| shown(&app.books, &names, row, with_shop));
    Ok(Json(Listed::part(rows.collect(), limit, |row| row.tran_id.clone())))
}

/// A transaction of a shop in full, with all rows of its payment.
#[utoipa::path(
    get, path = "/shops/{shop}/transactions/{tran_id}", tag = "shop", params(super::guard::ShopPath, Which),
    responses((status = 200, description = "The transaction", body = Detail))
)]
pub(super) async fn one_of_shop(
    State(app): State<Arc<App>>,
    InShop(shop): InShop,
    At(Which { tran_id }): At<Which>,
) -> Result<Json<Detail>, Refused> {
    detail(&app, &tran_id, Canceller::Shop(shop)).await
}

/// A transaction in full, with all rows of its payment.
#[utoipa::path(
    get, path = "/office/transactions/{tran_id}", tag = "office", params(Which),
    responses((status = 200, description = "The transaction", body = Detail))
)]
pub(super) async fn one_of_all(
    State(app): State<Arc<App>>,
    At(Which { tran_id }): At<Which>,
) -> Result<Json<Detail>, Refused> {
    detail(&app, &tran_id, Canceller::Office).await
}

/// What the books have of a transaction.
pub(super) async fn find(app: &App, tran_id: &str, by: Canceller) -> Result<query::Detail, Refused> {
    let TranId(tran_id) = TranId::read(tran_id).ok_or(Problem::Unknown)?;
    let found = app.books.reader().transaction(&tran_id, by, clock::now()).await?;
    Ok(found.ok_or(Problem::Unknown)?)
}

async fn detail(app: &App, tran_id: &str, by: Canceller) -> Result<Json<Detail>, Refused> {
    let found = find(app, tran_id, by).await?;
    let shops = found.parts.iter().filter_map(|part| part.line.row.shop);
    let names = Names::of(app.books.reader(), shops).await?;
    let parts = found.parts.iter();
    Ok(Json(Detail {
        row: shown(&app.books, &names, &found.transaction, true),
        parts: parts.map(|part| shown(&app.books, &names, part, true)).collect(),
        total: found.total.units(),
        may_cancel: found.cancel.into(),
        may_refund_cash: found.cash.into(),
        note: found.refund.map(|refund| refund.note),
    }))
}

fn shown(books: &Books, names: &Names, row: &query::Transaction, with_shop: bool) -> Transaction {
    let line = &row.line;
    let business = &line.row;
    let mark = line.mark.map(|mark| Mark {
        mark: mark.to_string(),
        label: row.mark_label.clone().unwrap_or_default(),
    });
    let (operation_id, operation_name) = match business.operation_id {
        OperationId::Use => (OperationCode::Use, "利用"),
        OperationId::Grant => (OperationCode::Grant, "付与"),
        OperationId::Charge => (OperationCode::Charge, "チャージ"),
        OperationId::UseCancel => (OperationCode::UseCancel, "利用キャンセル"),
        OperationId::GrantCancel => (OperationCode::GrantCancel, "付与キャンセル"),
    };
    Transaction {
        tran_id: business.tran_id.clone(),
        combined: line.combined,
        service: names.service(business.class),
        operation_type: match business.operation {
            Operation::Add => OperationWord::Add,
            Operation::Sub => OperationWord::Sub,
            Operation::Cancel => OperationWord::Cancel,
        },
        operation_id,
        operation_name: operation_name.to_owned(),
        amount: business.amount.units(),
        before: business.value_before.units(),
        after: business.value_after.units(),
        mark,
        uid: books.uid(business.shop, business.account),
        active: row.active,
        closed: row.closed,
        target_tran_id: business.target.clone(),
        intent: business.intent.map(|intent| intent.to_string()),
        posted_at: business.posted_at.to_string(),
        occurred_at: business.occurred_at.to_string(),
        shop: business.shop.filter(|_| with_shop).map(|shop| names.shop(shop)),
    }
}
