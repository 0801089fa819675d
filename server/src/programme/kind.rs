//! `programmes/*.toml`: one programme a file, checked against the classes it names.

use std::collections::BTreeMap;

use kinchaku_protocol::ids::{ClassId, ServiceType};
use kinchaku_protocol::rules::draw::MAX_UNITS;
use kinchaku_protocol::rules::earn::Campaign;
use kinchaku_protocol::rules::expiry::Expiry;
use kinchaku_protocol::time::Time;

use super::model::{
    AgeLimit, Apply, Bonus, BuyBy, CancelRule, Class, Distribution, EntryPoints, Exchange, Kind, LegalKind, PayIn,
    Programme, Region, Sale, UsePeriod, Who, Window,
};
use super::problem::Wrong;
use super::reader::Reader;
use crate::calendar::Settlement;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Sale,
    Distribution,
    Campaign,
    Exchange,
}

const KINDS: [(&str, Word); 4] = [
    ("sale", Word::Sale),
    ("distribution", Word::Distribution),
    ("campaign", Word::Campaign),
    ("exchange", Word::Exchange),
];

const CANCEL: [(&str, CancelRule); 2] = [("shop", CancelRule::Shop), ("office", CancelRule::Office)];

const BUY_BY: [(&str, BuyBy); 2] = [("account", BuyBy::Account), ("buyer_number", BuyBy::BuyerNumber)];

const PAY_IN: [(&str, PayIn); 5] = [
    ("card", PayIn::Card),
    ("bank", PayIn::Bank),
    ("atm", PayIn::Atm),
    ("store", PayIn::Store),
    ("counter", PayIn::Counter),
];

/// What programmes may refer to.
pub(super) struct Known<'a> {
    pub(super) region: &'a Region,
    pub(super) classes: &'a BTreeMap<ClassId, Class>,
}

impl Known<'_> {
    /// The class a key names.
    fn class(&self, table: &Reader<'_>, key: &'static str) -> Option<&Class> {
        let name = table.text(key)?;
        let found = self.classes.values().find(|class| class.key == name);
        if found.is_none() {
            table.wrong(key, Wrong::NoSuch { what: "種類", name });
        }
        found
    }

    /// The class a key names, of the service it must be.
    fn class_of(&self, table: &Reader<'_>, key: &'static str, service: ServiceType) -> Option<&Class> {
        let class = self.class(table, key)?;
        if class.service != service {
            let name = class.key.clone();
            let wanted = match service {
                ServiceType::Money => "コイン（service = \"money\"）",
                ServiceType::Points => "ポイント（service = \"points\"）",
                ServiceType::Voucher => "商品券（service = \"voucher\"）",
            };
            table.wrong(key, Wrong::WrongClass { name, wanted });
        }
        Some(class)
    }
}

pub(super) fn read(file: &Reader<'_>, known: &Known<'_>) -> Option<Programme> {
    let id = file.small("number", 1..=999_999);
    let name = file.text("name");
    let grace_days = file.small_or("grace_days", 0..=366, 14);
    let cancel = file.choice_or("cancel", &CANCEL, CancelRule::Shop);
    let who = file.maybe("who", |table| who(table, known.region));
    let kind = file.choice("kind", &KINDS);
    let service = match kind? {
        Word::Campaign => ServiceType::Points,
        Word::Exchange => ServiceType::Money,
        Word::Sale | Word::Distribution => ServiceType::Voucher,
    };
    let class = known.class_of(file, "class", service);
    let kind = match kind? {
        Word::Sale => sale(file, known, class).map(Kind::Sale),
        Word::Distribution => distribution(file, class).map(Kind::Distribution),
        Word::Campaign => {
            if let Some(class) = class.filter(|class| class.earn.is_none()) {
                let name = class.key.clone();
                let wanted = "支払いでたまるポイント（[class.earn] のあるもの）";
                file.wrong("class", Wrong::WrongClass { name, wanted });
            }
            campaign(file, id).map(Kind::Campaign)
        }
        Word::Exchange => exchange(file, known).map(Kind::Exchange),
    };
    Some(Programme {
        id: id?,
        name: name?,
        class: class?.id,
        grace_days: grace_days?,
        cancel: cancel?,
        who: who?.unwrap_or_default(),
        kind: kind?,
    })
}

fn who(table: &Reader<'_>, region: &Region) -> Option<Who> {
    let towns = table.texts("towns");
    for town in towns.iter().flatten().filter(|town| !region.towns.contains(town)) {
        let name = town.clone();
        table.wrong("towns", Wrong::NoSuch { what: "町", name });
    }
    let registered_on = if table.has("registered_on") {
        Some(table.day("registered_on")?)
    } else {
        None
    };
    let roster = if table.has("roster") {
        Some(table.text("roster")?)
    } else {
        None
    };
    let age = table.maybe("age", |table| {
        let on = if table.has("on") { Some(table.day("on")?) } else { None };
        let least = table.small_or("least", 0..=150, 0);
        let most = table.small_or("most", 0..=150, 150);
        let (least, most) = (u16::try_from(least?).ok()?, u16::try_from(most?).ok()?);
        if most < least {
            table.wrong("most", Wrong::Order { other: "least" });
        }
        Some(AgeLimit { on, least, most })
    });
    Some(Who {
        towns: towns?,
        registered_on,
        age: age?,
        roster,
    })
}

fn window(table: &Reader<'_>) -> Option<Window> {
    let opens = table.moment("opens");
    let closes = table.moment("closes");
    let (opens, closes) = (opens?, closes?);
    if closes <= opens {
        table.wrong("closes", Wrong::Order { other: "opens" });
    }
    Some(Window { opens, closes })
}

/// When value is used, which must fit the class's own end and the days its shops are paid for.
fn usage(file: &Reader<'_>, class: Option<&Class>) -> Option<UsePeriod> {
    file.table("use", |table| {
        let from = table.moment("from");
        let until = table.day("until");
        let usage = UsePeriod {
            from: from?,
            until: until?,
        };
        if usage.until.end() <= usage.from {
            table.wrong("until", Wrong::Order { other: "from" });
        }
        if let Some(Expiry::On(until)) = class.map(|class| class.expiry)
            && until != usage.until
        {
            table.wrong("until", Wrong::OtherEnd { until });
        }
        let settled = match class.map(|class| class.settlement) {
            Some(Settlement::Weekly(weekly)) => weekly.first <= usage.from.day() && usage.until <= weekly.last,
            Some(Settlement::Monthly(monthly)) => monthly.first <= usage.from.day(),
            None => true,
        };
        if !settled {
            table.wrong("until", Wrong::OutsideSettlement);
        }
        Some(usage)
    })
}

fn not_before(table: &Reader<'_>, key: &'static str, later: Time, earlier: Time, other: &'static str) {
    if later < earlier {
        table.wrong(key, Wrong::Order { other });
    }
}

fn sale(file: &Reader<'_>, known: &Known<'_>, class: Option<&Class>) -> Option<Sale> {
    let apply = file.maybe("apply", |table| {
        let window = window(table);
        let draw = table.flag("draw");
        let entry = if table.has("points") || table.has("point_class") {
            let points = table.amount("points");
            let class = known.class_of(table, "point_class", ServiceType::Points);
            Some(EntryPoints {
                class: class?.id,
                points: points?,
            })
        } else {
            None
        };
        Some(Apply {
            window: window?,
            draw: draw?,
            entry,
        })
    });
    let buy = file.table("buy", |table| {
        let window = window(table);
        let by = table.choice_or("by", &BUY_BY, BuyBy::Account);
        let words = table.texts("pay_in");
        let mut pay_in = Vec::new();
        for word in words? {
            match PAY_IN.iter().find(|(name, _)| *name == word) {
                Some((_, way)) => pay_in.push(*way),
                None => table.wrong(
                    "pay_in",
                    Wrong::Choice {
                        words: PAY_IN.map(|(name, _)| name).to_vec(),
                    },
                ),
            }
        }
        if pay_in.is_empty() {
            table.wrong("pay_in", Wrong::Missing);
        }
        Some((window?, by?, pay_in))
    });
    let usage = usage(file, class);
    let lots = file.table("lots", |table| {
        let price = table.amount("price");
        let face = table.amount("face");
        let most = table.small("most", 1..=MAX_UNITS);
        if let (Some(price), Some(face)) = (price, face)
            && face < price
        {
            table.wrong("face", Wrong::FaceBelowPrice);
        }
        Some((price?, face?, most?))
    });
    let ceilings = file.table("ceilings", |table| {
        let issue = table.amount("issue");
        let premium = table.amount("premium");
        Some((issue?, premium?))
    });
    let bonus = file.maybe("bonus", |table| bonus(table, known));
    if class.is_some_and(|class| class.legal == LegalKind::FreePoint) {
        file.wrong("class", Wrong::SoldFree);
    }
    let ((price, face, most), (issue_ceiling, premium_ceiling)) = (lots?, ceilings?);
    let (buy, by, pay_in) = buy?;
    let sale = Sale {
        apply: apply?,
        buy,
        by,
        pay_in,
        usage: usage?,
        price,
        face,
        most,
        issue_ceiling,
        premium_ceiling,
        bonus: bonus?,
    };
    if sale.stock() == 0 {
        file.wrong("ceilings", Wrong::NoStock);
    }
    if let Some(apply) = sale.apply {
        not_before(file, "buy", buy.opens, apply.window.closes, "apply.closes");
    }
    not_before(file, "use", sale.usage.until.end(), buy.closes, "buy.closes");
    Some(sale)
}

fn bonus(table: &Reader<'_>, known: &Known<'_>) -> Option<Bonus> {
    let class = known.class_of(table, "class", ServiceType::Points);
    if let Some(class) = class.filter(|class| class.legal != LegalKind::FreePoint) {
        let name = class.key.clone();
        let wanted = "無償のポイント（legal = \"free_point\"）";
        table.wrong("class", Wrong::WrongClass { name, wanted });
    }
    let age = table.small("age", 1..=150);
    let on = table.day("on");
    let points = table.small("points", 1..=1_000_000);
    let after_days = table.small_or("after_days", 0..=366, 14);
    Some(Bonus {
        class: class?.id,
        age: u16::try_from(age?).ok()?,
        on: on?,
        points: points?,
        after_days: after_days?,
    })
}

fn distribution(file: &Reader<'_>, class: Option<&Class>) -> Option<Distribution> {
    let hand_out = file.table("hand_out", |table| {
        let window = window(table);
        let amount = table.amount("amount");
        let times = table.small_or("times", 1..=1_000, 1);
        let by_code = table.flag("by_code");
        Some((window?, amount?, times?, by_code?))
    });
    let usage = usage(file, class);
    let issue = file.table("ceilings", |table| table.amount("issue"));
    let (window, amount, times, by_code) = hand_out?;
    let distribution = Distribution {
        window,
        usage: usage?,
        amount,
        times,
        issue_ceiling: issue?,
        by_code,
    };
    if distribution.issue_ceiling < amount {
        file.wrong("ceilings", Wrong::NoStock);
    }
    not_before(
        file,
        "use",
        distribution.usage.until.end(),
        window.closes,
        "hand_out.closes",
    );
    Some(distribution)
}

fn campaign(file: &Reader<'_>, id: Option<u32>) -> Option<Campaign> {
    file.table("points", |table| {
        let window = window(table);
        let percent = table.small_or("percent", 100..=10_000, 100);
        let addition = table.small_or("addition", 0..=1_000_000, 0);
        let least = table.amount("least");
        let cap = if table.has("cap") {
            Some(table.amount("cap")?)
        } else {
            None
        };
        let person_cap = if table.has("person_cap") {
            Some(table.amount("person_cap")?)
        } else {
            None
        };
        let window = window?;
        Some(Campaign {
            id: id?,
            opens: window.opens,
            closes: window.closes,
            percent: percent?,
            addition: addition?,
            least: least?,
            cap,
            person_cap,
        })
    })
}

fn exchange(file: &Reader<'_>, known: &Known<'_>) -> Option<Exchange> {
    file.table("exchange", |table| {
        let window = window(table);
        let source = known.class_of(table, "from", ServiceType::Points);
        let step = table.amount("step");
        let gives = table.amount("gives");
        let least = if table.has("least") {
            table.amount("least")
        } else {
            step
        };
        let after_days = table.small_or("after_days", 0..=366, 7);
        let (step, least) = (step?, least?);
        if least < step || least.units().checked_rem(step.units()) != Some(0) {
            table.wrong("least", Wrong::NotSteps { step: step.units() });
        }
        Some(Exchange {
            window: window?,
            source: source?.id,
            step,
            gives: gives?,
            least,
            after_days: after_days?,
        })
    })
}
