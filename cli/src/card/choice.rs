//! Which reader is meant, and what is said where none can be had.
#![cfg_attr(
    not(feature = "pcsc"),
    allow(dead_code, reason = "a build without readers has none to choose from")
)]

use kinchaku_design::{Key, say, text};

use crate::output::{Exit, Output, Problem};

/// A reader of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// As PC/SC calls it.
    pub name: String,
    /// Whether a card is in it.
    pub card: bool,
}

/// Why there is no reader, or no card in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// This build has none.
    #[cfg_attr(feature = "pcsc", expect(dead_code, reason = "said by builds without readers"))]
    NotBuilt,
    /// Nobody answers for readers: pcscd does not run.
    Service,
    /// No reader is connected.
    NoReader,
    /// Several have a card.
    Several(Vec<Found>),
    /// None has that name.
    Unknown(Vec<Found>),
    /// Another program has the card.
    Busy,
    /// No card came in time.
    NoCard,
    /// What lies there does not answer.
    Mute,
    /// What lies there speaks no protocol of a My Number card.
    NotACard,
    /// The reader or its driver.
    Failed,
}

/// The readers to wait at: the named one, the only one with a card, or all of them where none has one.
pub fn choose(found: Vec<Found>, name: Option<&str>) -> Result<Vec<String>, Trouble> {
    if found.is_empty() {
        return Err(Trouble::NoReader);
    }
    let Some(name) = name else {
        let with_card: Vec<Found> = found.iter().filter(|reader| reader.card).cloned().collect();
        return match with_card.as_slice() {
            [] => Ok(names(&found)),
            [_] => Ok(names(&with_card)),
            _ => Err(Trouble::Several(found)),
        };
    };
    if let Some(exact) = found.iter().find(|reader| reader.name == name) {
        return Ok(vec![exact.name.clone()]);
    }
    let wanted = name.to_lowercase();
    let similar: Vec<Found> = found
        .iter()
        .filter(|reader| !wanted.is_empty() && reader.name.to_lowercase().contains(&wanted))
        .cloned()
        .collect();
    match similar.as_slice() {
        [] => Err(Trouble::Unknown(found)),
        [_] => Ok(names(&similar)),
        // A part of several names: as if these were all.
        _ => choose(similar, None),
    }
}

fn names(found: &[Found]) -> Vec<String> {
    found.iter().map(|reader| reader.name.clone()).collect()
}

/// The trouble in words; readers to choose from are listed.
pub fn problem(trouble: Trouble, out: &Output) -> Problem {
    let card = |key| Problem::new(key, Exit::Card);
    match trouble {
        Trouble::NotBuilt => card(Key::ErrorReaderNotBuilt),
        Trouble::Service => card(Key::ErrorReaderService),
        Trouble::NoReader => card(Key::ErrorReaderNone),
        Trouble::Several(found) => {
            list(&found, out);
            let count = found.iter().filter(|reader| reader.card).count();
            card(Key::ErrorReaderSeveral).count("count", u64::try_from(count).unwrap_or(u64::MAX))
        }
        Trouble::Unknown(found) => {
            list(&found, out);
            card(Key::ErrorReaderUnknown)
        }
        Trouble::Busy => card(Key::ErrorReaderBusy),
        Trouble::NoCard => card(Key::ErrorCardNotPlaced),
        Trouble::Mute => card(Key::ErrorCardMute),
        Trouble::NotACard => card(Key::ErrorCardNotMine),
        Trouble::Failed => card(Key::ErrorReaderFailed),
    }
}

fn list(found: &[Found], out: &Output) {
    for reader in found {
        let state = if reader.card {
            Key::CardReaderWithCard
        } else {
            Key::CardReaderEmpty
        };
        let values = [("name", reader.name.as_str()), ("state", text(out.lang(), state))];
        out.aside(&say(out.lang(), Key::CardReaderLine, &values));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(readers: &[(&str, bool)]) -> Vec<Found> {
        let reader = |(name, card): &(&str, bool)| Found {
            name: (*name).to_owned(),
            card: *card,
        };
        readers.iter().map(reader).collect()
    }

    #[test]
    fn the_only_reader_with_a_card_is_meant() {
        let readers = found(&[("A", false), ("B", true), ("C", false)]);
        assert_eq!(choose(readers, None), Ok(vec!["B".to_owned()]));
        let readers = found(&[("A", false), ("B", false)]);
        assert_eq!(choose(readers, None), Ok(vec!["A".to_owned(), "B".to_owned()]));
        assert_eq!(choose(Vec::new(), None), Err(Trouble::NoReader));
    }

    #[test]
    fn two_cards_are_not_chosen_between() {
        let readers = found(&[("A", true), ("B", true), ("C", false)]);
        assert_eq!(choose(readers.clone(), None), Err(Trouble::Several(readers.clone())));
        assert_eq!(choose(readers, Some("b")), Ok(vec!["B".to_owned()]));
    }

    #[test]
    fn a_name_may_be_a_part_and_a_whole_name_comes_first() {
        let readers = found(&[("Reader 1", true), ("Reader 10", true), ("Desk", false)]);
        assert_eq!(
            choose(readers.clone(), Some("Reader 1")),
            Ok(vec!["Reader 1".to_owned()])
        );
        assert_eq!(choose(readers.clone(), Some("desk")), Ok(vec!["Desk".to_owned()]));
        let both = found(&[("Reader 1", true), ("Reader 10", true)]);
        assert_eq!(choose(readers.clone(), Some("reader")), Err(Trouble::Several(both)));
        for name in ["Shelf", ""] {
            assert_eq!(
                choose(readers.clone(), Some(name)),
                Err(Trouble::Unknown(readers.clone()))
            );
        }
    }
}
