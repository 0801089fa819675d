//! Who an account's person is, as far as a programme may ask (F071, F076): from the card's attributes, as long as a
//! certificate vouches for them, and from the lists of people. On paper the clerk says it.

use kinchaku_protocol::jpki::attributes::BirthDate;
use kinchaku_protocol::time::Day;

use super::action::Somebody;
use crate::books::Books;
use crate::identity::cards::CardError;
use crate::programme::PersonKey;
use crate::store::StoreError;

/// What a form on paper says of its applicant. Never printed, never stored as it is.
#[derive(Clone, PartialEq, Eq)]
pub struct OnPaper {
    /// As in the resident register.
    pub name: String,
    /// As in the resident register.
    pub birth: BirthDate,
    /// As in the resident register.
    pub address: String,
    /// Where the applicant can be called (F150).
    pub phone: String,
}

impl std::fmt::Debug for OnPaper {
    /// Attributes of persons are in no log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OnPaper(..)")
    }
}

impl Books {
    /// The person of an account; none where nobody is linked, or nothing vouches for the attributes any more.
    ///
    /// # Errors
    /// [`CardError`].
    pub async fn somebody(&self, account: u64) -> Result<Option<Somebody>, CardError> {
        let person = self.official(account).await?.filter(|person| person.lapsed.is_none());
        let Some(person) = person else { return Ok(None) };
        let four = person.official.four;
        Ok(Some(self.known_as(&four.name, four.birth, four.address).await?))
    }

    /// The person of a form on paper.
    ///
    /// # Errors
    /// [`CardError`].
    pub async fn somebody_on_paper(&self, form: &OnPaper) -> Result<Somebody, CardError> {
        Ok(self.known_as(&form.name, form.birth, form.address.clone()).await?)
    }

    async fn known_as(&self, name: &str, birth: BirthDate, address: String) -> Result<Somebody, StoreError> {
        let person = self.cards().secret().person_key(&PersonKey::new(name, &birth));
        let rosters = self.reader().rosters_with(person).await?;
        Ok(Somebody {
            person,
            birth: Some(birth),
            address: Some(address),
            registered_on: rosters.iter().filter_map(|name| register_day(name)).collect(),
            rosters,
        })
    }
}

/// The day of a resident register, by its name.
fn register_day(name: &str) -> Option<Day> {
    Day::of(chrono::NaiveDate::parse_from_str(name, "%Y-%m-%d").ok()?)
}
