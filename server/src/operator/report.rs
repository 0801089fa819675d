//! The books as an operator reads them: trial balance, shops' lists, what forks cost; and the audit.

use kinchaku_protocol::doc::{FactKind, Reason};
use kinchaku_protocol::ids::ClassId;
use kinchaku_protocol::money::Signed;
use serde_json::{Value, json};

use super::answer::Printer;
use super::arguments::Database;
use super::failure::Failure;
use crate::books::BooksError;
use crate::config::TownConfig;
use crate::http::Problem;
use crate::ledger::rows::Book;
use crate::query::Reader;
use crate::query::lists::Sale;
use crate::store::{self, StoreError};

/// Trial balance by class, each shop's list, and what forks cost, by holder.
///
/// # Errors
/// [`Problem`].
pub(super) async fn books(reader: &Reader) -> Result<Value, Problem> {
    read(reader).await.map_err(|error| BooksError::from(error).into())
}

async fn read(reader: &Reader) -> Result<Value, StoreError> {
    let trial = reader.trial_balance().await?;
    let mut classes = Vec::new();
    for class in reader.class_list().await? {
        let lines: Vec<_> = trial.iter().filter(|line| line.class == class.id).collect();
        let sum = lines.iter().try_fold(Signed::ZERO, |sum, line| sum.plus(line.sum));
        let books: Vec<Value> = lines
            .iter()
            .map(|line| json!({ "book": book_word(line.book), "sum": line.sum.units() }))
            .collect();
        classes.push(json!({
            "class": class.id.0,
            "name": class.name,
            "service_type": class.service_type.number(),
            "books": books,
            // A sum that does not fit is as wrong as one that is not zero.
            "sum": sum.map_or(i64::MAX, Signed::units),
        }));
    }
    let mut shops = Vec::new();
    for shop in reader.shop_list().await? {
        let payable = reader.payable(shop.shop).await?;
        let sales = reader.shop_sales(shop.shop).await?;
        shops.push(json!({
            "shop": shop.shop.to_string(),
            "name": shop.name,
            "payable": payable.into_iter().map(owed).collect::<Vec<_>>(),
            "sales": sales.iter().map(sale).collect::<Vec<_>>(),
        }));
    }
    let exposure = reader.exposure().await?;
    let forks: Vec<Value> = exposure
        .iter()
        .map(|fork| {
            json!({
                "holder": fork.holder.to_string(),
                "account": fork.account,
                "class": fork.class.0,
                "lost": fork.lost.units(),
            })
        })
        .collect();
    Ok(json!({ "classes": classes, "shops": shops, "forks": forks }))
}

fn owed((class, sum): (ClassId, Signed)) -> Value {
    // The ledger owes a shop by a credit, which is positive here.
    json!({ "class": class.0, "sum": sum.units() })
}

fn sale(sale: &Sale) -> Value {
    let rows: Vec<Value> = sale
        .rows
        .iter()
        .map(|row| {
            json!({
                "tran_id": row.tran_id,
                "operation": row.operation.number(),
                "operation_id": row.operation_id.number(),
                "class": row.class.0,
                "amount": row.amount.units(),
                "target": row.target,
                "posted_at": row.posted_at.to_string(),
            })
        })
        .collect();
    json!({
        "intent": sale.intent.to_string(),
        "confirmation": format!("{:03}", sale.intent.confirmation_number()),
        "mark": sale.mark.to_string(),
        "total": sale.total.units(),
        "status": status_word(sale.status),
        "reason": reason_word(sale.reason),
        "occurred_at": sale.occurred_at.to_string(),
        "posted_at": sale.posted_at.to_string(),
        "rows": rows,
    })
}

/// Checks the invariants, without the lane.
///
/// # Errors
/// [`Failure::Unbalanced`] where one does not hold.
pub(super) async fn audit(database: &Database, printer: &Printer) -> Result<(), Failure> {
    let config = TownConfig::load(&database.keys)?;
    let reader = Reader::new(store::open(&database.database).await?, config.town());
    let report = reader.audit().await?;
    let violations: Vec<Value> = report
        .violations
        .iter()
        .map(|found| json!({ "rule": found.rule, "place": found.place }))
        .collect();
    let mut lines = format!("{}件を調べました。\n状態 {}\n", report.looked_at, report.state);
    for found in &report.violations {
        lines.push_str(&format!("誤り {} {}\n", found.rule, found.place));
    }
    let sound = violations.is_empty();
    if sound {
        lines.push_str("誤りはありません。");
    }
    let value = json!({
        "looked_at": report.looked_at,
        "state": report.state,
        "violations": violations,
        "trial_balance": read(&reader).await?.get("classes"),
    });
    printer.print(value, &lines)?;
    if sound { Ok(()) } else { Err(Failure::Unbalanced) }
}

/// The books in words.
pub(super) fn lines(answer: &Value) -> String {
    let list = |value: &Value, name: &str| value.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |value: &Value, name: &str| {
        let found = value.get(name);
        found.and_then(Value::as_str).unwrap_or("").to_owned()
    };
    let number = |value: &Value, name: &str| value.get(name).and_then(Value::as_i64).unwrap_or(0);
    let mut out = String::new();
    for class in list(answer, "classes") {
        out.push_str(&format!(
            "{} （種類{}）\n",
            text(&class, "name"),
            number(&class, "class")
        ));
        for line in list(&class, "books") {
            let word = japanese(&text(&line, "book"));
            out.push_str(&format!("  {:>14}  {word}\n", grouped(number(&line, "sum"))));
        }
        out.push_str(&format!("  {:>14}  合計\n", grouped(number(&class, "sum"))));
    }
    for shop in list(answer, "shops") {
        out.push_str(&format!("{} （{}）\n", text(&shop, "name"), text(&shop, "shop")));
        for sale in list(&shop, "sales") {
            out.push_str(&format!(
                "  {:>14}  確認番号{} {} {}\n",
                grouped(number(&sale, "total")),
                text(&sale, "confirmation"),
                japanese(&text(&sale, "status")),
                text(&sale, "occurred_at"),
            ));
        }
        for owed in list(&shop, "payable") {
            let class = number(&owed, "class");
            out.push_str(&format!(
                "  {:>14}  未払い（種類{class}）\n",
                grouped(number(&owed, "sum"))
            ));
        }
    }
    for fork in list(answer, "forks") {
        out.push_str(&format!(
            "複製による損失 {} 口座{} 種類{}\n",
            grouped(number(&fork, "lost")),
            number(&fork, "account"),
            number(&fork, "class"),
        ));
    }
    out
}

/// `−1,200`: commas, and the minus sign of texts.
fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::from(if number < 0 { "−" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && digits.len().saturating_sub(at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

const fn book_word(book: Book) -> &'static str {
    match book {
        Book::Budget => "budget",
        Book::Suspense => "suspense",
        Book::User => "user",
        Book::ShopPayable => "shop_payable",
        Book::ForkLoss => "fork_loss",
        Book::ExpiryIncome => "expiry_income",
        Book::Receivable => "receivable",
        Book::Payout => "payout",
        Book::Exchange => "exchange",
        Book::Forfeit => "forfeit",
    }
}

const fn status_word(status: FactKind) -> &'static str {
    match status {
        FactKind::Posted => "posted",
        FactKind::Rejected => "rejected",
        FactKind::Reversed => "reversed",
        FactKind::Fork => "fork",
        FactKind::Pending => "pending",
        FactKind::CancelNoted => "cancel_noted",
    }
}

pub(super) const fn reason_word(reason: Reason) -> &'static str {
    match reason {
        Reason::None => "none",
        Reason::ShopRefused => "shop_refused",
        Reason::Cancelled => "cancelled",
        Reason::OverReserve => "over_reserve",
        Reason::Late => "late",
        Reason::AfterClose => "after_close",
        Reason::ForkBranch => "fork_branch",
        Reason::OutsideWindow => "outside_window",
        Reason::BadPart => "bad_part",
        Reason::NotUsableHere => "not_usable_here",
        Reason::DayPassed => "day_passed",
        Reason::Revoked => "revoked",
        Reason::UnknownShop => "unknown_shop",
        Reason::Challenge => "challenge",
        Reason::CardSignature => "card_signature",
        Reason::CertificateUntrusted => "certificate_untrusted",
        Reason::CertificateExpired => "certificate_expired",
        Reason::CertificateRevoked => "certificate_revoked",
        Reason::AnotherPerson => "another_person",
        Reason::AnotherAccount => "another_account",
        Reason::Guardian => "guardian",
        Reason::Attributes => "attributes",
        Reason::NotAMinor => "not_a_minor",
        Reason::NotLinked => "not_linked",
        Reason::UnknownCard => "unknown_card",
        Reason::Closed => "closed",
        Reason::CashRefunded => "cash_refunded",
    }
}

/// The word a person reads for a word of the machine's.
fn japanese(word: &str) -> &'static str {
    match word {
        "budget" => "事業の予算",
        "suspense" => "受け入れたお金",
        "user" => "住民の残高",
        "receivable" => "住民から戻してもらう分",
        "payout" => "店へ振り込んだ分",
        "shop_payable" => "店への未払い",
        "fork_loss" => "複製による損失",
        "expiry_income" => "期限切れ",
        "exchange" => "ポイントと引き換えた分",
        "forfeit" => "失効させた分",
        "posted" => "確定",
        "rejected" => "不成立",
        "reversed" => "取消済み",
        "fork" => "複製",
        "pending" | "cancel_noted" => "確認中",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn numbers_are_grouped_by_three() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "−1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }
}
