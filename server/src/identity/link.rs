//! What a card's proof does to the books: it uses up its challenge, leaves one signed fact, and ties a card
//! to a person, unlocks a device or opens the way to a My Key ID. Everything is decided on the rows as they
//! are in the lane; what was judged before it came there is the proof alone.

use kinchaku_protocol::api::CHALLENGE_LIFE;
use kinchaku_protocol::doc::{CardMethod, Fact, FactKind, Reason, Table as List};
use kinchaku_protocol::ids::DocId;
use kinchaku_protocol::jpki::statement::CardPurpose;

use super::action::{CardProof, Finding, Guardian, Proven};
use super::challenge::serves;
use super::rows::{
    KeyKind, KeyRow, KeyStanding, PendingRow, PendingState, PersonRow, PersonalKeyRow, PersonalKind, PersonalRow,
    ProofRow,
};
use super::tie::{self, Held, Linked, Tie};
use crate::command::CommandError;
use crate::ledger::decide::{Books, Reply};
use crate::ledger::rows::{DeviceRow, Topic, account_party};
use crate::store::table::Column;

/// Cards that can wait for the office at the same time.
const PENDINGS_MOST: usize = 3;

/// Levels of an account (docs/protocol.md, "The card").
const MINOR: u8 = 1;
const ADULT: u8 = 2;

impl Books<'_> {
    pub(crate) fn take_proof(&mut self, proof: &CardProof) -> Result<Reply, CommandError> {
        let device = self.device(proof.device)?;
        let account = device.account.ok_or(CommandError::NoDevice)?;
        if let Some(known) = self.view.card_proofs.get(&(proof.document,)) {
            return (known.account == account)
                .then_some(Reply::Fact(known.fact))
                .ok_or(CommandError::NoChallenge);
        }
        let challenge = self.challenge_of(device.id, proof.challenge);
        let mut challenge = challenge.ok_or(CommandError::NoChallenge)?;
        let purpose = challenge.purpose;
        let verdict = if !challenge.is_open(self.now) || !serves(proof.method, purpose) {
            (FactKind::Rejected, Reason::Challenge)
        } else {
            match &proof.finding {
                Finding::Refused(reason) => (FactKind::Rejected, *reason),
                Finding::Proven(proven) => self.follow(&device, account, proof.method, purpose, proven)?,
            }
        };
        // The first document that came for it stays: a later one changes nothing of what it did.
        challenge.used_by.get_or_insert(proof.document);
        self.view.card_challenges.put(challenge);
        let fact = self.view.declare(Fact {
            subject: proof.document,
            kind: verdict.0,
            reason: verdict.1,
            at: self.now,
            rows: Vec::new(),
            posting_day: self.now.day(),
            other: None,
        });
        self.view.card_proofs.put(ProofRow {
            id: proof.document,
            account,
            fact,
            decided_at: self.now,
        });
        Ok(Reply::Fact(fact))
    }

    /// Does what follows from a true proof.
    fn follow(
        &mut self,
        device: &DeviceRow,
        account: u64,
        method: CardMethod,
        purpose: CardPurpose,
        proven: &Proven,
    ) -> Result<(FactKind, Reason), CommandError> {
        if (purpose == CardPurpose::Unlock) != proven.pay_key.is_some() {
            return Err(CommandError::KeyNotAcceptable);
        }
        let linked = self.linked(account);
        if linked != Linked::Erased
            && self
                .wrapped(account)
                .is_some_and(|known| known != proven.sealed.wrapped)
        {
            // Somebody was linked since this was sealed.
            return Err(CommandError::Changed);
        }
        let held = self.held();
        let tie = match purpose {
            CardPurpose::Link => tie::link(account, linked, &proven.shown, &held),
            _ => tie::recognise(account, linked, &proven.shown, &held),
        };
        let guardian = match method {
            CardMethod::CardRecord => self.guardian(account, proven.guardian, &held),
            _ => Some(None),
        };
        match (tie, guardian) {
            (Tie::Refused(reason), _) => return Ok((FactKind::Rejected, reason)),
            (_, None) => return Ok((FactKind::Rejected, Reason::Guardian)),
            (Tie::Unknown, _) => {
                self.keep_pending(account, method, proven);
                return Ok((FactKind::Pending, Reason::UnknownCard));
            }
            (Tie::New | Tie::Same, Some(guardian)) => {
                let shown = &proven.shown;
                self.keep_certificate(account, (shown.auth, shown.standing), &proven.sealed.certificate);
                self.know(account, &proven.shown_keys(), &held);
                if purpose == CardPurpose::Link {
                    self.settle_link(account, method, guardian, proven)?;
                } else {
                    let evidence = proven.sealed.evidence.clone();
                    self.keep_sealed(account, PersonalKind::PresenceEvidence, evidence);
                }
            }
        }
        match purpose {
            CardPurpose::Unlock => {
                let mut device = device.clone();
                device.pay_key = proven.pay_key;
                self.view.devices.put(device);
            }
            CardPurpose::KeyId => self.open_key_id(account, device.id, self.now.after(CHALLENGE_LIFE)),
            CardPurpose::Link | CardPurpose::Guardian | CardPurpose::Login => {}
        }
        Ok((FactKind::Posted, Reason::None))
    }

    /// Writes the person of an account, new or proven again.
    fn settle_link(
        &mut self,
        account: u64,
        method: CardMethod,
        guardian: Option<u64>,
        proven: &Proven,
    ) -> Result<(), CommandError> {
        let known = self.view.persons.copy(&(account,));
        // What the better way proved stays as it was proven.
        let better = method == CardMethod::SignatureCertificate
            || known
                .as_ref()
                .is_none_or(|person| person.method == CardMethod::CardRecord);
        let linked_at = known.as_ref().map_or(self.now, |person| person.linked_at);
        if better {
            self.view.persons.put(PersonRow {
                account,
                method,
                linked_at,
                confirmed_at: self.now,
                guardian,
                checked_at: proven.checked_at,
                lapsed_at: None,
                lapse: Reason::None,
                erased_at: None,
            });
            self.view.personal_keys.put(PersonalKeyRow {
                account,
                wrapped: Some(proven.sealed.wrapped.clone()),
            });
            if let Some(official) = proven.sealed.official.clone() {
                self.keep_sealed(account, PersonalKind::Official, official);
            }
            let evidence = proven.sealed.evidence.clone();
            self.keep_sealed(account, PersonalKind::LinkEvidence, evidence);
        }
        self.raise(account, method)
    }

    /// The level of an account after a link; it never goes down.
    pub(crate) fn raise(&mut self, account: u64, method: CardMethod) -> Result<(), CommandError> {
        let level = match method {
            CardMethod::SignatureCertificate => ADULT,
            CardMethod::CardRecord => MINOR,
            CardMethod::UserAuthentication => return Ok(()),
        };
        let mut row = self.view.accounts.copy(&(account,)).ok_or(CommandError::Broken)?;
        if row.level < level {
            row.level = level;
            self.view.accounts.put(row);
            self.view
                .tell(Topic::Account, account_party(account), List::Account, Vec::new());
        }
        Ok(())
    }

    /// No card is linked any more. The wallet reads it in its account's row, and lets go of what it kept.
    pub(crate) fn lower(&mut self, account: u64) -> Result<(), CommandError> {
        let mut row = self.view.accounts.copy(&(account,)).ok_or(CommandError::Broken)?;
        row.level = 0;
        self.view.accounts.put(row);
        self.view
            .tell(Topic::Account, account_party(account), List::Account, Vec::new());
        Ok(())
    }

    /// The guardian's account: a linked adult of whom something is proven, and somebody else. `None` where there
    /// is none.
    fn guardian(&self, account: u64, guardian: Option<Guardian>, held: &[Held]) -> Option<Option<u64>> {
        let guardian = guardian?;
        let owner = tie::owner((guardian.auth, KeyKind::Auth), held)?;
        let level = self.view.accounts.get(&(owner,)).map_or(0, |row| row.level);
        let person = self.view.persons.get(&(owner,));
        let there = person.is_some_and(|row| row.erased_at.is_none() && row.lapsed_at.is_none());
        (owner != account && there && level >= ADULT && guardian.of_age == Some(owner)).then_some(Some(owner))
    }

    /// Whether an account has a person.
    pub(crate) fn linked(&self, account: u64) -> Linked {
        match self.view.persons.get(&(account,)) {
            None => Linked::Nobody,
            Some(row) if row.erased_at.is_some() => Linked::Erased,
            Some(_) => Linked::Somebody,
        }
    }

    /// The wrapped key of an account's person.
    pub(crate) fn wrapped(&self, account: u64) -> Option<Vec<u8>> {
        self.view.personal_keys.get(&(account,))?.wrapped.clone()
    }

    /// Every certificate at hand.
    pub(crate) fn held(&self) -> Vec<Held> {
        let rows = self.view.card_keys.all();
        rows.filter_map(|row| {
            Some(Held {
                hash: row.hash?,
                kind: row.kind,
                account: row.account,
                standing: row.standing,
            })
        })
        .collect()
    }

    /// Keeps a person's certificates; what ties one to the person only grows stronger.
    pub(crate) fn know(&mut self, account: u64, shown: &[(DocId, KeyKind, KeyStanding)], held: &[Held]) {
        for &(hash, kind, standing) in shown {
            let known = self.view.card_keys.by(&hash.to_value());
            let known = known
                .filter(|row| row.hash == Some(hash) && row.kind == kind && row.account == account)
                .last()
                .cloned();
            if let Some(mut row) = known {
                row.standing = row.standing.max(standing);
                self.view.card_keys.put(row);
                continue;
            }
            let taken = tie::owner((hash, kind), held).is_some_and(|owner| owner != account);
            if !taken {
                let id = self.view.next("card_key");
                self.view.card_keys.put(KeyRow {
                    id,
                    account,
                    hash: Some(hash),
                    kind,
                    standing,
                    since: self.now,
                });
            }
        }
    }

    /// Keeps the certificate for user authentication (F192). One that merely came along takes no other one's
    /// place: it may be a copy of somebody else's.
    pub(crate) fn keep_certificate(&mut self, account: u64, auth: (DocId, KeyStanding), sealed: &[u8]) {
        let (hash, standing) = auth;
        let ours = |row: &KeyRow| row.hash == Some(hash) && row.kind == KeyKind::Auth && row.account == account;
        let kept = self.view.personal_data.get(&(account, PersonalKind::Certificate));
        let none = kept.is_none_or(|row| row.sealed.is_none());
        if none || standing > KeyStanding::Claimed || self.view.card_keys.by(&hash.to_value()).any(ours) {
            self.keep_sealed(account, PersonalKind::Certificate, sealed.to_vec());
        }
    }

    /// Keeps one kind of personal data in place of what was there.
    pub(crate) fn keep_sealed(&mut self, account: u64, kind: PersonalKind, sealed: Vec<u8>) {
        self.view.personal_data.put(PersonalRow {
            account,
            kind,
            sealed: Some(sealed),
            at: self.now,
        });
    }

    /// Keeps a card for the office. The same card again takes its own place, a fourth one the oldest's.
    fn keep_pending(&mut self, account: u64, method: CardMethod, proven: &Proven) {
        let own = |row: &&PendingRow| row.account == account && row.state == PendingState::Open;
        let mut open: Vec<PendingRow> = self.view.card_pendings.all().filter(own).cloned().collect();
        let same = |row: &PendingRow| row.auth == Some(proven.shown.auth) && row.sign == proven.shown.sign;
        let again = open.iter().position(same);
        let id = match again {
            Some(at) => open.swap_remove(at).id,
            None => self.view.next("card_pending"),
        };
        let most = if again.is_some() {
            PENDINGS_MOST
        } else {
            PENDINGS_MOST.saturating_sub(1)
        };
        let over = open.len().saturating_sub(most);
        for row in open.into_iter().take(over) {
            self.view.card_pendings.put(row.dropped());
        }
        self.view.card_pendings.put(PendingRow {
            id,
            account,
            state: PendingState::Open,
            method,
            auth: Some(proven.shown.auth),
            standing: proven.shown.standing,
            sign: proven.shown.sign,
            official: proven.sealed.official.clone(),
            certificate: Some(proven.sealed.certificate.clone()),
            evidence: Some(proven.sealed.evidence.clone()),
            came_at: self.now,
        });
    }
}

impl Proven {
    fn shown_keys(&self) -> Vec<(DocId, KeyKind, KeyStanding)> {
        let sign = self.shown.sign.map(|hash| (hash, KeyKind::Sign, KeyStanding::Proven));
        let auth = (self.shown.auth, KeyKind::Auth, self.shown.standing);
        sign.into_iter().chain([auth]).collect()
    }
}

impl PendingRow {
    /// Without anything of the person.
    pub(crate) fn dropped(self) -> Self {
        Self {
            state: PendingState::Dropped,
            auth: None,
            sign: None,
            official: None,
            certificate: None,
            evidence: None,
            ..self
        }
    }
}
