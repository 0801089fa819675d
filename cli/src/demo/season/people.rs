//! Who lives in the town: six people of the resident register, three of them with wallets.

use std::sync::Arc;

use kinchaku_core::clock::SettableClock;
use kinchaku_core::enrol::{Enrolment, Invitation, enrol};
use kinchaku_core::lock::{Brake, Pin};
use kinchaku_core::network::HttpNetwork;
use kinchaku_core::sync::{SyncReport, sync};
use kinchaku_protocol::time::Time;

use super::super::error::{DemoError, Within as _};
use super::super::people::{Actor, PIN};
use super::super::setting::text;
use super::town::Season;

/// Somebody on paper: name, birth date, address, telephone, lots wanted.
pub type OnPaper = (&'static str, &'static str, &'static str, &'static str, u32);

/// Who stands in the resident register of 1 April: all but the last are 70 and over. Each wants another number of lots.
pub const RESIDENTS: [OnPaper; 6] = [
    (
        "青葉　梅",
        "1950-05-05",
        "東京都美鷹市下連雀一丁目1番1号",
        "0422000001",
        30,
    ),
    (
        "井口　健",
        "1948-02-03",
        "東京都美鷹市井口二丁目2番2号",
        "0422000002",
        28,
    ),
    (
        "大沢　花",
        "1951-12-31",
        "東京都美鷹市大沢三丁目3番3号",
        "0422000003",
        20,
    ),
    (
        "上連雀　勇",
        "1945-07-07",
        "東京都美鷹市上連雀四丁目4番4号",
        "0422000004",
        25,
    ),
    (
        "北野　緑",
        "1939-01-15",
        "東京都美鷹市北野五丁目5番5号",
        "0422000005",
        15,
    ),
    (
        "中原　晶",
        "1991-09-09",
        "東京都美鷹市中原六丁目6番6号",
        "0422000006",
        12,
    ),
];

/// Somebody who moved in after that day.
pub const NEWCOMER: OnPaper = (
    "新川　光",
    "1990-10-10",
    "東京都美鷹市新川七丁目7番7号",
    "0422000007",
    5,
);

/// A wallet of the season.
pub struct Resident {
    /// Her device.
    pub device: Actor,
}

impl Resident {
    /// A new wallet with an invitation code.
    pub fn arrive(season: &Season, who: usize) -> Result<Self, DemoError> {
        let invited = season.setting.server.office(&["invite", "--role", "wallet"])?;
        let device = device(season, &format!("resident-{who}"))?;
        let pin = Pin::parse(PIN).within("pin")?;
        let wallet = Enrolment::Wallet {
            pin: &pin,
            brake: Brake::FLOOR,
        };
        enrol(&device.home, &invitation(season, &invited)?, &wallet).within("enrol")?;
        Ok(Self { device })
    }

    /// Her clock shows the time of the story.
    pub fn at(&self, season: &Season) {
        pass_to(&self.device, season.now);
    }

    /// She is online for a moment.
    pub fn sync(&self, season: &Season) -> Result<SyncReport, DemoError> {
        self.at(season);
        sync(&self.device.home, true).within("sync")
    }
}

/// A shop's device.
pub fn till(season: &Season, name: &str, shop: &str) -> Result<Actor, DemoError> {
    let invited = season
        .setting
        .server
        .office(&["invite", "--role", "shop", "--shop", shop])?;
    let device = device(season, name)?;
    enrol(&device.home, &invitation(season, &invited)?, &Enrolment::Shop).within("enrol")?;
    sync(&device.home, true).within("sync")?;
    Ok(device)
}

/// Time passes for a device.
pub fn pass_to(device: &Actor, now: Time) {
    let shows = kinchaku_core::clock::Clock::read(device.clock.as_ref()).wall;
    device.clock.pass(now.since(shows));
}

fn device(season: &Season, name: &str) -> Result<Actor, DemoError> {
    let network = HttpNetwork::new(&season.setting.town.address, &[]).within("network")?;
    let clock = Arc::new(SettableClock::new(season.now));
    let folder = season.setting.place(name);
    Ok(Actor::open_with(&season.setting, &folder, clock, Arc::new(network))?.0)
}

fn invitation(season: &Season, invited: &serde_json::Value) -> Result<Invitation, DemoError> {
    Ok(Invitation {
        town: season.setting.town.clone(),
        code: text(invited, "code")?,
    })
}
