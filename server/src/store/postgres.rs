//! The books in PostgreSQL: connections that read for people, that load for the lane, and one that writes, each made again when it
//! breaks. Sets travel as arrays (`unnest`), the statements of a round in one go.
//!
//! A commit is a retryable closure: serialisation failures and deadlocks are tried again, a bounded
//! number of times. The lease has a length, by the database's clock, which is used for that alone.

use std::collections::{BTreeSet, HashMap};
use std::future::Future;
use std::pin::Pin;
use std::sync::{MutexGuard, PoisonError};
use std::task::Poll;

use tokio::sync::Semaphore;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Config, GenericClient, NoTls, Row, Statement};

use super::migrate::{POSTGRES, TABLE, pending};
use super::table::{Kind, TableDef, Value};
use super::{Answer, LEASE_SECONDS, Lease, Query, Store, StoreError, Which, Write};
use crate::command::Town;
use crate::fault;

/// How often a transaction is tried that another one made fail.
const TRIES: usize = 5;

/// Connections that read for people: what they look at does not hold up the lane.
const READERS: usize = 3;

/// Connections that load for the lane: one for what it decides, one for the keys of what comes next.
const LOADERS: usize = 2;

/// For what loads for the lane. The planner goes by what it counted last, and a sale fills tables faster than it counts:
/// which rows there are must not decide how they are found.
pub const BY_INDEX: &str = "set plan_cache_mode = force_generic_plan; set enable_seqscan = off";

/// The database's clock in whole seconds.
const CLOCK: &str = "cast(floor(extract(epoch from clock_timestamp())) as bigint)";

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        // The server's message names tables and columns; its details may hold values and stay behind.
        let what = match error.as_db_error() {
            Some(refused) => format!("{}: {}", refused.code().code(), refused.message()),
            None => error.to_string(),
        };
        Self::Failed { what }
    }
}

/// A connection with the statements it knows.
struct Link {
    client: Client,
    known: HashMap<String, Statement>,
}

impl Link {
    async fn open(config: &Config, settings: &str) -> Result<Self, StoreError> {
        let (client, connection) = config.connect(NoTls).await?;
        tokio::spawn(async move {
            // Whoever uses the client hears of the same failure.
            let _ = connection.await;
        });
        // A process that stands still within a commit must not keep the lease's row from the next one.
        client
            .batch_execute(&format!(
                "set idle_in_transaction_session_timeout = '{LEASE_SECONDS}s'; {settings}"
            ))
            .await?;
        Ok(Self {
            client,
            known: HashMap::new(),
        })
    }

    async fn prepare(&mut self, sql: &str) -> Result<Statement, tokio_postgres::Error> {
        if let Some(statement) = self.known.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql).await?;
        self.known.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

/// Connections for one purpose, opened as they are needed.
struct Links {
    config: Config,
    settings: &'static str,
    free: std::sync::Mutex<Vec<Link>>,
    /// As many as there may be; never closed.
    turns: Semaphore,
}

impl Links {
    const fn new(config: Config, settings: &'static str, most: usize) -> Self {
        Self {
            config,
            settings,
            free: std::sync::Mutex::new(Vec::new()),
            turns: Semaphore::const_new(most),
        }
    }

    /// Runs work on one of them. One that broke, or whose work was cut off, is never used again.
    async fn run<T>(&self, work: impl AsyncFnOnce(&mut Link) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let _turn = self.turns.acquire().await;
        let free = self.free().pop().filter(|link| !link.client.is_closed());
        let mut link = match free {
            Some(link) => link,
            None => Link::open(&self.config, self.settings).await?,
        };
        let done = work(&mut link).await;
        if !link.client.is_closed() {
            self.free().push(link);
        }
        done
    }

    fn free(&self) -> MutexGuard<'_, Vec<Link>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One database.
pub struct PostgresStore {
    writer: Links,
    loaders: Links,
    readers: Links,
}

impl PostgresStore {
    /// Connects and brings the tables up to date.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open(address: &str) -> Result<Self, StoreError> {
        let config: Config = address.parse().map_err(|_| StoreError::Address)?;
        let writer = Links::new(config.clone(), "", 1);
        writer.run(async |link| migrate(&mut link.client).await).await?;
        Ok(Self {
            writer,
            loaders: Links::new(config.clone(), BY_INDEX, LOADERS),
            readers: Links::new(config, "", READERS),
        })
    }
}

async fn migrate(client: &mut Client) -> Result<(), StoreError> {
    let transaction = client.transaction().await?;
    // One migration at a time; the lock ends with the transaction.
    transaction
        .batch_execute("select pg_advisory_xact_lock(1802072931)")
        .await?;
    transaction.batch_execute(TABLE).await?;
    let rows = transaction
        .query("select version, digest from schema_versions order by version", &[])
        .await?;
    let read = |row: &Row| Ok((row.try_get::<_, i64>(0)?.unsigned_abs(), row.try_get(1)?));
    let applied = rows
        .iter()
        .map(read)
        .collect::<Result<Vec<(u64, String)>, StoreError>>()?;
    for migration in pending(POSTGRES, &applied)? {
        transaction.batch_execute(migration.sql).await?;
        let version = i64::try_from(migration.version).unwrap_or(i64::MAX);
        transaction
            .execute(
                "insert into schema_versions (version, digest) values ($1, $2)",
                &[&version, &migration.digest()],
            )
            .await?;
    }
    transaction.commit().await?;
    fault::point("store.migrated");
    Ok(())
}

impl Store for PostgresStore {
    fn load(&self, town: Town, queries: Vec<Query>) -> Answer<'_, Vec<Vec<Vec<Value>>>> {
        Box::pin(self.loaders.run(async move |link| load_all(link, town, &queries).await))
    }

    fn read(&self, town: Town, queries: Vec<Query>) -> Answer<'_, Vec<Vec<Vec<Value>>>> {
        Box::pin(self.readers.run(async move |link| load_all(link, town, &queries).await))
    }

    fn report(&self, town: Town, sql: &'static str, parameters: Vec<Value>) -> Answer<'_, Vec<Vec<Value>>> {
        Box::pin(self.readers.run(async move |link| {
            let statement = link.prepare(sql).await?;
            let mut all: Parameters = vec![Box::new(muni(town))];
            all.extend(parameters.into_iter().map(one));
            rows(&link.client, &statement, &all).await
        }))
    }

    fn commit(&self, town: Town, lease: Lease, writes: Vec<Write>) -> Answer<'_, ()> {
        Box::pin(self.writer.run(async move |link| {
            let keep = keep_lease_sql();
            let mut prepared = Vec::with_capacity(writes.len());
            for write in writes {
                prepared.push((link.prepare(&upsert(write.table)).await?, arrays(town, write)));
            }
            let keep = link.prepare(&keep).await?;
            for _ in 1..TRIES {
                match attempt(&mut link.client, &keep, town, lease, &prepared).await {
                    Err(Attempt::Again) => {}
                    Err(Attempt::Failed(error)) => return Err(error),
                    Ok(()) => return Ok(()),
                }
            }
            attempt(&mut link.client, &keep, town, lease, &prepared)
                .await
                .map_err(|failed| match failed {
                    Attempt::Failed(error) => error,
                    Attempt::Again => StoreError::Failed {
                        what: "another transaction was in the way".to_owned(),
                    },
                })
        }))
    }

    fn lease(&self, town: Town, holder: String) -> Answer<'_, Lease> {
        Box::pin(self.writer.run(async move |link| {
            let sql = format!(
                "insert into lane_lease (muni, epoch, holder, expires) values ($1, 1, $2, {CLOCK} + $3) \
                 on conflict (muni) do update set epoch = lane_lease.epoch + 1, holder = excluded.holder, \
                 expires = excluded.expires where lane_lease.expires <= {CLOCK} returning epoch"
            );
            let taken = link
                .client
                .query_opt(&sql, &[&muni(town), &holder, &LEASE_SECONDS])
                .await?;
            let epoch = taken.ok_or(StoreError::LeaseLost)?.try_get(0)?;
            Ok(Lease { epoch })
        }))
    }

    fn renew(&self, town: Town, lease: Lease) -> Answer<'_, ()> {
        Box::pin(self.writer.run(async move |link| {
            let parameters: [&(dyn ToSql + Sync); 3] = [&muni(town), &lease.epoch, &LEASE_SECONDS];
            let kept = link.client.execute(&keep_lease_sql(), &parameters).await?;
            (kept == 1).then_some(()).ok_or(StoreError::LeaseLost)
        }))
    }

    fn release(&self, town: Town, lease: Lease) -> Answer<'_, ()> {
        Box::pin(self.writer.run(async move |link| {
            let sql = "update lane_lease set expires = 0 where muni = $1 and epoch = $2";
            link.client.execute(sql, &[&muni(town), &lease.epoch]).await?;
            Ok(())
        }))
    }
}

async fn load_all(link: &mut Link, town: Town, queries: &[Query]) -> Result<Vec<Vec<Vec<Value>>>, StoreError> {
    let mut prepared = Vec::with_capacity(queries.len());
    for query in queries {
        let (sql, parameters) = select(town, query);
        prepared.push((link.prepare(&sql).await?, parameters));
    }
    let client = &link.client;
    let asked = prepared
        .iter()
        .map(|(statement, parameters)| rows(client, statement, parameters));
    together(asked.collect()).await.into_iter().collect()
}

/// What a statement is given.
pub type Parameters = Vec<Box<dyn ToSql + Sync + Send>>;

enum Attempt {
    Again,
    Failed(StoreError),
}

impl From<tokio_postgres::Error> for Attempt {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.code() {
            Some(code) if *code == SqlState::T_R_SERIALIZATION_FAILURE || *code == SqlState::T_R_DEADLOCK_DETECTED => {
                Self::Again
            }
            _ => Self::Failed(error.into()),
        }
    }
}

async fn attempt(
    client: &mut Client,
    keep: &Statement,
    town: Town,
    lease: Lease,
    writes: &[(Statement, Parameters)],
) -> Result<(), Attempt> {
    let transaction = client.transaction().await?;
    let parameters: [&(dyn ToSql + Sync); 3] = [&muni(town), &lease.epoch, &LEASE_SECONDS];
    if transaction.execute(keep, &parameters).await? != 1 {
        return Err(Attempt::Failed(StoreError::LeaseLost));
    }
    let written = writes
        .iter()
        .map(|(statement, parameters)| write(&transaction, statement, parameters));
    for done in together(written.collect()).await {
        done?;
    }
    fault::point("lane.before_commit");
    Ok(transaction.commit().await?)
}

fn keep_lease_sql() -> String {
    format!("update lane_lease set expires = {CLOCK} + $3 where muni = $1 and epoch = $2")
}

fn muni(town: Town) -> i64 {
    i64::try_from(town.muni).unwrap_or(i64::MAX)
}

/// Waits for all of them at once, so that their statements leave in one go.
async fn together<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    enum Slot<F: Future> {
        Running(Pin<Box<F>>),
        Done(Option<F::Output>),
    }
    let mut slots: Vec<Slot<F>> = futures
        .into_iter()
        .map(|future| Slot::Running(Box::pin(future)))
        .collect();
    std::future::poll_fn(move |context| {
        let mut waiting = false;
        for slot in &mut slots {
            if let Slot::Running(future) = slot {
                match future.as_mut().poll(context) {
                    Poll::Ready(output) => *slot = Slot::Done(Some(output)),
                    Poll::Pending => waiting = true,
                }
            }
        }
        if waiting {
            return Poll::Pending;
        }
        let outputs = slots.iter_mut().filter_map(|slot| match slot {
            Slot::Done(output) => output.take(),
            Slot::Running(_) => None,
        });
        Poll::Ready(outputs.collect())
    })
    .await
}

fn borrowed(parameters: &Parameters) -> Vec<&(dyn ToSql + Sync)> {
    parameters
        .iter()
        .map(|value| -> &(dyn ToSql + Sync) { value.as_ref() })
        .collect()
}

async fn rows(client: &Client, statement: &Statement, parameters: &Parameters) -> Result<Vec<Vec<Value>>, StoreError> {
    let found = client.query(statement, &borrowed(parameters)).await?;
    found.iter().map(values).collect()
}

async fn write(
    client: &impl GenericClient,
    statement: &Statement,
    parameters: &Parameters,
) -> Result<u64, tokio_postgres::Error> {
    client.execute(statement, &borrowed(parameters)).await
}

fn values(row: &Row) -> Result<Vec<Value>, StoreError> {
    row.columns()
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let value = match *column.type_() {
                Type::INT8 => row.try_get::<_, Option<i64>>(at)?.map(Value::Int),
                Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(at)?.map(Value::Bytes),
                _ => row.try_get::<_, Option<String>>(at)?.map(Value::Text),
            };
            Ok(value.unwrap_or(Value::Null))
        })
        .collect()
}

fn one(value: Value) -> Box<dyn ToSql + Sync + Send> {
    match value {
        Value::Null => Box::new(None::<i64>),
        Value::Int(number) => Box::new(number),
        Value::Text(text) => Box::new(text),
        Value::Bytes(bytes) => Box::new(bytes),
    }
}

/// A column's values as an array of its type.
fn array(kind: Kind, values: impl Iterator<Item = Value>) -> Box<dyn ToSql + Sync + Send> {
    match kind {
        Kind::Int => Box::new(
            values
                .map(|value| match value {
                    Value::Int(number) => Some(number),
                    _ => None,
                })
                .collect::<Vec<Option<i64>>>(),
        ),
        Kind::Text => Box::new(
            values
                .map(|value| match value {
                    Value::Text(text) => Some(text),
                    _ => None,
                })
                .collect::<Vec<Option<String>>>(),
        ),
        Kind::Bytes => Box::new(
            values
                .map(|value| match value {
                    Value::Bytes(bytes) => Some(bytes),
                    _ => None,
                })
                .collect::<Vec<Option<Vec<u8>>>>(),
        ),
    }
}

const fn type_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Int => "bigint",
        Kind::Text => "text",
        Kind::Bytes => "bytea",
    }
}

/// A query's statement, and its parameters.
#[must_use]
pub fn select(town: Town, query: &Query) -> (String, Parameters) {
    let columns: Vec<&str> = query.table.columns.iter().map(|(name, _)| *name).collect();
    let mut parameters: Parameters = vec![Box::new(muni(town))];
    let table = query.table.name;
    let from = match &query.which {
        Which::All => format!("{table} where muni = $1"),
        Which::Among(column, among, and) => {
            // One descent of an index for each value. `offset 0` keeps the planner from joining the other way round,
            // where it would look at every value for each row of the town.
            let among: BTreeSet<&Value> = among.iter().collect();
            let kind = query.table.kind_of(column).unwrap_or(Kind::Int);
            parameters.push(array(kind, among.into_iter().cloned()));
            let and = and.map(|and| format!(" and {and}")).unwrap_or_default();
            let kind = type_name(kind);
            format!(
                "unnest($2::{kind}[]) as among (sought) cross join lateral \
                 (select * from {table} where muni = $1 and {column} = sought{and} offset 0) as found"
            )
        }
        Which::UpTo(column, most, and) => {
            parameters.push(Box::new(*most));
            format!("{table} where muni = $1 and {column} <= $2 and {and}")
        }
        Which::Newest(column, value, ..) => {
            parameters.push(one(value.clone()));
            format!("{table} where muni = $1 and {column} = $2")
        }
    };
    let sql = format!("select {} from {from} {}", columns.join(", "), super::order(query));
    (sql, parameters)
}

fn upsert(table: &TableDef) -> String {
    let columns: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
    let arrays: Vec<String> = table
        .columns
        .iter()
        .zip(2..)
        .map(|((_, kind), at)| format!("${at}::{}[]", type_name(*kind)))
        .collect();
    let columns = columns.join(", ");
    format!(
        "insert into {} (muni, {columns}) select $1::bigint, {columns} from unnest({}) as new ({columns}) {}",
        table.name,
        arrays.join(", "),
        super::on_conflict(table)
    )
}

/// The rows of a write, column by column.
fn arrays(town: Town, write: Write) -> Parameters {
    let mut columns: Vec<Vec<Value>> = write
        .table
        .columns
        .iter()
        .map(|_| Vec::with_capacity(write.rows.len()))
        .collect();
    for row in write.rows {
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value);
        }
    }
    let kinds = write.table.columns.iter().map(|(_, kind)| *kind);
    let arrays = kinds.zip(columns).map(|(kind, column)| array(kind, column.into_iter()));
    let muni: Box<dyn ToSql + Sync + Send> = Box::new(muni(town));
    [muni].into_iter().chain(arrays).collect()
}
