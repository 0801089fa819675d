//! What a certificate's extensions say: purpose, issuer's key, person, responder. What must be understood and
//! is not makes the certificate worthless (RFC 5280 4.2).

use x509_parser::certificate::X509Certificate;
use x509_parser::der_parser::asn1_rs::{Oid, oid};
use x509_parser::extensions::{GeneralName, ParsedExtension};

use super::certificate::{CertificateError, Hierarchy, MAX_TEXT, Purpose, SignedAttributes};
use super::names;

/// What the extensions say, each read once.
#[derive(Default)]
pub(super) struct Extensions {
    pub(super) aki: Option<[u8; 20]>,
    /// The bits of key usage (RFC 5280 4.2.1.3), digitalSignature lowest.
    usage: Option<u16>,
    client_auth: Option<bool>,
    policies: Vec<(Purpose, Hierarchy)>,
    pub(super) attributes: Option<SignedAttributes>,
    pub(super) ocsp_uri: Option<String>,
}

/// digitalSignature alone.
const DIGITAL_SIGNATURE: u16 = 0b01;
/// digitalSignature and nonRepudiation.
const NON_REPUDIATION: u16 = 0b11;

impl Extensions {
    pub(super) fn read(parsed: &X509Certificate<'_>) -> Result<Self, CertificateError> {
        parsed.extensions_map().map_err(|_| CertificateError::ExtensionTwice)?;
        let mut all = Self::default();
        for extension in parsed.extensions() {
            let understood = all.take(extension.parsed_extension())?;
            if extension.critical && !understood {
                return Err(CertificateError::CriticalExtension {
                    oid: extension.oid.to_id_string(),
                });
            }
        }
        Ok(all)
    }

    /// Takes one extension; whether it may be critical.
    fn take(&mut self, extension: &ParsedExtension<'_>) -> Result<bool, CertificateError> {
        match extension {
            ParsedExtension::ParseError { .. } => return Err(CertificateError::Malformed),
            ParsedExtension::KeyUsage(usage) => self.usage = Some(usage.flags),
            ParsedExtension::ExtendedKeyUsage(usage) => {
                let others = usage.any
                    || usage.server_auth
                    || usage.code_signing
                    || usage.email_protection
                    || usage.time_stamping
                    || usage.ocsp_signing
                    || !usage.other.is_empty();
                self.client_auth = Some(usage.client_auth && !others);
            }
            ParsedExtension::BasicConstraints(constraints) if constraints.ca => return Err(CertificateError::Purpose),
            ParsedExtension::BasicConstraints(_) => (),
            ParsedExtension::CertificatePolicies(policies) => {
                self.policies = policies
                    .iter()
                    .filter_map(|policy| policy_of(&policy.policy_id))
                    .collect();
            }
            ParsedExtension::SubjectAlternativeName(names) => {
                self.attributes = names::attributes(&names.general_names)?;
            }
            ParsedExtension::AuthorityKeyIdentifier(aki) => {
                self.aki = aki.key_identifier.as_ref().and_then(|id| id.0.try_into().ok());
                return Ok(false);
            }
            ParsedExtension::AuthorityInfoAccess(access) => {
                let ocsp = oid!(1.3.6.1.5.5.7.48.1);
                self.ocsp_uri = access
                    .accessdescs
                    .iter()
                    .find_map(|access| match access.access_location {
                        GeneralName::URI(uri) if access.access_method == ocsp && is_web_address(uri) => {
                            Some(uri.to_owned())
                        }
                        _ => None,
                    });
                return Ok(false);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Policy, key usage and extended key usage together; one that contradicts another is nothing.
    pub(super) fn purpose(&self) -> Result<(Purpose, Hierarchy), CertificateError> {
        let usage = self.usage.ok_or(CertificateError::Extension("keyUsage"))?;
        let &[(purpose, hierarchy)] = self.policies.as_slice() else {
            return Err(CertificateError::Purpose);
        };
        let agrees = match purpose {
            Purpose::Signature => usage == NON_REPUDIATION && self.client_auth.is_none(),
            Purpose::UserAuthentication => usage == DIGITAL_SIGNATURE && self.client_auth == Some(true),
        };
        // Who somebody is stands in certificates for signatures, always, and in no other.
        match (agrees, purpose, &self.attributes) {
            (false, ..) | (true, Purpose::UserAuthentication, Some(_)) => Err(CertificateError::Purpose),
            (true, Purpose::Signature, None) => Err(CertificateError::Extension("subjectAltName")),
            (true, ..) => Ok((purpose, hierarchy)),
        }
    }
}

/// The certificate policies of JPKI.
fn policy_of(policy: &Oid<'_>) -> Option<(Purpose, Hierarchy)> {
    let known = [
        (
            oid!(1.2.392.200149.8.5.1.1.20),
            Purpose::Signature,
            Hierarchy::Production,
        ),
        (oid!(1.2.392.200149.8.5.1.0.20), Purpose::Signature, Hierarchy::Test),
        (
            oid!(1.2.392.200149.8.5.1.3.30),
            Purpose::UserAuthentication,
            Hierarchy::Production,
        ),
        (
            oid!(1.2.392.200149.8.5.1.0.30),
            Purpose::UserAuthentication,
            Hierarchy::Test,
        ),
    ];
    let found = known.iter().find(|(known, ..)| known == policy)?;
    Some((found.1, found.2))
}

/// Printable ASCII of a bounded length, over HTTP or HTTPS.
fn is_web_address(uri: &str) -> bool {
    let web = uri.starts_with("http://") || uri.starts_with("https://");
    web && uri.len() <= MAX_TEXT && uri.bytes().all(|byte| byte.is_ascii_graphic())
}
