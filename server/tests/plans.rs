//! At a hundred thousand transactions, what people look at most is one read of an index: asked of the planner of both
//! databases, with the very statements the reader uses.

use crate::support;
use std::sync::{Arc, Mutex};

use crate::support::database::Fresh;
use crate::support::town_folder::on;
use crate::support::{MONEY, START, TOWN, key};
use kinchaku_protocol::doc::Role;
use kinchaku_protocol::doc::field::Bytes;
use kinchaku_protocol::ids::{Pid, Ref};
use kinchaku_protocol::signature::Signer as _;
use kinchaku_server::command::Town;
use kinchaku_server::ledger::rows::LotRow;
use kinchaku_server::query::transactions::TransactionQuery;
use kinchaku_server::query::{Enrolled, Reader};
use kinchaku_server::sale::rows::{ProviderEventRow, ShareRow};
use kinchaku_server::store::table::{Table as _, Value};
use kinchaku_server::store::{Answer, Lease, Query, Store, Which, Write, postgres, sqlite};

/// What a reader asked for.
#[derive(Clone, Debug)]
enum Asked {
    Rows(Query),
    Report(&'static str, Vec<Value>),
}

/// Notes what is asked of a store.
struct Listening {
    inner: Arc<dyn Store>,
    heard: Mutex<Vec<Asked>>,
}

impl Store for Listening {
    fn load(&self, town: Town, queries: Vec<Query>) -> Answer<'_, Vec<Vec<Vec<Value>>>> {
        self.inner.load(town, queries)
    }

    fn read(&self, town: Town, queries: Vec<Query>) -> Answer<'_, Vec<Vec<Vec<Value>>>> {
        self.heard
            .lock()
            .unwrap()
            .extend(queries.iter().cloned().map(Asked::Rows));
        self.inner.read(town, queries)
    }

    fn report(&self, town: Town, sql: &'static str, parameters: Vec<Value>) -> Answer<'_, Vec<Vec<Value>>> {
        self.heard.lock().unwrap().push(Asked::Report(sql, parameters.clone()));
        self.inner.report(town, sql, parameters)
    }

    fn commit(&self, town: Town, lease: Lease, writes: Vec<Write>) -> Answer<'_, ()> {
        self.inner.commit(town, lease, writes)
    }

    fn lease(&self, town: Town, holder: String) -> Answer<'_, Lease> {
        self.inner.lease(town, holder)
    }

    fn renew(&self, town: Town, lease: Lease) -> Answer<'_, ()> {
        self.inner.renew(town, lease)
    }

    fn release(&self, town: Town, lease: Lease) -> Answer<'_, ()> {
        self.inner.release(town, lease)
    }
}

/// A hundred thousand payments of 1,000 accounts at 100 shops over 50 days, for a series `n` from 0; and what the
/// accounts have. `{text}`, `{shop}` and `{id}` are how the database writes a number with leading zeros, and bytes.
const BUSINESS: &str = "insert into business (muni, tran_id, entry, operation, operation_id, class, amount, account, \
    shop, intent, target, occurred_at, posted_at, value_before, value_after) \
    select 13204, {text}, n + 1, 2, 1, 1 + n % 3, 100, n % 1000, {shop}, {id}, null, \
    1780282800 + n, 1780282800 + n, 0, 0 from series";
const INTENTS: &str = "insert into intents (muni, id, reference, allowance, seq, shop, mark, account, doc, total, \
    occurred_at, received_at, fault, late, stopped, paid, posted_to_shop, reason, status, fact, posted_at, entry) \
    select 13204, {id}, {reference}, {reference}, 1, {shop}, {mark}, n % 1000, {id}, 100, 0, 0, 0, 0, 0, 1, 0, 0, 1, \
    n, 0, n + 1 from series";
const BALANCES: &str = "insert into balances (muni, account, class, value, owed) \
    select distinct 13204, n % 1000, 1 + n % 3, 100, 0 from series";

fn filled(sql: &str, words: [(&str, &str); 5]) -> String {
    words.into_iter().fold(sql.to_owned(), |sql, (word, means)| {
        sql.replace(&format!("{{{word}}}"), means)
    })
}

fn fill_sqlite(fresh: &Fresh) -> rusqlite::Connection {
    let database = rusqlite::Connection::open(fresh.address.strip_prefix("sqlite:").unwrap()).unwrap();
    let series = "with recursive series (n) as (select 0 union all select n + 1 from series where n < 99999) ";
    let words = [
        ("text", "cast(20260601 + n / 5000 as text) || printf('%012d', n)"),
        ("shop", "unhex(printf('%016x', n % 100))"),
        ("id", "unhex(printf('%064x', n))"),
        ("reference", "unhex(printf('%032x', n))"),
        ("mark", "unhex('01020304')"),
    ];
    for sql in [BUSINESS, INTENTS, BALANCES] {
        let sql = filled(sql, words);
        let (into, select) = sql.split_once(" select ").unwrap();
        database
            .execute_batch(&format!("{into} {series} select {select}"))
            .unwrap();
    }
    database
}

async fn fill_postgres(fresh: &Fresh) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(&fresh.address, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    let series = "with series as (select generate_series(0, 99999)::bigint as n)";
    let words = [
        ("text", "(20260601 + n / 5000)::text || lpad(n::text, 12, '0')"),
        ("shop", "decode(lpad(to_hex(n % 100), 16, '0'), 'hex')"),
        ("id", "decode(lpad(to_hex(n), 64, '0'), 'hex')"),
        ("reference", "decode(lpad(to_hex(n), 32, '0'), 'hex')"),
        ("mark", "'\\x01020304'::bytea"),
    ];
    for sql in [BUSINESS, INTENTS, BALANCES] {
        let sql = filled(sql, words);
        let (into, select) = sql.split_once(" select ").unwrap();
        client
            .batch_execute(&format!("{into} {series} select {select}"))
            .await
            .unwrap();
    }
    client.batch_execute("analyze").await.unwrap();
    client
}

/// The plan of a statement, one line for each step.
fn plan_in_sqlite(database: &rusqlite::Connection, asked: &Asked) -> Vec<String> {
    let (sql, parameters) = match asked {
        Asked::Rows(query) => sqlite::select(TOWN, query),
        Asked::Report(sql, parameters) => {
            let muni = Value::Int(i64::try_from(TOWN.muni).unwrap());
            let all = [muni].into_iter().chain(parameters.iter().cloned()).collect();
            (sql.replace('$', "?"), all)
        }
    };
    let mut statement = database.prepare(&format!("explain query plan {sql}")).unwrap();
    let rows = statement.query_map(rusqlite::params_from_iter(parameters), |row| row.get::<_, String>(3));
    rows.unwrap().map(Result::unwrap).collect()
}

async fn plan_in_postgres(client: &tokio_postgres::Client, asked: &Asked) -> Vec<String> {
    let (sql, parameters): (String, postgres::Parameters) = match asked {
        Asked::Rows(query) => postgres::select(TOWN, query),
        Asked::Report(sql, parameters) => {
            let mut all: postgres::Parameters = vec![Box::new(i64::try_from(TOWN.muni).unwrap())];
            for value in parameters {
                all.push(match value.clone() {
                    Value::Null => Box::new(None::<i64>),
                    Value::Int(number) => Box::new(number),
                    Value::Text(text) => Box::new(text),
                    Value::Bytes(bytes) => Box::new(bytes),
                });
            }
            ((*sql).to_owned(), all)
        }
    };
    let borrowed: Vec<&(dyn tokio_postgres::types::ToSql + Sync)> = parameters
        .iter()
        .map(|value| -> &(dyn tokio_postgres::types::ToSql + Sync) { value.as_ref() })
        .collect();
    let rows = client.query(&format!("explain {sql}"), &borrowed).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// What the reader asks for: the balances of an account, the newest of an account and of a shop, a shop's list, and
/// what every shop did in a period.
async fn asked(store: Arc<dyn Store>) -> Vec<Asked> {
    let listening = Arc::new(Listening {
        inner: store,
        heard: Mutex::default(),
    });
    let reader = Reader::new(listening.clone(), TOWN);
    let shop = Pid(7_u64.to_be_bytes());
    for (role, account) in [(Role::Wallet, Some(5)), (Role::Shop, None)] {
        let device = Enrolled {
            id: 1,
            reference: Ref([0; 16]),
            role,
            owner: shop,
            account,
            sync_key: key(1).public_key(),
            expires: START,
            revoked: false,
        };
        let page = reader.page(&device, &[], Bytes::default(), START).await.unwrap();
        assert!(!page.rows.is_empty(), "something to see");
    }
    let newest = TransactionQuery {
        shop: Some(shop),
        first: None,
        last: None,
        after: None,
        limit: 50,
    };
    assert_eq!(reader.transactions(&newest, START).await.unwrap().len(), 50);
    let sums = reader.days_sums(MONEY, (on(2026, 6, 3), on(2026, 6, 7))).await.unwrap();
    assert_eq!(sums.len(), 100);
    listening.heard.lock().unwrap().clone()
}

/// Statements about tables that grow with every payment, and whether each names the index it is meant to.
fn about_what_grows(asked: &[Asked]) -> Vec<(Asked, &'static str)> {
    let mut found = Vec::new();
    for asked in asked {
        let index = match asked {
            Asked::Rows(query) => match query.table.name {
                "balances" => "primary",
                "business" if format!("{:?}", query.which).contains("Among(\"target\"") => "business_target",
                "business" => "business_account",
                "intents" if format!("{:?}", query.which).contains("Newest(\"shop\"") => "intents_shop",
                "intents" if format!("{:?}", query.which).contains("Newest(\"account\"") => "intents_account",
                _ => continue,
            },
            Asked::Report(sql, _) if sql.contains("order by tran_id desc") => "business_shop",
            Asked::Report(sql, _) if sql.contains("from business") => "primary",
            Asked::Report(..) => continue,
        };
        found.push((asked.clone(), index));
    }
    let all: Vec<&str> = found.iter().map(|(_, index)| *index).collect();
    for index in [
        "primary",
        "business_account",
        "business_shop",
        "business_target",
        "intents_shop",
        "intents_account",
    ] {
        assert!(all.contains(&index), "{index} in {found:?}");
    }
    found
}

/// What is found value by value is put in order afterwards.
fn found_by_value(index: &str) -> bool {
    ["primary", "business_target"].contains(&index)
}

#[tokio::test]
async fn sqlite_reads_one_range_of_an_index() {
    let fresh = support::database::sqlite().await;
    drop(fill_sqlite(&fresh));
    // A server that starts on large books.
    let store = kinchaku_server::store::open(&fresh.address).await.unwrap();
    let database = rusqlite::Connection::open(fresh.address.strip_prefix("sqlite:").unwrap()).unwrap();
    for (asked, index) in about_what_grows(&asked(store).await) {
        let plan = plan_in_sqlite(&database, &asked);
        let name = if index == "primary" { "sqlite_autoindex" } else { index };
        assert!(plan.iter().any(|step| step.contains(name)), "{asked:?}: {plan:?}");
        for step in &plan {
            // A page is what was found already.
            let whole = step.starts_with("SCAN") && !step.contains("json_each") && !step.contains("page");
            assert!(!whole, "a whole table is read: {asked:?}: {plan:?}");
        }
        if !found_by_value(index) {
            assert!(
                !plan.iter().any(|step| step.contains("TEMP B-TREE")),
                "{asked:?}: {plan:?}"
            );
        }
    }
}

#[tokio::test]
async fn postgres_reads_one_range_of_an_index() {
    let Some(fresh) = support::database::postgres("plans").await else {
        return;
    };
    let client = fill_postgres(&fresh).await;
    for (asked, index) in about_what_grows(&asked(fresh.store.clone()).await) {
        let plan = plan_in_postgres(&client, &asked).await;
        let name = if index == "primary" { "_pkey" } else { index };
        assert!(plan.iter().any(|step| step.contains(name)), "{asked:?}: {plan:#?}");
        let grows = ["on business", "on intents", "on balances"];
        for step in plan.iter().filter(|step| step.contains("Seq Scan")) {
            assert!(!grows.iter().any(|table| step.contains(table)), "{asked:?}: {plan:#?}");
        }
        if !found_by_value(index) {
            assert!(!plan.iter().any(|step| step.contains("Sort")), "{asked:?}: {plan:#?}");
        }
    }
}

/// A sale fills tables faster than PostgreSQL counts them, and a plan made once is kept: what the lane names by value
/// is found by that value all the same.
#[tokio::test]
async fn what_the_lane_names_is_found_in_tables_that_nobody_counted() {
    let Some(fresh) = support::database::postgres("uncounted").await else {
        return;
    };
    let (client, connection) = tokio_postgres::connect(&fresh.address, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    let shares = |towns: &str| {
        format!(
            "insert into shares (muni, programme, person, reserved, bought, received) \
             select {towns}, 1, decode(lpad(to_hex(n), 64, '0'), 'hex'), 0, 0, 0 from generate_series(1, 8000) as n"
        )
    };
    // Other towns were counted, this one was not.
    let filled = format!("{}; analyze shares; {}", shares("n % 6"), shares("13204"));
    client.batch_execute(&filled).await.unwrap();
    client.batch_execute(postgres::BY_INDEX).await.unwrap();
    for (table, column, index) in [
        (ShareRow::DEF, "person", "shares_person"),
        (ProviderEventRow::DEF, "id", "provider_events_pkey"),
        (LotRow::DEF, "account", "lots_account"),
    ] {
        let which = Which::Among(column, Vec::new(), None);
        let (sql, _) = postgres::select(TOWN, &Query { table, which });
        let prepared = format!("prepare {index} as {sql}");
        client.batch_execute(&prepared).await.unwrap();
        let explain = format!("explain execute {index} (13204, '{{}}')");
        let rows = client.query(&explain, &[]).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        let steps = [format!("using {index} on"), format!("({column} = among.sought)")];
        let found = steps.iter().all(|has| plan.iter().any(|step| step.contains(has)));
        assert!(found, "{sql}: {plan:#?}");
    }
    drop(client);
    fresh.end().await;
}
