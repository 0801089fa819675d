//! Applications and their draw on both databases: each person once, a list that cannot be changed once it is published,
//! and an outcome that anybody can compute.

use crate::on_both;
use crate::sale_town;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::sale_town::{DRAWN, FIRST, GIVEN, OPEN, application, application_id, apply, at, by_number, june, person};
use crate::support::{TOWN, World};
use kinchaku_protocol::ids::DocId;
use kinchaku_protocol::rules::draw::{self, Application, ApplicationId, Terms};
use kinchaku_protocol::time::Time;
use kinchaku_server::command::{Action, CommandError, Outcome};
use kinchaku_server::programme::Refusal;
use kinchaku_server::programme::action::SetUpAction;
use kinchaku_server::sale::action::SaleAction;
use kinchaku_server::sale::rows::ApplicationRow;
use kinchaku_server::store::Store;

type Db = Arc<dyn Store>;

const SEED: [u8; 32] = [7; 32];

on_both!(
    a_person_applies_once_in_time_and_where_entitled,
    an_application_that_is_sent_again_is_the_same,
    a_draw_is_what_was_promised,
    where_enough_is_there_everybody_wins,
    a_seed_nobody_committed_to_draws_nothing,
    a_void_application_leaves_the_list_but_not_a_published_one,
    without_a_draw_who_applied_first_wins,
);

async fn town(db: Db) -> World {
    let mut world = World::new(db).await;
    let load = Action::SetUp(SetUpAction::Load(june(TOWN.muni)));
    assert_eq!(world.run(load).await, Ok(Outcome::Done));
    world.now = at(2026, 6, 1, 12);
    world
}

async fn sale(world: &World, action: SaleAction) -> Result<Outcome, CommandError> {
    world.run(Action::Sale(action)).await
}

async fn commit(world: &World, seed: &[u8; 32]) -> Result<Outcome, CommandError> {
    let commitment = DocId(draw::commitment(seed));
    sale(
        world,
        SaleAction::Commit {
            programme: DRAWN,
            commitment,
        },
    )
    .await
}

async fn close(world: &World, programme: u32) -> Result<Outcome, CommandError> {
    sale(world, SaleAction::CloseList { programme }).await
}

async fn draws(world: &World, seed: [u8; 32]) -> Result<Outcome, CommandError> {
    sale(world, SaleAction::Draw { programme: DRAWN, seed }).await
}

async fn applications(world: &World, programme: u32) -> Vec<ApplicationRow> {
    world.reader.applications(programme, None, 10_000).await.unwrap()
}

const fn after(closes: Time) -> Time {
    closes.after(1)
}

/// F149, F071, F076, F077: once a person over all accounts, in the window, of age, registered, up to 30 lots.
async fn a_person_applies_once_in_time_and_where_entitled(db: Db) {
    let mut world = town(db).await;
    let (one, other) = (world.resident().await, world.resident().await);
    let mut first = application(DRAWN, 1, 30);
    first.account = Some(one.account);
    assert_eq!(world.run(apply(first)).await, Ok(Outcome::Done));
    let mut again = application(DRAWN, 1, 2);
    again.id = application_id(99);
    again.account = Some(other.account);
    assert_eq!(world.run(apply(again)).await, Err(Refusal::AppliedBefore.into()));

    let refused = |refusal: Refusal| Err(CommandError::Refused(refusal));
    let mut young = application(DRAWN, 2, 1);
    young.who = person(2, 2009);
    assert_eq!(world.run(apply(young)).await, refused(Refusal::TooYoung { least: 18 }));
    let mut stranger = application(DRAWN, 3, 1);
    stranger.who.registered_on.clear();
    let on = sale_town::on(2026, 4, 1);
    assert_eq!(world.run(apply(stranger)).await, refused(Refusal::NotRegistered { on }));
    for units in [0, 31] {
        let most = Refusal::TooMany { most: 30, left: 30 };
        assert_eq!(world.run(apply(application(DRAWN, 4, units))).await, refused(most));
    }
    let mut nobody = application(DRAWN, 5, 1);
    nobody.account = Some(4_711);
    assert_eq!(world.run(apply(nobody)).await, Err(CommandError::NoAccount));
    assert_eq!(
        world.run(apply(application(OPEN, 6, 1))).await,
        refused(Refusal::NoApplication)
    );
    for programme in [GIVEN, 99] {
        assert_eq!(
            world.run(apply(application(programme, 6, 1))).await,
            Err(CommandError::NoProgramme)
        );
    }

    let closes = at(2026, 6, 10, 0);
    world.now = closes;
    assert_eq!(
        world.run(apply(application(DRAWN, 7, 1))).await,
        refused(Refusal::Over { closed: closes })
    );
    assert_eq!(applications(&world, DRAWN).await.len(), 1);
    assert_eq!(world.reader.sale(DRAWN).await.unwrap().unwrap().applications, 1);
    world.sound().await;
}

/// F149: an answer that was lost is asked for again, even after the window; another application is not that one.
async fn an_application_that_is_sent_again_is_the_same(db: Db) {
    let mut world = town(db).await;
    let sent = application(DRAWN, 1, 3);
    world.run(apply(sent.clone())).await.unwrap();
    world.now = at(2026, 6, 20, 0);
    assert_eq!(world.run(apply(sent.clone())).await, Ok(Outcome::Done));
    let mut other = sent.clone();
    other.units = 4;
    assert_eq!(world.run(apply(other)).await, Err(CommandError::Taken));
    let mut other = sent;
    other.who = person(2, 1980);
    assert_eq!(world.run(apply(other)).await, Err(CommandError::Taken));
    assert_eq!(applications(&world, DRAWN).await.len(), 1);
    world.sound().await;
}

/// F078, F151: the outcome is that of the published seed and list, to the last lot, one winner in part; winners have
/// buyer numbers of ten digits, each another one. The same again changes nothing.
async fn a_draw_is_what_was_promised(db: Db) {
    let mut world = town(db).await;
    commit(&world, &SEED).await.unwrap();
    for number in 1..=20 {
        world.run(apply(application(DRAWN, number, 7))).await.unwrap();
    }
    assert_eq!(draws(&world, SEED).await, Err(CommandError::NoDraw), "the list is open");
    assert!(matches!(
        close(&world, DRAWN).await,
        Err(CommandError::Refused(Refusal::NotYet { .. }))
    ));
    assert_eq!(world.reader.published_list(DRAWN, None, 100).await.unwrap(), []);
    world.now = after(at(2026, 6, 10, 0));
    close(&world, DRAWN).await.unwrap();
    let published = world.reader.published_draw(DRAWN).await.unwrap().unwrap();
    assert!(published.list.is_some() && published.seed.is_none());
    world.now = world.now.after(60);
    close(&world, DRAWN).await.unwrap();
    assert_eq!(
        world.reader.published_draw(DRAWN).await.unwrap(),
        Some(published.clone())
    );

    let drawn = Outcome::Drawn {
        applications: 20,
        won: 100,
    };
    assert_eq!(draws(&world, SEED).await, Ok(drawn.clone()));
    let outcome = applications(&world, DRAWN).await;
    world.now = world.now.after(60);
    assert_eq!(draws(&world, SEED).await, Ok(drawn), "a lost answer");
    assert_eq!(applications(&world, DRAWN).await, outcome);
    assert_eq!(draws(&world, [8; 32]).await, Err(CommandError::NoDraw));

    // As anybody would check it, from what is published.
    let published = world.reader.published_draw(DRAWN).await.unwrap().unwrap();
    let listed = world.reader.published_list(DRAWN, None, 100).await.unwrap();
    let list: Vec<Application> = listed
        .iter()
        .map(|row| Application {
            id: ApplicationId(row.id.0),
            wanted: row.wanted,
        })
        .collect();
    let mut outcomes: Vec<draw::Outcome> = listed
        .iter()
        .map(|row| draw::Outcome {
            id: ApplicationId(row.id.0),
            wanted: row.wanted,
            won: row.won.unwrap(),
        })
        .collect();
    let seed = published.seed.unwrap().0;
    outcomes.sort_by_key(|outcome| DocId::of(&[seed.as_slice(), &outcome.id.0].concat()));
    let terms = Terms {
        commitment: published.commitment.unwrap().0,
        list: published.list.unwrap().0,
        stock: published.stock,
        most: published.most,
    };
    assert_eq!(published.algorithm, Some("kinchaku-draw-1"));
    assert_eq!(draw::verify(&terms, &seed, &list, &outcomes), Ok(()));
    let part = outcome
        .iter()
        .filter(|row| row.won.is_some_and(|won| won > 0 && won < 7));
    assert_eq!(part.count(), 1, "100 lots are 14 wishes of 7 and a rest of 2");
    let winners: Vec<u64> = outcome
        .iter()
        .filter(|row| row.won > Some(0))
        .map(|row| row.buyer)
        .collect();
    assert!(winners.iter().all(|number| number.to_string().len() == 10));
    assert_eq!(winners.iter().collect::<BTreeSet<_>>().len(), 15);
    assert!(
        outcome
            .iter()
            .filter(|row| row.won == Some(0))
            .all(|row| row.buyer == 0)
    );
    world.sound().await;
}

/// F078: the same way of drawing, and nobody gets less than the wish.
async fn where_enough_is_there_everybody_wins(db: Db) {
    let mut world = town(db).await;
    commit(&world, &SEED).await.unwrap();
    for number in 1..=4 {
        world.run(apply(application(DRAWN, number, 25))).await.unwrap();
    }
    world.now = after(at(2026, 6, 10, 0));
    close(&world, DRAWN).await.unwrap();
    let drawn = Outcome::Drawn {
        applications: 4,
        won: 100,
    };
    assert_eq!(draws(&world, SEED).await, Ok(drawn));
    let all = applications(&world, DRAWN).await;
    assert!(all.iter().all(|row| row.won == Some(25)));
    world.sound().await;
}

/// F078: a commitment may be replaced until applications close, and only its seed draws.
async fn a_seed_nobody_committed_to_draws_nothing(db: Db) {
    let mut world = town(db).await;
    commit(&world, &[1; 32]).await.unwrap();
    world.run(apply(application(DRAWN, 1, 3))).await.unwrap();
    commit(&world, &SEED).await.unwrap();
    let open = SaleAction::Commit {
        programme: OPEN,
        commitment: DocId([1; 32]),
    };
    assert_eq!(sale(&world, open).await, Err(Refusal::NoApplication.into()));
    world.now = at(2026, 6, 10, 0);
    commit(&world, &SEED).await.unwrap();
    assert_eq!(
        commit(&world, &[1; 32]).await,
        Err(Refusal::Over { closed: world.now }.into())
    );
    close(&world, DRAWN).await.unwrap();
    assert_eq!(draws(&world, [1; 32]).await, Err(CommandError::NoDraw));
    assert!(draws(&world, SEED).await.is_ok());
    world.sound().await;
}

/// F149: what the office voids does not take part and frees its person; a published list stays; what is found out
/// after the draw changes no outcome, and nothing is bought with it.
async fn a_void_application_leaves_the_list_but_not_a_published_one(db: Db) {
    let mut world = town(db).await;
    commit(&world, &SEED).await.unwrap();
    for number in 1..=3 {
        world.run(apply(application(DRAWN, number, 10))).await.unwrap();
    }
    let void = |number| SaleAction::Void {
        programme: DRAWN,
        id: application_id(number),
    };
    sale(&world, void(1)).await.unwrap();
    sale(&world, void(1)).await.unwrap();
    assert_eq!(sale(&world, void(9)).await, Err(CommandError::NoApplication));
    let mut again = application(DRAWN, 1, 5);
    again.id = application_id(101);
    world.run(apply(again)).await.unwrap();
    assert_eq!(world.reader.sale(DRAWN).await.unwrap().unwrap().applications, 3);
    world.now = after(at(2026, 6, 10, 0));
    close(&world, DRAWN).await.unwrap();
    assert!(matches!(
        sale(&world, void(2)).await,
        Err(CommandError::Refused(Refusal::Over { .. }))
    ));
    let drawn = Outcome::Drawn {
        applications: 3,
        won: 25,
    };
    assert_eq!(draws(&world, SEED).await, Ok(drawn.clone()));
    sale(&world, void(2)).await.unwrap();
    assert_eq!(draws(&world, SEED).await, Ok(drawn));
    assert_eq!(world.reader.published_list(DRAWN, None, 100).await.unwrap().len(), 3);
    let wallet = world.resident().await;
    world.now = at(2026, 6, 16, 12);
    let of = |rows: &[ApplicationRow], number| rows.iter().find(|row| row.id == application_id(number)).unwrap().buyer;
    let rows = applications(&world, DRAWN).await;
    let fraud = by_number("f", wallet.account, of(&rows, 2), sale_town::phone(2), 1);
    let honest = by_number("h", wallet.account, of(&rows, 3), sale_town::phone(3), 1);
    assert_eq!(
        sale(&world, SaleAction::Order(fraud)).await,
        Err(CommandError::NoApplication)
    );
    sale(&world, SaleAction::Order(honest)).await.unwrap();
    world.sound().await;
}

/// Where the programme draws nothing: in the order of applications, to the last lot.
async fn without_a_draw_who_applied_first_wins(db: Db) {
    let mut world = town(db).await;
    for (number, units) in [(1, 6), (2, 3), (3, 4), (4, 1)] {
        world.now = world.now.after(1);
        world.run(apply(application(FIRST, number, units))).await.unwrap();
    }
    world.now = after(at(2026, 6, 10, 0));
    close(&world, FIRST).await.unwrap();
    let rows = applications(&world, FIRST).await;
    let won = |number| rows.iter().find(|row| row.id == application_id(number)).unwrap().won;
    assert_eq!([1, 2, 3, 4].map(won), [Some(6), Some(3), Some(1), Some(0)]);
    let draw = SaleAction::Draw {
        programme: FIRST,
        seed: SEED,
    };
    assert_eq!(sale(&world, draw).await, Err(Refusal::NoApplication.into()));
    world.sound().await;
}
