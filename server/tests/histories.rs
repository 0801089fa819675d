//! A thousand random histories, each lived in a town of its own in SQLite and in PostgreSQL: everything is answered
//! the same, the books end in the same state, and nothing is wrong with them. `KINCHAKU_HISTORIES=n` for more.

use crate::support;
use std::sync::Arc;

use crate::generated::{Town as Played, history, play};
use crate::support::{item, key, signers};
use kinchaku_protocol::doc::AnswerItem;
use kinchaku_protocol::ids::{ClassId, DocId};
use kinchaku_protocol::signature::Signer as _;
use kinchaku_protocol::time::Time;
use kinchaku_server::command::{Action, Command, CommandError, Outcome, Town, TownRules};
use kinchaku_server::lane::Lane;
use kinchaku_server::points::rows::{EarningRow, EarningState};
use kinchaku_server::query::Reader;
use kinchaku_server::settlement::Closing;
use kinchaku_server::store::table::{Column, Table};
use kinchaku_server::store::{Query, Store, Which};

/// Steps of a history, besides those that set it up.
const LENGTH: usize = 16;

struct Kept {
    store: Arc<dyn Store>,
    town: Town,
    lane: Lane,
    reader: Reader,
}

impl Played for Kept {
    async fn act(&mut self, now: Time, action: Action) -> Result<Outcome, CommandError> {
        self.lane.run(Command { now, action }).await
    }

    async fn upload(&mut self, now: Time, documents: Vec<Vec<u8>>) -> Vec<AnswerItem> {
        let items = documents.iter().map(|bytes| item(bytes)).collect();
        match self.act(now, Action::Upload(items)).await {
            Ok(Outcome::Answer(items)) => items,
            other => panic!("no answer but {other:?}"),
        }
    }

    async fn earnings(&mut self) -> Vec<(DocId, ClassId)> {
        let pending = vec![EarningState::Pending.to_value()];
        let query = Query {
            table: EarningRow::DEF,
            which: Which::Among("state", pending, None),
        };
        let rows = self.store.load(self.town, vec![query]).await.unwrap();
        let rows = rows[0].iter().map(|row| EarningRow::from_values(row).unwrap());
        rows.map(|row| (row.intent, row.class)).collect()
    }

    async fn close_periods(&mut self, now: Time) {
        let closing = Closing::new(&self.lane, &self.reader);
        closing.through(None, now.day(), now).await.unwrap();
    }
}

/// Everything that was answered, and the state the books end in.
async fn lived(store: &Arc<dyn Store>, seed: u64) -> (String, String) {
    let town = Town { muni: seed + 1 };
    let rules = TownRules::default();
    let mut kept = Kept {
        store: store.clone(),
        town,
        lane: Lane::start(store.clone(), town, Arc::new(signers()), rules, "history".to_owned()),
        reader: Reader::new(store.clone(), town),
    };
    while !kept.lane.keeps() {
        tokio::task::yield_now().await;
    }
    let keys = (key(101).public_key(), key(104).public_key());
    let steps = history(seed, LENGTH);
    let said = play(&mut kept, &mut (), &steps, keys, async |_, (), _, _| {}).await;
    let report = kept.reader.audit().await.unwrap();
    assert_eq!(report.violations, [], "seed {seed}");
    kept.lane.drain().await;
    (said, report.state)
}

fn histories() -> u64 {
    let asked = std::env::var("KINCHAKU_HISTORIES");
    asked.ok().and_then(|text| text.parse().ok()).unwrap_or(1_000)
}

/// Two towns at a time in each database.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_histories_end_in_the_same_state_in_both_databases() {
    let sqlite = support::database::sqlite().await;
    let postgres = support::database::postgres("histories").await;
    let mut hands = tokio::task::JoinSet::new();
    for hand in 0..2 {
        let (one, other) = (sqlite.store.clone(), postgres.as_ref().map(|fresh| fresh.store.clone()));
        hands.spawn(async move {
            for seed in (hand..histories()).step_by(2) {
                let first = lived(&one, seed);
                match &other {
                    Some(other) => {
                        let (first, second) = tokio::join!(first, lived(other, seed));
                        assert_eq!(first, second, "seed {seed}");
                    }
                    None => assert!(first.await.0.len() > 1_000, "a history worth the name"),
                }
            }
        });
    }
    while let Some(hand) = hands.join_next().await {
        hand.unwrap();
    }
}
