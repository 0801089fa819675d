//! `keys` and `town`: what happens in the folder of keys alone.

use std::path::Path;

use kinchaku_protocol::doc::KeyUse;
use kinchaku_protocol::ids::Kid;
use kinchaku_protocol::time::{DAY_SECONDS, Time};
use serde_json::{Value, json};

use super::answer::Printer;
use super::arguments::{KeysCommand, KeysInit, KeysRotate, PassphraseFrom, TownSender, TownSet, UseWord};
use super::failure::Failure;
use crate::clock;
use crate::config::{SenderConfig, TownConfig};
use crate::keys::{Passphrase, Roots, Rotation, TownKeys, fingerprint, init, rotate, word};

/// Days before its use at which a new key is published, so that every wallet has it by then.
const PUBLISHED_BEFORE: u64 = 45;

/// Runs a `keys` command.
///
/// # Errors
/// [`Failure`].
pub(super) fn run(command: KeysCommand, printer: &Printer) -> Result<(), Failure> {
    match command {
        KeysCommand::Init(arguments) => make(&arguments, printer),
        KeysCommand::Show(folder) => show(&TownKeys::load(&folder.keys)?, printer),
        KeysCommand::Rotate(arguments) => change(&arguments, printer),
    }
}

fn make(arguments: &KeysInit, printer: &Printer) -> Result<(), Failure> {
    let roots = roots(&arguments.passphrase, "大もとの鍵の合言葉（12文字以上）")?;
    let keys = init(&arguments.dir, &roots, clock::now())?;
    let mut config = TownConfig::new(arguments.muni);
    config.paper_tier = arguments.paper_tier;
    config.save(&arguments.dir)?;
    show(&keys, printer)
}

fn change(arguments: &KeysRotate, printer: &Printer) -> Result<(), Failure> {
    let usage = Failure::Usage {
        option: "--from",
        form: "2026-04-01T00:00:00+09:00",
    };
    let from = match &arguments.from {
        None => clock::now().after(DAY_SECONDS.saturating_mul(PUBLISHED_BEFORE)),
        Some(text) => match chrono::DateTime::parse_from_rfc3339(text) {
            Ok(at) => Time(u64::try_from(at.timestamp()).map_err(|_| usage)?),
            Err(_) => return Err(usage),
        },
    };
    let drop = match &arguments.drop {
        None => None,
        Some(text) => Some(Kid::from_hex(text).ok_or(Failure::Usage {
            option: "--drop",
            form: "0a1b2c3d",
        })?),
    };
    let roots = roots(&arguments.passphrase, "大もとの鍵の合言葉")?;
    let rotation = Rotation {
        usage: arguments.usage.key_use(),
        from,
        drop,
    };
    show(&rotate(&arguments.keys, &roots, &rotation)?, printer)
}

fn roots(from: &PassphraseFrom, prompt: &str) -> Result<Roots, Failure> {
    #[cfg(feature = "demo")]
    if from.demo {
        return Ok(Roots::Test);
    }
    Ok(Roots::Sealed(Passphrase::read(from.passphrase_fd, prompt)?))
}

fn show(keys: &TownKeys, printer: &Printer) -> Result<(), Failure> {
    let mut lines = String::new();
    let mut roots = Vec::new();
    for (number, root) in (1..).zip(keys.roots()) {
        let key = data_encoding::HEXLOWER.encode(&root.0);
        let print = fingerprint(root);
        lines.push_str(&format!("大もとの鍵{number} {key}\n  指紋 {print}\n"));
        roots.push(json!({ "key": key, "fingerprint": print }));
    }
    let keyset = keys.keyset();
    lines.push_str(&format!("鍵の組 版{}\n", keyset.version));
    let mut entries = Vec::new();
    for entry in &keyset.keys {
        let usage = word(entry.usage);
        lines.push_str(&format!(
            "  {usage:<10} {} {} から {} まで\n",
            entry.kid, entry.not_before, entry.expires
        ));
        entries.push(json!({
            "use": usage,
            "kid": entry.kid.to_string(),
            "not_before": entry.not_before.to_string(),
            "expires": entry.expires.to_string(),
        }));
    }
    printer.print(
        json!({ "roots": roots, "keyset": keyset.version, "keys": entries }),
        &lines,
    )
}

/// The settings of a town, changed where that is asked.
///
/// # Errors
/// [`Failure`].
pub(super) fn town(keys: &Path, set: Option<&TownSet>, printer: &Printer) -> Result<(), Failure> {
    let mut config = TownConfig::load(keys)?;
    if let Some(set) = set {
        config.paper_tier = set.paper_tier.unwrap_or(config.paper_tier);
        config.reserve = set.reserve.unwrap_or(config.reserve);
        config.save(keys)?;
    }
    let paper = if config.paper_tier { "認める" } else { "認めない" };
    let lines = format!(
        "自治体 {}\n紙だけの店での支払い {paper}\n電波なしで使える分の上限 {}円",
        config.muni, config.reserve
    );
    let value = serde_json::to_value(&config).unwrap_or(Value::Null);
    printer.print(value, &lines)
}

/// The account that shops are paid from.
///
/// # Errors
/// [`Failure`].
pub(super) fn sender(asked: TownSender, printer: &Printer) -> Result<(), Failure> {
    let keys = asked.keys;
    let sender = SenderConfig {
        code: asked.code,
        bank: asked.bank,
        branch: asked.branch,
        account: asked.account,
        holder: asked.holder,
        bank_name: asked.bank_name,
        branch_name: asked.branch_name,
    };
    if sender.sender().is_err() {
        let code = "account".to_owned();
        return Err(Failure::Refused { code });
    }
    let mut config = TownConfig::load(&keys)?;
    config.sender = Some(sender);
    config.save(&keys)?;
    town(&keys, None, printer)
}

impl UseWord {
    const fn key_use(self) -> KeyUse {
        match self {
            Self::Issuer => KeyUse::ISSUER,
            Self::Fact => KeyUse::FACT,
            Self::Bulletin => KeyUse::BULLETIN,
            Self::DeviceCa => KeyUse::DEVICE_CA,
            Self::ShopMark => KeyUse::SHOP_MARK,
            Self::Console => KeyUse::CONSOLE,
        }
    }
}
