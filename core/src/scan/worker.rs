//! A thread that runs one job at a time, each before a deadline, and is kept for the next one.
//!
//! A job that panics costs that job; a job that overruns costs the thread, which ends by itself when
//! the job does, because nobody feeds it any more. The next job gets a new thread, unless too many
//! lost ones are still busy. None of this reaches the caller. Needs unwinding panics: a build with
//! `panic = "abort"` would turn a bad picture into a crash.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel, sync_channel};
use std::thread;
use std::time::Instant;

type Job = Box<dyn FnOnce() + Send>;

/// Threads of one worker that may be alive at once: the one in use and those lost to an overrun.
const MAX_THREADS: usize = 3;

/// Why a job has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lost {
    Panicked,
    Late,
    /// No thread to run it on: the device gives none, or the lost ones still hold theirs.
    NoThread,
}

/// See the module. Costs nothing until the first job.
#[derive(Debug, Default)]
pub(super) struct Worker {
    jobs: Option<Sender<Job>>,
    alive: Arc<()>,
}

impl Worker {
    /// Runs `job` and waits for its answer until `until`, no longer.
    pub(super) fn run<R: Send + 'static>(
        &mut self,
        until: Instant,
        job: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, Lost> {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Lost::Late);
        }
        let (reply, answer) = sync_channel(1);
        let guarded = move || {
            // A panicking job drops `reply` unsent, which is how the caller learns of it.
            if let Ok(result) = catch_unwind(AssertUnwindSafe(job)) {
                let _ = reply.send(result);
            }
        };
        let jobs = match self.jobs.take() {
            Some(jobs) => jobs,
            None => self.thread()?,
        };
        jobs.send(Box::new(guarded)).map_err(|_| Lost::NoThread)?;
        let result = answer.recv_timeout(left).map_err(|error| match error {
            RecvTimeoutError::Timeout => Lost::Late,
            RecvTimeoutError::Disconnected => Lost::Panicked,
        });
        if !matches!(result, Err(Lost::Late)) {
            self.jobs = Some(jobs);
        }
        result
    }

    fn thread(&self) -> Result<Sender<Job>, Lost> {
        if Arc::strong_count(&self.alive) > MAX_THREADS {
            return Err(Lost::NoThread);
        }
        let (jobs, waiting): (Sender<Job>, Receiver<Job>) = channel();
        let alive = Arc::clone(&self.alive);
        thread::Builder::new()
            .name("scan".to_owned())
            .spawn(move || {
                let _alive = alive;
                waiting.into_iter().for_each(|job| job());
            })
            .map_err(|_| Lost::NoThread)?;
        Ok(jobs)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::time::Duration;

    use super::*;

    fn within(time: Duration) -> Instant {
        Instant::now() + time
    }

    const AMPLE: Duration = Duration::from_secs(60);

    #[test]
    fn a_panicking_job_costs_only_itself() {
        let mut worker = Worker::default();
        let lost = worker.run(within(AMPLE), || -> u8 { panic!("a bad picture") });
        assert_eq!(lost, Err(Lost::Panicked));
        assert_eq!(worker.run(within(AMPLE), || 7), Ok(7));
    }

    #[test]
    fn a_hanging_job_costs_its_thread_and_not_the_caller() {
        let mut worker = Worker::default();
        let gate = Arc::new(Barrier::new(MAX_THREADS + 1));
        for _ in 0..MAX_THREADS {
            let inside = Arc::clone(&gate);
            let late = worker.run(within(Duration::from_millis(20)), move || {
                inside.wait();
            });
            assert_eq!(late, Err(Lost::Late));
        }
        assert_eq!(worker.run(within(AMPLE), || 7), Err(Lost::NoThread));
        gate.wait();
        // The lost threads end by themselves, and then there is room again.
        while Arc::strong_count(&worker.alive) > 1 {
            std::thread::yield_now();
        }
        assert_eq!(worker.run(within(AMPLE), || 7), Ok(7));
        assert_eq!(worker.run(Instant::now(), || 7), Err(Lost::Late));
    }
}
