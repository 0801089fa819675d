//! A town's folder, all of it or nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::kind::Known;
use super::model::{Programme, Programmes};
use super::problem::{ProgrammeProblem, Wrong};
use super::reader::Source;
use super::rows::ProgrammeFileRow;
use super::{class, kind, shops, town};
use crate::calendar::{Calendar, Holidays};

/// The files of a town's folder by their path in it, parted by `/`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folder {
    /// Their bytes.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl Folder {
    /// The folder in force, from the books.
    #[must_use]
    pub fn of(rows: Vec<ProgrammeFileRow>) -> Self {
        let present = rows.into_iter().filter(|row| row.present);
        Self {
            files: present.map(|row| (row.path, row.content)).collect(),
        }
    }

    /// Reads `town.toml`, `classes.toml`, `shops.csv`, `holidays.csv` and `programmes/*.toml`, as far as they are
    /// there; nothing else of the folder.
    #[must_use]
    pub fn from_disk(folder: &Path) -> Self {
        let mut names: Vec<String> = ["town.toml", "classes.toml", "shops.csv", "holidays.csv"]
            .map(str::to_owned)
            .to_vec();
        let programmes = fs::read_dir(folder.join("programmes")).into_iter().flatten();
        let programmes = programmes.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        names.extend(
            programmes
                .filter(|name| name.ends_with(".toml"))
                .map(|name| format!("programmes/{name}")),
        );
        let files = names
            .into_iter()
            .filter_map(|name| Some((name.clone(), fs::read(folder.join(&name)).ok()?)));
        Self { files: files.collect() }
    }
}

impl Programmes {
    /// Reads a town's folder on disk.
    ///
    /// # Errors
    /// As [`Programmes::read`].
    pub fn load(folder: &Path) -> Result<Self, Vec<ProgrammeProblem>> {
        Self::read(&Folder::from_disk(folder))
    }

    /// Reads a town's folder: `town.toml`, `classes.toml`, `programmes/*.toml`, `shops.csv` and, where the town
    /// has a newer list of holidays than this server, `holidays.csv`.
    ///
    /// # Errors
    /// Everything that is wrong. What depends on a file that is wrong is not looked at.
    pub fn read(folder: &Folder) -> Result<Self, Vec<ProgrammeProblem>> {
        let mut problems = Vec::new();
        let holidays = keep(holidays(folder), &mut problems);
        let town = text(folder, "town.toml").and_then(|text| Source::new("town.toml", &text).read(town::read));
        let town = keep(town, &mut problems);
        let Some(town) = town else { return Err(problems) };
        let classes = text(folder, "classes.toml")
            .and_then(|text| Source::new("classes.toml", &text).read(|file| class::read(file, &town.sets)));
        let classes = keep(classes, &mut problems);
        let shops = bytes(folder, "shops.csv").and_then(|bytes| shops::read(bytes, &town.region));
        let shops = keep(shops, &mut problems);
        if let Some(shops) = &shops {
            for (id, set) in &town.sets {
                for code in set
                    .shops
                    .iter()
                    .filter(|code| !shops.iter().any(|shop| shop.code == **code))
                {
                    let name = code.clone();
                    let key = format!("shop_set {id}");
                    problems.push(whole("town.toml", &key, Wrong::NoSuch { what: "店", name }));
                }
            }
        }
        let Some(classes) = classes else { return Err(problems) };
        let known = Known {
            region: &town.region,
            classes: &classes,
        };
        let programmes = keep(programmes(folder, &known), &mut problems);
        match (holidays, shops, programmes) {
            (Some(holidays), Some(shops), Some(programmes)) if problems.is_empty() => Ok(Self {
                calendar: Calendar::new(holidays, town.closed),
                region: town.region,
                sets: town.sets,
                programmes: programmes
                    .into_iter()
                    .map(|programme| (programme.id, programme))
                    .collect(),
                classes,
                shops,
            }),
            _ => Err(problems),
        }
    }
}

type Found<T> = Result<T, Vec<ProgrammeProblem>>;

fn programmes(folder: &Folder, known: &Known<'_>) -> Found<Vec<Programme>> {
    let names = folder.files.keys().filter(|name| name.starts_with("programmes/"));
    let mut programmes: Vec<Programme> = Vec::new();
    let mut problems = Vec::new();
    for name in names {
        let read = text(folder, name).and_then(|text| Source::new(name, &text).read(|file| kind::read(file, known)));
        let Some(programme) = keep(read, &mut problems) else {
            continue;
        };
        if programmes.iter().any(|other| other.id == programme.id) {
            let twice = Wrong::Twice {
                name: programme.id.to_string(),
            };
            problems.push(whole(name, "number", twice));
        }
        programmes.push(programme);
    }
    if problems.is_empty() {
        Ok(programmes)
    } else {
        Err(problems)
    }
}

/// The kept list, renewed by the folder's own.
fn holidays(folder: &Folder) -> Found<Holidays> {
    let kept = Holidays::kept().map_err(|wrong| vec![whole("holidays.csv", "", wrong.into())])?;
    let Some(newer) = folder.files.get("holidays.csv") else {
        return Ok(kept);
    };
    match Holidays::read(newer) {
        Ok(newer) => Ok(kept.renewed_by(newer)),
        Err(wrong) => Err(vec![whole("holidays.csv", "", wrong.into())]),
    }
}

fn text(folder: &Folder, name: &str) -> Found<String> {
    let text = folder.files.get(name).and_then(|bytes| str::from_utf8(bytes).ok());
    text.map(str::to_owned).ok_or_else(|| unreadable(name))
}

fn bytes<'f>(folder: &'f Folder, name: &str) -> Found<&'f [u8]> {
    let bytes = folder.files.get(name).map(Vec::as_slice);
    bytes.ok_or_else(|| unreadable(name))
}

fn unreadable(name: &str) -> Vec<ProgrammeProblem> {
    vec![whole(name, "", Wrong::Unreadable)]
}

fn whole(file: &str, key: &str, wrong: Wrong) -> ProgrammeProblem {
    ProgrammeProblem {
        file: file.to_owned(),
        line: 0,
        key: key.to_owned(),
        wrong,
    }
}

fn keep<T>(found: Found<T>, problems: &mut Vec<ProgrammeProblem>) -> Option<T> {
    found.map_err(|more| problems.extend(more)).ok()
}
