//! Tokens and what was done with them.

use kinchaku_protocol::ids::DocId;

use super::Reader;
use crate::access::rows::{OfficeDeedRow, TokenRow};
use crate::store::StoreError;

impl Reader {
    /// The token with this hash, whether it is still good or not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn token(&self, hash: DocId) -> Result<Option<TokenRow>, StoreError> {
        self.one("hash", &hash).await
    }

    /// Every token, by its number.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn tokens(&self) -> Result<Vec<TokenRow>, StoreError> {
        let mut tokens: Vec<TokenRow> = self.all().await?;
        tokens.sort_by_key(|token| token.id);
        Ok(tokens)
    }

    /// What was done, in its order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn office_log(&self) -> Result<Vec<OfficeDeedRow>, StoreError> {
        let mut deeds: Vec<OfficeDeedRow> = self.all().await?;
        deeds.sort_by_key(|deed| deed.id);
        Ok(deeds)
    }
}
