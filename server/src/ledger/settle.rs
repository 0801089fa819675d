//! What becomes of every payment of one allowance, as a function of the *set* of its documents: the
//! order in which they arrived cannot change it (docs/protocol.md, "Settlement").
//!
//! Precedence for one intent: a fault of its own > cancelled > refused by the shop > accepted by the
//! shop > above the close > displaced by a fork branch > stopped or late > what fits the reserve.

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
    /// The day under which a shop counts it: when it accepted it blind, else when it was signed.
    pub day: Day,
    /// Why it is not valid in itself.
    pub fault: Option<Reason>,
    /// Whether it came after the hold had lapsed.
    pub late: bool,
    /// Why a payee that asked before it handed anything over is told no.
    pub void: Option<Reason>,
    /// Whether the payee asked, was told that it is paid, and handed the goods over.
    pub posted_to_shop: bool,
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
    /// A device of it relayed it while nothing stood against it.
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
    /// The intent with which the guaranteed ones exceed a line: no honest wallet signs them all.
    pub over: Option<(u32, DocId)>,
    /// Whether the chain from the close's head back to the allowance is here.
    pub complete: bool,
}

/// All intents by counter, those of one counter by id.
type BySeq<'p> = BTreeMap<u32, Vec<&'p Paper>>;

/// What is decided so far, and what it takes from each line.
struct Decided {
    standings: BTreeMap<DocId, Standing>,
    paid: Vec<Amount>,
}

impl Decided {
    fn pay(&mut self, paper: &Paper) -> Result<(), AmountError> {
        add(&mut self.paid, &paper.parts)?;
        self.standings.insert(paper.id, Standing::Paid);
        Ok(())
    }

    fn refuse(&mut self, paper: &Paper, reason: Reason) {
        self.standings.insert(paper.id, Standing::NotPaid(reason));
    }

    fn stands(&self, paper: &Paper) -> Option<Standing> {
        self.standings.get(&paper.id).copied()
    }
}

impl Case {
    /// Settles it.
    ///
    /// # Errors
    /// [`AmountError`] where sums leave the range of amounts.
    pub fn settle(&self) -> Result<Settled, AmountError> {
        let mut papers: Vec<&Paper> = self.papers.iter().collect();
        papers.sort_by_key(|paper| (paper.seq, paper.id));
        let mut by_seq = BySeq::new();
        for paper in &papers {
            by_seq.entry(paper.seq).or_default().push(paper);
        }
        let chain = Chain::walk(self, &by_seq);
        let guaranteed = self.guaranteed(&papers)?;

        let mut decided = Decided {
            standings: BTreeMap::new(),
            paid: vec![Amount::ZERO; self.lines.len()],
        };
        let mut over = None;
        for paper in papers.iter().filter(|paper| guaranteed.contains(&paper.id)) {
            if over.is_none() && !self.fits(&decided.paid, &paper.parts) {
                over = Some((paper.seq, paper.id));
            }
            decided.pay(paper)?;
        }
        self.answer_relays(&papers, &mut decided)?;
        let mut unseen = Vec::new();
        for paper in &papers {
            if decided.stands(paper).is_some() {
                continue;
            }
            let rivals = by_seq.get(&paper.seq).map_or(&[][..], Vec::as_slice);
            match self.barred(paper, rivals, &decided, &chain) {
                Some(reason) => decided.refuse(paper, reason),
                None => unseen.push(*paper),
            }
        }
        for paper in unseen {
            if self.fits(&decided.paid, &paper.parts) {
                decided.pay(paper)?;
            } else {
                decided.refuse(paper, Reason::OverReserve);
            }
        }
        Ok(Settled {
            standings: decided.standings,
            paid: decided.paid,
            forks: forks(&by_seq),
            broken: broken(self.allowance, &by_seq),
            over,
            complete: chain.complete,
        })
    }

    /// Those whose payee waits for the answer: paid as far as what is left of the reserve, over all shops.
    fn answer_relays(&self, papers: &[&Paper], decided: &mut Decided) -> Result<(), AmountError> {
        for paper in papers {
            if paper.gone().is_some() || !paper.said.relayed || decided.stands(paper).is_some() {
                continue;
            }
            if self.above_close(paper) {
                decided.refuse(paper, Reason::AfterClose);
            } else if self.fits(&decided.paid, &paper.parts) {
                decided.pay(paper)?;
            } else {
                decided.refuse(paper, Reason::OverReserve);
            }
        }
        Ok(())
    }

    fn above_close(&self, paper: &Paper) -> bool {
        self.ending.is_some_and(|ending| paper.seq > ending.last)
    }

    /// Why an intent that no shop vouches for is not paid, whatever the reserve holds. `rivals` are all
    /// intents with its counter.
    fn barred(&self, paper: &Paper, rivals: &[&Paper], decided: &Decided, chain: &Chain) -> Option<Reason> {
        if let Some(reason) = paper.gone() {
            return Some(reason);
        }
        if self.above_close(paper) {
            return Some(Reason::AfterClose);
        }
        // What is paid by now is what payees vouched for.
        if rivals.iter().any(|other| decided.stands(other) == Some(Standing::Paid)) {
            return Some(Reason::ForkBranch);
        }
        let stands = match chain.expected.get(&paper.seq) {
            Some(expected) => paper.id.to_ref() == *expected,
            None => rivals
                .iter()
                .find(|other| other.may_stand() && decided.stands(other).is_none())
                .is_none_or(|first| first.id == paper.id || !paper.may_stand()),
        };
        if !stands {
            Some(Reason::ForkBranch)
        } else if paper.void.is_some() {
            paper.void
        } else if paper.late {
            Some(Reason::Late)
        } else {
            None
        }
    }

    /// The intents the scheme pays for whatever else there is: the payee has handed the goods over.
    ///
    /// Blind acceptances count while they keep the caps a shop has to keep, relayed ones once their payee
    /// was told that they are paid.
    fn guaranteed(&self, papers: &[&Paper]) -> Result<BTreeSet<DocId>, AmountError> {
        let mut guaranteed = BTreeSet::new();
        let mut blind_day: BTreeMap<(Pid, Day), Amount> = BTreeMap::new();
        let mut blind_all: BTreeMap<Pid, Amount> = BTreeMap::new();
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
            } else if paper.posted_to_shop {
                guaranteed.insert(paper.id);
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

    /// Whether it can be the one that stands where nobody vouches for any.
    const fn may_stand(&self) -> bool {
        self.gone().is_none() && !self.late && self.void.is_none()
    }
}

/// The chain that ends in a close's head, as far back as it is here.
struct Chain {
    /// Which intent belongs at a counter.
    expected: BTreeMap<u32, Ref>,
    complete: bool,
}

impl Chain {
    fn walk(case: &Case, by_seq: &BySeq<'_>) -> Self {
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
            let here = by_seq
                .get(&seq)
                .and_then(|papers| papers.iter().find(|paper| paper.id.to_ref() == link));
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

fn forks(by_seq: &BySeq<'_>) -> Vec<(u32, DocId, DocId)> {
    by_seq
        .iter()
        .filter_map(|(seq, papers)| match papers.as_slice() {
            [first, second, ..] => Some((*seq, first.id, second.id)),
            _ => None,
        })
        .collect()
}

fn broken(allowance: Ref, by_seq: &BySeq<'_>) -> Vec<(u32, DocId)> {
    let mut broken = Vec::new();
    for (seq, papers) in by_seq {
        let before: BTreeSet<Ref> = match seq.checked_sub(1) {
            None => continue,
            Some(0) => BTreeSet::from([allowance]),
            Some(seq) => by_seq
                .get(&seq)
                .into_iter()
                .flatten()
                .map(|paper| paper.id.to_ref())
                .collect(),
        };
        if !before.is_empty() {
            let ends = papers.iter().filter(|paper| !before.contains(&paper.prev));
            broken.extend(ends.map(|paper| (*seq, paper.id)));
        }
    }
    broken
}

#[cfg(test)]
mod tests;
