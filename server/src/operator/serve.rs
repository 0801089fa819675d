//! `serve`: keys, socket, books, in this order; at the end the socket, the office file, the books.

use std::sync::Arc;

use super::answer::Printer;
use super::arguments::Serve;
use super::failure::Failure;
use super::office::Office;
use crate::books::Books;
use crate::clock;
use crate::config::TownConfig;
use crate::http::{App, Listening, asked_to_stop};
use crate::jobs;
use crate::keys::TownKeys;
use crate::telemetry::{Metrics, log_as_json};

/// Serves until it is asked to stop.
///
/// # Errors
/// [`Failure`].
pub(super) async fn serve(arguments: &Serve, printer: &Printer) -> Result<(), Failure> {
    log_as_json();
    let stop = asked_to_stop()?;
    let folder = &arguments.database.keys;
    let config = TownConfig::load(folder)?;
    let keys = Arc::new(TownKeys::load(folder)?);
    let metrics = Metrics::of_this_process().map_err(|error| Failure::Other {
        what: error.to_string(),
    })?;
    // The socket first: an address that is taken must not take the books from another server.
    let socket = Listening::on(arguments.listen, arguments.behind_tls_proxy).await?;
    let now = clock::now();
    let books = Arc::new(Books::open(&arguments.database.database, &config, &keys, now).await?);
    if clock::ahead(books.reader().last_commit().await?, now) && !arguments.after_standstill {
        books.close().await;
        return Err(Failure::Refused {
            code: "clock_ahead".to_owned(),
        });
    }
    let office = Office::open(folder, socket.address(), config.muni)?;
    let app = App::new(
        books.clone(),
        keys,
        metrics,
        office.token().clone(),
        arguments.behind_tls_proxy,
    )?;
    let address = socket.address();
    printer.listening(address, config.muni)?;
    tracing::info!(%address, "listening");
    let jobs = tokio::spawn(jobs::run(books.clone()));
    let served = socket.serve(app, stop).await;
    jobs.abort();
    office.close(folder);
    books.close().await;
    tracing::info!("stopped");
    Ok(served?)
}
