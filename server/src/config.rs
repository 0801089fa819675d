//! What a town decided for its server: one small file beside its keys, so that every process that may
//! hold the books works by the same rules.

use std::path::Path;

use kinchaku_protocol::money::Amount;
use serde::{Deserialize, Serialize};

use crate::command::{Town, TownRules};
use crate::export::{Account, AccountKind, AccountProblem, Sender};
use crate::keys::{KeysError, read_file, write_file};

const FILE: &str = "town.json";

/// The settings of a town.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TownConfig {
    /// The issuing region.
    pub muni: u64,
    /// Whether people may pay at shops that have only paper (docs/rules.md, paper tier).
    pub paper_tier: bool,
    /// The largest reserve of one allowance in yen.
    pub reserve: u32,
    /// Whether children may be linked by the records of their card. Those pass through the server with a hash
    /// of the individual number in them (docs/adr/0017): a town's counsel may say no.
    #[serde(default = "yes")]
    pub minors_by_card: bool,
    /// From which account shops are paid. Without it no transfer order is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<SenderConfig>,
    /// Whom to ask about certificates of cards. Without it no card can be linked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jpki: Option<JpkiConfig>,
    /// Who collects money (F064, F153). Without it people pay at the counter alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<ProviderKind>,
}

/// Who collects money. A production gateway comes with its contract and its adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderKind {
    /// Nobody really: the server plays the provider, for demonstrations and tests.
    Sandbox,
}

/// The account that shops are paid from, as the bank's file names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SenderConfig {
    /// The number the bank gave (委託者コード).
    pub code: String,
    /// The bank's number.
    pub bank: String,
    /// The branch's number.
    pub branch: String,
    /// 普通, 当座, 貯蓄 or その他, a space, and the account's number.
    pub account: String,
    /// The name that receivers see, in kana.
    pub holder: String,
    /// The bank's name in kana.
    pub bank_name: String,
    /// The branch's name in kana.
    pub branch_name: String,
}

impl SenderConfig {
    /// As the transfer order takes it.
    ///
    /// # Errors
    /// [`AccountProblem`].
    pub fn sender(&self) -> Result<Sender, AccountProblem> {
        let (kind, number) = self.account.split_once(' ').unwrap_or(("", &self.account));
        let kind = AccountKind::from_name(kind).ok_or(AccountProblem::Number)?;
        Ok(Sender {
            code: self.code.clone(),
            account: Account::new(&self.bank, &self.branch, kind, number.trim(), &self.holder)?,
            bank_name: self.bank_name.clone(),
            branch_name: self.branch_name.clone(),
        })
    }
}

/// Where the standing of certificates is asked, under the town's contract with a platform operator. What
/// certificates say of such addresses is never followed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JpkiConfig {
    /// The OCSP responder, `http` or `https`: its answers are signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ocsp: Option<String>,
    /// Revocation lists, one address for each CA or part of one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub crls: Vec<String>,
    /// The operator's service for corresponding certificates: `https`, or `http` to a loopback address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
}

const fn yes() -> bool {
    true
}

impl TownConfig {
    /// A town with the rules every town begins with.
    #[must_use]
    pub const fn new(muni: u64) -> Self {
        Self {
            muni,
            paper_tier: false,
            reserve: 50_000,
            minors_by_card: true,
            sender: None,
            jpki: None,
            provider: None,
        }
    }

    /// Reads the settings beside the keys.
    ///
    /// # Errors
    /// [`KeysError`].
    pub fn load(keys: &Path) -> Result<Self, KeysError> {
        serde_json::from_slice(&read_file(keys, FILE)?).map_err(|_| KeysError::Damaged(FILE))
    }

    /// Writes the settings beside the keys. A running server reads them at its next start.
    ///
    /// # Errors
    /// [`KeysError`].
    pub fn save(&self, keys: &Path) -> Result<(), KeysError> {
        let text = serde_json::to_vec_pretty(self).map_err(|_| KeysError::Damaged(FILE))?;
        write_file(keys, FILE, &text)
    }

    /// Whose books.
    #[must_use]
    pub const fn town(&self) -> Town {
        Town { muni: self.muni }
    }

    /// What the books go by.
    #[must_use]
    pub fn rules(&self) -> TownRules {
        let rules = TownRules {
            reserve: Amount::of(self.reserve),
            ..TownRules::default()
        };
        if self.paper_tier { rules.with_paper() } else { rules }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_survive_and_a_word_nobody_knows_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = TownConfig::new(7);
        config.paper_tier = true;
        config.save(folder.path()).unwrap();
        assert_eq!(TownConfig::load(folder.path()).unwrap(), config);
        assert!(config.rules().paper.is_some());
        assert!(TownConfig::new(7).rules().paper.is_none());
        let text = r#"{"muni":7,"paper_tier":true,"reserve":1,"limit":9}"#;
        std::fs::write(folder.path().join(FILE), text).unwrap();
        assert!(TownConfig::load(folder.path()).is_err());
    }
}
