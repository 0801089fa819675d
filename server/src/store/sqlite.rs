//! The books in one SQLite file: WAL, `synchronous = FULL`, one thread that writes, one that reads for it and one
//! that reads for people.
//!
//! Sets of values and rows travel as one JSON text for each statement, bytes in hexadecimal. A crash
//! leaves either all of a commit or nothing of it; SQLite recovers by itself at the next start.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use data_encoding::HEXLOWER;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params_from_iter};
use tokio::sync::oneshot;

use super::migrate::{SQLITE, TABLE, pending};
use super::table::{Kind, Value};
use super::{Answer, LEASE_SECONDS, Lease, Query, Store, StoreError, Which, Write};
use crate::command::Town;
use crate::fault;

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed {
            what: error.to_string(),
        }
    }
}

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// A thread with a connection of its own; it ends when the store is dropped.
#[derive(Clone, Debug)]
struct Worker {
    jobs: mpsc::Sender<Job>,
}

impl Worker {
    fn start(mut connection: Connection, name: &str) -> Result<Self, StoreError> {
        let (jobs, todo) = mpsc::channel::<Job>();
        std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                for job in todo {
                    job(&mut connection);
                }
            })
            .map_err(|error| StoreError::Failed {
                what: error.to_string(),
            })?;
        Ok(Self { jobs })
    }

    fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<'_, T> {
        Box::pin(async move {
            let (tell, hear) = oneshot::channel();
            let gone = || StoreError::Failed {
                what: "the database thread stopped".to_owned(),
            };
            self.jobs
                .send(Box::new(move |connection| {
                    // Nobody may be left to hear it; the work is done all the same.
                    let _ = tell.send(work(connection));
                }))
                .map_err(|_| gone())?;
            hear.await.map_err(|_| gone())?
        })
    }
}

/// One SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    writer: Worker,
    loader: Worker,
    reader: Worker,
    /// The towns whose lane this process has had.
    held: Arc<Mutex<BTreeSet<i64>>>,
}

impl SqliteStore {
    /// Opens a file, or makes it, and brings its tables up to date.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        kinchaku_sqlcipher::link();
        let mut connection = connect(path)?;
        migrate(&mut connection)?;
        // Without statistics the planner takes a town for ten rows. Another process may be writing; then they wait
        // for the next start.
        if let Err(error) = connection.execute_batch("pragma analysis_limit = 400; pragma optimize = 0x10002") {
            tracing::info!(%error, "no new statistics");
        }
        let reads = |name| {
            let connection = connect(path)?;
            connection.execute_batch("pragma query_only = on")?;
            Worker::start(connection, name)
        };
        Ok(Self {
            writer: Worker::start(connection, "books-write")?,
            loader: reads("books-load")?,
            reader: reads("books-read")?,
            held: Arc::default(),
        })
    }
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open(path)?;
    // secure_delete: the key of an erased person must not stay behind in the free places of the file.
    connection.execute_batch(
        "pragma busy_timeout = 5000; pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; \
         pragma secure_delete = on;",
    )?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(TABLE)?;
    let applied: Vec<(u64, String)> = {
        let mut statement = transaction.prepare("select version, digest from schema_versions order by version")?;
        let rows = statement.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)))?;
        rows.map(|row| row.map(|(version, digest)| (version.unsigned_abs(), digest)))
            .collect::<Result<_, _>>()?
    };
    for migration in pending(SQLITE, &applied)? {
        transaction.execute_batch(migration.sql)?;
        transaction.execute(
            "insert into schema_versions (version, digest) values (?1, ?2)",
            (i64::try_from(migration.version).unwrap_or(i64::MAX), migration.digest()),
        )?;
    }
    transaction.commit()?;
    fault::point("store.migrated");
    Ok(())
}

impl Store for SqliteStore {
    fn load(&self, town: Town, queries: Vec<Query>) -> Answer<'_, Vec<Vec<Vec<Value>>>> {
        self.loader.run(move |connection| load_all(connection, town, &queries))
    }

    fn read(&self, town: Town, queries: Vec<Query>) -> Answer<'_, Vec<Vec<Vec<Value>>>> {
        self.reader.run(move |connection| load_all(connection, town, &queries))
    }

    fn report(&self, town: Town, sql: &'static str, parameters: Vec<Value>) -> Answer<'_, Vec<Vec<Value>>> {
        self.reader.run(move |connection| {
            let mut statement = connection.prepare_cached(&sql.replace('$', "?"))?;
            let mut all = vec![Value::Int(muni(town))];
            all.extend(parameters);
            let columns = statement.column_count();
            let rows = statement.query_map(params_from_iter(all), |row| values(row, columns))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    fn commit(&self, town: Town, lease: Lease, writes: Vec<Write>) -> Answer<'_, ()> {
        self.writer.run(move |connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            keep_lease(&transaction, town, lease)?;
            for write in &writes {
                upsert(&transaction, town, write)?;
            }
            fault::point("lane.before_commit");
            Ok(transaction.commit()?)
        })
    }

    /// One file has one server: whoever opened it last has the lane, and the former holder's commits
    /// are refused by the epoch. It gets the lane again once the other one is gone.
    fn lease(&self, town: Town, holder: String) -> Answer<'_, Lease> {
        let held = self.held.clone();
        self.writer.run(move |connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let now = clock(&transaction)?;
            let last: Option<(i64, i64)> = transaction
                .query_row(
                    "select epoch, expires from lane_lease where muni = ?1",
                    [muni(town)],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .optional()?;
            let (epoch, expires) = last.unwrap_or_default();
            let again = !held.lock().unwrap_or_else(PoisonError::into_inner).insert(muni(town));
            if again && expires > now {
                return Err(StoreError::LeaseLost);
            }
            let epoch = epoch.saturating_add(1);
            transaction.execute(
                "insert into lane_lease (muni, epoch, holder, expires) values (?1, ?2, ?3, ?4) \
                 on conflict (muni) do update set epoch = excluded.epoch, holder = excluded.holder, \
                 expires = excluded.expires",
                (muni(town), epoch, holder, now.saturating_add(LEASE_SECONDS)),
            )?;
            transaction.commit()?;
            Ok(Lease { epoch })
        })
    }

    fn renew(&self, town: Town, lease: Lease) -> Answer<'_, ()> {
        self.writer.run(move |connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            keep_lease(&transaction, town, lease)?;
            Ok(transaction.commit()?)
        })
    }

    fn release(&self, town: Town, lease: Lease) -> Answer<'_, ()> {
        self.writer.run(move |connection| {
            connection.execute(
                "update lane_lease set expires = 0 where muni = ?1 and epoch = ?2",
                (muni(town), lease.epoch),
            )?;
            Ok(())
        })
    }
}

fn muni(town: Town) -> i64 {
    i64::try_from(town.muni).unwrap_or(i64::MAX)
}

fn clock(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.query_row("select unixepoch()", [], |row| row.get(0))?)
}

fn keep_lease(connection: &Connection, town: Town, lease: Lease) -> Result<(), StoreError> {
    let until = clock(connection)?.saturating_add(LEASE_SECONDS);
    let kept = connection
        .prepare_cached("update lane_lease set expires = ?3 where muni = ?1 and epoch = ?2")?
        .execute((muni(town), lease.epoch, until))?;
    (kept == 1).then_some(()).ok_or(StoreError::LeaseLost)
}

/// A query's statement, and its parameters.
#[must_use]
pub fn select(town: Town, query: &Query) -> (String, Vec<Value>) {
    let columns: Vec<&str> = query.table.columns.iter().map(|(name, _)| *name).collect();
    let mut parameters = vec![Value::Int(muni(town))];
    let condition = match &query.which {
        Which::All => String::new(),
        Which::Among(column, among, and) => {
            parameters.push(Value::Text(json_list(among)));
            let element = element(query.table.kind_of(column), "value");
            let and = and.map(|and| format!(" and {and}")).unwrap_or_default();
            format!(" and {column} in (select {element} from json_each(?2)){and}")
        }
        Which::UpTo(column, most, and) => {
            parameters.push(Value::Int(*most));
            format!(" and {column} <= ?2 and {and}")
        }
        Which::Newest(column, value, ..) => {
            parameters.push(value.clone());
            format!(" and {column} = ?2")
        }
    };
    let sql = format!(
        "select {} from {} where muni = ?1{condition} {}",
        columns.join(", "),
        query.table.name,
        super::order(query)
    );
    (sql, parameters)
}

fn load_all(connection: &mut Connection, town: Town, queries: &[Query]) -> Result<Vec<Vec<Vec<Value>>>, StoreError> {
    let snapshot = connection.transaction()?;
    queries.iter().map(|query| load(&snapshot, town, query)).collect()
}

fn load(connection: &Connection, town: Town, query: &Query) -> Result<Vec<Vec<Value>>, StoreError> {
    let (sql, parameters) = select(town, query);
    let mut statement = connection.prepare_cached(&sql)?;
    let columns = query.table.columns.len();
    let rows = statement.query_map(params_from_iter(parameters), |row| values(row, columns))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn upsert(connection: &Connection, town: Town, write: &Write) -> Result<(), StoreError> {
    let table = write.table;
    let columns: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
    let elements: Vec<String> = table
        .columns
        .iter()
        .enumerate()
        .map(|(at, (_, kind))| element(Some(*kind), &format!("value->>{at}")))
        .collect();
    let sql = format!(
        "insert into {} (muni, {}) select ?1, {} from json_each(?2) where true {}",
        table.name,
        columns.join(", "),
        elements.join(", "),
        super::on_conflict(table)
    );
    let rows: Vec<String> = write.rows.iter().map(|row| json_list(row)).collect();
    let json = format!("[{}]", rows.join(","));
    connection.prepare_cached(&sql)?.execute((muni(town), json))?;
    Ok(())
}

/// Bytes stand in JSON as hexadecimal.
fn element(kind: Option<Kind>, json: &str) -> String {
    match kind {
        Some(Kind::Bytes) => format!("unhex({json})"),
        _ => json.to_owned(),
    }
}

fn json_list(values: &[Value]) -> String {
    let values: Vec<String> = values
        .iter()
        .map(|value| match value {
            Value::Null => "null".to_owned(),
            Value::Int(number) => number.to_string(),
            Value::Text(text) => serde_json::Value::from(text.as_str()).to_string(),
            Value::Bytes(bytes) => format!("\"{}\"", HEXLOWER.encode(bytes)),
        })
        .collect();
    format!("[{}]", values.join(","))
}

fn values(row: &Row<'_>, columns: usize) -> rusqlite::Result<Vec<Value>> {
    (0..columns)
        .map(|at| {
            Ok(match row.get_ref(at)? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(number) => Value::Int(number),
                ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
                ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
                // No column holds one; what reads the row refuses it.
                ValueRef::Real(_) => Value::Null,
            })
        })
        .collect()
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::{ToSqlOutput, Value as Sql};
        Ok(match self {
            Self::Null => ToSqlOutput::Owned(Sql::Null),
            Self::Int(number) => ToSqlOutput::Owned(Sql::Integer(*number)),
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Self::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        })
    }
}
