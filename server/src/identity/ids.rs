//! My Key IDs in front of the books: typed text is read, candidates are made at random, and what the books
//! keep of either is a hash and a sealed copy. Whoever logs in by an ID is found by its hash (F196).

use kinchaku_protocol::api::{KeyIdAction, KeyIdAnswer, KeyIdRequest};
use kinchaku_protocol::jpki::my_key_id::MyKeyId;
use kinchaku_protocol::time::Time;
use zeroize::Zeroizing;

use super::action::{CardAction, KeyIdResult, KeyIdStep, SealedId};
use super::cards::{CardError, Cards, TRIES};
use super::rows::KeyIdState;
use super::secret::{PersonKey, Unreadable};
use crate::books::{Books, BooksError};
use crate::command::{Action, CommandError, Outcome};
use crate::query::Enrolled;
use crate::query::people::PersonFile;
use crate::store::StoreError;

/// Candidates made for one generation. Of 36⁸ IDs so few are in use that the first one is nearly always free.
const CANDIDATES: usize = 4;

/// A step with the IDs it may end with, in clear.
struct Prepared {
    step: KeyIdStep,
    ids: Vec<MyKeyId>,
}

impl Books {
    /// A step towards a My Key ID.
    ///
    /// # Errors
    /// [`CardError`]; [`CardError::Malformed`] for text that is no ID.
    pub async fn key_id(&self, device: &Enrolled, request: &KeyIdRequest, now: Time) -> Result<KeyIdAnswer, CardError> {
        let account = device.account.ok_or(CardError::NotAWallet)?;
        let typed = request.id.as_deref().map(MyKeyId::parse).transpose();
        let typed = typed.map_err(|_| CardError::Malformed)?;
        if (request.action == KeyIdAction::Generate) != typed.is_none() {
            return Err(CardError::Malformed);
        }
        for _ in 0..TRIES {
            let file = self.reader().person(account).await?.ok_or(CommandError::NoAccount)?;
            let prepared = self.cards().prepare(account, &file, request.action, typed)?;
            let action = CardAction::KeyId {
                device: device.reference,
                step: prepared.step.clone(),
            };
            match self.execute(Action::Card(action), now).await {
                Ok(Outcome::KeyId(result)) => return Ok(self.cards().told(result, &prepared.ids)),
                Ok(_) => return Err(CommandError::Broken.into()),
                Err(BooksError::Command(CommandError::Changed)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(CommandError::Unavailable.into())
    }

    /// The account an ID leads to: the one in use, or one used before (F211).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn account_of_key_id(&self, id: &MyKeyId) -> Result<Option<u64>, StoreError> {
        let row = self.reader().key_id(self.cards().secret.key_id(id)).await?;
        let leads = |state| matches!(state, KeyIdState::Current | KeyIdState::Alias);
        Ok(row.filter(|row| leads(row.state)).map(|row| row.account))
    }
}

impl Cards {
    fn prepare(
        &self,
        account: u64,
        file: &PersonFile,
        action: KeyIdAction,
        typed: Option<MyKeyId>,
    ) -> Result<Prepared, CardError> {
        // Without a person nothing is kept of it: the books ask for the card first.
        let key = match self.key(account, file)? {
            Some(key) => key,
            None => self.secret.new_person(account)?,
        };
        let wrapped = key.wrapped().to_vec();
        let mut ids: Vec<MyKeyId> = typed.into_iter().collect();
        let step = match (action, typed) {
            (KeyIdAction::Accept, Some(id)) => KeyIdStep::Accept(self.secret.key_id(&id)),
            (KeyIdAction::Revoke, Some(id)) => KeyIdStep::Revoke(self.secret.key_id(&id)),
            (KeyIdAction::Choose, Some(id)) => KeyIdStep::Choose {
                id: self.sealed_id(&key, &id)?,
                wrapped,
            },
            _ => {
                for _ in 0..CANDIDATES {
                    let mut random = Zeroizing::new([0; 16]);
                    getrandom::fill(random.as_mut_slice()).map_err(|_| CommandError::Unavailable)?;
                    ids.push(MyKeyId::from_random(&random));
                }
                let candidates = ids.iter().map(|id| self.sealed_id(&key, id));
                KeyIdStep::Generate {
                    candidates: candidates.collect::<Result<_, _>>()?,
                    wrapped,
                }
            }
        };
        Ok(Prepared { step, ids })
    }

    fn sealed_id(&self, key: &PersonKey, id: &MyKeyId) -> Result<SealedId, Unreadable> {
        Ok(SealedId {
            hash: self.secret.key_id(id),
            sealed: key.seal_id(id)?,
        })
    }

    fn told(&self, result: KeyIdResult, ids: &[MyKeyId]) -> KeyIdAnswer {
        let id = result
            .id
            .and_then(|hash| ids.iter().find(|id| self.secret.key_id(id) == hash));
        KeyIdAnswer {
            outcome: result.outcome,
            id: id.map(ToString::to_string),
            generations_left: result.generations_left,
            choices_left: result.choices_left,
        }
    }

    /// The ID in use.
    pub(super) fn current_id(&self, account: u64, file: &PersonFile) -> Result<Option<MyKeyId>, Unreadable> {
        let row = file.key_ids.iter().find(|row| row.state == KeyIdState::Current);
        let sealed = row.and_then(|row| row.sealed.as_deref());
        match (self.key(account, file)?, sealed) {
            (Some(key), Some(sealed)) => key.open_id(sealed).map(Some),
            _ => Ok(None),
        }
    }
}
