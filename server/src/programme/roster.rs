//! Lists of people: a resident register of a day, or who was invited (F071, F076). A CSV of name, birth date
//! and address, UTF-8 or CP932; read whole or not at all. Only what a person is found by leaves this module,
//! for the caller to hash: no text of it is kept.

use std::collections::BTreeMap;
use std::fmt;

use encoding_rs::SHIFT_JIS;
use kinchaku_protocol::jpki::attributes::BirthDate;

use super::problem::{ProgrammeProblem, Wrong};

const COLUMNS: [&str; 3] = ["name", "birth", "address"];

/// What one person is found by: name and birth date, written one way.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonKey(String);

impl PersonKey {
    /// From a card's attributes or a line of a list. Spaces and variation selectors make no difference.
    #[must_use]
    pub fn new(name: &str, birth: &BirthDate) -> Self {
        let name = name
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}'));
        let (year, month, day) = (birth.year, birth.month, birth.day);
        let born = format!(
            "{:04}{:02}{:02}",
            year.unwrap_or(0),
            month.unwrap_or(0),
            day.unwrap_or(0)
        );
        Self(name.chain(['/']).chain(born.chars()).collect())
    }

    /// The bytes to hash with the town's key.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for PersonKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonKey(…)")
    }
}

/// One person of a list.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RosterLine {
    /// By what the person is found.
    pub key: PersonKey,
    /// Tells apart those of one name and birth date.
    pub address: String,
}

impl fmt::Debug for RosterLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RosterLine(…)")
    }
}

/// Reads a list. `file` is its name for what is said about it, in which nothing of a person stands.
///
/// # Errors
/// Everything that is wrong, each with line and column.
pub fn read_roster(file: &str, bytes: &[u8]) -> Result<Vec<RosterLine>, Vec<ProgrammeProblem>> {
    let problem = |line: u64, column: &str, wrong| ProgrammeProblem {
        file: file.to_owned(),
        line: usize::try_from(line).unwrap_or(0),
        key: column.to_owned(),
        wrong,
    };
    let Some(text) = decoded(bytes) else {
        let said = "UTF-8 でも CP932 でもありません".to_owned();
        return Err(vec![problem(0, "", Wrong::Syntax { said })]);
    };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let header = reader.headers().cloned().unwrap_or_default();
    let place = |column: &str| header.iter().position(|cell| cell.trim() == column);
    let missing = COLUMNS.into_iter().filter(|column| place(column).is_none());
    let mut problems: Vec<_> = missing.map(|column| problem(1, column, Wrong::Missing)).collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut lines = BTreeMap::new();
    let mut order = Vec::new();
    for record in reader.records() {
        let Ok(record) = record else {
            let said = "CSV として読めません".to_owned();
            problems.push(problem(0, "", Wrong::Syntax { said }));
            break;
        };
        let line = record.position().map_or(0, csv::Position::line);
        if record.len() != header.len() {
            let found = record.len();
            problems.push(problem(line, "", Wrong::Columns { found }));
            continue;
        }
        let cell = |column| place(column).and_then(|place| record.get(place)).unwrap_or("").trim();
        for column in COLUMNS.into_iter().filter(|column| cell(column).is_empty()) {
            problems.push(problem(line, column, Wrong::Missing));
        }
        let birth = birth(cell("birth"));
        if birth.is_none() && !cell("birth").is_empty() {
            let wanted = "生年月日（1954-04-01 の形）";
            problems.push(problem(line, "birth", Wrong::Kind { wanted }));
        }
        let Some(birth) = birth else { continue };
        let person = RosterLine {
            key: PersonKey::new(cell("name"), &birth),
            address: cell("address").to_owned(),
        };
        if let Some(first) = lines.insert(person.clone(), line) {
            // Which person it is stays in the file.
            let name = format!("{first} 行目の人");
            problems.push(problem(line, "name", Wrong::Twice { name }));
        }
        order.push(person);
    }
    if problems.is_empty() { Ok(order) } else { Err(problems) }
}

fn decoded(bytes: &[u8]) -> Option<String> {
    let utf8 = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(utf8) {
        return Some(text.to_owned());
    }
    let text = SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes)?;
    Some(text.into_owned())
}

/// `1954-04-01`, `1954/4/1` or `19540401`.
fn birth(text: &str) -> Option<BirthDate> {
    let digits = match text.split(['-', '/']).collect::<Vec<_>>().as_slice() {
        [year, month, day] if month.len() <= 2 && day.len() <= 2 => format!("{year:0>4}{month:0>2}{day:0>2}"),
        [digits] => (*digits).to_owned(),
        _ => return None,
    };
    BirthDate::from_digits(digits.as_bytes()).ok()
}
