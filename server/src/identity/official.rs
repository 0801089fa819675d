//! What a town may rely on of a person: the attributes a card proved, since when, and what follows from
//! them for a programme (F071). Once the certificate that vouched for them has lapsed, nothing does any
//! more, until the person links the card again; the level stays as it was recorded.

use kinchaku_protocol::doc::{CardMethod, Reason};
use kinchaku_protocol::jpki::attributes::BasicFour;
use kinchaku_protocol::rules::eligibility::{self, Age};
use kinchaku_protocol::time::{Day, Time};

use super::cards::CardError;
use super::personal::Official;
use super::rows::PersonRow;
use crate::books::Books;
use crate::query::people::PersonFile;

/// The official attributes of an account's person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficialPerson {
    /// Level of the account.
    pub level: u8,
    /// The attributes with their source.
    pub official: Official,
    /// Since when their certificate no longer vouches for them, and why.
    pub lapsed: Option<(Time, Reason)>,
}

/// What is proven of a person on one day.
#[derive(Clone, PartialEq, Eq)]
pub struct Evidence {
    four: BasicFour,
    age: Option<Age>,
    /// How it was proven.
    pub proven_by: CardMethod,
    /// When.
    pub as_of: Time,
}

impl Evidence {
    /// Whether the person is certainly this old.
    #[must_use]
    pub fn age_at_least(&self, years: u16) -> bool {
        self.age.is_some_and(|age| age.at_least >= years)
    }

    /// Whether the person is certainly no older.
    #[must_use]
    pub fn age_at_most(&self, years: u16) -> bool {
        self.age.is_some_and(|age| age.at_most <= years)
    }

    /// Whether the address is in one of these municipalities.
    #[must_use]
    pub fn lives_in(&self, towns: &[&str]) -> bool {
        eligibility::lives_in(&self.four.address, towns)
    }
}

impl std::fmt::Debug for Evidence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Evidence(..)")
    }
}

impl Books {
    /// The official attributes of an account's person; none where nobody is linked, or no more.
    ///
    /// # Errors
    /// [`CardError`].
    pub async fn official(&self, account: u64) -> Result<Option<OfficialPerson>, CardError> {
        let file = self.reader().person(account).await?.unwrap_or_default();
        self.cards().official_person(account, &file)
    }

    /// What is proven of an account's person on a day; none where nothing is.
    ///
    /// # Errors
    /// [`CardError`].
    pub async fn evidence(&self, account: u64, day: Day) -> Result<Option<Evidence>, CardError> {
        let person = self.official(account).await?;
        let vouched = person.filter(|person| person.lapsed.is_none());
        Ok(vouched.map(|person| Evidence {
            age: eligibility::age_on(&person.official.four.birth, day),
            proven_by: person.official.source,
            as_of: person.official.as_of,
            four: person.official.four,
        }))
    }
}

impl super::cards::Cards {
    pub(crate) fn official_person(&self, account: u64, file: &PersonFile) -> Result<Option<OfficialPerson>, CardError> {
        let official = self.official(account, file)?;
        let lapsed = |row: &PersonRow| row.lapsed_at.map(|at| (at, row.lapse));
        Ok(official.map(|official| OfficialPerson {
            level: file.level,
            official,
            lapsed: file.person.as_ref().and_then(lapsed),
        }))
    }
}
