//! One question over HTTP to an address the town configured: one connection, one answer, bounded in size and
//! time, no redirect followed.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use hyper::http::uri::Scheme;
use hyper::{Method, Request, StatusCode, Uri, header};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::{LIMIT, StatusUnavailable};

/// An address that cannot be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// Not `http://host…` or `https://host…`.
    #[error("not an address on the web")]
    Form,
    /// Answers there are not signed, so the way there has to be protected.
    #[error("only https, or http on this machine")]
    Unprotected,
    /// The system's certificates of web authorities cannot be used.
    #[error("the system has no certificates to check https with")]
    NoAuthorities,
}

/// Where to ask.
pub(super) struct Source {
    uri: Uri,
    host: String,
    port: u16,
    tls: Option<TlsConnector>,
}

impl Source {
    /// An address whose answers are signed.
    pub(super) fn of(text: &str) -> Result<Self, BadAddress> {
        let uri: Uri = text.parse().map_err(|_| BadAddress::Form)?;
        let authority = uri.authority().ok_or(BadAddress::Form)?;
        // `user@host` would be sent nowhere and read by people as something else.
        if authority.as_str().contains('@') {
            return Err(BadAddress::Form);
        }
        let (port, tls) = if uri.scheme() == Some(&Scheme::HTTP) {
            (80, None)
        } else if uri.scheme() == Some(&Scheme::HTTPS) {
            (443, Some(tls()?))
        } else {
            return Err(BadAddress::Form);
        };
        Ok(Self {
            host: authority.host().trim_matches(['[', ']']).to_owned(),
            port: authority.port_u16().unwrap_or(port),
            tls,
            uri,
        })
    }

    /// An address whose answers are as true as the way they come.
    pub(super) fn protected(text: &str) -> Result<Self, BadAddress> {
        let source = Self::of(text)?;
        let here = source.host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
        if source.tls.is_some() || here {
            Ok(source)
        } else {
            Err(BadAddress::Unprotected)
        }
    }

    /// `GET`.
    pub(super) async fn get(&self, most: usize) -> Result<Vec<u8>, StatusUnavailable> {
        let (status, body) = self.ask(Method::GET, None, Body::empty(), most).await?;
        if status == StatusCode::OK {
            Ok(body)
        } else {
            Err(StatusUnavailable::Declined)
        }
    }

    /// `POST` of a body of this type; `None` where the other side knows nothing about it (404).
    pub(super) async fn post(
        &self,
        media_type: &'static str,
        body: Vec<u8>,
        most: usize,
    ) -> Result<Option<Vec<u8>>, StatusUnavailable> {
        match self.ask(Method::POST, Some(media_type), Body::from(body), most).await? {
            (StatusCode::OK, body) => Ok(Some(body)),
            (StatusCode::NOT_FOUND, _) => Ok(None),
            _ => Err(StatusUnavailable::Declined),
        }
    }

    async fn ask(
        &self,
        method: Method,
        media_type: Option<&'static str>,
        body: Body,
        most: usize,
    ) -> Result<(StatusCode, Vec<u8>), StatusUnavailable> {
        let mut request = Request::builder()
            .method(method)
            .uri(self.uri.path_and_query().map_or("/", |path| path.as_str()))
            .header(header::HOST, self.uri.authority().map_or("", |it| it.as_str()))
            .header(header::CONNECTION, "close");
        if let Some(media_type) = media_type {
            request = request.header(header::CONTENT_TYPE, media_type);
        }
        let request = request.body(body).map_err(|_| StatusUnavailable::NotAnAnswer)?;
        tokio::time::timeout(LIMIT, self.exchange(request, most))
            .await
            .map_err(|_| StatusUnavailable::NoAnswer)?
    }

    async fn exchange(&self, request: Request<Body>, most: usize) -> Result<(StatusCode, Vec<u8>), StatusUnavailable> {
        let nobody = |_| StatusUnavailable::NoAnswer;
        let stream = TcpStream::connect((self.host.as_str(), self.port))
            .await
            .map_err(nobody)?;
        match &self.tls {
            None => over(stream, request, most).await,
            Some(tls) => {
                let name = ServerName::try_from(self.host.clone()).map_err(|_| StatusUnavailable::NoAnswer)?;
                over(tls.connect(name, stream).await.map_err(nobody)?, request, most).await
            }
        }
    }
}

async fn over<S>(stream: S, request: Request<Body>, most: usize) -> Result<(StatusCode, Vec<u8>), StatusUnavailable>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let nobody = |_| StatusUnavailable::NoAnswer;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(nobody)?;
    let connection = Running(tokio::spawn(connection));
    let answer = sender.send_request(request).await.map_err(nobody)?;
    let status = answer.status();
    let body = axum::body::to_bytes(Body::new(answer.into_body()), most).await;
    drop(connection);
    Ok((status, body.map_err(|_| StatusUnavailable::NotAnAnswer)?.to_vec()))
}

/// A connection that ends with its question, also when that is given up.
struct Running<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for Running<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// TLS by the system's certificates of web authorities.
fn tls() -> Result<TlsConnector, BadAddress> {
    let mut authorities = RootCertStore::empty();
    authorities.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if authorities.is_empty() {
        return Err(BadAddress::NoAuthorities);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| BadAddress::NoAuthorities)?
        .with_root_certificates(authorities)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
