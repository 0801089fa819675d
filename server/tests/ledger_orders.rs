//! Every order of arrival of the same documents leaves the same books (docs/protocol.md, "Settlement").

use crate::on_both;
use std::sync::Arc;

use crate::support::simulation::Simulation;
use crate::support::wallet::Wallet;
use crate::support::{Shop, World};
use kinchaku_protocol::doc::{Close, Document};
use kinchaku_protocol::ids::Pid;
use kinchaku_protocol::money::Amount;
use kinchaku_server::store::Store;
use proptest::prelude::*;
use proptest::sample::Index;

/// A town with a payer, and documents that may come in any order.
struct Case {
    town: Simulation,
    documents: Vec<Vec<u8>>,
}

/// A cloned wallet: A at one shop, B with the same counter at another, and everything that can be said of them.
struct Cloned {
    documents: Vec<Vec<u8>>,
}

/// Which payment a document is about.
#[derive(Clone, Copy, Debug)]
enum Branch {
    A,
    B,
}

fn cloned(wallet: &Wallet, cancelled: Branch, refused: Branch, closed: Option<Branch>) -> Cloned {
    let (shop_a, shop_b) = (Shop::new(11), Shop::new(12));
    let at = wallet.allowance().not_before().after(60);
    let a = wallet.branch(1, wallet.head, shop_a.pid, &[(0, 3_000)], at);
    let b = wallet.branch(1, wallet.head, shop_b.pid, &[(0, 2_500)], at);
    let cancel = match cancelled {
        Branch::A => shop_a.cancels(a.reference),
        Branch::B => shop_b.cancels(b.reference),
    };
    let refuse = match refused {
        Branch::A => shop_a.refuses(a.reference),
        Branch::B => shop_b.refuses(b.reference),
    };
    let (last, head) = match closed {
        None => (0, wallet.head),
        Some(Branch::A) => (1, a.reference),
        Some(Branch::B) => (1, b.reference),
    };
    let close = Close {
        allowance: wallet.allowance().to_ref(),
        last,
        head,
        closed_at: at,
    };
    let close = close.sign(&wallet.sync).unwrap().bytes().to_vec();
    let seens = [shop_a.accepts(a.reference), shop_b.accepts(b.reference)];
    let [seen_a, seen_b] = seens;
    Cloned {
        documents: vec![a.bytes, b.bytes, seen_a, seen_b, cancel, refuse, close],
    }
}

/// The permutation of `count` things with this number.
fn permutation(mut number: usize, count: usize) -> Vec<usize> {
    let mut left: Vec<usize> = (0..count).collect();
    (1..=count)
        .rev()
        .map(|size| {
            let at = number % size;
            number /= size;
            left.remove(at)
        })
        .collect()
}

fn state_after(case: &Case, order: &[usize]) -> String {
    let mut town = case.town.clone();
    for at in order {
        town.upload(&[&case.documents[*at]]);
    }
    town.state()
}

/// With cancellation, refusal and close: all 5,040 orders, one state.
#[test]
fn all_orders_of_a_fork_and_what_is_said_of_it_give_one_state() {
    let mut town = Simulation::new();
    let wallet = town.payer(&[1_000, 1_500, 2_000, 500], false);
    let documents = cloned(&wallet, Branch::A, Branch::A, Some(Branch::B)).documents;
    let case = Case { town, documents };
    let expected = state_after(&case, &permutation(0, 7));
    for number in 1..5_040 {
        let order = permutation(number, 7);
        assert_eq!(state_after(&case, &order), expected, "{order:?}");
    }
}

/// The same for the other things that may be said, each in 120 of their orders.
#[test]
fn whatever_is_said_of_a_fork_the_order_is_nothing() {
    let branches = [Branch::A, Branch::B];
    for cancelled in branches {
        for refused in branches {
            for closed in [None, Some(Branch::A), Some(Branch::B)] {
                let mut town = Simulation::new();
                let wallet = town.payer(&[1_000, 1_500, 2_000, 500], false);
                let documents = cloned(&wallet, cancelled, refused, closed).documents;
                let case = Case { town, documents };
                let expected = state_after(&case, &permutation(0, 7));
                for number in (1..5_040).step_by(42) {
                    let order = permutation(number, 7);
                    let said = (cancelled, refused, closed, &order);
                    assert_eq!(state_after(&case, &order), expected, "{said:?}");
                }
            }
        }
    }
}

fn turned(straight: &[usize], orders: &[Index]) -> Vec<usize> {
    let mut turned = straight.to_vec();
    for (at, index) in orders.iter().enumerate() {
        let at = at % turned.len();
        turned.swap(at, index.index(straight.len()));
    }
    turned
}

/// One payment of a random history.
#[derive(Clone, Debug)]
struct Step {
    shop: u8,
    amount: u32,
    /// It has the counter and the link of an earlier one.
    forks: Option<Index>,
    /// What shops say: 0 nothing, 1 blind, 2 relayed, 3 refused, 4 cancelled, 5 accepted and refused, 6 accepted
    /// and cancelled.
    said: u8,
    line: u8,
}

/// Steps of which shops say one of these things.
fn step(said: &'static [u8]) -> impl Strategy<Value = Step> {
    let fork = prop_oneof![3 => Just(None), 1 => any::<Index>().prop_map(Some)];
    (11_u8..13, 1_u32..4_000, fork, proptest::sample::select(said), 0_u8..2).prop_map(
        |(shop, amount, forks, said, line)| Step {
            shop,
            amount,
            forks,
            said,
            line,
        },
    )
}

fn history(steps: &[Step], closes: Option<Index>) -> Case {
    let mut town = Simulation::new();
    let mut wallet = town.payer(&[700, 1_300, 2_000, 900, 4_000], true);
    let at = wallet.allowance().not_before().after(60);
    let mut documents = Vec::new();
    let mut chain = vec![(0, wallet.head)];
    for step in steps {
        let before = step.forks.map_or(chain.len() - 1, |index| index.index(chain.len()));
        let (seq, prev) = chain[before];
        let paid = wallet.branch(seq + 1, prev, Pid([step.shop; 8]), &[(step.line, step.amount)], at);
        chain.push((seq + 1, paid.reference));
        let shop = Shop::new(step.shop);
        match step.said {
            1 => documents.push(shop.accepts(paid.reference)),
            2 => documents.push(shop.relays(paid.reference)),
            3 => documents.push(shop.refuses(paid.reference)),
            4 => documents.push(shop.cancels(paid.reference)),
            5 => documents.extend([shop.accepts(paid.reference), shop.refuses(paid.reference)]),
            6 => documents.extend([shop.accepts(paid.reference), shop.cancels(paid.reference)]),
            _ => {}
        }
        documents.push(paid.bytes);
    }
    if let Some(index) = closes {
        (wallet.seq, wallet.head) = chain[index.index(chain.len())];
        documents.push(wallet.closes().unwrap());
    }
    Case { town, documents }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(
        std::env::var("KINCHAKU_HISTORIES").ok().and_then(|text| text.parse().ok()).unwrap_or(100),
    ))]

    /// Random chains with forks, everything a shop without a network may say, and a close: two orders, one state.
    #[test]
    fn random_histories_do_not_depend_on_the_order_of_arrival(
        steps in proptest::collection::vec(step(&[0, 1, 3, 4, 5, 6]), 1..9),
        closes in proptest::option::of(any::<Index>()),
        orders in proptest::collection::vec(any::<Index>(), 20),
    ) {
        let case = history(&steps, closes);
        let straight: Vec<usize> = (0..case.documents.len()).collect();
        prop_assert_eq!(state_after(&case, &straight), state_after(&case, &turned(&straight, &orders)));
    }

    /// What is relayed costs the scheme nothing, whatever comes in which order: the reserve bounds it.
    #[test]
    fn relays_at_any_number_of_shops_stay_within_the_reserve(
        steps in proptest::collection::vec(step(&[0, 2, 3]), 1..9),
        closes in proptest::option::of(any::<Index>()),
        orders in proptest::collection::vec(any::<Index>(), 20),
    ) {
        let case = history(&steps, closes);
        let straight: Vec<usize> = (0..case.documents.len()).collect();
        let mut town = case.town.clone();
        for at in turned(&straight, &orders) {
            town.upload(&[&case.documents[at]]);
            for line in town.view.hold_lines.all() {
                prop_assert_eq!(line.lost, Amount::ZERO);
            }
        }
    }
}

type Db = Arc<dyn Store>;

on_both!(some_orders_on_a_database);

/// On real databases: 24 orders, one town for each, all with one state.
async fn some_orders_on_a_database(db: Db) {
    let mut world = World::new(db).await;
    let mut states = Vec::new();
    for number in (0..5_040).step_by(210) {
        let town = kinchaku_server::command::Town {
            muni: 1_000 + number as u64,
        };
        world = world.moved_to(town).await;
        let wallet = world.payer(5_000).await;
        let documents = cloned(&wallet, Branch::A, Branch::A, Some(Branch::B)).documents;
        for at in permutation(number, 7) {
            world.upload(&[&documents[at]]).await;
        }
        states.push(world.sound().await);
        assert_eq!(
            (world.owed(world.a.pid).await, world.owed(world.b.pid).await),
            (0, 2_500)
        );
    }
    states.dedup();
    assert_eq!(states.len(), 1);
}
