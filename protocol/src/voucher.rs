//! The code by which people fetch vouchers that are handed out (F069): `KCV1:` and base45 of a CBOR array of town and
//! programme. It pays nobody, proves nothing and is worth nothing by itself: who may have what is the town's to
//! decide, when the wallet asks.

use crate::base45;
use crate::doc::field::{self, record};

/// How such codes start. Another text than that of a receipt or a payment code from its third character on.
pub const VOUCHER_PREFIX: &str = "KCV1:";

/// How codes of any later version of this kind start.
const ANY_VERSION: &str = "KCV";

record! {
    /// What a voucher code names.
    pub struct VoucherCode [
        /// The issuing region.
        muni: u64,
        /// The programme.
        programme: u32,
    ]
}

/// Why a text is not a voucher code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VoucherCodeError {
    /// Something else.
    #[error("not a voucher code")]
    NotOne,
    /// One of a later version.
    #[error("a voucher code of a later version")]
    Newer,
    /// One whose content does not read.
    #[error("a damaged voucher code")]
    Damaged,
}

impl VoucherCode {
    /// As it is printed and scanned.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{VOUCHER_PREFIX}{}", base45::encode(&field::to_bytes(self)))
    }

    /// Reads a scanned text.
    ///
    /// # Errors
    /// [`VoucherCodeError`].
    pub fn read(text: &str) -> Result<Self, VoucherCodeError> {
        let text = text.trim();
        let Some(content) = text.strip_prefix(VOUCHER_PREFIX) else {
            return Err(if looks_like_one(text) {
                VoucherCodeError::Newer
            } else {
                VoucherCodeError::NotOne
            });
        };
        let bytes = base45::decode(content).map_err(|_| VoucherCodeError::Damaged)?;
        field::from_bytes(&bytes).map_err(|_| VoucherCodeError::Damaged)
    }
}

/// Whether a text is a voucher code of any version, good or bad.
#[must_use]
pub fn looks_like_one(text: &str) -> bool {
    let version = text.strip_prefix(ANY_VERSION).and_then(|rest| rest.split_once(':'));
    version.is_some_and(|(version, _)| {
        (1..=3).contains(&version.len()) && version.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_form_and_nothing_else() {
        let code = VoucherCode {
            muni: 1,
            programme: 2024,
        };
        assert_eq!(code.text(), "KCV1:QJGH7375");
        assert_eq!(VoucherCode::read(" KCV1:QJGH7375\n"), Ok(code));
        for (text, error) in [
            ("KC1:ABC", VoucherCodeError::NotOne),
            ("", VoucherCodeError::NotOne),
            ("KCV:", VoucherCodeError::NotOne),
            ("KCVX1:", VoucherCodeError::NotOne),
            ("KCV2:ABC", VoucherCodeError::Newer),
            ("KCV1:", VoucherCodeError::Damaged),
            ("KCV1:QJGH737", VoucherCodeError::Damaged),
            ("KCV1:lower", VoucherCodeError::Damaged),
        ] {
            assert_eq!(VoucherCode::read(text), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_code_comes_back_and_any_text_is_an_answer(muni: u64, programme: u32, text: String) {
            let code = VoucherCode { muni, programme };
            prop_assert_eq!(VoucherCode::read(&code.text()), Ok(code));
            if let Ok(read) = VoucherCode::read(&text) {
                prop_assert_eq!(read.text(), text.trim());
            }
        }
    }
}
