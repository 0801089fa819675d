//! Signatures by the card, each checked at once: a card that has not the key of its certificate is a copy.

use kinchaku_protocol::jpki::key::CardKey;
use sha2::{Digest as _, Sha256};

use super::apdu::{CommandKind, MOST, Repeatable, StatusWord, ins};
use super::error::{CardError, Stop};
use super::link::Card;
use super::profile::Key;

/// DigestInfo of SHA-256 up to the digest (RFC 8017, 9.2): the card pads what it is given.
const SHA_256: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20,
];

/// Whether it is known how a card signs with this key: to be asked before a try is spent.
///
/// # Errors
/// [`CardError::UnknownKey`]. What a card with a P-384 key takes is not published.
pub(super) const fn can_sign(key: &CardKey) -> Result<(), CardError> {
    match key {
        CardKey::Rsa(_) => Ok(()),
        CardKey::P384(_) => Err(CardError::UnknownKey),
    }
}

/// The signature of `message` by a certified key, whose secret was verified.
pub(super) async fn sign(card: &mut Card, key: Key, message: &[u8], public: &CardKey) -> Result<Vec<u8>, Stop> {
    can_sign(public)?;
    card.select_key(key).await?;
    let signature = compute(card, key, 0x80, message).await?;
    public.verify(message, &signature).map_err(|_| CardError::Cloned)?;
    Ok(signature)
}

/// The signature of `message` by the application's own key, which needs no PIN. `None` where the card does
/// not do that. The application is selected; the caller checks the signature.
pub(super) async fn sign_presence(card: &mut Card, message: &[u8]) -> Result<Option<Vec<u8>>, Stop> {
    match compute(card, Key::Presence, 0x00, message).await {
        Ok(signature) => Ok(Some(signature)),
        Err(Stop::Failed(CardError::Refused { .. })) => Ok(None),
        Err(stop) => Err(stop),
    }
}

/// COMPUTE DIGITAL SIGNATURE. P1 = 00 signs the DigestInfo as given, which every card does.
async fn compute(card: &mut Card, key: Key, p2: u8, message: &[u8]) -> Result<Vec<u8>, Stop> {
    let mut digest_info = SHA_256.to_vec();
    digest_info.extend(Sha256::digest(message));
    let command = CommandKind::Sign(key);
    let head = [0x80, ins::COMPUTE_DIGITAL_SIGNATURE, 0x00, p2];
    let answer = card
        .fetch(&Repeatable::expecting(command, head, &digest_info, MOST))
        .await?;
    match answer.status {
        StatusWord::OK => Ok(answer.data),
        status => Err(CardError::Refused { command, status }.into()),
    }
}
