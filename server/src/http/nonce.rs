//! Nonces for enrolment, which the server does not keep: `time (8) ‖ random (8) ‖ HMAC-SHA256 (16)`. It
//! recognises its own for five minutes. That one is used once follows from the invitation code.

use hmac::{Hmac, KeyInit as _, Mac as _};
use kinchaku_protocol::http_signature::VALID_FOR;
use kinchaku_protocol::time::Time;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::Problem;

/// Makes and recognises nonces.
pub(super) struct Nonces(Zeroizing<[u8; 32]>);

impl Nonces {
    pub(super) const fn new(secret: Zeroizing<[u8; 32]>) -> Self {
        Self(secret)
    }

    pub(super) fn make(&self, now: Time) -> Result<Vec<u8>, Problem> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|_| Problem::Unavailable)?;
        let mut nonce = now.0.to_be_bytes().to_vec();
        nonce.extend(random);
        let tag = self.tag(&nonce)?;
        nonce.extend(tag);
        Ok(nonce)
    }

    pub(super) fn check(&self, nonce: &[u8], now: Time) -> Result<(), Problem> {
        let (head, tag) = nonce.split_at_checked(16).ok_or(Problem::Nonce)?;
        let time = head.first_chunk().ok_or(Problem::Nonce)?;
        let made = Time(u64::from_be_bytes(*time));
        let ours = bool::from(self.tag(head)?.as_slice().ct_eq(tag));
        if ours && made <= now && now.since(made) <= VALID_FOR {
            Ok(())
        } else {
            Err(Problem::Nonce)
        }
    }

    fn tag(&self, head: &[u8]) -> Result<[u8; 16], Problem> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_slice()).map_err(|_| Problem::Internal)?;
        mac.update(head);
        let tag: [u8; 32] = mac.finalize().into_bytes().into();
        tag.first_chunk().copied().ok_or(Problem::Internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time(1_790_000_000);

    #[test]
    fn only_our_own_and_only_for_five_minutes() {
        let nonces = Nonces::new(Zeroizing::new([1; 32]));
        let nonce = nonces.make(NOW).unwrap();
        assert_eq!(nonces.check(&nonce, NOW.after(300)), Ok(()));
        assert_eq!(nonces.check(&nonce, NOW.after(301)), Err(Problem::Nonce));
        assert_eq!(nonces.check(&nonce, NOW.before(1)), Err(Problem::Nonce));
        for at in 0..nonce.len() {
            let mut other = nonce.clone();
            other[at] ^= 1;
            assert_eq!(nonces.check(&other, NOW), Err(Problem::Nonce));
        }
        assert_eq!(nonces.check(&nonce[..31], NOW), Err(Problem::Nonce));
        let stranger = Nonces::new(Zeroizing::new([2; 32]));
        assert_eq!(stranger.check(&nonce, NOW), Err(Problem::Nonce));
    }
}
