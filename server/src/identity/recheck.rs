//! Once a month: does the certificate that vouches for each person's attributes still stand? A move or a
//! new name revokes it. One that does not lapses the link; one that could not be asked about is asked about
//! the next time. What was asked about is noted one by one, so that a run goes on where the last one ended.
//!
//! Those without an answer stay the longest ago. So that a few of whom nobody ever says anything do not keep
//! everybody else from being asked about, a run that gets no answers there goes on from the other end.

use kinchaku_protocol::doc::{CardMethod, Reason};
use kinchaku_protocol::jpki::certificate::Purpose;
use kinchaku_protocol::time::{DAY_SECONDS, Time};

use super::action::CardAction;
use super::cards::CardError;
use super::prove::{ProofError, still_stands};
use super::rows::PersonRow;
use crate::books::Books;
use crate::command::{Action, Outcome};

/// Days between two questions.
const EVERY: u64 = 30;

/// Questions in one run: each may take some seconds.
const MOST: usize = 2_000;

/// Questions in a row without an answer, after which the next ones would have none either.
const IN_VAIN: usize = 5;

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recheck {
    /// Certificates with an answer.
    pub asked: u64,
    /// Links that ended.
    pub lapsed: u64,
    /// Certificates that could not be asked about.
    pub unanswered: u64,
    /// Persons left for the next run.
    pub left: u64,
}

impl Books {
    /// Asks about the certificates whose month is over at `now`.
    ///
    /// # Errors
    /// [`CardError`].
    pub async fn recheck_cards(&self, now: Time) -> Result<Recheck, CardError> {
        let due = now.before(DAY_SECONDS.saturating_mul(EVERY));
        let due = self.reader().checked_until(due).await?;
        let mut run = Recheck::default();
        let mut rest = due.iter();
        let mut room = MOST;
        self.recheck_row(&mut rest, &mut room, &mut run, now).await?;
        self.recheck_row(&mut rest.by_ref().rev(), &mut room, &mut run, now)
            .await?;
        run.left = u64::try_from(rest.len()).unwrap_or(u64::MAX);
        Ok(run)
    }

    /// Asks about one person after another, until the run is over or questions are in vain.
    async fn recheck_row<'a>(
        &self,
        row: &mut impl Iterator<Item = &'a PersonRow>,
        room: &mut usize,
        run: &mut Recheck,
        now: Time,
    ) -> Result<(), CardError> {
        let mut in_vain = 0_usize;
        while *room > 0 && in_vain < IN_VAIN {
            let Some(person) = row.next() else { break };
            *room = room.saturating_sub(1);
            let answer = match self.recheck(person, now).await {
                Err(CardError::Unreadable(error)) => {
                    // One damaged row is that person's trouble alone.
                    tracing::error!(account = person.account, %error, "a person cannot be asked about");
                    None
                }
                answer => answer?,
            };
            match answer {
                Some(lapsed) => {
                    in_vain = 0;
                    run.asked = run.asked.saturating_add(1);
                    run.lapsed = run.lapsed.saturating_add(lapsed);
                }
                None => {
                    in_vain = in_vain.saturating_add(1);
                    run.unanswered = run.unanswered.saturating_add(1);
                }
            }
        }
        Ok(())
    }

    /// How many links ended; `None` where there is no answer.
    async fn recheck(&self, person: &PersonRow, now: Time) -> Result<Option<u64>, CardError> {
        let account = person.account;
        let file = self.reader().person(account).await?.unwrap_or_default();
        let Some(official) = self.cards().official(account, &file)? else {
            // Erased since the list was read.
            return Ok(Some(0));
        };
        let purpose = match official.source {
            CardMethod::SignatureCertificate => Purpose::Signature,
            CardMethod::CardRecord | CardMethod::UserAuthentication => Purpose::UserAuthentication,
        };
        let cards = self.cards();
        let der = &official.certificate.der;
        let found = match still_stands(der, purpose, &cards.trust, cards.status.as_ref(), now).await {
            Ok(()) => Reason::None,
            Err(ProofError::Refused(reason)) => reason,
            Err(ProofError::Unavailable { .. }) => return Ok(None),
        };
        let action = CardAction::Checked {
            account,
            confirmed_at: person.confirmed_at,
            found,
        };
        match self.execute(Action::Card(action), now).await? {
            Outcome::Ended(lapsed) => Ok(Some(lapsed)),
            _ => Ok(Some(0)),
        }
    }
}
