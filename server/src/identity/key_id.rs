//! My Key IDs: made by the server up to three times, the third for good (F190), or chosen, until three
//! choices were taken (F191). Changing keeps the old one as an alias (F211); revoking is for ever (F212).
//! No ID is ever given to a second account.
//!
//! Each registration needs a card, proven on the same device within fifteen minutes. The counters go on
//! from one proof to the next, until an ID is registered. A step whose answer was lost is answered the same
//! where it registered or revoked.

use kinchaku_protocol::api::KeyIdOutcome;
use kinchaku_protocol::ids::{DocId, Ref};
use kinchaku_protocol::jpki::my_key_id::{CHOICES, GENERATIONS};
use kinchaku_protocol::time::Time;

use super::action::{KeyIdResult, KeyIdStep, SealedId};
use super::rows::{KeyIdProgressRow, KeyIdRow, KeyIdState};
use super::tie::Linked;
use crate::command::{CommandError, Outcome};
use crate::ledger::decide::Books;

impl Books<'_> {
    /// The card was proven for this on a device.
    pub(crate) fn open_key_id(&mut self, account: u64, device: u64, until: Time) {
        let progress = KeyIdProgressRow {
            device: Some(device),
            open_until: until,
            ..self.progress(account)
        };
        self.view.my_key_progress.put(progress);
    }

    fn progress(&self, account: u64) -> KeyIdProgressRow {
        let known = self.view.my_key_progress.copy(&(account,));
        known.unwrap_or(KeyIdProgressRow {
            account,
            generations: 0,
            choices: 0,
            candidate: None,
            current: None,
            device: None,
            open_until: Time(0),
            revoked_at: None,
        })
    }

    pub(crate) fn key_id(&mut self, reference: Ref, step: &KeyIdStep) -> Result<Outcome, CommandError> {
        let device = self.device(reference)?;
        let account = device.account.ok_or(CommandError::NoDevice)?;
        let progress = self.progress(account);
        let done = |outcome, id| Ok(progress.ended(outcome, id));
        if progress.revoked_at.is_some() {
            let again = matches!(step, KeyIdStep::Revoke(id) if self.owned(account, *id).is_some());
            return done(
                if again {
                    KeyIdOutcome::Revoked
                } else {
                    KeyIdOutcome::GoneForGood
                },
                None,
            );
        }
        if let KeyIdStep::Accept(id)
        | KeyIdStep::Choose {
            id: SealedId { hash: id, .. },
            ..
        } = step
            && progress.current == Some(*id)
        {
            return done(KeyIdOutcome::Registered, Some(*id));
        }
        let open = progress.device == Some(device.id) && self.now <= progress.open_until;
        if !open || self.linked(account) != Linked::Somebody {
            return done(KeyIdOutcome::CardFirst, None);
        }
        if let KeyIdStep::Generate { wrapped, .. } | KeyIdStep::Choose { wrapped, .. } = step
            && self.wrapped(account).as_ref() != Some(wrapped)
        {
            return Err(CommandError::Changed);
        }
        match step {
            KeyIdStep::Generate { candidates, .. } => self.generate(progress, candidates),
            KeyIdStep::Accept(id) if progress.candidate == Some(*id) => self.register(progress, *id, None),
            KeyIdStep::Choose { .. } if progress.choices >= CHOICES => done(KeyIdOutcome::GenerateOnly, None),
            KeyIdStep::Choose { id, .. } => self.choose_id(progress, id),
            KeyIdStep::Revoke(id) if progress.current == Some(*id) => Ok(self.revoke_ids(progress)),
            KeyIdStep::Accept(_) | KeyIdStep::Revoke(_) => done(KeyIdOutcome::NoSuchId, None),
        }
    }

    fn owned(&self, account: u64, hash: DocId) -> Option<KeyIdRow> {
        let row = self.view.my_key_ids.copy(&(hash,));
        row.filter(|row| row.account == account && row.state != KeyIdState::Free)
    }

    /// Whether nobody ever had it, and nobody is looking at it.
    fn is_free(&self, hash: DocId) -> bool {
        let row = self.view.my_key_ids.get(&(hash,));
        row.is_none_or(|row| row.state == KeyIdState::Free)
    }

    fn generate(&mut self, mut progress: KeyIdProgressRow, candidates: &[SealedId]) -> Result<Outcome, CommandError> {
        let free = candidates.iter().find(|id| self.is_free(id.hash));
        // Not in this world; the caller makes others.
        let id = free.ok_or(CommandError::Changed)?;
        self.let_go(&mut progress);
        progress.generations = progress.generations.saturating_add(1);
        if progress.generations >= GENERATIONS {
            return self.register(progress, id.hash, Some(id));
        }
        progress.candidate = Some(id.hash);
        self.put_id(progress.account, id.hash, KeyIdState::Reserved, Some(id.sealed.clone()));
        self.view.my_key_progress.put(progress.clone());
        Ok(progress.ended(KeyIdOutcome::Candidate, Some(id.hash)))
    }

    fn choose_id(&mut self, mut progress: KeyIdProgressRow, id: &SealedId) -> Result<Outcome, CommandError> {
        let own = self.owned(progress.account, id.hash);
        if own.is_some() || self.is_free(id.hash) {
            return self.register(progress, id.hash, own.is_none().then_some(id));
        }
        progress.choices = progress.choices.saturating_add(1);
        self.view.my_key_progress.put(progress.clone());
        Ok(progress.ended(KeyIdOutcome::Taken, None))
    }

    /// Gives up the candidate last shown.
    fn let_go(&mut self, progress: &mut KeyIdProgressRow) {
        if let Some(candidate) = progress.candidate.take() {
            self.put_id(progress.account, candidate, KeyIdState::Free, None);
        }
    }

    fn register(
        &mut self,
        mut progress: KeyIdProgressRow,
        hash: DocId,
        new: Option<&SealedId>,
    ) -> Result<Outcome, CommandError> {
        let sealed = match new {
            Some(id) => id.sealed.clone(),
            None => {
                let kept = self.owned(progress.account, hash).and_then(|row| row.sealed);
                kept.ok_or(CommandError::Broken)?
            }
        };
        if progress.candidate == Some(hash) {
            progress.candidate = None;
        }
        self.let_go(&mut progress);
        if let Some(before) = progress.current.replace(hash) {
            let sealed = self.owned(progress.account, before).and_then(|row| row.sealed);
            self.put_id(progress.account, before, KeyIdState::Alias, sealed);
        }
        self.put_id(progress.account, hash, KeyIdState::Current, Some(sealed));
        let answer = progress.ended(KeyIdOutcome::Registered, Some(hash));
        // The next one needs the card again, and begins from the start.
        (progress.generations, progress.choices) = (0, 0);
        progress.open_until = Time(0);
        self.view.my_key_progress.put(progress);
        Ok(answer)
    }

    fn revoke_ids(&mut self, mut progress: KeyIdProgressRow) -> Outcome {
        self.let_go(&mut progress);
        self.end_ids(progress.account);
        progress.current = None;
        progress.open_until = Time(0);
        progress.revoked_at = Some(self.now);
        let answer = progress.ended(KeyIdOutcome::Revoked, None);
        self.view.my_key_progress.put(progress);
        answer
    }

    /// All IDs of an account lead nowhere any more, and nobody else gets them.
    fn end_ids(&mut self, account: u64) {
        let own: Vec<DocId> = self
            .view
            .my_key_ids
            .all()
            .filter(|row| row.account == account && row.state != KeyIdState::Free)
            .map(|row| row.hash)
            .collect();
        for hash in own {
            self.put_id(account, hash, KeyIdState::Revoked, None);
        }
    }

    /// The IDs of a person who is erased.
    pub(crate) fn erase_ids(&mut self, account: u64) {
        let known = self.view.my_key_progress.get(&(account,)).is_some();
        if known {
            let progress = self.progress(account);
            if progress.revoked_at.is_none() {
                self.revoke_ids(progress);
            }
        }
    }

    fn put_id(&mut self, account: u64, hash: DocId, state: KeyIdState, sealed: Option<Vec<u8>>) {
        self.view.my_key_ids.put(KeyIdRow {
            hash,
            account,
            state,
            sealed,
            since: self.now,
        });
    }
}

impl KeyIdProgressRow {
    fn ended(&self, outcome: KeyIdOutcome, id: Option<DocId>) -> Outcome {
        Outcome::KeyId(KeyIdResult {
            outcome,
            id,
            generations_left: GENERATIONS.saturating_sub(self.generations),
            choices_left: CHOICES.saturating_sub(self.choices),
        })
    }
}
