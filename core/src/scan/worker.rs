//! A thread that runs one job at a time, before a deadline.
//!
//! A job that panics costs that job; a job that overruns costs the thread, which ends by itself when
//! the job does, because nobody feeds it any more. Neither reaches the caller. Needs unwinding
//! panics: a build with `panic = "abort"` would turn a bad picture into a crash.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel, sync_channel};
use std::thread;
use std::time::Instant;

type Job = Box<dyn FnOnce() + Send>;

/// Why a job has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lost {
    Panicked,
    Late,
}

pub(super) struct Worker {
    jobs: Sender<Job>,
    until: Instant,
}

impl Worker {
    pub(super) fn start(until: Instant) -> io::Result<Self> {
        let (jobs, waiting): (Sender<Job>, Receiver<Job>) = channel();
        thread::Builder::new()
            .name("scan".to_owned())
            .spawn(move || waiting.into_iter().for_each(|job| job()))?;
        Ok(Self { jobs, until })
    }

    pub(super) fn run<R: Send + 'static>(&self, job: impl FnOnce() -> R + Send + 'static) -> Result<R, Lost> {
        let left = self.until.saturating_duration_since(Instant::now());
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
        self.jobs.send(Box::new(guarded)).map_err(|_| Lost::Panicked)?;
        answer.recv_timeout(left).map_err(|error| match error {
            RecvTimeoutError::Timeout => Lost::Late,
            RecvTimeoutError::Disconnected => Lost::Panicked,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Barrier};
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_panicking_job_costs_only_itself() {
        let worker = Worker::start(Instant::now() + Duration::from_secs(60)).unwrap();
        let lost = worker.run(|| -> u8 { panic!("a bad picture") });
        assert_eq!(lost, Err(Lost::Panicked));
        assert_eq!(worker.run(|| 7), Ok(7));
    }

    #[test]
    fn a_hanging_job_does_not_hang_the_caller() {
        let worker = Worker::start(Instant::now() + Duration::from_millis(30)).unwrap();
        let gate = Arc::new(Barrier::new(2));
        let inside = Arc::clone(&gate);
        assert_eq!(
            worker.run(move || {
                inside.wait();
            }),
            Err(Lost::Late)
        );
        assert_eq!(worker.run(|| 7), Err(Lost::Late));
        gate.wait();
    }
}
