//! A network that is known once the town is: its server's address is in the store, which is opened first.

use std::sync::{Arc, PoisonError, RwLock};

use super::{HttpNetwork, Network, NetworkError, Request, Response};

/// The way to the town's server; [`NetworkError::Offline`] until there is one.
#[derive(Default)]
pub struct TownNetwork(RwLock<Option<Arc<HttpNetwork>>>);

impl TownNetwork {
    /// From now on the server is asked at this address, which these PEM certificates vouch for.
    ///
    /// # Errors
    /// [`NetworkError::Address`]; then everything is as it was.
    pub fn reach(&self, address: &str, authorities: &[&[u8]]) -> Result<(), NetworkError> {
        let network = Arc::new(HttpNetwork::new(address, authorities)?);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(network);
        Ok(())
    }
}

impl Network for TownNetwork {
    fn exchange(&self, request: &Request) -> Result<Response, NetworkError> {
        let network = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        network.ok_or(NetworkError::Offline)?.exchange(request)
    }
}
