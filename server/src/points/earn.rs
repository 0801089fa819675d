//! What a payment earns (F001 to F005), written down when it is posted: the rule of `protocol::rules::earn` over the
//! parts of one payment, by the time it was made; the week of its grant by the day it was posted (F012).

use std::collections::BTreeMap;

use kinchaku_protocol::ids::{ClassId, Pid, ServiceType};
use kinchaku_protocol::money::{Amount, AmountError};
use kinchaku_protocol::rules::earn::{Campaign, EarnRule, earn};
use kinchaku_protocol::rules::expiry::Action;
use kinchaku_protocol::time::Time;

use super::acquire::extend;
use super::programme_party;
use super::rows::{CampaignPointsRow, EarningRow, EarningState};
use crate::calendar::GrantCalendar;
use crate::ledger::rows::{Book, IntentRow, NO_PARTY};
use crate::ledger::view::View;
use crate::programme::{Kind, Programmes};
use crate::store::table::Column;

/// In `earnings.counts`: vouchers earn.
const VOUCHERS: u8 = 1;
/// In `earnings.counts`: points that pay earn.
const POINTS: u8 = 2;

/// Bytes of a campaign in `earnings.campaigns`: its number, its points.
const CAMPAIGN: usize = 12;

/// A payment was posted, with what it took of which class. Nothing here can stop it: what cannot be computed is not
/// earned.
pub(crate) fn posted(view: &mut View, intent: &IntentRow, amounts: &BTreeMap<ClassId, Amount>, now: Time) {
    let Some(programmes) = view.programmes.clone() else {
        return;
    };
    for class in amounts.keys() {
        extend(view, intent.account, *class, Action::Used, now.day());
    }
    let parts: Vec<(ServiceType, Amount)> = amounts
        .iter()
        .filter_map(|(class, amount)| Some((service(view, &programmes, *class)?, *amount)))
        .collect();
    let today = now.day();
    let week = GrantCalendar::week(today).map_or(today, |(monday, _)| monday);
    for class in programmes.classes.values() {
        let Some((rule, _)) = &class.earn else { continue };
        let campaigns = campaigns(&programmes, class.id);
        let so_far = |campaign| had(view, intent.account, campaign);
        let Ok(earned) = earn(rule, &campaigns, &parts, intent.occurred_at, so_far) else {
            continue;
        };
        let bonus = Amount::sum(earned.campaigns.iter().map(|(_, points)| *points));
        let Some(bonus) = bonus.ok().filter(|_| earned.total().is_ok_and(|sum| !sum.is_zero())) else {
            continue;
        };
        for &(campaign, points) in &earned.campaigns {
            let points = had(view, intent.account, campaign).plus(points).unwrap_or(Amount::MAX);
            put_campaign(view, intent.account, campaign, points);
        }
        view.earnings.put(EarningRow {
            intent: intent.id,
            class: class.id,
            account: intent.account,
            week,
            base: earned.base,
            bonus,
            campaigns: earned.campaigns.iter().flat_map(campaign_bytes).collect(),
            unit: rule.unit,
            points: rule.points,
            counts: counts(rule),
            state: EarningState::Pending,
            lot: None,
            tran_id: None,
            changed_at: now,
        });
    }
    // Where another folder gives nothing any more for a payment that is back, its base points come back.
    let gone = |row: &&EarningRow| matches!(row.state, EarningState::Void | EarningState::ClawedBack);
    let before = view.earnings.by(&intent.id.to_value()).filter(gone);
    let before: Vec<EarningRow> = before.filter(|row| !row.base.is_zero()).cloned().collect();
    for row in before {
        view.earnings.put(EarningRow {
            week,
            bonus: Amount::ZERO,
            campaigns: Vec::new(),
            state: EarningState::Pending,
            lot: None,
            tran_id: None,
            changed_at: now,
            ..row
        });
    }
}

fn service(view: &View, programmes: &Programmes, class: ClassId) -> Option<ServiceType> {
    let known = programmes.classes.get(&class).map(|class| class.service);
    known.or_else(|| view.classes.get(&(class,)).map(|row| row.service_type))
}

fn campaigns(programmes: &Programmes, class: ClassId) -> Vec<Campaign> {
    let own = programmes.programmes.values().filter(|row| row.class == class);
    own.filter_map(|programme| match &programme.kind {
        Kind::Campaign(campaign) => Some(*campaign),
        Kind::Sale(_) | Kind::Distribution(_) | Kind::Exchange(_) => None,
    })
    .collect()
}

fn had(view: &View, account: u64, campaign: u32) -> Amount {
    let row = view.campaign_points.get(&(account, campaign));
    row.map_or(Amount::ZERO, |row| row.points)
}

fn put_campaign(view: &mut View, account: u64, campaign: u32, points: Amount) {
    view.campaign_points.put(CampaignPointsRow {
        account,
        campaign,
        points,
    });
}

/// What a campaign gave for a payment that was taken back may be had again.
pub(super) fn giveback(view: &mut View, account: u64, campaign: u32, points: Amount) {
    let left = had(view, account, campaign).less(points);
    put_campaign(view, account, campaign, left);
}

fn campaign_bytes((campaign, points): &(u32, Amount)) -> Vec<u8> {
    let points = points.units().to_be_bytes();
    campaign.to_be_bytes().into_iter().chain(points).collect()
}

/// What is written in `earnings.campaigns`.
pub(crate) fn by_campaign(bytes: &[u8]) -> Vec<(u32, Amount)> {
    let read = |bytes: &[u8]| {
        let (campaign, points) = bytes.split_first_chunk::<4>()?;
        let points = u64::from_be_bytes(points.try_into().ok()?);
        Some((u32::from_be_bytes(*campaign), Amount::new(points).ok()?))
    };
    bytes.chunks(CAMPAIGN).filter_map(read).collect()
}

/// All that a payment earned of a class.
pub(super) fn total(row: &EarningRow) -> Result<Amount, AmountError> {
    row.base.plus(row.bonus)
}

const fn counts(rule: &EarnRule) -> u8 {
    match (rule.vouchers, rule.points_paid) {
        (false, false) => 0,
        (true, false) => VOUCHERS,
        (false, true) => POINTS,
        (true, true) => VOUCHERS | POINTS,
    }
}

/// The rule by which it was earned.
pub(crate) const fn rule(row: &EarningRow) -> EarnRule {
    EarnRule {
        unit: row.unit,
        points: row.points,
        vouchers: row.counts & VOUCHERS != 0,
        points_paid: row.counts & POINTS != 0,
    }
}

/// From which budget points come, and where they go back to: base points from that of the class, a campaign's from
/// its own.
pub(super) fn sources<'r>(
    rows: impl IntoIterator<Item = &'r EarningRow>,
) -> Result<Vec<(Book, Pid, Amount)>, AmountError> {
    let mut sums: BTreeMap<Pid, Amount> = BTreeMap::new();
    for row in rows {
        let bonuses = by_campaign(&row.campaigns);
        let bonuses = bonuses
            .into_iter()
            .map(|(campaign, points)| (programme_party(campaign), points));
        for (party, points) in bonuses.chain([(NO_PARTY, row.base)]) {
            let sum = sums.entry(party).or_default();
            *sum = sum.plus(points)?;
        }
    }
    let some = sums.into_iter().filter(|(_, points)| !points.is_zero());
    Ok(some.map(|(party, points)| (Book::Budget, party, points)).collect())
}
