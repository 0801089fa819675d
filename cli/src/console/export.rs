//! Files for a spreadsheet or another program: streamed to the disk, whole or not at all (F106, F107, F115 to F121).

use std::path::Path;

use kinchaku_design::Key;
use kinchaku_design::format::number;
use serde_json::json;

use super::client::{Client, Query};
use super::{file, transactions};
use crate::args::{CharsetWish, ExportArgs, FlavourWish};
use crate::output::{Exit, Output, Problem};

/// `export`.
pub fn run(client: &Client, route: &str, args: &ExportArgs, out: &Output) -> Result<Exit, Problem> {
    let mut query = transactions::days(&args.days)?;
    if args.flavour == FlavourWish::Legacy {
        query.push(("flavour", "legacy".to_owned()));
    }
    if args.charset == CharsetWish::Cp932 {
        query.push(("charset", "cp932".to_owned()));
    }
    if args.xlsx {
        query.push(("format", "xlsx".to_owned()));
    }
    save(
        client,
        &format!("{route}/{}", args.kind.word()),
        &query,
        &args.file,
        out,
    )
}

/// Fetches a file to this place.
pub fn save(client: &Client, route: &str, query: &Query<'_>, path: &Path, out: &Output) -> Result<Exit, Problem> {
    let answer = client.open(route, query)?;
    let bytes = file::receive(answer, path, out)?;
    let shown = path.display().to_string();
    if out.json() {
        out.object(&json!({ "schema": 1, "path": shown, "bytes": bytes }));
    } else {
        out.say(Key::ConsoleSaved, &[("path", &shown), ("bytes", &number(bytes))]);
    }
    Ok(Exit::Done)
}
