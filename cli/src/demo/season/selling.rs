//! From the application to the voucher: on paper at the office, drawn where everybody can check it, bought by who has
//! the notice and the telephone of the application.

use kinchaku_core::acquire::{self, AcquireError, Outcome};
use kinchaku_core::network::{HttpNetwork, Method, Network as _, Request};
use kinchaku_design::Key;
use kinchaku_design::format::{Unit, money};
use kinchaku_protocol::api::acquire::{LotsWanted, OrderStage, OrderStatus, PayWay, Why};
use serde_json::Value;

use super::super::error::{DemoError, Within as _};
use super::super::narrator::Narrator;
use super::people::{NEWCOMER, OnPaper, RESIDENTS, Resident};
use super::town::{SALE, Season};

/// Applications and their people, by their place in [`RESIDENTS`].
pub struct Won {
    who: usize,
    buyer: u64,
    units: u32,
}

/// The register, the commitment, the applications.
pub fn apply(season: &Season, narrator: &mut Narrator) -> Result<(), DemoError> {
    let line = |(name, birth, address, ..): &OnPaper| format!("{name},{birth},{address}\n");
    let list: String = RESIDENTS.iter().map(line).collect();
    let (good, bad) = (
        season.setting.place("register.csv"),
        season.setting.place("register-bad.csv"),
    );
    std::fs::write(&good, format!("name,birth,address\n{list}"))?;
    std::fs::write(
        &bad,
        format!("name,birth,address\n{list}").replace("1951-12-31", "1951-13-31"),
    )?;
    let (good, bad) = (good.display().to_string(), bad.display().to_string());
    let refused = season.office(&["roster", "import", "2024-04-01", &bad], "")?;
    narrator.prove(Key::DemoSeasonBadRoster, !refused.done(), &[])?;
    let taken = season.office(&["roster", "import", "2024-04-01", &good], "")?;
    let count = RESIDENTS.len().to_string();
    narrator.prove(Key::DemoSeasonRoster, taken.done(), &[("count", &count)])?;
    let seed = seed_file(season);
    let committed = season.office(&["sale", "commit", SALE, "--seed-file", &seed], "")?;
    narrator.prove(Key::DemoSeasonCommitted, committed.done(), &[])
}

fn seed_file(season: &Season) -> String {
    season.setting.place("seed").display().to_string()
}

fn enter(season: &Season, (name, birth, address, phone, units): &OnPaper) -> Result<i32, DemoError> {
    let form = format!("{name}\n{birth}\n{address}\n{phone}\n{units}\n");
    Ok(season.office(&["sale", "apply", SALE], &form)?.status)
}

/// Applications, the end of the list, the draw.
pub fn draw(season: &mut Season, narrator: &mut Narrator) -> Result<(), DemoError> {
    let first = RESIDENTS.first().ok_or(DemoError::DidNotHappen("a resident"))?;
    let early = enter(season, first)?;
    narrator.prove(Key::DemoSeasonEarly, early == 4, &[])?;
    season.at("2024-04-10T10:00")?;
    for resident in &RESIDENTS {
        if enter(season, resident)? != 0 {
            return Err(DemoError::DidNotHappen("an application"));
        }
    }
    let wanted: u32 = RESIDENTS.iter().map(|resident| resident.4).sum();
    let values = [
        ("count", &*RESIDENTS.len().to_string()),
        ("wanted", &*wanted.to_string()),
    ];
    narrator.prove(Key::DemoSeasonApplied, true, &values)?;
    let (twice, newcomer) = (enter(season, first)?, enter(season, &NEWCOMER)?);
    narrator.prove(Key::DemoSeasonTwice, twice != 0 && newcomer == 4, &[])?;

    season.at("2024-04-27T09:00")?;
    let closed = season.office(&["sale", "close-list", SALE, "--yes"], "")?;
    let seed = seed_file(season);
    let drawn = season.office(&["sale", "draw", SALE, "--seed-file", &seed, "--yes"], "")?;
    let won: u32 = winners(season)?.iter().map(|won| won.units).sum();
    narrator.prove(
        Key::DemoSeasonDrawn,
        closed.done() && drawn.done() && won == 80,
        &[("won", &won.to_string())],
    )?;
    let verified = season.office(&["sale", "verify", SALE], "")?;
    narrator.prove(Key::DemoSeasonVerified, verified.done(), &[])
}

/// Who won, most lots first. The list has no names; the story knows who wanted how many.
fn winners(season: &Season) -> Result<Vec<Won>, DemoError> {
    let listed = season.office(&["sale", "applications", SALE], "")?;
    let number = |line: &Value, name: &str| line.get(name).and_then(Value::as_u64).unwrap_or(0);
    let mut winners = Vec::new();
    for (who, resident) in RESIDENTS.iter().enumerate() {
        let own = |line: &&Value| number(line, "wanted") == u64::from(resident.4);
        let line = listed.lines.iter().find(own);
        let line = line.ok_or(DemoError::DidNotHappen("an application"))?;
        let units = u32::try_from(number(line, "won")).within("lots")?;
        let buyer = number(line, "buyer");
        winners.push(Won { who, buyer, units });
    }
    winners.retain(|won| won.units > 0);
    winners.sort_by_key(|won| std::cmp::Reverse(won.units));
    Ok(winners)
}

/// The two who won most buy; the first of them is 70 or over.
pub fn buy(season: &mut Season, narrator: &mut Narrator) -> Result<(Resident, Resident), DemoError> {
    season.at("2024-05-01T09:00")?;
    // The first key for allowances ends in June.
    season.setting.server.rotate("issuer", "2024-06-10T00:00:00+09:00")?;
    season.at("2024-05-27T11:00")?;
    let mut winners = winners(season)?;
    winners.truncate(2);
    winners.sort_by_key(|won| RESIDENTS.get(won.who).is_some_and(|resident| resident.1 > "1954-04-01"));
    let [first, second] = winners.as_slice() else {
        return Err(DemoError::DidNotHappen("two winners"));
    };
    let resident = Resident::arrive(season, first.who)?;
    let stolen = order(&resident, first, Some("0420000000"), PayWay::Card);
    let so = matches!(stolen, Err(AcquireError::Refused(refused)) if refused.why == Why::NotWon);
    narrator.prove(Key::DemoSeasonNotYours, so, &[])?;
    declined(season, &resident, first, narrator)?;
    bought(season, &resident, first, narrator)?;
    let other = Resident::arrive(season, second.who)?;
    bought(season, &other, second, narrator)?;
    Ok((resident, other))
}

fn order(resident: &Resident, won: &Won, phone: Option<&str>, pay_in: PayWay) -> Result<OrderStatus, AcquireError> {
    let known = RESIDENTS.get(won.who).map_or("", |resident| resident.3);
    let lots = LotsWanted {
        programme: 2_024,
        units: won.units,
        buyer: Some(won.buyer),
        phone: Some(phone.unwrap_or(known).to_owned()),
    };
    acquire::order(&resident.device.home, lots, pay_in)
}

/// The payer's browser: what the wallet was told leads to the page of the card's issuer.
fn at_the_issuer(season: &Season, order: &OrderStatus, what: &str) -> Result<(), DemoError> {
    let told = order.reference.as_deref().unwrap_or_default();
    let hand = told.rsplit('/').next().unwrap_or_default();
    let network = HttpNetwork::new(&season.setting.town.address, &[]).within("network")?;
    let request = Request {
        method: Method::Post,
        path: format!("/sandbox/{what}/{hand}"),
        body: Vec::new(),
        headers: Vec::new(),
    };
    let answer = network.exchange(&request).within("issuer")?;
    (answer.status == 200)
        .then_some(())
        .ok_or(DemoError::DidNotHappen("the issuer's page"))
}

/// A payer who turns back: the order ends, and the lots are free again.
fn declined(season: &Season, resident: &Resident, won: &Won, narrator: &mut Narrator) -> Result<(), DemoError> {
    let ordered = order(resident, won, None, PayWay::Card).within("order")?;
    let held = season.office(&["programme", SALE], "")?.number("/reserved");
    at_the_issuer(season, &ordered, "turn-back")?;
    let free = season.office(&["programme", SALE], "")?.number("/reserved");
    let so = ordered.stage == OrderStage::Awaiting && held == u64::from(won.units) && free == 0;
    narrator.prove(Key::DemoSeasonDeclined, so, &[])
}

fn bought(season: &Season, resident: &Resident, won: &Won, narrator: &mut Narrator) -> Result<(), DemoError> {
    let order = order(resident, won, None, PayWay::Card).within("order")?;
    at_the_issuer(season, &order, "pay")?;
    resident.sync(season)?;
    let paid = acquire::list(&resident.device.home).within("orders")?;
    let paid = paid.iter().any(|entry| match &entry.outcome {
        Outcome::Ordered(known) => known.order == order.order && known.stage == OrderStage::Paid,
        _ => false,
    });
    let yen = |amount: u64| money(narrator.lang(), Unit::Yen, amount);
    let values = [
        ("units", &*won.units.to_string()),
        ("price", &*yen(order.price.units())),
        ("face", &*yen(order.face.units())),
    ];
    narrator.prove(Key::DemoSeasonBought, paid, &values)
}
