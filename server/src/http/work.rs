//! Work that goes to its end whatever becomes of the connection it was asked over, and work of which one at a time is
//! enough.
//!
//! A handler ends with its connection. What changes the books therefore runs beside it, together with the line that
//! says who did it, so that nobody can act and go before the line is written. States: asked → running → done, and who
//! asked hears it where they are still there.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use super::Problem;

/// Names of the work that is running.
#[derive(Clone, Default)]
pub(super) struct Running(Arc<Mutex<BTreeSet<&'static str>>>);

/// Some work that is running, until this is dropped.
pub(super) struct Turn {
    running: Running,
    name: &'static str,
}

impl Running {
    /// Begins what only one at a time does.
    ///
    /// # Errors
    /// [`Problem::Running`] where it was begun and has not ended.
    pub(super) fn begin(&self, name: &'static str) -> Result<Turn, Problem> {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = || Turn {
            running: self.clone(),
            name,
        };
        running.insert(name).then(turn).ok_or(Problem::Running)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut running = self.running.0.lock().unwrap_or_else(PoisonError::into_inner);
        running.remove(self.name);
    }
}

/// Carries work out to its end.
///
/// # Errors
/// What the work says; [`Problem::Internal`] where it panicked.
pub(super) async fn to_its_end<T, E>(work: impl Future<Output = Result<T, E>> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: From<Problem> + Send + 'static,
{
    let done = tokio::spawn(work).await;
    done.unwrap_or_else(|_| Err(Problem::Internal.into()))
}

/// Carries work out that computes for long, on a thread where nobody waits behind it.
///
/// # Errors
/// As [`to_its_end`].
pub(super) async fn aside<T, E>(work: impl Future<Output = Result<T, E>> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: From<Problem> + Send + 'static,
{
    let runtime = tokio::runtime::Handle::current();
    let done = tokio::task::spawn_blocking(move || runtime.block_on(work)).await;
    done.unwrap_or_else(|_| Err(Problem::Internal.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_again_after_its_end() {
        let running = Running::default();
        let turn = running.begin("close").unwrap();
        assert_eq!(running.begin("close").map(|_| ()), Err(Problem::Running));
        let other = running.begin("audit").unwrap();
        drop((turn, other));
        running.begin("close").unwrap();
    }

    #[tokio::test]
    async fn work_goes_on_where_nobody_waits_for_it() {
        let (tell, hear) = tokio::sync::oneshot::channel();
        let (go, wait) = tokio::sync::oneshot::channel::<()>();
        let work = to_its_end(async move {
            let _ = wait.await;
            let _ = tell.send(7);
            Ok::<_, Problem>(())
        });
        // Whoever asked leaves in the middle of it.
        let left = tokio::time::timeout(std::time::Duration::ZERO, work).await;
        assert!(left.is_err());
        go.send(()).unwrap();
        assert_eq!(hear.await, Ok(7));
    }
}
