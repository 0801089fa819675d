//! A town's folder, all of it or nothing.

use std::fs;
use std::path::Path;

use super::kind::Known;
use super::model::{Programme, Programmes};
use super::problem::{ProgrammeProblem, Wrong};
use super::reader::Source;
use super::{class, kind, shops, town};
use crate::calendar::{Calendar, Holidays};

impl Programmes {
    /// Reads a town's folder: `town.toml`, `classes.toml`, `programmes/*.toml`, `shops.csv` and, where the town
    /// has a newer list of holidays than this server, `holidays.csv`.
    ///
    /// # Errors
    /// Everything that is wrong. What depends on a file that is wrong is not looked at.
    pub fn load(folder: &Path) -> Result<Self, Vec<ProgrammeProblem>> {
        let mut problems = Vec::new();
        let holidays = keep(holidays(folder), &mut problems);
        let town = text(folder, "town.toml").and_then(|text| Source::new("town.toml", &text).read(town::read));
        let town = keep(town, &mut problems);
        let Some(town) = town else { return Err(problems) };
        let classes = text(folder, "classes.toml")
            .and_then(|text| Source::new("classes.toml", &text).read(|file| class::read(file, &town.sets)));
        let classes = keep(classes, &mut problems);
        let shops = bytes(folder, "shops.csv").and_then(|bytes| shops::read(&bytes, &town.region));
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

fn programmes(folder: &Path, known: &Known<'_>) -> Found<Vec<Programme>> {
    let entries = fs::read_dir(folder.join("programmes")).map_err(|_| unreadable("programmes"))?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".toml"))
        .collect();
    names.sort_unstable();
    let mut programmes: Vec<Programme> = Vec::new();
    let mut problems = Vec::new();
    for name in names {
        let name = format!("programmes/{name}");
        let read = text(folder, &name).and_then(|text| Source::new(&name, &text).read(|file| kind::read(file, known)));
        let Some(programme) = keep(read, &mut problems) else {
            continue;
        };
        if programmes.iter().any(|other| other.id == programme.id) {
            let twice = Wrong::Twice {
                name: programme.id.to_string(),
            };
            problems.push(whole(&name, "number", twice));
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
fn holidays(folder: &Path) -> Found<Holidays> {
    let kept = Holidays::kept().map_err(|wrong| vec![whole("holidays.csv", "", wrong.into())])?;
    if !folder.join("holidays.csv").exists() {
        return Ok(kept);
    }
    let bytes = bytes(folder, "holidays.csv")?;
    match Holidays::read(&bytes) {
        Ok(newer) => Ok(kept.renewed_by(newer)),
        Err(wrong) => Err(vec![whole("holidays.csv", "", wrong.into())]),
    }
}

fn text(folder: &Path, name: &str) -> Found<String> {
    fs::read_to_string(folder.join(name)).map_err(|_| unreadable(name))
}

fn bytes(folder: &Path, name: &str) -> Found<Vec<u8>> {
    fs::read(folder.join(name)).map_err(|_| unreadable(name))
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
