//! Any history of orders and of what providers tell: no yen is forgotten or counted twice, and nothing is sold beyond
//! what there is (I10, I11).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::sale_town::{OPEN, at, june, lots, person};
use crate::support::TOWN;
use crate::support::simulation::Simulation;
use kinchaku_protocol::money::Amount;
use kinchaku_server::command::{Action, CommandError, Invitee, Outcome};
use kinchaku_server::ledger::rows::Book;
use kinchaku_server::programme::Programmes;
use kinchaku_server::programme::action::SetUpAction;
use kinchaku_server::query::audit;
use kinchaku_server::sale::action::SaleAction;
use kinchaku_server::sale::rows::{EventKind, EventVerdict, OrderState, RefundStep};
use proptest::prelude::*;

/// People who buy; each has an account.
const PEOPLE: u8 = 40;

fn town() -> (Simulation, Vec<u64>) {
    let mut town = Simulation::new();
    let folder = june(TOWN.muni);
    town.view.programmes = Some(Arc::new(Programmes::read(&folder).unwrap()));
    town.run(Action::SetUp(SetUpAction::Load(folder))).unwrap();
    let mut accounts = Vec::new();
    for number in 0..PEOPLE {
        let invite = Action::Invite {
            code_hash: [number; 32],
            invitee: Invitee::Resident,
        };
        let Ok(Outcome::Invited { account: Some(account) }) = town.run(invite) else {
            panic!("no account");
        };
        accounts.push(account);
    }
    town.now = at(2026, 6, 1, 12);
    (town, accounts)
}

/// One thing that happens.
#[derive(Clone, Copy, Debug)]
enum Step {
    Order {
        who: u32,
        units: u32,
    },
    Told {
        order: u64,
        kind: EventKind,
        number: u8,
        price: bool,
    },
    Later {
        minutes: u64,
    },
    Refund {
        order: u64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let kind = prop_oneof![
        4 => Just(EventKind::Paid),
        1 => Just(EventKind::Declined),
        1 => Just(EventKind::Refunded),
        1 => Just(EventKind::ChargedBack),
    ];
    prop_oneof![
        3 => (0_u32..u32::from(PEOPLE), 1_u32..=30).prop_map(|(who, units)| Step::Order { who, units }),
        6 => (1_u64..40, kind, 0_u8..3, proptest::bool::weighted(0.9))
            .prop_map(|(order, kind, number, price)| Step::Told { order, kind, number, price }),
        1 => (1_u64..20).prop_map(|minutes| Step::Later { minutes }),
        1 => (1_u64..40).prop_map(|order| Step::Refund { order }),
    ]
}

/// What a step may be answered; anything else is a fault.
fn happens(town: &mut Simulation, accounts: &[u64], place: usize, step: Step) {
    let answer = match step {
        Step::Order { who, units } => {
            let account = accounts[usize::try_from(who).unwrap()];
            let asked = lots(&place.to_string(), account, Some(person(who, 1980)), units);
            town.run(Action::Sale(SaleAction::Order(asked)))
        }
        Step::Told {
            order,
            kind,
            number,
            price,
        } => {
            let known = town.view.orders.get(&(order,)).map(|row| row.price);
            let amount = known.filter(|_| price).unwrap_or(Amount::of(1));
            town.run(Action::Sale(SaleAction::Event {
                id: format!("{order} {kind:?} {number} {price}"),
                order,
                kind,
                amount,
            }))
        }
        Step::Later { minutes } => {
            town.now = town.now.after(60 * minutes);
            let orders = town.view.orders.all().map(|row| row.id).collect();
            town.run(Action::Sale(SaleAction::LapseOrders { orders }))
        }
        Step::Refund { order } => town.run(Action::Sale(SaleAction::Refund { order })),
    };
    let expected = matches!(
        answer,
        Ok(_)
            | Err(CommandError::Refused(_)
                | CommandError::NoOrder
                | CommandError::OrderState
                | CommandError::UsedAlready)
    );
    assert!(expected, "{step:?}: {answer:?}");
}

fn sum(town: &Simulation, book: Book) -> i64 {
    let rows = town.view.postings.all().filter(|row| row.book == book);
    rows.map(|row| row.amount.units()).sum()
}

fn check(town: &Simulation) -> Result<(), TestCaseError> {
    prop_assert_eq!(audit::inspect(&town.view).violations, []);
    let mut money: BTreeMap<u64, u32> = BTreeMap::new();
    for event in town.view.provider_events.all() {
        let counts = matches!(event.verdict, EventVerdict::Taken | EventVerdict::TooLate);
        if counts && event.kind == EventKind::Paid {
            *money.entry(event.order_id).or_default() += 1;
        }
    }
    let (mut held, mut premium, mut lots) = (0, 0, 0);
    for row in town.view.orders.all() {
        let came = money.get(&row.id).copied().unwrap_or(0);
        prop_assert!(came <= 1, "paid twice");
        match row.state {
            OrderState::Awaiting => {
                prop_assert_eq!(came, 0);
                lots += row.units;
            }
            // Money that came and is neither value nor on its way back is forgotten.
            OrderState::Failed | OrderState::Lapsed => prop_assert_eq!(came, 0),
            OrderState::Paid => {
                prop_assert_eq!(came, 1);
                held += i64::try_from(row.price.units()).unwrap();
                premium += i64::try_from(row.face.units() - row.price.units()).unwrap();
                lots += row.units;
            }
            OrderState::Refunded => prop_assert!(row.refund != RefundStep::None),
            OrderState::ChargedBack => {
                prop_assert_eq!(row.refund, RefundStep::None, "money that is gone does not go twice");
                lots += if row.lot.is_some() { row.units } else { 0 };
            }
        }
    }
    prop_assert_eq!(sum(town, Book::Suspense), -held);
    prop_assert_eq!(sum(town, Book::Budget), -premium);
    prop_assert!(lots <= 1_000);
    let row = town.view.sales.get(&(OPEN,));
    prop_assert_eq!(row.map_or(0, |row| row.sold + row.reserved), u64::from(lots));
    Ok(())
}

/// F064: lots that went back with a refund are not sold, though the payer then takes the money back by force.
#[test]
fn what_is_charged_back_after_its_refund_was_ordered_is_sold_no_more() {
    let (mut town, accounts) = town();
    let told = |kind| Step::Told {
        order: 1,
        kind,
        number: 0,
        price: true,
    };
    let steps = [
        Step::Order { who: 0, units: 3 },
        told(EventKind::Paid),
        Step::Refund { order: 1 },
        told(EventKind::ChargedBack),
    ];
    for (place, step) in steps.into_iter().enumerate() {
        happens(&mut town, &accounts, place, step);
        check(&town).unwrap();
    }
    let order = town.view.orders.get(&(1,)).unwrap();
    assert_eq!((order.state, order.refund), (OrderState::ChargedBack, RefundStep::None));
    assert!(town.view.sales.get(&(OPEN,)).is_none_or(|row| row.sold == 0));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// F064, F070, F075, F077: after every step of any history.
    #[test]
    fn no_yen_is_forgotten_or_counted_twice(steps in proptest::collection::vec(step(), 1..120)) {
        let (mut town, accounts) = town();
        for (place, step) in steps.into_iter().enumerate() {
            happens(&mut town, &accounts, place, step);
            check(&town)?;
        }
    }

    /// F064: what was told is told again, all of it and the last first: nothing changes.
    #[test]
    fn a_history_told_again_changes_nothing(steps in proptest::collection::vec(step(), 1..60)) {
        let (mut town, accounts) = town();
        let mut told = Vec::new();
        for (place, step) in steps.into_iter().enumerate() {
            let known = matches!(step, Step::Told { order, .. } if town.view.orders.get(&(order,)).is_some());
            happens(&mut town, &accounts, place, step);
            told.extend(known.then_some(step));
        }
        let orders: Vec<_> = town.view.orders.all().cloned().collect();
        let entries = town.view.entries.all().count();
        for step in told.into_iter().rev() {
            happens(&mut town, &accounts, 0, step);
        }
        prop_assert_eq!(town.view.orders.all().cloned().collect::<Vec<_>>(), orders);
        prop_assert_eq!(town.view.entries.all().count(), entries);
    }
}
