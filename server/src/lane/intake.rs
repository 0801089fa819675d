//! Commands on their way to the lane. The documents of all that wait are read and verified together, with one load
//! of the keys, while the lane carries out those that came before. Commands keep their order.
//!
//! Documents that cannot be checked with the others (no database, a thread that panicked) are tried command by
//! command, so that one takes nobody else down (T18).

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::{BATCH, Message, Told, front};
use crate::command::{Action, Command, CommandError, Signers, Town};
use crate::ledger::decide::{Checked, Task};
use crate::settlement::action::SettleAction;
use crate::store::Store;

/// What comes in.
pub(super) enum Request {
    /// A command, and whom to tell.
    Do(Box<Command>, Told),
    /// Nothing more will come.
    Drain(oneshot::Sender<()>),
}

/// Who checks what comes in.
pub(super) struct Intake {
    pub(super) store: Arc<dyn Store>,
    pub(super) town: Town,
    pub(super) signers: Arc<Signers>,
}

/// A command with its documents beside it.
struct Candidate {
    command: Command,
    documents: Vec<Vec<u8>>,
    told: Told,
}

impl Candidate {
    fn of(mut command: Command, told: Told) -> Self {
        let documents = match &mut command.action {
            Action::Upload(items) => std::mem::take(items).into_iter().map(|item| item.document.0).collect(),
            Action::IssueAllowance { close: Some(close), .. } => vec![close.clone()],
            Action::Settle(SettleAction::Cancel { document, .. }) => vec![document.clone()],
            _ => Vec::new(),
        };
        Self {
            command,
            documents,
            told,
        }
    }

    fn task(self, documents: Vec<Checked>) -> (Task, Told) {
        let Command { now, action } = self.command;
        (Task { now, action, documents }, self.told)
    }
}

impl Intake {
    /// Passes on what comes, until nobody can ask any more.
    pub(super) async fn keep(self, mut waiting: mpsc::Receiver<Request>, lane: mpsc::Sender<Message>) {
        while let Some(first) = waiting.recv().await {
            let (mut batch, mut drain, mut size) = (Vec::new(), None, 0_usize);
            let mut next = Some(first);
            while let Some(request) = next.take() {
                match request {
                    Request::Do(command, told) => {
                        let candidate = Candidate::of(*command, told);
                        size = size.saturating_add(candidate.documents.len().max(1));
                        batch.push(candidate);
                    }
                    Request::Drain(tell) => drain = Some(tell),
                }
                if size < BATCH && drain.is_none() {
                    next = waiting.try_recv().ok();
                }
            }
            let tasks = self.verified(batch).await;
            // A lane that has ended drops what it is sent, and whoever waits hears of it.
            if !tasks.is_empty() {
                let _ = lane.send(Message::Tasks(tasks)).await;
            }
            if let Some(tell) = drain {
                let _ = lane.send(Message::Drain(tell)).await;
            }
        }
    }

    async fn verified(&self, batch: Vec<Candidate>) -> Vec<(Task, Told)> {
        let all = batch.iter().flat_map(|candidate| candidate.documents.clone());
        if let Some(checked) = self.check(all.collect()).await {
            let mut checked = checked.into_iter();
            return batch
                .into_iter()
                .map(|candidate| {
                    let documents = checked.by_ref().take(candidate.documents.len()).collect();
                    candidate.task(documents)
                })
                .collect();
        }
        let mut tasks = Vec::with_capacity(batch.len());
        for candidate in batch {
            match self.check(candidate.documents.clone()).await {
                Some(documents) => tasks.push(candidate.task(documents)),
                None => drop(candidate.told.send(Err(CommandError::Unavailable))),
            }
        }
        tasks
    }

    async fn check(&self, documents: Vec<Vec<u8>>) -> Option<Vec<Checked>> {
        if documents.is_empty() {
            return Some(Vec::new());
        }
        let (store, town, signers) = (self.store.clone(), self.town, self.signers.clone());
        // A task of its own: whatever a document does to it, the intake goes on.
        let checking = tokio::spawn(async move { front::check(store.as_ref(), town, &signers, documents).await });
        match checking.await {
            Ok(Ok(checked)) => Some(checked),
            Ok(Err(error)) => {
                tracing::warn!(%error, "documents could not be checked");
                None
            }
            Err(_) => {
                tracing::error!("checking documents panicked");
                None
            }
        }
    }
}
