//! What the office and the calendar do to persons: a renewed card tied at the counter (F193), attributes
//! looked at, a certificate that no longer stands, a person erased. The books go on without a person.

use kinchaku_protocol::doc::{CardMethod, Reason};
use kinchaku_protocol::time::Time;

use super::rows::{
    Deed, DeedRow, KeyKind, KeyRow, KeyStanding, PendingRow, PendingState, PersonalKeyRow, PersonalKind, PersonalRow,
};
use super::tie::{self, Linked};
use crate::command::{CommandError, Outcome};
use crate::ledger::decide::Books;

impl Books<'_> {
    /// The office has seen person and card.
    pub(crate) fn tie_card(&mut self, account: u64, pending: u64) -> Result<Outcome, CommandError> {
        self.somebody(account)?;
        let asked = |row: &&PendingRow| row.id == pending && row.account == account && row.state == PendingState::Open;
        let row = self.view.card_pendings.all().find(asked);
        let mut row = row.ok_or(CommandError::NoPending)?.clone();
        let held = self.held();
        let mut shown = Vec::new();
        shown.extend(row.sign.map(|hash| (hash, KeyKind::Sign, KeyStanding::Proven)));
        shown.extend(row.auth.map(|hash| (hash, KeyKind::Auth, row.standing)));
        let strong = shown.iter().filter(|(.., standing)| *standing > KeyStanding::Claimed);
        let taken = |hash, kind| tie::owner((hash, kind), &held).is_some_and(|owner| owner != account);
        if strong.clone().any(|&(hash, kind, _)| taken(hash, kind)) {
            return Err(CommandError::Taken);
        }
        if let (Some(auth), Some(certificate)) = (row.auth, row.certificate.take()) {
            self.keep_certificate(account, (auth, row.standing), &certificate);
        }
        self.know(account, &shown, &held);
        self.tie_attributes(account, &mut row)?;
        row.state = PendingState::Tied;
        (row.official, row.evidence) = (None, None);
        let id = row.id;
        self.view.card_pendings.put(row);
        self.log(account, Deed::Tied, Some(id));
        Ok(Outcome::Tied { pending: id })
    }

    /// The attributes of a card that was to be linked are the person's now.
    fn tie_attributes(&mut self, account: u64, row: &mut PendingRow) -> Result<(), CommandError> {
        let mut person = self.view.persons.copy(&(account,)).ok_or(CommandError::Broken)?;
        let better = row.method == CardMethod::SignatureCertificate || person.method == CardMethod::CardRecord;
        let (official, evidence) = (row.official.take(), row.evidence.take());
        if let (None, Some(evidence)) = (&official, &evidence) {
            self.keep_sealed(account, PersonalKind::PresenceEvidence, evidence.clone());
        }
        let (Some(official), Some(evidence), true) = (official, evidence, better) else {
            return Ok(());
        };
        person.method = row.method;
        if row.method == CardMethod::SignatureCertificate {
            // As by a link: nobody stands for a person with this certificate.
            person.guardian = None;
        }
        person.confirmed_at = self.now;
        // Its status is asked at the next occasion: it may have waited for long.
        person.checked_at = Time(0);
        (person.lapsed_at, person.lapse) = (None, Reason::None);
        self.view.persons.put(person);
        self.keep_sealed(account, PersonalKind::Official, official);
        self.keep_sealed(account, PersonalKind::LinkEvidence, evidence);
        self.raise(account, row.method)
    }

    /// Deletes the person's key with everything it sealed, and every hash that leads to the person. A
    /// second time changes nothing.
    pub(crate) fn erase_person(&mut self, account: u64) -> Result<Outcome, CommandError> {
        let mut person = self.view.persons.copy(&(account,)).ok_or(CommandError::NoPerson)?;
        if person.erased_at.is_some() {
            return Ok(Outcome::Done);
        }
        person.erased_at = Some(self.now);
        person.guardian = None;
        self.view.persons.put(person);
        self.view.personal_keys.put(PersonalKeyRow { account, wrapped: None });
        let data: Vec<PersonalRow> = self
            .view
            .personal_data
            .all()
            .filter(|row| row.account == account)
            .cloned()
            .collect();
        for row in data {
            self.view.personal_data.put(PersonalRow { sealed: None, ..row });
        }
        let keys: Vec<KeyRow> = self
            .view
            .card_keys
            .all()
            .filter(|row| row.account == account)
            .cloned()
            .collect();
        for row in keys {
            self.view.card_keys.put(KeyRow { hash: None, ..row });
        }
        let cards: Vec<PendingRow> = self
            .view
            .card_pendings
            .all()
            .filter(|row| row.account == account)
            .cloned()
            .collect();
        for row in cards {
            self.view.card_pendings.put(row.dropped());
        }
        self.erase_ids(account);
        self.lower(account)?;
        self.log(account, Deed::Erased, None);
        Ok(Outcome::Done)
    }

    pub(crate) fn reveal(&mut self, account: u64) -> Result<Outcome, CommandError> {
        self.somebody(account)?;
        self.log(account, Deed::Revealed, None);
        Ok(Outcome::Done)
    }

    /// What a status asked for attributes of that time says; others were proven since, or nobody is there.
    pub(crate) fn checked(&mut self, account: u64, confirmed_at: Time, found: Reason) -> Outcome {
        let person = self.view.persons.copy(&(account,));
        let same = |row: &super::rows::PersonRow| row.confirmed_at == confirmed_at && row.erased_at.is_none();
        let Some(mut person) = person.filter(same) else {
            return Outcome::Ended(0);
        };
        person.checked_at = self.now;
        let ended = found != Reason::None && person.lapsed_at.is_none();
        if ended {
            (person.lapsed_at, person.lapse) = (Some(self.now), found);
        }
        self.view.persons.put(person);
        Outcome::Ended(u64::from(ended))
    }

    fn somebody(&self, account: u64) -> Result<(), CommandError> {
        (self.linked(account) == Linked::Somebody)
            .then_some(())
            .ok_or(CommandError::NoPerson)
    }

    fn log(&mut self, account: u64, deed: Deed, pending: Option<u64>) {
        let id = self.view.next("deed");
        self.view.identity_log.put(DeedRow {
            id,
            account,
            deed,
            pending,
            at: self.now,
        });
    }
}
