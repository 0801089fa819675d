//! A thousand random histories, lived by the books and by a naive model of them: everybody has and owes the same of
//! each class after each step, shops are owed the same, and no invariant is broken on the way.
//! `KINCHAKU_HISTORIES=n` for more.

use crate::generated;
use crate::generated::{Town, history, play};
use crate::model::Model;
use crate::support::simulation::{Simulation, checked};
use crate::support::{MONEY, POINTS, VOUCHER, key};
use kinchaku_protocol::doc::{AnswerItem, Cancel, Received};
use kinchaku_protocol::ids::{ClassId, DocId, Pid};
use kinchaku_protocol::signature::Signer as _;
use kinchaku_protocol::time::Time;
use kinchaku_server::command::{Action, CommandError, Outcome};
use kinchaku_server::ledger::decide::{CancelledBy, Checked};
use kinchaku_server::ledger::rows::Book;
use kinchaku_server::points::rows::EarningState;
use kinchaku_server::settlement::action::SettleAction;

/// Steps of a history, besides its end.
const LENGTH: usize = 40;

impl Town for Simulation {
    async fn act(&mut self, now: Time, action: Action) -> Result<Outcome, CommandError> {
        self.now = now;
        let documents = match &action {
            Action::IssueAllowance { close: Some(close), .. } => vec![checked(close)],
            Action::Settle(SettleAction::Cancel { document, .. }) => {
                let cancel = Received::<Cancel>::read(document).unwrap().trusted();
                vec![Checked::Cancel(cancel, CancelledBy::Console)]
            }
            _ => Vec::new(),
        };
        self.task(action, documents)
    }

    async fn upload(&mut self, now: Time, documents: Vec<Vec<u8>>) -> Vec<AnswerItem> {
        self.now = now;
        let documents = documents.iter().map(|bytes| checked(bytes)).collect();
        match self.task(Action::Upload(Vec::new()), documents) {
            Ok(Outcome::Answer(items)) => items,
            other => panic!("no answer but {other:?}"),
        }
    }

    async fn earnings(&mut self) -> Vec<(DocId, ClassId)> {
        let rows = self.view.earnings.all();
        let pending = rows.filter(|row| row.state == EarningState::Pending);
        pending.map(|row| (row.intent, row.class)).collect()
    }

    async fn close_periods(&mut self, _: Time) {}
}

/// What accounts have and owe, and what shops are owed, is what the model says.
fn same(town: &Simulation, model: &Model, accounts: &[u64], shops: &[Pid], place: &str) {
    for class in [MONEY, POINTS, VOUCHER] {
        for (who, account) in accounts.iter().enumerate() {
            let row = town.view.balances.get(&(*account, class));
            let (value, owed) = row.map_or((0, 0), |row| (row.value.units(), row.owed.credit().units()));
            let expected = (model.value(who, class), model.owes(who, class));
            assert_eq!((value, owed), expected, "class {class} of {who}: {place}");
        }
        for shop in shops {
            let postings = town.view.postings.all();
            let own = postings.filter(|row| (row.book, row.party, row.class) == (Book::ShopPayable, *shop, class));
            let owed: i64 = own.map(|row| row.amount.units()).sum();
            assert_eq!(owed, model.payable(*shop, class), "class {class} of a shop: {place}");
        }
    }
}

fn histories() -> u64 {
    let asked = std::env::var("KINCHAKU_HISTORIES");
    asked.ok().and_then(|text| text.parse().ok()).unwrap_or(1_000)
}

async fn one(seed: u64) -> u64 {
    let mut town = Simulation::empty();
    let mut model = Model::default();
    let steps = history(seed, LENGTH);
    let keys = (key(101).public_key(), key(104).public_key());
    let check = async |town: &mut Simulation, model: &mut Model, accounts: &[u64], step: &str| {
        let place = format!("seed {seed}, after {step}");
        let shops: Vec<Pid> = town.view.shops.all().map(|shop| shop.shop).collect();
        same(town, model, accounts, &shops, &place);
        assert_eq!(town.violations(), [], "{place}");
    };
    play(&mut town, &mut model, &steps, keys, check).await;
    let owing = |class| (0..generated::RESIDENTS).any(|who| model.owes(who, class) > 0);
    u64::from(owing(POINTS))
}

/// F006 to F008, F067, F089, I1 to I5, I8, I9.
#[test]
fn a_naive_model_of_the_books_comes_to_the_same() {
    let owing: u64 = std::thread::scope(|scope| {
        let hands = [0, 1].map(|hand| {
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                let seeds = (hand..histories()).step_by(2);
                seeds.map(|seed| runtime.block_on(one(seed))).sum::<u64>()
            })
        });
        hands.into_iter().map(|hand| hand.join().unwrap()).sum()
    });
    assert!(owing > 0, "histories in which somebody owes points");
}
