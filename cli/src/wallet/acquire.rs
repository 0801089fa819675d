//! `wallet apply`, `buy`, `charge`, `exchange` and `receive`: each asked once, however often the command is run until an answer
//! came.

use kinchaku_core::acquire::{self as flow, AcquireError};
use kinchaku_core::sync::sync;
use kinchaku_design::format::{Unit, date, moment, money};
use kinchaku_design::{Key, say};
use kinchaku_protocol::api::acquire::{Exchanged, LotsWanted, OrderStage, OrderStatus};
use kinchaku_protocol::ids::ClassId;
use kinchaku_protocol::voucher::VoucherCode;
use serde_json::{Value, json};

use super::{choice, online, shown};
use crate::args::{Apply, Buy, Charge, Exchange, Receive, Seen};
use crate::ask::confirmed;
use crate::host::Opened;
use crate::output::{Exit, Output, Problem};
use crate::picture;
use crate::words::acquire::{self, Asked};
use crate::words::{self, state::Classes};

pub fn apply(opened: &Opened, args: &Apply, out: &Output) -> Result<Exit, Problem> {
    online(opened)?;
    let phone = args.phone.as_deref().map(telephone).transpose()?;
    let id = flow::apply(&opened.home, args.offer, args.units, phone).map_err(|error| told(opened, &error))?;
    if out.json() {
        out.object(&json!({ "schema": 1, "application": id.to_string() }));
    } else {
        out.say(Key::AcquireApplyDone, &[("number", &id.to_string())]);
    }
    Ok(Exit::Done)
}

pub fn buy(opened: &Opened, args: &Buy, out: &Output) -> Result<Exit, Problem> {
    online(opened)?;
    let lots = LotsWanted {
        programme: args.offer,
        units: args.units,
        buyer: args.buyer,
        phone: args.phone.as_deref().map(telephone).transpose()?,
    };
    let order = flow::order(&opened.home, lots, args.pay_in.into()).map_err(|error| told(opened, &error))?;
    ordered(opened, &order, out)
}

pub fn charge(opened: &Opened, args: &Charge, out: &Output) -> Result<Exit, Problem> {
    online(opened)?;
    let amount = choice::amount(&args.amount)?;
    let class = ClassId(args.class);
    let order = flow::charge(&opened.home, class, amount, args.pay_in.into()).map_err(|error| told(opened, &error))?;
    ordered(opened, &order, out)
}

pub fn receive(opened: &Opened, args: &Receive, out: &Output) -> Result<Exit, Problem> {
    let (programme, by_code) = match args.offer {
        Some(programme) => (programme, false),
        None => {
            let seen = Seen {
                image: args.image.clone(),
                text: args.text.clone(),
            };
            let code = picture::text(&seen, |text| VoucherCode::read(text).is_ok())?;
            let programme = flow::read_voucher(&opened.home, &code).map_err(|error| acquire::voucher(&error))?;
            (programme, true)
        }
    };
    online(opened)?;
    let received = flow::receive(&opened.home, programme, by_code).map_err(|error| match error {
        AcquireError::Refused(refused) => acquire::refusal(&refused, Asked::HandedOut, now(opened)),
        other => told(opened, &other),
    })?;
    let synced = sync(&opened.home, true).map_err(|error| words::sync::problem(&error));
    let classes = shown::classes(&opened.home)?;
    if out.json() {
        let mut object = classes.part(received.class, received.amount);
        if let Some(members) = object.as_object_mut() {
            members.insert("schema".to_owned(), 1.into());
            members.insert("programme".to_owned(), programme.into());
            members.insert("until".to_owned(), json!(received.until.map(|day| day.to_string())));
            members.insert("code".to_owned(), json!(synced.as_ref().err().map(Problem::code)));
        }
        out.object(&object);
    } else {
        let amount = classes.amount(out.lang(), received.class, received.amount);
        out.say(
            Key::EnrolReceived,
            &[("class", &classes.name(received.class)), ("amount", &amount)],
        );
    }
    Ok(after(synced.err(), out))
}

/// Points leave at once, the money comes on its day; it cannot be taken back.
pub fn exchange(opened: &Opened, args: &Exchange, out: &Output) -> Result<Exit, Problem> {
    online(opened)?;
    let points = choice::amount(&args.points)?;
    let lang = out.lang();
    let shown_points = money(lang, Unit::Point, points.units());
    if !args.yes {
        let values = [("points", shown_points.as_str())];
        if !confirmed(Key::AcquireExchangeQuestion, &values, Key::AcquireWordExchange, out)? {
            out.note(Key::ConsoleStopped, &[]);
            return Ok(Exit::Other);
        }
    }
    let done = flow::exchange(&opened.home, args.offer, points).map_err(|error| told(opened, &error));
    // What was given back for it is asked for again, whatever became of it.
    let synced = sync(&opened.home, true).map_err(|error| words::sync::problem(&error));
    let done = done?;
    let classes = shown::classes(&opened.home)?;
    if out.json() {
        let mut object = exchanged(&done, &classes);
        if let Some(members) = object.as_object_mut() {
            members.insert("schema".to_owned(), 1.into());
            members.insert("programme".to_owned(), args.offer.into());
            members.insert("code".to_owned(), json!(synced.as_ref().err().map(Problem::code)));
        }
        out.object(&object);
    } else {
        let values = [
            ("points", classes.amount(lang, done.source, done.points)),
            ("date", date(lang, done.due.0, now(opened).day().0)),
            ("class", classes.name(done.class)),
            ("amount", classes.amount(lang, done.class, done.amount)),
        ];
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        out.say(Key::AcquireExchangeDone, &values);
    }
    Ok(after(synced.err(), out))
}

/// An exchange for machines.
pub fn exchanged(done: &Exchanged, classes: &Classes) -> Value {
    json!({
        "points": classes.part(done.source, done.points),
        "value": classes.part(done.class, done.amount),
        "due": done.due.to_string(),
        "granted": done.granted,
    })
}

/// An order as it was answered. What is paid at once is there at once.
fn ordered(opened: &Opened, order: &OrderStatus, out: &Output) -> Result<Exit, Problem> {
    let synced = match order.stage {
        OrderStage::Paid => sync(&opened.home, true).err(),
        _ => None,
    };
    let synced = synced.map(|error| words::sync::problem(&error));
    let classes = shown::classes(&opened.home)?;
    if out.json() {
        let mut object = machine(order, &classes);
        if let Some(members) = object.as_object_mut() {
            members.insert("schema".to_owned(), 1.into());
            members.insert("code".to_owned(), json!(synced.as_ref().map(Problem::code)));
        }
        out.object(&object);
    } else {
        tell(order, &classes, now(opened), out);
    }
    Ok(after(synced, out))
}

/// An order for machines.
pub fn machine(order: &OrderStatus, classes: &Classes) -> Value {
    json!({
        "order": order.order,
        "programme": order.programme,
        "class": order.class.0,
        "name": classes.name(order.class),
        "units": order.units,
        "price": order.price.units(),
        "face": order.face.units(),
        "pay_in": acquire::way(order.pay_in).0,
        "state": acquire::stage(order.stage).0,
        "until": order.until.to_string(),
        "settled_at": order.settled_at.map(|at| at.to_string()),
        "reference": order.reference,
    })
}

fn tell(order: &OrderStatus, classes: &Classes, now: kinchaku_protocol::time::Time, out: &Output) {
    let lang = out.lang();
    match order.stage {
        OrderStage::Paid => {
            let amount = classes.amount(lang, order.class, order.face);
            out.say(
                Key::EnrolReceived,
                &[("class", &classes.name(order.class)), ("amount", &amount)],
            );
        }
        OrderStage::Awaiting => {
            let price = money(lang, Unit::Yen, order.price.units());
            let until = moment(lang, order.until.0, now.0);
            out.say(Key::AcquireOrderWaits, &[("price", &price), ("time", &until)]);
        }
        stage => out.line(&say(lang, acquire::stage(stage).1, &[])),
    }
    if let Some(reference) = &order.reference {
        out.say(Key::AcquireOrderReference, &[("reference", reference)]);
    }
}

/// It is done; what the sync after it ran into is said beside.
fn after(trouble: Option<Problem>, out: &Output) -> Exit {
    match trouble {
        Some(problem) => {
            out.warn(&problem);
            Exit::Partly
        }
        None => Exit::Done,
    }
}

fn told(opened: &Opened, error: &AcquireError) -> Problem {
    acquire::problem(error, Asked::Lots, now(opened))
}

fn now(opened: &Opened) -> kinchaku_protocol::time::Time {
    opened.home.now().map(|now| now.time).unwrap_or_default()
}

/// A telephone number as it is compared: digits alone.
fn telephone(text: &str) -> Result<String, Problem> {
    let digits: String = text
        .chars()
        .filter(|c| !matches!(c, '-' | '－' | 'ー' | ' ' | '　' | '(' | ')'))
        .filter_map(|c| match c {
            '０'..='９' => char::from_digit(u32::from(c).saturating_sub(u32::from('０')), 10),
            other => Some(other),
        })
        .collect();
    let fits = (10..=11).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then_some(digits)
        .ok_or(Problem::new(Key::ErrorAcquirePhone, Exit::Usage))
}

#[cfg(test)]
mod tests {
    use super::telephone;

    #[test]
    fn a_telephone_number_is_its_digits() {
        for text in [
            "09012345678",
            "090-1234-5678",
            "０９０－１２３４－５６７８",
            "(090) 1234 5678",
        ] {
            assert_eq!(telephone(text).unwrap(), "09012345678", "{text}");
        }
        for text in ["", "0901234", "090-1234-567a", "+81 90 1234 5678", "090123456789"] {
            assert!(telephone(text).is_err(), "{text}");
        }
    }
}
