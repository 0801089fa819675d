//! `wallet offers`: what is sold and handed out to the person of this wallet, as the town says it now.

use kinchaku_core::acquire::offers;
use kinchaku_design::format::{Unit, date, moment, money};
use kinchaku_design::{Key, say, text};
use kinchaku_protocol::api::acquire::{AcquireRefusal, Offer, OfferKind, Span};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::time::Time;
use serde_json::{Value, json};

use super::online;
use crate::host::Opened;
use crate::output::{Exit, Output, Problem};
use crate::words::{self, acquire};

pub fn run(opened: &Opened, out: &Output) -> Result<Exit, Problem> {
    online(opened)?;
    let now = opened.home.now().map_err(|error| words::store::store(&error))?.time;
    let answer = offers(&opened.home).map_err(|error| acquire::problem(&error, acquire::Asked::Lots, now))?;
    if out.json() {
        out.object(&json!({
            "schema": 1,
            "at": answer.at.to_string(),
            "offers": answer.offers.iter().map(machine).collect::<Vec<_>>(),
        }));
        return Ok(Exit::Done);
    }
    if answer.offers.is_empty() {
        out.note(Key::AcquireNone, &[]);
    }
    for offer in &answer.offers {
        tell(offer, answer.at, out);
    }
    Ok(Exit::Done)
}

fn machine(offer: &Offer) -> Value {
    let span = |span: &Span| json!({ "opens": span.opens.to_string(), "closes": span.closes.to_string() });
    json!({
        "programme": offer.programme,
        "name": offer.name,
        "class": offer.class.0,
        "kind": match offer.kind {
            OfferKind::Sale => "sale",
            OfferKind::Distribution => "distribution",
            OfferKind::Exchange => "exchange",
        },
        "apply": offer.apply.as_ref().map(|apply| json!({
            "opens": apply.window.opens.to_string(), "closes": apply.window.closes.to_string(), "draw": apply.draw,
            "points": apply.entry.as_ref().map(|entry| entry.points.units()),
        })),
        "acquire": span(&offer.acquire),
        "use": { "from": offer.from.to_string(), "until": offer.until.map(|day| day.to_string()) },
        "price": offer.price.units(),
        "face": offer.face.units(),
        "most": offer.most,
        "by_number": offer.by_number,
        "by_code": offer.by_code,
        "pay_in": offer.pay_in.iter().map(|way| acquire::way(*way).0).collect::<Vec<_>>(),
        "exchange": offer.exchange.as_ref().map(|terms| json!({
            "source": terms.source.0,
            "step": terms.step.units(),
            "gives": terms.gives.units(),
            "least": terms.least.units(),
            "free": terms.free.units(),
            "due": terms.due.map(|day| day.to_string()),
        })),
        "mine": {
            "application": offer.mine.application.map(|id| id.to_string()),
            "wanted": offer.mine.wanted,
            "won": offer.mine.won,
            "buyer": offer.mine.buyer,
            "reserved": offer.mine.reserved,
            "bought": offer.mine.bought,
            "received": offer.mine.received,
        },
        "refused": offer.refused.as_ref().map(refused),
    })
}

/// A refusal for machines.
pub fn refused(refused: &AcquireRefusal) -> Value {
    json!({
        "why": acquire::why(refused.why),
        "at": refused.at.map(|at| at.to_string()),
        "most": refused.most,
        "left": refused.left,
    })
}

fn tell(offer: &Offer, now: Time, out: &Output) {
    let lang = out.lang();
    let yen = |amount: Amount| money(lang, Unit::Yen, amount.units());
    let (number, most) = (offer.programme.to_string(), offer.most.to_string());
    let (price, face) = (yen(offer.price), yen(offer.face));
    let named = [
        ("name", offer.name.as_str()),
        ("number", &number),
        ("face", &face),
        ("most", &most),
    ];
    match offer.kind {
        OfferKind::Sale => {
            let mut values = named.to_vec();
            values.push(("price", &price));
            out.say(Key::AcquireSaleLine, &values);
        }
        OfferKind::Distribution => out.say(Key::AcquireDistributionLine, &named),
        OfferKind::Exchange => {}
    }
    let aside = |key: Key, values: &[(&str, &str)]| out.line(&format!("  {}", say(lang, key, values)));
    let window = |key: Key, span: &Span| {
        let (from, to) = (moment(lang, span.opens.0, now.0), moment(lang, span.closes.0, now.0));
        aside(key, &[("from", &from), ("to", &to)]);
    };
    let points = |amount: Amount| money(lang, Unit::Point, amount.units());
    if let Some(terms) = &offer.exchange {
        let (step, least) = (points(terms.step), points(terms.least));
        let values = [
            ("name", offer.name.as_str()),
            ("number", &number),
            ("points", &step),
            ("amount", &face),
            ("least", &least),
        ];
        out.say(Key::AcquireExchangeLine, &values);
        aside(Key::AcquireExchangeFree, &[("amount", &points(terms.free))]);
        if let Some(due) = terms.due {
            let due = date(lang, due.0, now.day().0);
            aside(Key::AcquireExchangeDue, &[("date", &due)]);
        }
    }
    if let Some(apply) = &offer.apply {
        window(Key::AcquireApplyWindow, &apply.window);
        if let Some(entry) = &apply.entry {
            aside(Key::AcquireEntry, &[("points", &points(entry.points))]);
        }
    }
    let acquired = match offer.kind {
        OfferKind::Sale => Key::AcquireBuyWindow,
        OfferKind::Distribution => Key::AcquireReceiveWindow,
        OfferKind::Exchange => Key::AcquireExchangeWindow,
    };
    window(acquired, &offer.acquire);
    if let Some(until) = offer.until {
        let from = moment(lang, offer.from.0, now.0);
        let until = date(lang, until.0, now.day().0);
        aside(Key::AcquireUseWindow, &[("from", &from), ("to", &until)]);
    }
    if !offer.pay_in.is_empty() {
        let ways: Vec<&str> = offer
            .pay_in
            .iter()
            .map(|way| text(lang, acquire::way(*way).1))
            .collect();
        let gap = if lang == kinchaku_design::Lang::En { ", " } else { "、" };
        aside(Key::AcquireWays, &[("ways", &ways.join(gap))]);
    }
    mine(offer, aside);
    match &offer.refused {
        None => aside(Key::AcquireOpen, &[]),
        Some(refused) => out.line(&format!(
            "  {}",
            acquire::refusal(refused, offer.kind.into(), now).text(lang)
        )),
    }
}

fn mine(offer: &Offer, aside: impl Fn(Key, &[(&str, &str)])) {
    let mine = &offer.mine;
    let counted = [
        (Key::AcquireApplied, mine.wanted),
        (Key::AcquireReserved, mine.reserved),
        (Key::AcquireBought, mine.bought),
        (Key::AcquireReceived, mine.received),
    ];
    for (key, count) in counted.into_iter().filter(|(_, count)| *count > 0) {
        aside(key, &[("count", &count.to_string())]);
    }
    if let Some(won) = mine.won {
        aside(Key::AcquireWon, &[("count", &won.to_string())]);
    }
    if let Some(buyer) = mine.buyer {
        aside(Key::AcquireBuyerNumber, &[("number", &buyer.to_string())]);
    }
}
