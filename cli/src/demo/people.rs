//! Chapter 2: the people. A resident's wallet and two shops' devices, enrolled with invitation codes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use kinchaku_core::clock::SettableClock;
use kinchaku_core::enrol::{Enrolment, Invitation, enrol};
use kinchaku_core::home::{Home, Host};
use kinchaku_core::lock::{Brake, Pin};
use kinchaku_core::network::{HttpNetwork, Network, NoNetwork};
use kinchaku_core::sync::sync;
use kinchaku_core::vault::FileVault;
use kinchaku_core::view;
use kinchaku_core::{OpenReport, open};
use kinchaku_design::Key;
use kinchaku_protocol::time::Time;

use super::counter::yen;
use super::error::{DemoError, Within as _};
use super::narrator::Narrator;
use super::setting::{COIN, POINTS, Setting, VOUCHER, text};

/// The resident's PIN.
pub const PIN: &str = "2580";

/// A device of the story.
pub struct Actor {
    /// Its folder.
    pub folder: PathBuf,
    /// Its clock, which a person can set.
    pub clock: Arc<SettableClock>,
    /// Its home, opened.
    pub home: Home,
}

/// Everybody.
pub struct People {
    /// 花子's wallet.
    pub resident: Actor,
    /// The bakery's device.
    pub bakery: Actor,
    /// The greengrocer's device.
    pub greengrocer: Actor,
}

impl Actor {
    /// Opens a device in a folder; `network` says whether it has one.
    pub fn open(setting: &Setting, folder: &Path, network: bool) -> Result<(Self, OpenReport), DemoError> {
        let network: Arc<dyn Network> = if network {
            Arc::new(HttpNetwork::new(&setting.town.address, &[]).within("network")?)
        } else {
            Arc::new(NoNetwork)
        };
        Self::open_with(setting, folder, Arc::new(SettableClock::new(wall())), network)
    }

    /// Opens a device with a clock and a network.
    pub fn open_with(
        setting: &Setting,
        folder: &Path,
        clock: Arc<SettableClock>,
        network: Arc<dyn Network>,
    ) -> Result<(Self, OpenReport), DemoError> {
        let host = Host {
            vault: Arc::new(FileVault::open(&folder.join("vault")).within("vault")?),
            clock: clock.clone(),
            network,
            roots: setting.roots.clone(),
        };
        let (home, report) = open(folder, host).within("open")?;
        Ok((
            Self {
                folder: folder.to_owned(),
                clock,
                home,
            },
            report,
        ))
    }

    /// Closes it and opens it again, with a network or without.
    pub fn reopened(self, setting: &Setting, network: bool) -> Result<Self, DemoError> {
        let Self { folder, clock, home } = self;
        drop(home);
        let network: Arc<dyn Network> = if network {
            Arc::new(HttpNetwork::new(&setting.town.address, &[]).within("network")?)
        } else {
            Arc::new(NoNetwork)
        };
        Ok(Self::open_with(setting, &folder, clock, network)?.0)
    }
}

/// The wall clock at the start: from then on the story's clocks stand until they are moved.
fn wall() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(since.as_secs())
}

/// Enrols everybody and gives the resident value.
pub fn arrive(setting: &mut Setting, narrator: &mut Narrator) -> Result<People, DemoError> {
    narrator.chapter(Key::DemoPeople);
    let invited = setting.server.office(&["invite", "--role", "wallet"])?;
    let account = text(&invited, "account")?;
    let (resident, _) = Actor::open(setting, &setting.place("resident"), true)?;
    let pin = Pin::parse(PIN).within("pin")?;
    let invitation = Invitation {
        town: setting.town.clone(),
        code: text(&invited, "code")?,
    };
    enrol(
        &resident.home,
        &invitation,
        &Enrolment::Wallet {
            pin: &pin,
            brake: Brake::FLOOR,
        },
    )
    .within("enrol")?;
    narrator.prove(
        Key::DemoEnrolled,
        view::role(&resident.home).within("view")?.is_some(),
        &[],
    )?;

    let until = (wall().day().plus(120)).to_string();
    for (class, amount, more) in [
        (COIN, "12000", &[][..]),
        (POINTS, "3000", &["--until", &until][..]),
        (VOUCHER, "5000", &["--until", &until, "--set", "1"][..]),
    ] {
        let class = class.to_string();
        let key = format!("demo-{class}");
        let mut words = vec![
            "credit",
            "--account",
            &account,
            "--class",
            &class,
            "--amount",
            amount,
            "--key",
            &key,
        ];
        words.extend(more);
        setting.server.office(&words)?;
    }
    let report = sync(&resident.home, true).within("sync")?;
    let seen = view::wallet(&resident.home).within("view")?;
    let offline: u64 = seen.classes.iter().map(|class| class.offline.units()).sum();
    narrator.prove(
        Key::DemoValue,
        seen.classes.len() == 3,
        &[("coin", &yen(12_000)), ("points", "3,000"), ("voucher", &yen(5_000))],
    )?;
    narrator.prove(Key::DemoAllowance, report.new_allowance && offline == 20_000, &[])?;

    let bakery = shop_device(setting, "bakery", setting.bakery.shop.to_string())?;
    let greengrocer = shop_device(setting, "greengrocer", setting.greengrocer.shop.to_string())?;
    narrator.prove(
        Key::DemoTills,
        true,
        &[
            ("a", setting.bakery.name),
            ("b", setting.greengrocer.name),
            ("c", setting.stall.name),
        ],
    )?;
    Ok(People {
        resident,
        bakery,
        greengrocer,
    })
}

fn shop_device(setting: &Setting, name: &str, shop: String) -> Result<Actor, DemoError> {
    let invited = setting.server.office(&["invite", "--role", "shop", "--shop", &shop])?;
    let (device, _) = Actor::open(setting, &setting.place(name), true)?;
    let invitation = Invitation {
        town: setting.town.clone(),
        code: text(&invited, "code")?,
    };
    enrol(&device.home, &invitation, &Enrolment::Shop).within("enrol")?;
    sync(&device.home, true).within("sync")?;
    Ok(device)
}
