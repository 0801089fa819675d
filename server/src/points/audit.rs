//! What must hold of points: I3 of balances, what is owed, and I9: what is granted for a payment is what the rule of
//! its time gives for it, exactly while the payment stands.

use std::collections::{BTreeMap, BTreeSet};

use kinchaku_protocol::doc::{Intent, Received};
use kinchaku_protocol::ids::{ClassId, DocId, Pid, ServiceType};
use kinchaku_protocol::money::{Amount, Signed};
use kinchaku_protocol::rules::earn::base;

use super::earn::{by_campaign, rule};
use super::rows::{BalanceRow, CampaignPointsRow, EarningRow, EarningState, ForfeitRow};
use crate::ledger::rows::{ClassRow, HoldLineRow, IntentRow, LotRow, account_party};
use crate::ledger::view::View;
use crate::settlement::rows::RefundRow;

/// What is posted as owed, by whom and of which class; below zero.
pub(crate) type Claims = BTreeMap<(Pid, ClassId), Signed>;

/// The rows it is about.
#[derive(Default)]
pub(crate) struct Points {
    pub(crate) balances: Vec<BalanceRow>,
    pub(crate) earnings: Vec<EarningRow>,
    pub(crate) campaigns: Vec<CampaignPointsRow>,
    pub(crate) refunds: Vec<RefundRow>,
    pub(crate) forfeits: Vec<ForfeitRow>,
    pub(crate) classes: Vec<ClassRow>,
}

impl Points {
    /// Of the rows at hand, which must be all there are.
    pub(crate) fn of(view: &View) -> Self {
        Self {
            balances: view.balances.all().cloned().collect(),
            earnings: view.earnings.all().cloned().collect(),
            campaigns: view.campaign_points.all().cloned().collect(),
            refunds: view.refunds.all().cloned().collect(),
            forfeits: view.forfeits.all().cloned().collect(),
            classes: view.classes.all().cloned().collect(),
        }
    }

    /// I3: a balance is its lots less what is owed, and what is owed is what was posted as owed.
    pub(crate) fn check_balances(
        &self,
        lots: &[LotRow],
        claims: &Claims,
        broken: &mut impl FnMut(&'static str, String),
    ) {
        let mut sums: BTreeMap<(u64, ClassId), Amount> = BTreeMap::new();
        for lot in lots {
            let sum = sums.entry((lot.account, lot.class)).or_default();
            *sum = sum.plus(lot.remaining).unwrap_or(Amount::MAX);
        }
        let mut claims = claims.clone();
        for row in &self.balances {
            let place = || format!("account {} class {}", row.account, row.class);
            let lots = sums.remove(&(row.account, row.class)).unwrap_or_default();
            if lots.credit().plus(row.owed.debit()).ok() != Some(row.value) {
                broken("I3 a balance is its lots less what is owed", place());
            }
            let claim = claims.remove(&(account_party(row.account), row.class));
            if claim.unwrap_or_default() != row.owed.debit() {
                broken("I3 what is owed was posted", place());
            }
        }
        for ((account, class), _) in sums.iter().filter(|(_, sum)| !sum.is_zero()) {
            broken(
                "I3 a balance is its lots less what is owed",
                format!("account {account} class {class}"),
            );
        }
        for (party, class) in claims.keys() {
            broken("I3 what is owed was posted", format!("party {party} class {class}"));
        }
    }

    /// F105: what was taken away has its reason, and is in the ledger.
    pub(crate) fn check_forfeits(&self, posted: &Claims, broken: &mut impl FnMut(&'static str, String)) {
        let mut sums = Claims::new();
        for row in &self.forfeits {
            let sum = sums.entry((account_party(row.account), row.class)).or_default();
            *sum = sum.plus(row.amount.credit()).unwrap_or(*sum);
        }
        if sums != *posted {
            broken("F105 what was taken away was posted", "all accounts".to_owned());
        }
    }

    /// I9: what a payment earns is the floor its rule gives for its own parts, and is not had once it is taken back.
    pub(crate) fn check_earnings(
        &self,
        intents: &[IntentRow],
        lines: &[HoldLineRow],
        broken: &mut impl FnMut(&'static str, String),
    ) {
        let classes: BTreeMap<_, _> = lines.iter().map(|line| ((line.hold, line.line), line.class)).collect();
        let services: BTreeMap<_, _> = self.classes.iter().map(|row| (row.id, row.service_type)).collect();
        let intents: BTreeMap<_, _> = intents.iter().map(|row| (row.id, row)).collect();
        let undone: BTreeSet<DocId> = self.refunds.iter().map(|row| row.intent).collect();
        let mut by_person: BTreeMap<(u64, u32), Amount> = BTreeMap::new();
        for row in &self.earnings {
            let place = || format!("intent {} class {}", row.intent, row.class);
            let Some(intent) = intents.get(&row.intent) else {
                broken("I9 an earning has its payment", place());
                continue;
            };
            let stands = matches!(row.state, EarningState::Pending | EarningState::Granted);
            let paid = intent.paid && !undone.contains(&row.intent);
            if stands && !paid || paid && !stands && !row.base.is_zero() {
                broken("I9 points are had while the payment stands", place());
            }
            if (row.state == EarningState::Pending) == row.lot.is_some() && row.state != EarningState::Void {
                broken("I9 what was granted has its lot", place());
            }
            let parts = parts(intent, |key| services.get(classes.get(&key)?).copied());
            if base(&rule(row), &parts).ok() != Some(row.base) {
                broken("I9 points are the floor of one payment", place());
            }
            let campaigns = by_campaign(&row.campaigns);
            if Amount::sum(campaigns.iter().map(|(_, points)| *points)).ok() != Some(row.bonus) {
                broken("I9 a bonus is that of its campaigns", place());
            }
            for (campaign, points) in campaigns.into_iter().filter(|_| stands) {
                let sum = by_person.entry((row.account, campaign)).or_default();
                *sum = sum.plus(points).unwrap_or(Amount::MAX);
            }
        }
        for row in &self.campaigns {
            if by_person.get(&(row.account, row.campaign)).copied().unwrap_or_default() != row.points {
                let place = format!("account {} campaign {}", row.account, row.campaign);
                broken("I9 a person has from a campaign what its payments earned", place);
            }
        }
    }
}

/// What one payment took of which service.
fn parts(
    intent: &IntentRow,
    service: impl Fn((kinchaku_protocol::ids::Ref, u8)) -> Option<ServiceType>,
) -> Vec<(ServiceType, Amount)> {
    let Ok(document) = Received::<Intent>::read(&intent.doc) else {
        return Vec::new();
    };
    let parts = &document.claims().parts;
    let known = |part: &kinchaku_protocol::doc::Part| Some((service((intent.allowance, part.line))?, part.amount));
    parts.iter().filter_map(known).collect()
}
