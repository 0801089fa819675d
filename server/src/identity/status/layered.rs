//! Whom a town asks, by its settings: the source that suits a certificate first, the other one where that
//! does not answer. An answer is final, whichever source gave it.

use std::sync::Arc;

use kinchaku_protocol::jpki::certificate::{Certificate, Purpose};
use kinchaku_protocol::jpki::trust::Anchor;
use kinchaku_protocol::time::Time;

use super::crl::Crl;
use super::fetch::BadAddress;
use super::ocsp::Ocsp;
use super::platform::Platform;
use super::{Asked, CertificateStatus, Standing, StatusUnavailable, Unconfigured};
use crate::config::JpkiConfig;
use crate::identity::proven::Correspondence;

/// OCSP, revocation lists and the platform's word together.
///
/// Certificates for user authentication name an OCSP responder and those for signatures none, so the former
/// are asked about by OCSP first and the latter by list.
pub struct Layered {
    ocsp: Option<Ocsp>,
    crl: Option<Crl>,
    platform: Option<Platform>,
}

/// Whom to ask by these settings; without any, [`Unconfigured`].
///
/// # Errors
/// [`BadAddress`].
pub fn open(settings: Option<&JpkiConfig>) -> Result<Arc<dyn CertificateStatus>, BadAddress> {
    match settings {
        Some(settings) => Ok(Arc::new(Layered::of(settings)?)),
        None => Ok(Arc::new(Unconfigured)),
    }
}

impl Layered {
    /// As a town configured it.
    ///
    /// # Errors
    /// [`BadAddress`].
    pub fn of(settings: &JpkiConfig) -> Result<Self, BadAddress> {
        Ok(Self {
            ocsp: settings.ocsp.as_deref().map(Ocsp::at).transpose()?,
            crl: match settings.crls.as_slice() {
                [] => None,
                addresses => Some(Crl::at(addresses)?),
            },
            platform: settings.platform.as_deref().map(Platform::at).transpose()?,
        })
    }

    async fn ask(&self, certificate: &Certificate, issuer: &Anchor, now: Time) -> Result<Standing, StatusUnavailable> {
        let ocsp: Option<&dyn CertificateStatus> = self.ocsp.as_ref().map(|it| it as _);
        let crl: Option<&dyn CertificateStatus> = self.crl.as_ref().map(|it| it as _);
        let order = match certificate.purpose() {
            Purpose::UserAuthentication => [("ocsp", ocsp), ("crl", crl)],
            Purpose::Signature => [("crl", crl), ("ocsp", ocsp)],
        };
        let mut failed = StatusUnavailable::Unconfigured;
        for (source, who) in order {
            let Some(who) = who else { continue };
            match who.standing(certificate, issuer, now).await {
                Ok(standing) => return Ok(standing),
                Err(why) => {
                    tracing::warn!(source, %why, "the status of a certificate cannot be had");
                    failed = why;
                }
            }
        }
        Err(failed)
    }
}

impl CertificateStatus for Layered {
    fn standing<'a>(&'a self, certificate: &'a Certificate, issuer: &'a Anchor, now: Time) -> Asked<'a, Standing> {
        Box::pin(self.ask(certificate, issuer, now))
    }

    fn correspondence<'a>(&'a self, certificate: &'a Certificate) -> Asked<'a, Option<Correspondence>> {
        Box::pin(async move {
            let Some(platform) = &self.platform else {
                return Ok(None);
            };
            let said = platform.correspondence(certificate).await;
            if let Err(why) = &said {
                tracing::warn!(source = "platform", %why, "which certificates correspond cannot be had");
            }
            said
        })
    }
}
