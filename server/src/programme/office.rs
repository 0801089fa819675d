//! The town's folder and lists of people, as they come from the office: read and checked before the books see them,
//! so that everything wrong can be said at once.

use kinchaku_protocol::time::Time;

use super::action::SetUpAction;
use super::{Folder, ProgrammeProblem, Programmes, Wrong, read_roster};
use crate::books::{Books, BooksError};
use crate::command::Action;

/// Why a folder or a list was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// What is wrong with it.
    #[error("{} things are wrong", .0.len())]
    Wrong(Vec<ProgrammeProblem>),
    /// The books.
    #[error(transparent)]
    Books(#[from] BooksError),
}

/// Files a folder may have; `programmes/*.toml` beside them.
const FILES: [&str; 4] = ["town.toml", "classes.toml", "shops.csv", "holidays.csv"];

/// Reads a folder that is meant for the town with this number.
///
/// # Errors
/// Everything that is wrong.
pub fn read_folder(folder: &Folder, muni: u64) -> Result<Programmes, Vec<ProgrammeProblem>> {
    let strangers = folder.files.keys().filter(|path| !is_known(path));
    let mut problems: Vec<ProgrammeProblem> = strangers.map(|path| whole(path, "", Wrong::Unknown)).collect();
    match Programmes::read(folder) {
        Ok(programmes) if programmes.region.number != muni => {
            let wrong = Wrong::Range {
                least: muni,
                most: muni,
            };
            problems.push(whole("town.toml", "region.number", wrong));
        }
        Ok(programmes) if problems.is_empty() => return Ok(programmes),
        Ok(_) => {}
        Err(more) => problems.extend(more),
    }
    Err(problems)
}

fn is_known(path: &str) -> bool {
    let programme = path.strip_prefix("programmes/");
    let programme = programme.is_some_and(|name| name.ends_with(".toml") && !name.contains('/'));
    programme || FILES.contains(&path)
}

fn whole(file: &str, key: &str, wrong: Wrong) -> ProgrammeProblem {
    ProgrammeProblem {
        file: file.to_owned(),
        line: 0,
        key: key.to_owned(),
        wrong,
    }
}

impl Books {
    /// The books go by this folder from now on; the version it has there.
    ///
    /// # Errors
    /// [`SetUpError`].
    pub async fn load_folder(&self, folder: Folder, now: Time) -> Result<u64, SetUpError> {
        read_folder(&folder, self.town().muni).map_err(SetUpError::Wrong)?;
        self.execute(Action::SetUp(SetUpAction::Load(folder.into())), now)
            .await?;
        let (version, _) = self.reader().folder().await.map_err(BooksError::from)?;
        Ok(version)
    }

    /// A list of people in place of the one of that name; how many stand on it. Of the list only keyed hashes are
    /// kept.
    ///
    /// # Errors
    /// [`SetUpError`].
    pub async fn import_roster(&self, name: &str, list: &[u8], now: Time) -> Result<usize, SetUpError> {
        let lines = read_roster(name, list).map_err(SetUpError::Wrong)?;
        let secret = self.cards().secret();
        let lines: Vec<_> = lines
            .iter()
            .map(|line| (secret.person_key(&line.key), secret.address(&line.address)))
            .collect();
        let count = lines.len();
        let action = SetUpAction::Roster {
            name: name.to_owned(),
            lines,
        };
        self.execute(Action::SetUp(action), now).await?;
        Ok(count)
    }
}
