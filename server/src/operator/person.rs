//! What an operator asks about the person of an account. Attributes are shown only where that is asked for,
//! and each time leaves a line.

use kinchaku_protocol::doc::{CardMethod, Reason};
use kinchaku_protocol::jpki::attributes::Sex;
use kinchaku_protocol::time::Time;
use serde_json::{Value, json};

use super::report::reason_word;
use super::request::{Person, PersonErase, PersonShow, PersonTie};
use crate::books::{Books, BooksError};
use crate::command::{Action, Outcome};
use crate::http::Problem;
use crate::identity::action::CardAction;
use crate::identity::personal::Official;
use crate::identity::rows::Deed;

/// Carries out what is asked about a person.
///
/// # Errors
/// [`Problem`].
pub(super) async fn person(books: &Books, asked: Person, now: Time) -> Result<Value, Problem> {
    match asked {
        Person::Show(asked) => show(books, &asked, now).await,
        Person::Tie(asked) => tie(books, &asked, now).await,
        Person::Erase(asked) => erase(books, &asked, now).await,
    }
}

async fn show(books: &Books, asked: &PersonShow, now: Time) -> Result<Value, Problem> {
    let account = asked.account;
    if asked.reveal {
        // First the line, then the look.
        books.execute(Action::Card(CardAction::Reveal { account }), now).await?;
    }
    let file = books.reader().person(account).await.map_err(BooksError::from)?;
    let file = file.ok_or(Problem::Unknown)?;
    let person = file.person.as_ref().ok_or(Problem::NoPerson)?;
    let official = books.official(account).await?;
    let until = official.as_ref().map(|known| known.official.certificate.until);
    let pendings: Vec<Value> = file
        .pendings
        .iter()
        .map(|row| json!({ "pending": row.id, "method": method(row.method), "came_at": row.came_at.to_string() }))
        .collect();
    let deeds: Vec<Value> = file
        .deeds
        .iter()
        .map(|row| json!({ "deed": deed(row.deed), "at": row.at.to_string() }))
        .collect();
    let mut answer = json!({
        "account": account,
        "level": file.level,
        "method": method(person.method),
        "linked_at": person.linked_at.to_string(),
        "confirmed_at": person.confirmed_at.to_string(),
        "checked_at": person.checked_at.to_string(),
        "guardian": person.guardian,
        "certificate_until": until.map(|until| until.to_string()),
        "lapsed_at": person.lapsed_at.map(|at| at.to_string()),
        "lapse": (person.lapse != Reason::None).then(|| reason_word(person.lapse)),
        "erased_at": person.erased_at.map(|at| at.to_string()),
        "has_key_id": file.progress.as_ref().is_some_and(|row| row.current.is_some()),
        "pending": pendings,
        "log": deeds,
    });
    if asked.reveal
        && let (Some(known), Some(members)) = (official, answer.as_object_mut())
    {
        members.insert("official".to_owned(), attributes(&known.official));
    }
    Ok(answer)
}

fn attributes(official: &Official) -> Value {
    let four = &official.four;
    json!({
        "name": four.name,
        "address": four.address,
        "birth": four.birth.wareki(),
        "sex": match four.sex {
            Sex::Male => "男",
            Sex::Female => "女",
            Sex::Unknown | Sex::NotApplicable | Sex::Other(_) => "不明",
        },
        "substituted": official.substituted.any(),
        "as_of": official.as_of.to_string(),
    })
}

async fn tie(books: &Books, asked: &PersonTie, now: Time) -> Result<Value, Problem> {
    let action = CardAction::Tie {
        account: asked.account,
        pending: asked.pending,
    };
    match books.execute(Action::Card(action), now).await? {
        Outcome::Tied { pending } => Ok(json!({ "account": asked.account, "pending": pending })),
        _ => Err(Problem::Internal),
    }
}

async fn erase(books: &Books, asked: &PersonErase, now: Time) -> Result<Value, Problem> {
    if !asked.yes {
        return Err(Problem::Confirm);
    }
    let account = asked.account;
    books.execute(Action::Card(CardAction::Erase { account }), now).await?;
    Ok(json!({ "account": account, "erased": true }))
}

/// The month's question about certificates.
///
/// # Errors
/// [`Problem`].
pub(super) async fn recheck(books: &Books, at: Time) -> Result<Value, Problem> {
    let run = books.recheck_cards(at).await?;
    Ok(json!({
        "at": at.to_string(),
        "asked": run.asked,
        "lapsed": run.lapsed,
        "unanswered": run.unanswered,
        "left": run.left,
    }))
}

const fn method(method: CardMethod) -> &'static str {
    match method {
        CardMethod::SignatureCertificate => "signature_certificate",
        CardMethod::CardRecord => "card_record",
        CardMethod::UserAuthentication => "user_authentication",
    }
}

const fn deed(deed: Deed) -> &'static str {
    match deed {
        Deed::Tied => "tied",
        Deed::Erased => "erased",
        Deed::Revealed => "revealed",
    }
}

/// A person in words.
pub(super) fn lines(asked: &Person, answer: &Value) -> String {
    let text = |name: &str| match answer.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => "—".to_owned(),
        Some(other) => other.to_string(),
    };
    match asked {
        Person::Show(_) => shown(answer, text),
        Person::Tie(_) => format!(
            "口座{}の本人のカードとして登録しました（{}）",
            text("account"),
            text("pending")
        ),
        Person::Erase(_) => format!("口座{}の個人情報を消しました。口座と取引は残ります。", text("account")),
    }
}

fn shown(answer: &Value, text: impl Fn(&str) -> String) -> String {
    let way = match text("method").as_str() {
        "card_record" => "保護者とともに、カードの記録で",
        _ => "署名用電子証明書で",
    };
    let mut out = format!(
        "口座{} 本人確認の段階{}\n{} {way}登録\n証明書の期限 {}\n",
        text("account"),
        text("level"),
        text("linked_at"),
        text("certificate_until"),
    );
    if answer.get("lapsed_at").is_some_and(|at| !at.is_null()) {
        out.push_str(&format!("{} から証明書が無効です\n", text("lapsed_at")));
    }
    if answer.get("erased_at").is_some_and(|at| !at.is_null()) {
        out.push_str(&format!("{} に個人情報を消しました\n", text("erased_at")));
    }
    for row in answer.get("pending").and_then(Value::as_array).into_iter().flatten() {
        let id = row.get("pending").and_then(Value::as_u64).unwrap_or(0);
        let came = row.get("came_at").and_then(Value::as_str).unwrap_or("");
        out.push_str(&format!("確認を待つカード {id} {came}\n"));
    }
    if let Some(four) = answer.get("official") {
        let of = |name: &str| four.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
        out.push_str(&format!(
            "氏名 {}\n住所 {}\n生年月日 {}\n性別 {}\n",
            of("name"),
            of("address"),
            of("birth"),
            of("sex")
        ));
    }
    out
}
