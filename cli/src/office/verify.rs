//! The draw as anybody can check it: what was published is fetched and drawn again here (F078).

use data_encoding::HEXLOWER;
use kinchaku_design::format::number;
use kinchaku_design::{Key, say, text};
use kinchaku_protocol::rules::draw::{
    ALGORITHM, Application, ApplicationId, DrawError, Outcome, Terms, verify as again,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::args::{ProgrammeNamed, SaleVerify};
use crate::console::client::{Client, nonsense, typed};
use crate::console::page::{self, Pages};
use crate::console::shown::versioned;
use crate::console::table::Table;
use crate::output::{Exit, Mark, Output, Problem};

/// What is published of a draw, without its outcome.
#[derive(Deserialize)]
pub struct Published {
    /// The name of the way of drawing; none where who came first won.
    #[serde(default)]
    pub algorithm: Option<String>,
    /// SHA-256 of the seed.
    #[serde(default)]
    pub commitment: Option<String>,
    /// SHA-256 of the list of applications.
    #[serde(default)]
    pub list: Option<String>,
    /// The seed, once it was used.
    #[serde(default)]
    pub seed: Option<String>,
    /// When it was drawn.
    #[serde(default)]
    pub drawn_at: Option<String>,
    /// Lots there are.
    pub stock: u64,
    /// Lots one application may want.
    pub most: u32,
}

#[derive(Deserialize)]
struct Place {
    id: String,
    wanted: u32,
    won: u32,
}

/// What is published so far.
pub fn published(client: &Client, named: ProgrammeNamed) -> Result<Published, Problem> {
    typed(&client.get(&route(named), &[])?)
}

fn route(named: ProgrammeNamed) -> String {
    format!("/draws/{}", named.programme)
}

/// The places of the draw in their order, from every page.
fn places(client: &Client, named: ProgrammeNamed) -> Result<Vec<Value>, Problem> {
    let mut all = Vec::new();
    page::each_of(client, &route(named), "outcome", &[], Pages::All, |item| {
        all.push(item);
        Ok(())
    })?;
    Ok(all)
}

/// `sale outcome`.
pub fn outcome(client: &Client, named: ProgrammeNamed, out: &Output) -> Result<Exit, Problem> {
    let published = published(client, named)?;
    if published.drawn_at.is_none() {
        return Err(Problem::new(Key::ErrorNotDrawn, Exit::Refused));
    }
    let places = places(client, named)?;
    if out.json() {
        places.into_iter().for_each(|place| out.object(&versioned(place)));
        return Ok(Exit::Done);
    }
    let heads = [
        Key::ConsoleHeadPlace,
        Key::ConsoleHeadApplication,
        Key::ConsoleHeadWanted,
        Key::ConsoleHeadWon,
    ];
    let mut table = Table::new(out, &heads, &[0, 2, 3]);
    let mut won = 0_u64;
    for (order, place) in (1_u64..).zip(&places) {
        let place: Place = typed(place)?;
        won = won.saturating_add(place.won.into());
        table.row(vec![
            number(order),
            place.id,
            number(place.wanted.into()),
            number(place.won.into()),
        ]);
    }
    table.print(out);
    out.say(
        Key::ConsoleOutcomeSum,
        &[("won", &number(won)), ("stock", &number(published.stock))],
    );
    Ok(Exit::Done)
}

/// `sale verify`: says what was checked, piece by piece, and the first thing that is not as promised.
pub fn verify(client: &Client, asked: &SaleVerify, out: &Output) -> Result<Exit, Problem> {
    let published = published(client, asked.named)?;
    let (Some(seed), Some(commitment), Some(list)) = (&published.seed, &published.commitment, &published.list) else {
        return Err(Problem::new(Key::ErrorNotDrawn, Exit::Refused));
    };
    let algorithm = published.algorithm.as_deref().unwrap_or("");
    if algorithm != ALGORITHM {
        return Err(Problem::new(Key::ErrorDrawAlgorithm, Exit::Other).named("name", algorithm));
    }
    if let Some(noted) = &asked.commitment
        && noted.trim().to_ascii_lowercase() != *commitment
    {
        return Err(Problem::new(Key::ErrorDrawNoted, Exit::Refused));
    }
    let places: Vec<Place> = places(client, asked.named)?
        .iter()
        .map(typed)
        .collect::<Result<_, _>>()?;
    let outcomes = places.iter().map(outcome_of).collect::<Result<Vec<_>, _>>()?;
    let applications: Vec<Application> = outcomes
        .iter()
        .map(|outcome| Application {
            id: outcome.id,
            wanted: outcome.wanted,
        })
        .collect();
    let terms = Terms {
        commitment: hash(commitment)?,
        list: hash(list)?,
        stock: published.stock,
        most: published.most,
    };
    again(&terms, &hash(seed)?, &applications, &outcomes).map_err(|error| differs(&error))?;
    tell(&published, asked, &outcomes, out);
    Ok(Exit::Done)
}

fn outcome_of(place: &Place) -> Result<Outcome, Problem> {
    Ok(Outcome {
        id: ApplicationId::from_hex(&place.id).ok_or_else(nonsense)?,
        wanted: place.wanted,
        won: place.won,
    })
}

fn hash(text: &str) -> Result<[u8; 32], Problem> {
    let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| nonsense())?;
    bytes.try_into().map_err(|_| nonsense())
}

/// What is not as promised.
fn differs(error: &DrawError) -> Problem {
    let refused = |key| Problem::new(key, Exit::Refused);
    match error {
        DrawError::Seed => refused(Key::ErrorDrawSeed),
        DrawError::List => refused(Key::ErrorDrawList),
        DrawError::Twice(id) => refused(Key::ErrorDrawTwice).named("id", id.to_string()),
        DrawError::Units { id, .. } => refused(Key::ErrorDrawUnits).named("id", id.to_string()),
        DrawError::Outcome(place) => {
            let place = u64::try_from(*place).unwrap_or(u64::MAX).saturating_add(1);
            refused(Key::ErrorDrawPlace).count("place", place)
        }
    }
}

fn tell(published: &Published, asked: &SaleVerify, outcomes: &[Outcome], out: &Output) {
    let count = u64::try_from(outcomes.len()).unwrap_or(0);
    let won = outcomes
        .iter()
        .fold(0_u64, |sum, outcome| sum.saturating_add(outcome.won.into()));
    if out.json() {
        out.object(&json!({
            "schema": 1,
            "verified": true,
            "algorithm": published.algorithm,
            "commitment": published.commitment,
            "commitment_noted": asked.commitment.is_some(),
            "list": published.list,
            "seed": published.seed,
            "stock": published.stock,
            "most": published.most,
            "applications": count,
            "won": won,
        }));
        return;
    }
    let lang = out.lang();
    let (count, won, stock) = (number(count), number(won), number(published.stock));
    out.verdict(Mark::Ok, text(lang, Key::ConsoleVerifySeed));
    out.verdict(Mark::Ok, &say(lang, Key::ConsoleVerifyList, &[("count", &count)]));
    out.verdict(
        Mark::Ok,
        &say(lang, Key::ConsoleVerifyOrder, &[("algorithm", ALGORITHM)]),
    );
    out.verdict(
        Mark::Ok,
        &say(lang, Key::ConsoleVerifyWon, &[("won", &won), ("stock", &stock)]),
    );
    if asked.commitment.is_none() {
        let hash = published.commitment.as_deref().unwrap_or("");
        out.note(Key::ConsoleVerifyNoted, &[("hash", hash)]);
    }
}
