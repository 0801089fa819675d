//! Making and ending tokens, and the lines of what was done with them.

use kinchaku_protocol::ids::DocId;

use super::action::{AccessAction, NewToken};
use super::rows::{AccessRole, OfficeDeedRow, TokenRow};
use crate::command::{CommandError, Outcome};
use crate::ledger::decide::{Books, Reply};
use crate::store::table::Column as _;

impl Books<'_> {
    /// Carries it out.
    pub(crate) fn access(&mut self, action: &AccessAction) -> Result<Reply, CommandError> {
        match action {
            AccessAction::Issue(token) => self.issue_token(token),
            AccessAction::Revoke { id } => self.revoke_token(*id),
            AccessAction::Log {
                token,
                device,
                deed,
                target,
            } => {
                let id = self.view.next("office_deed");
                self.view.office_log.put(OfficeDeedRow {
                    id,
                    token: *token,
                    device: *device,
                    deed: deed.clone(),
                    target: target.clone(),
                    at: self.now,
                });
                Ok(Outcome::Done)
            }
        }
        .map(Reply::Ready)
    }

    fn issue_token(&mut self, token: &NewToken) -> Result<Outcome, CommandError> {
        let key = (DocId(token.hash),);
        if let Some(known) = self.view.tokens.get(&key) {
            let same = known.name == token.name
                && known.role == token.role
                && known.merchant == token.merchant
                && known.shop == token.shop
                && known.expires == token.expires;
            let again = Outcome::Token { id: known.id };
            return same.then_some(again).ok_or(CommandError::Taken);
        }
        // A token is for exactly what its role may see.
        let fits = match token.role {
            AccessRole::Shop => {
                token.merchant.is_none() && token.shop.is_some_and(|shop| self.view.shops.get(&(shop,)).is_some())
            }
            AccessRole::Merchant => {
                let merchant = token.merchant.as_ref();
                let known = |merchant: &String| self.view.shops.all().any(|shop| shop.merchant_id == *merchant);
                token.shop.is_none() && merchant.is_some_and(known)
            }
            AccessRole::Viewer | AccessRole::Office | AccessRole::Manager => {
                token.merchant.is_none() && token.shop.is_none()
            }
        };
        if !fits {
            return Err(CommandError::NoShop);
        }
        let id = self.view.next("token");
        self.view.tokens.put(TokenRow {
            hash: DocId(token.hash),
            id,
            name: token.name.clone(),
            role: token.role,
            merchant: token.merchant.clone(),
            shop: token.shop,
            made_at: self.now,
            expires: token.expires,
            revoked_at: None,
        });
        Ok(Outcome::Token { id })
    }

    fn revoke_token(&mut self, id: u64) -> Result<Outcome, CommandError> {
        let known = self.view.tokens.by(&id.to_value()).next().cloned();
        let mut token = known.ok_or(CommandError::NoToken)?;
        token.revoked_at.get_or_insert(self.now);
        self.view.tokens.put(token);
        Ok(Outcome::Done)
    }
}
