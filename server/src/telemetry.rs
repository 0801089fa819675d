//! Logs and counters. A log line is one JSON object on standard error with the route's pattern, the
//! status and the time it took: no body, no address, no header, nothing of a person or a document.

use std::sync::{Arc, OnceLock};

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

/// Upper bounds of the histograms in seconds.
const SECONDS: [f64; 10] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 20.0];

/// The counters of this process, to be read at `/metrics`.
#[derive(Clone)]
pub struct Metrics(Arc<PrometheusHandle>);

/// Something else counts in this process already.
#[derive(Debug, thiserror::Error)]
#[error("the counters could not be set up")]
pub struct MetricsError;

impl Metrics {
    /// The counters; set up at the first call.
    ///
    /// # Errors
    /// [`MetricsError`].
    pub fn of_this_process() -> Result<Self, MetricsError> {
        static HANDLE: OnceLock<Option<Arc<PrometheusHandle>>> = OnceLock::new();
        let handle = HANDLE.get_or_init(|| install().ok().map(Arc::new));
        handle.clone().map(Self).ok_or(MetricsError)
    }

    /// In Prometheus's text form.
    #[must_use]
    pub fn render(&self) -> String {
        self.0.run_upkeep();
        self.0.render()
    }
}

fn install() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .install_recorder()?;
    metrics::describe_counter!("kinchaku_requests_total", "Requests by route and status");
    metrics::describe_histogram!("kinchaku_request_seconds", "Time to answer by route");
    metrics::describe_counter!("kinchaku_uploads_total", "Uploaded documents by outcome");
    Ok(handle)
}

/// Sends log lines to standard error, at `RUST_LOG` or `info`; panics become log lines, too, by their
/// place and not by their text, which could hold anything.
pub fn log_as_json() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    // A second call, as in tests, changes nothing.
    let _ = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init();
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(|at| format!("{}:{}", at.file(), at.line()))
            .unwrap_or_default();
        tracing::error!(place, "panic");
    }));
}
