//! `classes.toml`: value classes, with their ends, their settlement, how they are earned and their ranks.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use chrono::Weekday;
use kinchaku_protocol::ids::{ClassId, ServiceType, SetId};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::rules::earn::EarnRule;
use kinchaku_protocol::rules::expiry::Expiry;
use kinchaku_protocol::rules::rank::Ladder;

use super::model::{Class, LegalKind, ShopSet};
use super::problem::Wrong;
use super::reader::Reader;
use crate::calendar::{GrantCalendar, MonthlyClose, Settlement, Shift, WeeklyClose};

const SERVICES: [(&str, ServiceType); 3] = [
    ("money", ServiceType::Money),
    ("points", ServiceType::Points),
    ("voucher", ServiceType::Voucher),
];

const LEGAL: [(&str, LegalKind); 3] = [
    ("free_point", LegalKind::FreePoint),
    ("prepaid_exempt", LegalKind::PrepaidExempt),
    ("prepaid", LegalKind::Prepaid),
];

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("月", Weekday::Mon),
    ("火", Weekday::Tue),
    ("水", Weekday::Wed),
    ("木", Weekday::Thu),
    ("金", Weekday::Fri),
    ("土", Weekday::Sat),
    ("日", Weekday::Sun),
];

const SHIFTS: [(&str, Shift); 2] = [("next", Shift::Next), ("before", Shift::Before)];

#[derive(Clone, Copy)]
enum Word {
    Never,
    Days,
    On,
    Extending,
    Weekly,
    Monthly,
}

/// A class, and the names of those it may pay together with, which are looked up when all are read.
type Named = (Class, Vec<String>);

pub(super) fn read(file: &Reader<'_>, sets: &BTreeMap<SetId, ShopSet>) -> Option<BTreeMap<ClassId, Class>> {
    if !file.has("class") {
        file.wrong("class", Wrong::Missing);
    }
    let names = file.names("class", "key");
    let (keys, numbers) = (RefCell::new(BTreeSet::new()), RefCell::new(BTreeSet::new()));
    let classes = file.tables("class", |table| {
        let (class, combine) = class(table, sets)?;
        for name in combine.iter().filter(|name| !names.contains(*name)) {
            let name = name.clone();
            table.wrong("combine", Wrong::NoSuch { what: "種類", name });
        }
        if !keys.borrow_mut().insert(class.key.clone()) {
            let name = class.key.clone();
            table.wrong("key", Wrong::Twice { name });
        }
        if !numbers.borrow_mut().insert(class.id) {
            let name = class.id.to_string();
            table.wrong("number", Wrong::Twice { name });
        }
        Some((class, combine))
    })?;
    let ids: BTreeMap<String, ClassId> = classes.iter().map(|(class, _)| (class.key.clone(), class.id)).collect();
    let by_number = classes.into_iter().map(|(mut class, combine)| {
        class.combine = combine.iter().filter_map(|name| ids.get(name).copied()).collect();
        (class.id, class)
    });
    Some(by_number.collect())
}

fn class(table: &Reader<'_>, sets: &BTreeMap<SetId, ShopSet>) -> Option<Named> {
    let number = table.small("number", 1..=999_999);
    let key = table.text("key");
    let name = table.text("name");
    let service = table.choice("service", &SERVICES);
    let legal = table.choice("legal", &LEGAL);
    let scope = table.small_or("shops", 0..=9_999, 0).map(SetId);
    let pin_always = table.flag("pin_always");
    let combine = table.texts("combine");
    let expiry = table.table("expiry", expiry);
    let settlement = table.table("settlement", settlement);
    let earn = table.maybe("earn", earn);
    let ranks = table.tables("rank", |table| Some((table.text("name")?, rank_from(table)?)));
    if let Some(set) = scope.filter(|set| *set != SetId::ANYWHERE && !sets.contains_key(set)) {
        let name = set.to_string();
        table.wrong(
            "shops",
            Wrong::NoSuch {
                what: "店の組", name
            },
        );
    }
    let extending = matches!(expiry, Some(Expiry::Extending { .. }));
    if extending && legal.is_some_and(|legal| legal != LegalKind::FreePoint) {
        table.wrong("expiry", Wrong::ExtendingPaid);
    }
    let points = service == Some(ServiceType::Points);
    for key in ["earn", "rank"].into_iter().filter(|key| !points && table.has(key)) {
        let name = table.text("key")?;
        let wanted = "ポイント（service = \"points\"）";
        table.wrong(key, Wrong::WrongClass { name, wanted });
    }
    let ranks = ranks?;
    if Ladder::new(ranks.iter().map(|(_, from)| *from).collect()).is_err() {
        table.wrong("rank", Wrong::RankOrder);
    }
    let class = Class {
        id: ClassId(number?),
        key: key?,
        name: name?,
        service: service?,
        legal: legal?,
        expiry: expiry?,
        scope: scope?,
        pin_always: pin_always?,
        combine: Vec::new(),
        settlement: settlement?,
        earn: earn?,
        ranks,
    };
    Some((class, combine?))
}

fn rank_from(table: &Reader<'_>) -> Option<Amount> {
    let units = table.number("from", 0..=Amount::MAX.units())?;
    Amount::new(units).ok()
}

fn expiry(table: &Reader<'_>) -> Option<Expiry> {
    let words = [
        ("never", Word::Never),
        ("days", Word::Days),
        ("on", Word::On),
        ("extending", Word::Extending),
    ];
    match table.choice("kind", &words)? {
        Word::Days => table.small("days", 1..=36_500).map(Expiry::Days),
        Word::On => table.day("day").map(Expiry::On),
        Word::Extending => {
            let months = table.small("months", 1..=120)?;
            Some(Expiry::Extending { months })
        }
        _ => Some(Expiry::Never),
    }
}

fn settlement(table: &Reader<'_>) -> Option<Settlement> {
    let words = [("weekly", Word::Weekly), ("monthly", Word::Monthly)];
    let kind = table.choice("kind", &words)?;
    let first = table.day("first");
    if matches!(kind, Word::Monthly) {
        let business_days = table.small("business_days", 1..=60);
        return Some(Settlement::Monthly(MonthlyClose {
            first: first?,
            business_days: business_days?,
        }));
    }
    let last = table.day("last");
    let close = table.choice("close", &WEEKDAYS);
    let pay = table.choice("pay", &WEEKDAYS);
    let weeks = table.small("weeks", 1..=8);
    let shift = table.choice_or("on_holiday", &SHIFTS, Shift::Next);
    let late_days = table.small_or("late_days", 1..=60, 14);
    if let (Some(first), Some(last)) = (first, last)
        && last < first
    {
        table.wrong("last", Wrong::Order { other: "first" });
    }
    Some(Settlement::Weekly(WeeklyClose {
        first: first?,
        last: last?,
        close: close?,
        pay: pay?,
        weeks: weeks?,
        shift: shift?,
        late_days: late_days?,
    }))
}

fn earn(table: &Reader<'_>) -> Option<(EarnRule, GrantCalendar)> {
    let unit = table.small("unit", 1..=1_000_000);
    let points = table.small("points", 1..=1_000_000);
    let vouchers = table.flag("vouchers");
    let points_paid = table.flag("points_paid");
    let weeks = table.small_or("grant_weeks", 1..=8, 2);
    let weekday = table.choice_or("grant_on", &WEEKDAYS, Weekday::Thu);
    let moved = table.tables("moved", |table| Some((table.day("from")?, table.day("to")?)));
    let rule = EarnRule {
        unit: unit?,
        points: points?,
        vouchers: vouchers?,
        points_paid: points_paid?,
    };
    let calendar = GrantCalendar {
        weeks: weeks?,
        weekday: weekday?,
        moved: moved?.into_iter().collect(),
    };
    Some((rule, calendar))
}
