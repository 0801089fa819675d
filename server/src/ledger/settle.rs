//! What becomes of every payment of one allowance, as a function of the *set* of its documents: the
//! order in which they arrived cannot change it (docs/protocol.md, "Settlement").
//!
//! Precedence for one intent: a fault of its own > cancelled > refused by the shop > accepted by the
//! shop > above the close > displaced by a fork branch > late > what fits the reserve.

use std::collections::{BTreeMap, BTreeSet};

use kinchaku_protocol::doc::{Limits, Part, Reason};
use kinchaku_protocol::ids::{DocId, Pid, Ref};
use kinchaku_protocol::money::{Amount, AmountError};
use kinchaku_protocol::rules::caps::{self, SoFar};
use kinchaku_protocol::time::Day;

/// Everything known of one allowance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The allowance: where its chain begins.
    pub allowance: Ref,
    /// What its reserve lines hold.
    pub lines: Vec<Amount>,
    /// Its caps on blind acceptance.
    pub limits: Limits,
    /// Its intents.
    pub papers: Vec<Paper>,
    /// Its close, unless that came after the hold had lapsed.
    pub ending: Option<Ending>,
}

/// One intent, with what was said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paper {
    /// The intent.
    pub id: DocId,
    /// Its counter.
    pub seq: u32,
    /// What it follows.
    pub prev: Ref,
    /// The payee.
    pub shop: Pid,
    /// What it takes from which line.
    pub parts: Vec<Part>,
    /// Their sum.
    pub total: Amount,
    /// The day it was signed.
    pub day: Day,
    /// Why it is not valid in itself.
    pub fault: Option<Reason>,
    /// Whether it came after the hold had lapsed.
    pub late: bool,
    /// What the payee said.
    pub said: Said,
}

/// What the payee said of an intent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// It cancelled it.
    pub cancelled: bool,
    /// A device of it refused it.
    pub refused: bool,
    /// A device of it accepted it blind.
    pub blind: bool,
    /// A device of it relayed it.
    pub relayed: bool,
}

/// What a close declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The last counter used.
    pub last: u32,
    /// The intent with that counter.
    pub head: Ref,
}

/// What becomes of an intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// The shop is paid.
    Paid,
    /// It is not.
    NotPaid(Reason),
}

/// What becomes of an allowance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Every intent.
    pub standings: BTreeMap<DocId, Standing>,
    /// What is paid from each line, beyond its amount too.
    pub paid: Vec<Amount>,
    /// Counters that two payloads share, with the two lowest ids.
    pub forks: Vec<(u32, DocId, DocId)>,
    /// Intents whose link names none of the received intents before them: evidence of a clone.
    pub broken: Vec<(u32, DocId)>,
    /// Whether the chain from the close's head back to the allowance is here.
    pub complete: bool,
}

impl Case {
    /// Settles it.
    ///
    /// # Errors
    /// [`AmountError`] where sums leave the range of amounts.
    pub fn settle(&self) -> Result<Settled, AmountError> {
        let mut papers: Vec<&Paper> = self.papers.iter().collect();
        papers.sort_by_key(|paper| (paper.seq, paper.id));
        let chain = Chain::walk(self, &papers);
        let guaranteed = self.guaranteed(&papers)?;

        let mut standings = BTreeMap::new();
        let mut paid = vec![Amount::ZERO; self.lines.len()];
        for paper in papers.iter().filter(|paper| guaranteed.contains(&paper.id)) {
            add(&mut paid, &paper.parts)?;
            standings.insert(paper.id, Standing::Paid);
        }
        let mut unseen = Vec::new();
        for paper in &papers {
            if guaranteed.contains(&paper.id) {
                continue;
            }
            match self.barred(paper, &papers, &guaranteed, &chain) {
                Some(reason) => {
                    standings.insert(paper.id, Standing::NotPaid(reason));
                }
                None => unseen.push(*paper),
            }
        }
        for paper in unseen {
            let standing = if self.fits(&paid, &paper.parts) {
                add(&mut paid, &paper.parts)?;
                Standing::Paid
            } else {
                Standing::NotPaid(Reason::OverReserve)
            };
            standings.insert(paper.id, standing);
        }
        Ok(Settled {
            standings,
            paid,
            forks: forks(&papers),
            broken: broken(self.allowance, &papers),
            complete: chain.complete,
        })
    }

    /// Why an intent that no shop vouches for is not paid, whatever the reserve holds.
    fn barred(&self, paper: &Paper, papers: &[&Paper], guaranteed: &BTreeSet<DocId>, chain: &Chain) -> Option<Reason> {
        if let Some(reason) = paper.gone() {
            return Some(reason);
        }
        if self.ending.is_some_and(|ending| paper.seq > ending.last) {
            return Some(Reason::AfterClose);
        }
        let mut branches = papers.iter().filter(|other| other.seq == paper.seq);
        if branches.clone().any(|other| guaranteed.contains(&other.id)) {
            return Some(Reason::ForkBranch);
        }
        let stands = match chain.expected.get(&paper.seq) {
            Some(expected) => paper.id.to_ref() == *expected,
            None => branches
                .find(|other| other.gone().is_none() && !other.late)
                .is_none_or(|first| first.id == paper.id || paper.late),
        };
        if !stands {
            Some(Reason::ForkBranch)
        } else if paper.late {
            Some(Reason::Late)
        } else {
            None
        }
    }

    /// The intents the scheme pays for because the payee vouched for them in time.
    ///
    /// Blind acceptances count while they keep the caps a shop has to keep. Relayed ones count while
    /// one shop's sum fits the whole reserve, so that a colluding shop gains at most one reserve.
    fn guaranteed(&self, papers: &[&Paper]) -> Result<BTreeSet<DocId>, AmountError> {
        let mut guaranteed = BTreeSet::new();
        let mut blind_day: BTreeMap<(Pid, Day), Amount> = BTreeMap::new();
        let mut blind_all: BTreeMap<Pid, Amount> = BTreeMap::new();
        let mut relayed: BTreeMap<Pid, Vec<Amount>> = BTreeMap::new();
        for paper in papers.iter().filter(|paper| paper.gone().is_none()) {
            let day = blind_day.entry((paper.shop, paper.day)).or_default();
            let all = blind_all.entry(paper.shop).or_default();
            let so_far = SoFar {
                shop_day: *day,
                holder: *all,
            };
            if paper.said.blind && caps::blind(&self.limits, so_far, paper.total, paper.seq).is_ok() {
                *day = day.plus(paper.total)?;
                *all = all.plus(paper.total)?;
                guaranteed.insert(paper.id);
            } else if paper.said.relayed {
                let sums = relayed
                    .entry(paper.shop)
                    .or_insert_with(|| vec![Amount::ZERO; self.lines.len()]);
                if self.fits(sums, &paper.parts) {
                    add(sums, &paper.parts)?;
                    guaranteed.insert(paper.id);
                }
            }
        }
        Ok(guaranteed)
    }

    /// Whether the whole of a payment fits what is left of each line.
    fn fits(&self, paid: &[Amount], parts: &[Part]) -> bool {
        parts.iter().all(|part| {
            let at = usize::from(part.line);
            match (self.lines.get(at), paid.get(at)) {
                (Some(line), Some(paid)) => paid.plus(part.amount).is_ok_and(|sum| sum <= *line),
                _ => false,
            }
        })
    }
}

impl Paper {
    /// Why it is out of the question before anything else is asked.
    const fn gone(&self) -> Option<Reason> {
        if self.fault.is_some() {
            self.fault
        } else if self.said.cancelled {
            Some(Reason::Cancelled)
        } else if self.said.refused {
            Some(Reason::ShopRefused)
        } else {
            None
        }
    }
}

/// The chain that ends in a close's head, as far back as it is here.
struct Chain {
    /// Which intent belongs at a counter.
    expected: BTreeMap<u32, Ref>,
    complete: bool,
}

impl Chain {
    fn walk(case: &Case, papers: &[&Paper]) -> Self {
        let mut expected = BTreeMap::new();
        let Some(ending) = case.ending else {
            return Self {
                expected,
                complete: false,
            };
        };
        let mut seq = ending.last;
        let mut link = ending.head;
        while seq > 0 {
            expected.insert(seq, link);
            let here = papers
                .iter()
                .find(|paper| paper.seq == seq && paper.id.to_ref() == link);
            let Some(paper) = here else {
                return Self {
                    expected,
                    complete: false,
                };
            };
            link = paper.prev;
            seq = seq.saturating_sub(1);
        }
        Self {
            expected,
            complete: link == case.allowance,
        }
    }
}

fn add(sums: &mut [Amount], parts: &[Part]) -> Result<(), AmountError> {
    for part in parts {
        if let Some(sum) = sums.get_mut(usize::from(part.line)) {
            *sum = sum.plus(part.amount)?;
        }
    }
    Ok(())
}

fn forks(papers: &[&Paper]) -> Vec<(u32, DocId, DocId)> {
    let mut forks: Vec<(u32, DocId, DocId)> = Vec::new();
    for pair in papers.windows(2) {
        if let [first, second] = pair
            && first.seq == second.seq
            && forks.last().is_none_or(|(seq, ..)| *seq != first.seq)
        {
            forks.push((first.seq, first.id, second.id));
        }
    }
    forks
}

fn broken(allowance: Ref, papers: &[&Paper]) -> Vec<(u32, DocId)> {
    let mut at: BTreeMap<u32, Vec<Ref>> = BTreeMap::from([(0, vec![allowance])]);
    for paper in papers {
        at.entry(paper.seq).or_default().push(paper.id.to_ref());
    }
    papers
        .iter()
        .filter(|paper| {
            let before = at.get(&paper.seq.saturating_sub(1));
            before.is_some_and(|links| !links.contains(&paper.prev))
        })
        .map(|paper| (paper.seq, paper.id))
        .collect()
}

#[cfg(test)]
mod tests;
