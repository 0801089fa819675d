//! Revocation lists (RFC 5280 5): complete lists of one CA, kept until the next one is due.
//!
//! Several CAs share a name, so a list counts for a certificate where the key that signed the certificate
//! signed the list too. A list that covers a part of a CA's certificates counts for those it says it covers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use kinchaku_protocol::jpki::certificate::Certificate;
use kinchaku_protocol::jpki::key::CardKey;
use kinchaku_protocol::jpki::trust::Anchor;
use kinchaku_protocol::time::Time;
use tokio::task::JoinSet;
use x509_cert::crl::CertificateList;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::CrlDistributionPoints;
use x509_cert::ext::pkix::crl::dp::IssuingDistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};

use super::fetch::{BadAddress, Source};
use super::signed::{Signed, are_understood, is_current, serial, time};
use super::{Asked, CertificateStatus, LIMIT, Standing, StatusUnavailable};
use crate::identity::proven::Correspondence;

/// The largest list: half a million entries.
const MOST: usize = 24 * 1_024 * 1_024;

/// Seconds after which a list is asked for again though it is still good: one may come early when a CA has
/// to say something urgent.
const AGAIN: u64 = 3_600;

/// The same for a list that no CA is known to have signed.
const SOON: u64 = 60;

const ISSUING_DISTRIBUTION_POINT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.28");
const DELTA: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.27");
const DISTRIBUTION_POINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.31");

/// Lists at configured addresses.
pub struct Crl {
    shelves: Vec<Arc<Shelf>>,
}

/// One address and the list last had from it.
struct Shelf {
    source: Source,
    kept: Mutex<Option<Kept>>,
    /// Who asks while a list is on its way waits for that one.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Clone)]
struct Kept {
    list: Arc<List>,
    asked: Time,
}

/// A list, read; believed once it is asked with the key of a CA.
struct List {
    der: Vec<u8>,
    issuer: Vec<u8>,
    from: Time,
    until: Time,
    /// The directory or web names it covers; `None`: everything of its CA.
    covers: Option<Vec<GeneralName>>,
    revoked: HashMap<Vec<u8>, Time>,
    /// The key that was found to have signed it.
    signer: OnceLock<CardKey>,
}

impl Crl {
    /// The lists at these addresses.
    ///
    /// # Errors
    /// [`BadAddress`].
    pub fn at(addresses: &[String]) -> Result<Self, BadAddress> {
        let shelf = |address: &String| {
            Ok(Arc::new(Shelf {
                source: Source::of(address)?,
                kept: Mutex::new(None),
                fetching: tokio::sync::Mutex::new(()),
            }))
        };
        Ok(Self {
            shelves: addresses.iter().map(shelf).collect::<Result<_, _>>()?,
        })
    }

    async fn ask(&self, certificate: &Certificate, issuer: &Anchor, now: Time) -> Result<Standing, StatusUnavailable> {
        let points = distribution_points(certificate)?;
        // Of several reasons the last one: a list of another CA is only not the one.
        let mut why = StatusUnavailable::NoAnswer;
        let mut judge = |list: Result<Arc<List>, StatusUnavailable>| {
            let said = list.and_then(|list| list.standing(certificate, &points, issuer, now));
            said.unwrap_or_else(|error| {
                why = error;
                None
            })
        };
        // Where lists of this kind have been before, and then, all at once, where none has ever been or where
        // another one was some time ago: whoever gave out one wrong list must not have stopped all questions.
        let mut unknown = JoinSet::new();
        for shelf in &self.shelves {
            match shelf.kept() {
                Some(kept) if kept.list.is_about(&points, issuer) => {
                    if let Some(standing) = judge(shelf.list(now).await) {
                        return Ok(standing);
                    }
                }
                Some(kept) if kept.is_fresh(now) => (),
                _ => {
                    let shelf = shelf.clone();
                    unknown.spawn(async move { shelf.list(now).await });
                }
            }
        }
        while let Some(list) = unknown.join_next().await {
            if let Some(standing) = judge(list.unwrap_or(Err(StatusUnavailable::NoAnswer))) {
                return Ok(standing);
            }
        }
        Err(why)
    }
}

impl CertificateStatus for Crl {
    fn standing<'a>(&'a self, certificate: &'a Certificate, issuer: &'a Anchor, now: Time) -> Asked<'a, Standing> {
        Box::pin(async move {
            tokio::time::timeout(LIMIT, self.ask(certificate, issuer, now))
                .await
                .unwrap_or(Err(StatusUnavailable::NoAnswer))
        })
    }

    fn correspondence<'a>(&'a self, _: &'a Certificate) -> Asked<'a, Option<Correspondence>> {
        Box::pin(std::future::ready(Ok(None)))
    }
}

impl Shelf {
    fn kept(&self) -> Option<Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn list(&self, now: Time) -> Result<Arc<List>, StatusUnavailable> {
        let fresh = |kept: &Kept| kept.is_fresh(now) && is_current(kept.list.from, kept.list.until, now);
        if let Some(kept) = self.kept().filter(fresh) {
            return Ok(kept.list);
        }
        let _one_at_a_time = self.fetching.lock().await;
        if let Some(kept) = self.kept().filter(fresh) {
            return Ok(kept.list);
        }
        let fetched = self.fetch().await;
        let old = self.kept().map(|kept| kept.list);
        let holds = |old: &Arc<List>| old.signer.get().is_some() && is_current(old.from, old.until, now);
        let list = match (fetched, old.filter(holds)) {
            // One that is older than what is here is a list played again.
            (Ok(list), Some(old)) if list.from < old.from => old,
            (Ok(list), _) => list,
            (Err(_), Some(old)) => old,
            (Err(error), None) => return Err(error),
        };
        let kept = Kept {
            list: list.clone(),
            asked: now,
        };
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
        Ok(list)
    }

    async fn fetch(&self) -> Result<Arc<List>, StatusUnavailable> {
        let der = self.source.get(MOST).await?;
        let read = tokio::task::spawn_blocking(move || List::read(der).map(Arc::new));
        read.await.map_err(|_| StatusUnavailable::NotAnAnswer)?
    }
}

impl Kept {
    /// Whether it is too early to ask again.
    fn is_fresh(&self, now: Time) -> bool {
        let again = if self.list.signer.get().is_some() { AGAIN } else { SOON };
        now < self.asked.after(again)
    }
}

impl List {
    fn read(der: Vec<u8>) -> Result<Self, StatusUnavailable> {
        let unreadable = |_| StatusUnavailable::NotAnAnswer;
        let parsed = CertificateList::from_der(&der).map_err(unreadable)?;
        let list = parsed.tbs_cert_list;
        let extensions = list.crl_extensions.unwrap_or_default();
        // What is critical in an entry changes what the entry means: no list with one is used (RFC 5280 5.3).
        let entries = list.revoked_certificates.unwrap_or_default();
        let plain = entries
            .iter()
            .all(|entry| are_understood(entry.crl_entry_extensions.as_deref().unwrap_or_default(), &[]));
        let complete = extensions.iter().all(|it| it.extn_id != DELTA);
        if list.signature != parsed.signature_algorithm
            || !plain
            || !complete
            || !are_understood(&extensions, &[ISSUING_DISTRIBUTION_POINT])
        {
            return Err(StatusUnavailable::NotAnAnswer);
        }
        Ok(Self {
            issuer: list.issuer.to_der().map_err(unreadable)?,
            from: time(list.this_update.to_date_time()),
            // Every list says when the next one comes (RFC 5280 5.1.2.5).
            until: time(list.next_update.ok_or(StatusUnavailable::NotAnAnswer)?.to_date_time()),
            covers: covers(&extensions)?,
            revoked: entries
                .iter()
                .map(|entry| {
                    let number = serial(entry.serial_number.as_bytes()).to_vec();
                    (number, time(entry.revocation_date.to_date_time()))
                })
                .collect(),
            signer: OnceLock::new(),
            der,
        })
    }

    /// What it says of this certificate; `None` where it is a list of others.
    fn standing(
        &self,
        certificate: &Certificate,
        points: &[GeneralName],
        issuer: &Anchor,
        now: Time,
    ) -> Result<Option<Standing>, StatusUnavailable> {
        if !self.is_about(points, issuer) {
            // A true list of others need not be asked for as soon as one that nobody signed.
            if self.issuer == issuer.dn() {
                let _ = self.is_by(issuer);
            }
            return Ok(None);
        }
        if !self.is_by(issuer)? {
            return Err(StatusUnavailable::Untrusted);
        }
        if !is_current(self.from, self.until, now) {
            return Err(StatusUnavailable::Stale);
        }
        Ok(Some(match self.revoked.get(&certificate.key_name().serial) {
            Some(at) => Standing::Revoked { at: *at },
            None => Standing::Good,
        }))
    }

    /// Whether it says it is about certificates like this one.
    fn is_about(&self, points: &[GeneralName], issuer: &Anchor) -> bool {
        let covers = self.covers.as_ref();
        self.issuer == issuer.dn()
            && self.signer.get().is_none_or(|signer| signer == issuer.key())
            && covers.is_none_or(|names| names.iter().any(|name| points.contains(name)))
    }

    fn is_by(&self, issuer: &Anchor) -> Result<bool, StatusUnavailable> {
        if let Some(signer) = self.signer.get() {
            return Ok(signer == issuer.key());
        }
        let is_by = Signed::of(&self.der)?.is_by(issuer.key());
        if is_by {
            // Whoever was first set the same key.
            let _ = self.signer.set(issuer.key().clone());
        }
        Ok(is_by)
    }
}

/// Which names a list covers (RFC 5280 5.2.5). A list for some reasons only, for other kinds of certificates
/// or for other CAs' certificates is not one to rely on.
fn covers(extensions: &[Extension]) -> Result<Option<Vec<GeneralName>>, StatusUnavailable> {
    let Some(extension) = extensions.iter().find(|it| it.extn_id == ISSUING_DISTRIBUTION_POINT) else {
        return Ok(None);
    };
    let point = IssuingDistributionPoint::from_der(extension.extn_value.as_bytes())
        .map_err(|_| StatusUnavailable::NotAnAnswer)?;
    if point.only_contains_ca_certs
        || point.only_contains_attribute_certs
        || point.indirect_crl
        || point.only_some_reasons.is_some()
    {
        return Err(StatusUnavailable::NotAnAnswer);
    }
    match point.distribution_point {
        None => Ok(None),
        Some(DistributionPointName::FullName(names)) => Ok(Some(names)),
        Some(DistributionPointName::NameRelativeToCRLIssuer(_)) => Err(StatusUnavailable::NotAnAnswer),
    }
}

/// Where a certificate says its list is: a name to compare, never an address to call.
fn distribution_points(certificate: &Certificate) -> Result<Vec<GeneralName>, StatusUnavailable> {
    let unreadable = |_| StatusUnavailable::NotAnAnswer;
    let parsed = x509_cert::Certificate::from_der(certificate.der()).map_err(unreadable)?;
    let extensions = parsed.tbs_certificate.extensions.unwrap_or_default();
    let Some(extension) = extensions.iter().find(|it| it.extn_id == DISTRIBUTION_POINTS) else {
        return Ok(Vec::new());
    };
    let points = CrlDistributionPoints::from_der(extension.extn_value.as_bytes()).map_err(unreadable)?;
    Ok(points
        .0
        .into_iter()
        // A part of the reasons, or another issuer's list, is not this certificate's list.
        .filter(|point| point.reasons.is_none() && point.crl_issuer.is_none())
        .filter_map(|point| match point.distribution_point {
            Some(DistributionPointName::FullName(names)) => Some(names),
            _ => None,
        })
        .flatten()
        .collect())
}
