//! The tables as each database's own catalogue has them after every migration: the municipality comes first in
//! every key, index and foreign key, nothing is left to the database to decide, and both are what the rows of the
//! books say. An existing distributed PostgreSQL can take such tables as they are, distributed by `muni`.

use crate::support;
use std::collections::{BTreeMap, BTreeSet};

use crate::support::database::Fresh;
use kinchaku_server::ledger::rows::TABLES;
use kinchaku_server::store::table::Kind;
use tokio_postgres::NoTls;

/// Tables that belong to the database or the lane, and hold no rows of the books.
const OWN: [&str; 2] = ["schema_versions", "lane_lease"];

/// A column: name, type, whether it must be given, and what it is otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Column {
    name: String,
    kind: String,
    required: bool,
    default: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Shape {
    columns: Vec<Column>,
    key: Vec<String>,
    /// Of each index whether it is unique, and its columns.
    indexes: BTreeMap<String, (bool, Vec<String>)>,
    /// The columns of each foreign key.
    foreign: Vec<Vec<String>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Catalogue {
    tables: BTreeMap<String, Shape>,
    /// Whatever is neither a table nor an index: sequences, triggers, views, functions.
    others: BTreeSet<String>,
}

impl Catalogue {
    /// What breaks the rules of the schema.
    fn faults(&self) -> Vec<String> {
        let mut faults: Vec<String> = self.others.iter().map(|other| format!("there is {other}")).collect();
        for (name, shape) in self.tables.iter().filter(|(name, _)| *name != OWN[0]) {
            let mut fault = |what: &str| faults.push(format!("{name}: {what}"));
            let first = shape.columns.first();
            if first.is_none_or(|column| column.name != "muni" || column.kind != "int" || !column.required) {
                fault("muni is not the first column");
            }
            if shape.key.first().map(String::as_str) != Some("muni") {
                fault("the primary key does not begin with muni");
            }
            for (index, (_, columns)) in &shape.indexes {
                if columns.first().map(String::as_str) != Some("muni") {
                    fault(&format!("index {index} does not begin with muni"));
                }
            }
            for columns in &shape.foreign {
                if columns.first().map(String::as_str) != Some("muni") {
                    fault("a foreign key does not begin with muni");
                }
            }
            for column in &shape.columns {
                if !["int", "text", "bytes"].contains(&column.kind.as_str()) {
                    fault(&format!("{} is a {}", column.name, column.kind));
                }
                let constant = |text: &String| text.parse::<i64>().is_ok();
                if column.default.as_ref().is_some_and(|default| !constant(default)) {
                    fault(&format!("{} is made by the database", column.name));
                }
            }
        }
        faults
    }
}

fn kind(name: &str) -> String {
    match name.to_ascii_lowercase().as_str() {
        "bigint" => "int",
        "text" => "text",
        "bytea" | "blob" => "bytes",
        other => return other.to_owned(),
    }
    .to_owned()
}

fn of_sqlite(database: &rusqlite::Connection) -> Catalogue {
    let rows = |sql: &str| -> Vec<Vec<rusqlite::types::Value>> {
        let mut statement = database.prepare(sql).unwrap();
        let width = statement.column_count();
        let rows = statement.query_map([], |row| (0..width).map(|at| row.get(at)).collect());
        rows.unwrap().map(Result::unwrap).collect()
    };
    let text = |value: &rusqlite::types::Value| match value {
        rusqlite::types::Value::Text(text) => text.clone(),
        other => panic!("no text but {other:?}"),
    };
    let number = |value: &rusqlite::types::Value| match value {
        rusqlite::types::Value::Integer(number) => *number,
        other => panic!("no number but {other:?}"),
    };
    let mut catalogue = Catalogue::default();
    for row in rows("select type, name from sqlite_master where name not like 'sqlite\\_%' escape '\\'") {
        let (what, name) = (text(&row[0]), text(&row[1]));
        match what.as_str() {
            "index" => continue,
            "table" => {}
            _ => {
                catalogue.others.insert(format!("{what} {name}"));
                continue;
            }
        }
        let mut shape = Shape::default();
        let mut key = BTreeMap::new();
        for column in rows(&format!(
            "select name, type, \"notnull\", dflt_value, pk, hidden from pragma_table_xinfo('{name}')"
        )) {
            let name = text(&column[0]);
            assert_eq!(number(&column[5]), 0, "{name} is made by the database");
            if number(&column[4]) > 0 {
                key.insert(number(&column[4]), name.clone());
            }
            let default = (column[3] != rusqlite::types::Value::Null).then(|| text(&column[3]));
            shape.columns.push(Column {
                name,
                kind: kind(&text(&column[1])),
                required: number(&column[2]) == 1,
                default,
            });
        }
        shape.key = key.into_values().collect();
        for index in rows(&format!(
            "select name, \"unique\", origin from pragma_index_list('{name}')"
        )) {
            let columns = rows(&format!(
                "select name from pragma_index_info('{}') order by seqno",
                text(&index[0])
            ));
            let columns = columns.iter().map(|row| text(&row[0])).collect();
            if text(&index[2]) != "pk" {
                shape.indexes.insert(text(&index[0]), (number(&index[1]) == 1, columns));
            }
        }
        let mut foreign: BTreeMap<i64, Vec<String>> = BTreeMap::new();
        for part in rows(&format!(
            "select id, \"from\" from pragma_foreign_key_list('{name}') order by id, seq"
        )) {
            foreign.entry(number(&part[0])).or_default().push(text(&part[1]));
        }
        shape.foreign = foreign.into_values().collect();
        catalogue.tables.insert(name, shape);
    }
    catalogue
}

async fn of_postgres(client: &tokio_postgres::Client) -> Catalogue {
    let mut catalogue = Catalogue::default();
    let columns = "select table_name::text, column_name::text, data_type::text, is_nullable = 'NO', \
                   column_default::text, is_identity = 'YES' or is_generated <> 'NEVER' \
                   from information_schema.columns where table_schema = 'public' order by table_name, ordinal_position";
    for row in client.query(columns, &[]).await.unwrap() {
        let (table, name): (String, String) = (row.get(0), row.get(1));
        assert!(!row.get::<_, bool>(5), "{table} {name} is made by the database");
        catalogue.tables.entry(table).or_default().columns.push(Column {
            name,
            kind: kind(row.get(2)),
            required: row.get(3),
            default: row.get(4),
        });
    }
    let indexes = "select t.relname::text, i.relname::text, x.indisunique, x.indisprimary, \
                   array(select a.attname::text from unnest(x.indkey) with ordinality as k (number, place) \
                         join pg_attribute a on a.attrelid = t.oid and a.attnum = k.number order by k.place) \
                   from pg_index x join pg_class t on t.oid = x.indrelid join pg_class i on i.oid = x.indexrelid \
                   where t.relnamespace = 'public'::regnamespace";
    for row in client.query(indexes, &[]).await.unwrap() {
        let shape = catalogue.tables.get_mut(row.get::<_, &str>(0)).unwrap();
        if row.get(3) {
            shape.key = row.get(4);
        } else {
            shape.indexes.insert(row.get(1), (row.get(2), row.get(4)));
        }
    }
    let foreign = "select t.relname::text, \
                   array(select a.attname::text from unnest(c.conkey) with ordinality as k (number, place) \
                         join pg_attribute a on a.attrelid = t.oid and a.attnum = k.number order by k.place) \
                   from pg_constraint c join pg_class t on t.oid = c.conrelid \
                   where c.contype = 'f' and t.relnamespace = 'public'::regnamespace order by c.conname";
    for row in client.query(foreign, &[]).await.unwrap() {
        let shape = catalogue.tables.get_mut(row.get::<_, &str>(0)).unwrap();
        shape.foreign.push(row.get(1));
    }
    let others = "select 'relation ' || relname from pg_class \
                  where relnamespace = 'public'::regnamespace and relkind not in ('r', 'i') \
                  union all select 'trigger ' || tgname from pg_trigger where not tgisinternal \
                  union all select 'function ' || proname from pg_proc where pronamespace = 'public'::regnamespace";
    let found = client.query(others, &[]).await.unwrap();
    catalogue.others = found.iter().map(|row| row.get(0)).collect();
    catalogue
}

fn open_sqlite(fresh: &Fresh) -> rusqlite::Connection {
    rusqlite::Connection::open(fresh.address.strip_prefix("sqlite:").unwrap()).unwrap()
}

async fn open_postgres(fresh: &Fresh) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(&fresh.address, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Columns with their types, and the key.
type Declared = (Vec<(String, String)>, Vec<String>);

/// The tables, columns and keys are those the rows declare, no more and no less.
fn are_the_rows_of_the_books(catalogue: &Catalogue) {
    let declared: BTreeMap<String, Declared> = TABLES
        .iter()
        .map(|table| {
            let columns = table.columns.iter().map(|(name, kind)| {
                let kind = match kind {
                    Kind::Int => "int",
                    Kind::Text => "text",
                    Kind::Bytes => "bytes",
                };
                ((*name).to_owned(), kind.to_owned())
            });
            let columns = [("muni".to_owned(), "int".to_owned())]
                .into_iter()
                .chain(columns)
                .collect();
            let key = ["muni"]
                .into_iter()
                .chain(table.key_columns())
                .map(str::to_owned)
                .collect();
            (table.name.to_owned(), (columns, key))
        })
        .collect();
    let there = catalogue
        .tables
        .iter()
        .filter(|(name, _)| !OWN.contains(&name.as_str()));
    let there: BTreeMap<String, Declared> = there
        .map(|(name, shape)| {
            let columns = shape
                .columns
                .iter()
                .map(|column| (column.name.clone(), column.kind.clone()));
            (name.clone(), (columns.collect(), shape.key.clone()))
        })
        .collect();
    assert_eq!(there, declared);
}

const BAD: &str = "create table bad (id bigint primary key, share double precision, made bigint default (1 + 1)); \
                   create unique index bad_made on bad (made); \
                   create table worse (muni bigint not null, id bigint not null, bad bigint references bad (id), \
                   primary key (id, muni)); \
                   create view worst as select muni, id from worse";

/// What is not right with [`BAD`], in either database.
fn bad_is_found(catalogue: &Catalogue) {
    let faults = catalogue.faults();
    for fault in [
        "bad: muni is not the first column",
        "bad: the primary key does not begin with muni",
        "bad: index bad_made does not begin with muni",
        "bad: share is a double precision",
        "worse: the primary key does not begin with muni",
        "worse: a foreign key does not begin with muni",
    ] {
        assert!(faults.iter().any(|found| found == fault), "{fault} in {faults:?}");
    }
    assert!(faults.iter().any(|found| found.contains("worst")), "{faults:?}");
    assert!(
        faults.iter().any(|found| found == "bad: made is made by the database"),
        "{faults:?}"
    );
}

#[tokio::test]
async fn sqlite_has_the_tables_of_the_books_and_nothing_else() {
    let fresh = support::database::sqlite().await;
    let database = open_sqlite(&fresh);
    let catalogue = of_sqlite(&database);
    assert_eq!(catalogue.faults(), Vec::<String>::new());
    are_the_rows_of_the_books(&catalogue);
    database.execute_batch(BAD).unwrap();
    bad_is_found(&of_sqlite(&database));
}

#[tokio::test]
async fn postgres_has_the_same_tables_keys_and_indexes() {
    let Some(fresh) = support::database::postgres("schema").await else {
        return;
    };
    let client = open_postgres(&fresh).await;
    let catalogue = of_postgres(&client).await;
    assert_eq!(catalogue.faults(), Vec::<String>::new());
    are_the_rows_of_the_books(&catalogue);
    let other = of_sqlite(&open_sqlite(&support::database::sqlite().await));
    for (name, shape) in &catalogue.tables {
        assert_eq!(Some(shape), other.tables.get(name), "{name}");
    }
    client.batch_execute(BAD).await.unwrap();
    bad_is_found(&of_postgres(&client).await);
}
