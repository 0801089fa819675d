//! What runs under every call: the wallet's own threads, the open home, and who is told of a change.
//!
//! A call from a screen starts its effect on a thread of the wallet and waits for it. Whoever stops waiting (a screen that
//! went away, a cancelled coroutine) stops nothing: the effect runs to its end, and what became of it is in the wallet.
//! An effect is begun when it is first waited for, so a call that was cancelled before has done nothing.
//!
//! | state  | is                                             | ends by                                       |
//! |--------|------------------------------------------------|-----------------------------------------------|
//! | open   | effects run, a handful at a time               | `close_wallet`, which waits for all of them    |
//! | closed | every call answers [`Trouble::Closed`]         | opening the folder again                      |
//!
//! A panic ends its effect alone: what was durable stays, and the caller is told [`Trouble::Mistake`].

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use kinchaku_core::home::Home;
use kinchaku_core::network::TownNetwork;
use tokio::sync::watch;

use crate::error::Trouble;
use crate::host::{self, Connectivity, HostClock};

/// Effects at one time. The store has one writer; more threads would only wait for it, and each PIN takes memory.
const EFFECTS: usize = 8;

/// The wallet's threads.
struct Threads(Option<tokio::runtime::Runtime>);

impl Threads {
    fn new() -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .max_blocking_threads(EFFECTS)
            .thread_name("kinchaku")
            // A phone's own threads have as little as 512 KB.
            .thread_stack_size(2 * 1_024 * 1_024)
            .enable_all()
            .build()?;
        Ok(Self(Some(runtime)))
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        // The last owner may be one of these very threads, which cannot wait for itself.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// An open wallet and what it runs on.
pub(crate) struct Engine {
    home: RwLock<Option<Home>>,
    clock: Arc<HostClock>,
    connectivity: Arc<dyn Connectivity>,
    network: Arc<TownNetwork>,
    changes: watch::Sender<u64>,
    /// One PIN at a time: a try is counted before it is checked, so right ones side by side would count as wrong.
    trying: Mutex<()>,
    threads: Threads,
}

impl Engine {
    /// Nothing is open yet.
    ///
    /// # Errors
    /// [`Trouble`].
    pub fn new(
        clock: HostClock,
        connectivity: Arc<dyn Connectivity>,
        network: Arc<TownNetwork>,
    ) -> Result<Self, Trouble> {
        Ok(Self {
            home: RwLock::new(None),
            clock: Arc::new(clock),
            connectivity,
            network,
            changes: watch::Sender::new(0),
            trying: Mutex::new(()),
            threads: Threads::new().map_err(|_| Trouble::Io)?,
        })
    }

    pub fn clock(&self) -> Arc<HostClock> {
        Arc::clone(&self.clock)
    }

    pub fn network(&self) -> &TownNetwork {
        &self.network
    }

    /// Whether the phone says that it has a network.
    pub fn online(&self) -> Result<bool, Trouble> {
        host::online(self.connectivity.as_ref())
    }

    /// Held while a PIN is tried.
    pub fn trying(&self) -> MutexGuard<'_, ()> {
        self.trying.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Runs on a thread of the wallet, to its end, whether or not anybody waits.
    pub async fn spawn<T, E>(
        self: &Arc<Self>,
        work: impl FnOnce(&Arc<Self>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Trouble> + Send + 'static,
    {
        if host::is_asking() {
            return Err(Trouble::Reentered.into());
        }
        let Some(runtime) = &self.threads.0 else {
            return Err(Trouble::Closed.into());
        };
        let engine = Arc::clone(self);
        let effect = runtime.spawn_blocking(move || work(&engine));
        match effect.await {
            Ok(result) => result,
            Err(_) => Err(Trouble::Mistake.into()),
        }
    }

    /// Looks at the wallet.
    pub async fn look<T, E>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self, &Home) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Trouble> + Send + 'static,
    {
        self.spawn(move |engine| engine.with_home(|home| work(engine, home)))
            .await
    }

    /// Does something with the wallet; whoever observes it is told afterwards, also where it failed: a wrong PIN changes
    /// something too.
    pub async fn act<T, E>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self, &Home) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Trouble> + Send + 'static,
    {
        self.spawn(move |engine| {
            let done = engine.with_home(|home| work(engine, home));
            engine.tell();
            done
        })
        .await
    }

    /// Starts something that nobody waits for.
    pub fn begin(self: &Arc<Self>, work: impl FnOnce(&Home) + Send + 'static) {
        if let Some(runtime) = &self.threads.0 {
            let engine = Arc::clone(self);
            drop(runtime.spawn_blocking(move || {
                let _ = engine.with_home::<(), Trouble>(|home| {
                    work(home);
                    Ok(())
                });
                engine.tell();
            }));
        }
    }

    fn tell(&self) {
        self.changes.send_modify(|changes| *changes = changes.wrapping_add(1));
    }

    fn with_home<T, E: From<Trouble>>(&self, work: impl FnOnce(&Home) -> Result<T, E>) -> Result<T, E> {
        self.clock.look()?;
        let home = self.home.read().unwrap_or_else(PoisonError::into_inner);
        match home.as_ref() {
            Some(home) => work(home),
            None => Err(Trouble::Closed.into()),
        }
    }

    /// Takes an opened home.
    pub fn put(&self, home: Home) {
        *self.home.write().unwrap_or_else(PoisonError::into_inner) = Some(home);
    }

    /// Waits for everything that runs, and closes the home. To be called on a thread of the wallet.
    pub fn close(&self) {
        let home = self.home.write().unwrap_or_else(PoisonError::into_inner).take();
        drop(home);
        self.tell();
    }
}
