//! What must hold of persons, whatever happened. Places are numbers of accounts and rows.

use std::collections::BTreeMap;

use super::rows::{
    KeyIdProgressRow, KeyIdRow, KeyIdState, KeyKind, KeyRow, KeyStanding, PendingRow, PersonRow, PersonalKeyRow,
    PersonalRow,
};
use crate::ledger::view::View;
use crate::query::audit::Violation;

/// Everything an audit looks at.
#[derive(Default)]
pub struct People {
    /// The persons.
    pub persons: Vec<PersonRow>,
    /// Their certificates.
    pub keys: Vec<KeyRow>,
    /// Cards at the office.
    pub pendings: Vec<PendingRow>,
    /// The keys of their data.
    pub personal_keys: Vec<PersonalKeyRow>,
    /// Their data.
    pub data: Vec<PersonalRow>,
    /// Their My Key IDs.
    pub key_ids: Vec<KeyIdRow>,
    /// How far those are.
    pub progress: Vec<KeyIdProgressRow>,
}

impl People {
    /// From the rows at hand, which must be all there are.
    #[must_use]
    pub fn of(view: &View) -> Self {
        Self {
            persons: view.persons.all().cloned().collect(),
            keys: view.card_keys.all().cloned().collect(),
            pendings: view.card_pendings.all().cloned().collect(),
            personal_keys: view.personal_keys.all().cloned().collect(),
            data: view.personal_data.all().cloned().collect(),
            key_ids: view.my_key_ids.all().cloned().collect(),
            progress: view.my_key_progress.all().cloned().collect(),
        }
    }

    /// What does not hold.
    #[must_use]
    pub fn violations(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        let mut broken = |rule, place: String| found.push(Violation { rule, place });
        self.check_keys(&mut broken);
        self.check_data(&mut broken);
        self.check_ids(&mut broken);
        found
    }

    fn erased(&self, account: u64) -> bool {
        let person = self.persons.iter().find(|row| row.account == account);
        person.is_some_and(|row| row.erased_at.is_some())
    }

    /// P1 and P2: a certificate proven for an account is no other's, and belongs to a person.
    fn check_keys(&self, broken: &mut impl FnMut(&'static str, String)) {
        let mut owners = BTreeMap::new();
        for row in &self.keys {
            let place = || format!("card key {}", row.id);
            if !self.persons.iter().any(|person| person.account == row.account) {
                broken("P1 a certificate has its person", place());
            }
            let Some(hash) = row.hash else { continue };
            if row.standing > KeyStanding::Claimed
                && owners
                    .insert((row.kind, hash), row.account)
                    .is_some_and(|other| other != row.account)
            {
                broken("P2 a certificate is one person's", place());
            }
        }
        for person in self.persons.iter().filter(|person| person.erased_at.is_none()) {
            let own = self.keys.iter().filter(|row| row.account == person.account);
            let proven = |row: &KeyRow| row.standing > KeyStanding::Claimed || row.kind == KeyKind::Sign;
            if !own.into_iter().any(proven) {
                broken("P1 a person has a certificate", format!("account {}", person.account));
            }
        }
    }

    /// P3: a person's data has its key, and of an erased one nothing is left.
    fn check_data(&self, broken: &mut impl FnMut(&'static str, String)) {
        for person in &self.persons {
            let key = self.personal_keys.iter().find(|row| row.account == person.account);
            let has_key = key.is_some_and(|row| row.wrapped.is_some());
            if has_key == person.erased_at.is_some() {
                broken(
                    "P3 a person has a key until erased",
                    format!("account {}", person.account),
                );
            }
        }
        let data = self
            .data
            .iter()
            .filter(|row| row.sealed.is_some())
            .map(|row| row.account);
        let keys = self.keys.iter().filter(|row| row.hash.is_some()).map(|row| row.account);
        let ids = self
            .key_ids
            .iter()
            .filter(|row| row.sealed.is_some())
            .map(|row| row.account);
        let cards = self.pendings.iter().filter(|row| {
            let hashes = row.auth.is_some() || row.sign.is_some();
            hashes || row.official.is_some() || row.certificate.is_some() || row.evidence.is_some()
        });
        let left = data.chain(keys).chain(ids).chain(cards.map(|row| row.account));
        for account in left.filter(|account| self.erased(*account)) {
            broken("P3 nothing is left of an erased person", format!("account {account}"));
        }
    }

    /// P4: an account has one My Key ID in use at most, and it is the one its progress names.
    fn check_ids(&self, broken: &mut impl FnMut(&'static str, String)) {
        let mut current = BTreeMap::new();
        for row in self.key_ids.iter().filter(|row| row.state == KeyIdState::Current) {
            if current.insert(row.account, row.hash).is_some() {
                broken("P4 one My Key ID is in use", format!("account {}", row.account));
            }
        }
        for row in &self.progress {
            if current.remove(&row.account) != row.current {
                broken("P4 the My Key ID in use is named", format!("account {}", row.account));
            }
            if row.revoked_at.is_some() && row.current.is_some() {
                broken("P4 a revoked My Key ID is gone", format!("account {}", row.account));
            }
        }
        for account in current.keys() {
            broken("P4 the My Key ID in use is named", format!("account {account}"));
        }
    }
}
