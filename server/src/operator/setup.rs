//! `town check`, `town load`, `roster import`: files of this machine are read and checked here, so that everything
//! wrong is said at once and with its place, before the books are asked.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use data_encoding::BASE64;
use kinchaku_protocol::time::Time;
use serde_json::{Value, json};

use super::answer::Printer;
use super::arguments::{RosterImport, TownCheck};
use super::failure::Failure;
use super::request::Request;
use crate::books::Books;
use crate::config::TownConfig;
use crate::http::Problem;
use crate::programme::{Folder, Programmes, SetUpError, read_folder, read_roster};

/// Says everything that is wrong with a folder, without books.
///
/// # Errors
/// [`Failure::Wrong`].
pub(super) fn check(asked: &TownCheck, printer: &Printer) -> Result<(), Failure> {
    let folder = Folder::from_disk(&asked.folder);
    let muni = match &asked.keys {
        Some(keys) => Some(TownConfig::load(keys)?.muni),
        None => None,
    };
    let programmes = match muni {
        Some(muni) => read_folder(&folder, muni),
        None => Programmes::read(&folder),
    };
    let programmes = programmes.map_err(Failure::Wrong)?;
    let (classes, shops) = (programmes.classes.len(), programmes.shops.len());
    let count = programmes.programmes.len();
    printer.print(
        json!({ "classes": classes, "programmes": count, "shops": shops }),
        &format!("誤りはありません。種類 {classes}、事業 {count}、店 {shops}"),
    )
}

/// The request for a folder that is right.
///
/// # Errors
/// [`Failure::Wrong`].
pub(super) fn load(folder: &Path, keys: &Path) -> Result<Request, Failure> {
    let folder = Folder::from_disk(folder);
    read_folder(&folder, TownConfig::load(keys)?.muni).map_err(Failure::Wrong)?;
    let files = folder.files.iter();
    let files = files
        .map(|(path, bytes)| (path.clone(), BASE64.encode(bytes)))
        .collect();
    Ok(Request::TownLoad { files })
}

/// The request for a list that is right.
///
/// # Errors
/// [`Failure::Wrong`], [`Failure::Data`] where there is no such file.
pub(super) fn roster(asked: &RosterImport) -> Result<Request, Failure> {
    let bytes = fs::read(&asked.file).map_err(|error| Failure::Data {
        what: error.kind().to_string(),
    })?;
    read_roster(&asked.list, &bytes).map_err(Failure::Wrong)?;
    Ok(Request::RosterImport {
        name: asked.list.clone(),
        list: BASE64.encode(&bytes),
    })
}

/// Loads a folder.
///
/// # Errors
/// [`Problem`].
pub(super) async fn load_folder(books: &Books, files: BTreeMap<String, String>, now: Time) -> Result<Value, Problem> {
    let files = files.into_iter().map(|(path, text)| Some((path, bytes(&text)?)));
    let files = files.collect::<Option<_>>().ok_or(Problem::Malformed)?;
    let version = books.load_folder(Folder { files }, now).await.map_err(problem)?;
    Ok(json!({ "version": version }))
}

/// Imports a list.
///
/// # Errors
/// [`Problem`].
pub(super) async fn import(books: &Books, name: &str, list: &str, now: Time) -> Result<Value, Problem> {
    let list = bytes(list).ok_or(Problem::Malformed)?;
    let lines = books.import_roster(name, &list, now).await.map_err(problem)?;
    Ok(json!({ "name": name, "lines": lines }))
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text.as_bytes()).ok()
}

fn problem(error: SetUpError) -> Problem {
    match error {
        SetUpError::Wrong(_) => Problem::BadFolder,
        SetUpError::Books(error) => error.into(),
    }
}
