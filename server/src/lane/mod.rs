//! The lane: the one place where a town's books change.
//!
//! Commands wait in a queue; their documents are verified together (`intake`); the lane takes about a
//! thousand documents at a time, loads what they need, decides, signs, and commits once. It works under a lease whose epoch every commit names, so that two
//! processes can never both write. States: waiting for the lease → keeping → draining → ended.
//!
//! Recovery: a commit whose answer was lost is decided again from what is in the database; every command
//! gives the same answer the second time. A batch that the books or the database refuse is tried command
//! by command, so that one takes nobody else down (T18). Without the lease every command is refused, to be
//! tried again, until a later attempt gets it. A lane that panicked starts again; meanwhile it is not ours.

mod front;
mod intake;
mod uploads;
pub(crate) mod wants;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kinchaku_protocol::time::Time;
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::command::{Command, CommandError, Outcome, Signers, Town, TownRules};
use crate::fault;
use crate::ledger::decide::{self, Books, Reply, Task};
use crate::ledger::rows::{MarkRow, RevokedRow, ShopRow};
use crate::ledger::view::View;
use crate::programme::rows::ProgrammeFileRow;
use crate::programme::{Folder, PROGRAMMES, Programmes};
use crate::store::table::{BadValue, Table};
use crate::store::{Lease, Query, Store, StoreError, Which};
use intake::{Intake, Request};
use wants::Wants;

/// Documents in one commit, about: a batch of the intake is never parted.
const BATCH: usize = 1_000;

/// Commands that may wait.
const QUEUE: usize = 4_096;

/// How often a failed commit is tried again.
const TRIES: usize = 4;

/// Commands in a row that fail alone before the rest of their batch is refused with them.
const IN_VAIN: usize = 3;

/// How often an idle lane says that it is still there.
const HEARTBEAT: Duration = Duration::from_secs(1);

type Told = oneshot::Sender<Result<Outcome, CommandError>>;

enum Message {
    Tasks(Vec<(Task, Told)>),
    Drain(oneshot::Sender<()>),
}

/// A handle on the lane; any number of them may be held.
#[derive(Clone)]
pub struct Lane {
    requests: mpsc::Sender<Request>,
    keeping: Arc<AtomicBool>,
}

impl Lane {
    /// Starts a town's lane; it waits for the lease in the background.
    #[must_use]
    pub fn start(store: Arc<dyn Store>, town: Town, signers: Arc<Signers>, rules: TownRules, holder: String) -> Self {
        let (requests, asked) = mpsc::channel(QUEUE);
        // One batch waits while another is carried out: what comes meanwhile makes the next one larger.
        let (queue, waiting) = mpsc::channel(1);
        let keeping = Arc::new(AtomicBool::new(false));
        let intake = Intake {
            store: store.clone(),
            town,
            signers: signers.clone(),
        };
        let keeper = Keeper {
            store,
            town,
            signers,
            rules,
            holder,
            keeping: keeping.clone(),
            programmes: std::sync::Mutex::new((0, None)),
        };
        tokio::spawn(intake.keep(asked, queue));
        tokio::spawn(watch(Arc::new(keeper), waiting));
        Self { requests, keeping }
    }

    /// Whether this process holds the lane.
    #[must_use]
    pub fn keeps(&self) -> bool {
        self.keeping.load(Ordering::Acquire)
    }

    /// Carries out a command; returns when it is committed.
    ///
    /// # Errors
    /// [`CommandError`].
    pub async fn run(&self, command: Command) -> Result<Outcome, CommandError> {
        let (tell, hear) = oneshot::channel();
        let sent = self.requests.send(Request::Do(Box::new(command), tell)).await;
        sent.map_err(|_| CommandError::Unavailable)?;
        hear.await.map_err(|_| CommandError::Unavailable)?
    }

    /// Finishes what waits, gives the lease back and ends. Later commands are [`CommandError::Unavailable`].
    pub async fn drain(&self) {
        let (tell, hear) = oneshot::channel();
        if self.requests.send(Request::Drain(tell)).await.is_ok() {
            let _ = hear.await;
        }
    }
}

/// Who keeps the lane.
struct Keeper {
    store: Arc<dyn Store>,
    town: Town,
    signers: Arc<Signers>,
    rules: TownRules,
    holder: String,
    keeping: Arc<AtomicBool>,
    /// The town's folder as it was last read, with its version.
    programmes: std::sync::Mutex<(u64, Option<Arc<Programmes>>)>,
}

/// Starts the lane again where it panicked: what it was about is lost, and answered as unavailable.
async fn watch(keeper: Arc<Keeper>, waiting: mpsc::Receiver<Message>) {
    let waiting = Arc::new(Mutex::new(waiting));
    loop {
        let (keeps, queue) = (keeper.clone(), waiting.clone());
        let working = tokio::spawn(async move { keeps.keep(&mut *queue.lock().await).await });
        match working.await {
            Err(error) if error.is_panic() => tracing::error!("the lane panicked, starting again"),
            _ => return,
        }
        keeper.keeping.store(false, Ordering::Release);
        tokio::time::sleep(HEARTBEAT).await;
    }
}

impl Keeper {
    async fn keep(&self, waiting: &mut mpsc::Receiver<Message>) {
        loop {
            let Ok(lease) = self.store.lease(self.town, self.holder.clone()).await else {
                if refuse(waiting, HEARTBEAT).await {
                    return;
                }
                continue;
            };
            self.keeping.store(true, Ordering::Release);
            let ended = self.hold(lease, waiting).await;
            self.keeping.store(false, Ordering::Release);
            if ended || refuse(waiting, Duration::ZERO).await {
                return;
            }
        }
    }

    /// Works until the lease is lost (false) or nothing more can come (true).
    async fn hold(&self, lease: Lease, waiting: &mut mpsc::Receiver<Message>) -> bool {
        let mut heartbeat = tokio::time::interval(HEARTBEAT);
        loop {
            let first = tokio::select! {
                biased;
                message = waiting.recv() => message,
                _ = heartbeat.tick() => match self.store.renew(self.town, lease).await {
                    Err(StoreError::LeaseLost) => return false,
                    _ => continue,
                },
            };
            let (tasks, told, drain) = gather(first, waiting);
            let kept = self.work(lease, tasks, told).await;
            match drain {
                Some(after) => {
                    waiting.close();
                    let _ = self.store.release(self.town, lease).await;
                    for tell in after {
                        let _ = tell.send(());
                    }
                    return true;
                }
                None if kept => {}
                None => return false,
            }
        }
    }

    /// Carries out a batch and answers it; false where the lease is lost.
    async fn work(&self, lease: Lease, tasks: Vec<Task>, told: Vec<Told>) -> bool {
        if tasks.is_empty() {
            return true;
        }
        let (answers, kept) = match self.commit(lease, &tasks, Wants::default).await {
            Ok(answers) => (answers, true),
            Err(Lost::Batch(error)) if tasks.len() == 1 && error != CommandError::Broken => (vec![Err(error)], true),
            Err(Lost::Batch(_)) => self.one_by_one(lease, &tasks).await,
            Err(Lost::Lease) => (vec![Err(CommandError::Unavailable); tasks.len()], false),
        };
        for (tell, answer) in told.into_iter().zip(answers) {
            // Whoever asked may have gone; the books have it all the same.
            let _ = tell.send(answer);
        }
        kept
    }

    /// Each command in its own transaction with all it could need, as long as the database works at all.
    async fn one_by_one(&self, lease: Lease, tasks: &[Task]) -> (Vec<Result<Outcome, CommandError>>, bool) {
        let mut answers = Vec::with_capacity(tasks.len());
        let (mut in_vain, mut kept) = (0_usize, true);
        for task in tasks.chunks(1) {
            if in_vain >= IN_VAIN || !kept {
                break;
            }
            match self.commit(lease, task, Wants::careful).await {
                Ok(alone) => {
                    in_vain = 0;
                    answers.extend(alone);
                }
                Err(Lost::Batch(error)) => {
                    in_vain = in_vain.saturating_add(usize::from(error == CommandError::Unavailable));
                    answers.push(Err(error));
                }
                Err(Lost::Lease) => kept = false,
            }
        }
        answers.resize(tasks.len(), Err(CommandError::Unavailable));
        (answers, kept)
    }

    /// One transaction. Where any command is [`CommandError::Broken`], nothing is written.
    async fn commit(
        &self,
        lease: Lease,
        tasks: &[Task],
        wants: fn() -> Wants,
    ) -> Result<Vec<Result<Outcome, CommandError>>, Lost> {
        for _ in 0..TRIES {
            match self.once(lease, tasks, wants()).await {
                Ok(answers) => return Ok(answers),
                Err(Trouble::Store(StoreError::LeaseLost)) => return Err(Lost::Lease),
                Err(Trouble::Store(error)) => tracing::warn!(%error, "commit failed, trying again"),
                Err(Trouble::Refused(error)) => return Err(Lost::Batch(error)),
            }
        }
        Err(Lost::Batch(CommandError::Unavailable))
    }

    async fn once(
        &self,
        lease: Lease,
        tasks: &[Task],
        wants: Wants,
    ) -> Result<Vec<Result<Outcome, CommandError>>, Trouble> {
        let mut view = self.load(tasks, wants).await?;
        let mut replies: Vec<Result<Reply, CommandError>> = Vec::with_capacity(tasks.len());
        let mut now = Time::default();
        for task in tasks {
            now = now.max(task.now);
            let mut books = Books {
                view: &mut view,
                rules: &self.rules,
                signers: &self.signers,
                now,
            };
            match decide::decide(&mut books, task) {
                Err(error @ (CommandError::Broken | CommandError::Unavailable)) => {
                    return Err(Trouble::Refused(error));
                }
                reply => replies.push(reply),
            }
        }
        if decide::bulletin_due(&view) {
            self.load_for_bulletin(&mut view).await?;
        }
        decide::seal(&mut view, &self.signers, now).map_err(Trouble::Refused)?;
        if decide::bulletin_due(&view) {
            tracing::error!("the bulletin could not be signed, and is due again with the next commit");
        }
        fault::point("lane.decided");
        let writes = view.writes();
        if !writes.is_empty() {
            self.store.commit(self.town, lease, writes).await?;
        }
        fault::point("lane.committed");
        // It is in the books now: what cannot be answered is that command's own trouble.
        let answered = replies.into_iter();
        Ok(answered
            .map(|reply| reply.and_then(|reply| decide::answer(&view, reply)))
            .collect())
    }

    async fn load(&self, tasks: &[Task], mut wants: Wants) -> Result<View, StoreError> {
        let mut view = View::default();
        loop {
            let queries = wants.round(&view, tasks);
            if queries.is_empty() {
                return Ok(view);
            }
            self.fetch(&mut view, queries).await?;
            if view.programmes.is_none() && view.counter(PROGRAMMES) > 0 {
                view.programmes = Some(self.programmes(view.counter(PROGRAMMES)).await?);
            }
        }
    }

    /// The town's folder, read again where another one was loaded.
    async fn programmes(&self, version: u64) -> Result<Arc<Programmes>, StoreError> {
        let known = self.programmes.lock().map(|known| known.clone()).unwrap_or_default();
        if let (at, Some(programmes)) = known
            && at == version
        {
            return Ok(programmes);
        }
        let query = Query {
            table: ProgrammeFileRow::DEF,
            which: Which::All,
        };
        let loaded = self.store.load(self.town, vec![query]).await?;
        let rows = loaded
            .iter()
            .flatten()
            .map(|values| ProgrammeFileRow::from_values(values));
        let rows: Vec<ProgrammeFileRow> = rows.collect::<Result<_, _>>()?;
        let programmes = Programmes::read(&Folder::of(rows)).map_err(|problems| {
            // Posting without the rules in force would be worse than not posting.
            tracing::error!(
                problems = problems.len(),
                "this version cannot read the town's folder in the books"
            );
            BadValue
        })?;
        let programmes = Arc::new(programmes);
        if let Ok(mut known) = self.programmes.lock() {
            *known = (version, Some(programmes.clone()));
        }
        Ok(programmes)
    }

    async fn load_for_bulletin(&self, view: &mut View) -> Result<(), StoreError> {
        let tables = [RevokedRow::DEF, ShopRow::DEF, MarkRow::DEF];
        let queries = tables
            .into_iter()
            .map(|table| Query {
                table,
                which: Which::All,
            })
            .collect();
        self.fetch(view, queries).await
    }

    async fn fetch(&self, view: &mut View, queries: Vec<Query>) -> Result<(), StoreError> {
        let tables: Vec<_> = queries.iter().map(|query| query.table).collect();
        let loaded = self.store.load(self.town, queries).await?;
        for (table, rows) in tables.into_iter().zip(loaded) {
            view.absorb(table, &rows)?;
        }
        Ok(())
    }
}

/// What became of a batch that is not in the books.
enum Lost {
    /// It was refused, by the books or by the database.
    Batch(CommandError),
    /// This process does not keep the lane any more.
    Lease,
}

/// Why a batch was not committed.
enum Trouble {
    Store(StoreError),
    Refused(CommandError),
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Without the lease nothing can be done for anybody: refuses what waits and what comes for a while; true
/// where nobody can ask any more.
async fn refuse(waiting: &mut mpsc::Receiver<Message>, how_long: Duration) -> bool {
    let until = tokio::time::Instant::now() + how_long;
    loop {
        // What waits already is taken even where the time is over.
        match tokio::time::timeout_at(until, waiting.recv()).await {
            Ok(Some(Message::Tasks(tasks))) => {
                for (_, tell) in tasks {
                    let _ = tell.send(Err(CommandError::Unavailable));
                }
            }
            Ok(Some(Message::Drain(tell))) => {
                let _ = tell.send(());
                return true;
            }
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
}

/// What waits, up to a batch; and who waits for the end, where that was asked.
fn gather(
    first: Option<Message>,
    waiting: &mut mpsc::Receiver<Message>,
) -> (Vec<Task>, Vec<Told>, Option<Vec<oneshot::Sender<()>>>) {
    let (mut tasks, mut told) = (Vec::new(), Vec::new());
    let mut size = 0_usize;
    let mut next = first;
    // All handles are gone: nobody can ask any more.
    let mut drain = next.is_none().then(Vec::new);
    while let Some(message) = next {
        match message {
            Message::Tasks(batch) => {
                for (task, tell) in batch {
                    size = size.saturating_add(task.documents.len().max(1));
                    tasks.push(task);
                    told.push(tell);
                }
            }
            Message::Drain(tell) => drain.get_or_insert_default().push(tell),
        }
        if size >= BATCH {
            break;
        }
        next = waiting.try_recv().ok();
    }
    (tasks, told, drain)
}
