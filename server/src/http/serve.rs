//! Listening and stopping. On SIGTERM or SIGINT the server takes no further request, answers those it
//! has, then drains the lane and gives it back.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::{App, router};

/// How long requests may still take once the server is to stop.
const LAST_REQUESTS: Duration = Duration::from_secs(25);

/// Why the server does not listen.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address cannot be listened on.
    #[error("cannot listen: {0}")]
    Listen(std::io::ErrorKind),
    /// Other machines could reach it without TLS.
    #[error("only a loopback address without a TLS proxy")]
    NotLoopback,
    /// Signals cannot be watched.
    #[error("cannot watch signals")]
    Signals,
}

/// A socket that listens, not yet answering.
pub struct Listening {
    listener: TcpListener,
    address: SocketAddr,
}

impl Listening {
    /// Listens on `address`; any but a loopback address only behind a TLS proxy.
    ///
    /// # Errors
    /// [`ServeError`].
    pub async fn on(address: SocketAddr, behind_proxy: bool) -> Result<Self, ServeError> {
        if !address.ip().is_loopback() && !behind_proxy {
            return Err(ServeError::NotLoopback);
        }
        let failed = |error: std::io::Error| ServeError::Listen(error.kind());
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address })
    }

    /// Where it really listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `stop` comes, then finishes what it has. The lane is drained by its owner afterwards.
    ///
    /// # Errors
    /// [`ServeError::Listen`].
    pub async fn serve(self, app: Arc<App>, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), ServeError> {
        let service: IntoMakeServiceWithConnectInfo<Router, SocketAddr> =
            router(app).into_make_service_with_connect_info();
        let (stopping, stopped) = tokio::sync::oneshot::channel();
        let server = axum::serve(self.listener, service).with_graceful_shutdown(async move {
            stop.await;
            // Nobody may wait for it any more.
            let _ = stopping.send(());
        });
        let too_long = async {
            if stopped.await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(LAST_REQUESTS).await;
        };
        tokio::select! {
            ended = server => ended.map_err(|error| ServeError::Listen(error.kind())),
            () = too_long => {
                tracing::warn!("requests were still open when the server stopped");
                Ok(())
            }
        }
    }
}

/// Comes when the process is asked to stop.
///
/// # Errors
/// [`ServeError::Signals`].
pub fn asked_to_stop() -> Result<impl Future<Output = ()> + Send + 'static, ServeError> {
    let watch = |kind| signal(kind).map_err(|_| ServeError::Signals);
    let mut terminate = watch(SignalKind::terminate())?;
    let mut interrupt = watch(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
