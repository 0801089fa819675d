//! Each rule of precedence by itself; orders of arrival are in `tests/ledger_orders.rs`.

use kinchaku_protocol::doc::{Limits, Part, Reason};
use kinchaku_protocol::ids::{DocId, Pid, Ref};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::time::Day;

use super::{Case, Ending, Paper, Said, Standing};

const ALLOWANCE: Ref = Ref([9; 16]);
const BLIND: Said = said(false, false, true, false);
const RELAYED: Said = said(false, false, false, true);
const NOTHING: Said = said(false, false, false, false);

const fn said(cancelled: bool, refused: bool, blind: bool, relayed: bool) -> Said {
    Said {
        cancelled,
        refused,
        blind,
        relayed,
    }
}

const fn id(number: u8) -> DocId {
    DocId([number; 32])
}

fn paper(number: u8, seq: u32, prev: Ref, amount: u32, said: Said) -> Paper {
    Paper {
        id: id(number),
        seq,
        prev,
        shop: Pid([1; 8]),
        parts: vec![Part {
            line: 0,
            amount: Amount::of(amount),
        }],
        total: Amount::of(amount),
        day: Day(20_000),
        fault: None,
        late: false,
        void: None,
        posted_to_shop: false,
        said,
    }
}

fn case(papers: Vec<Paper>, ending: Option<Ending>) -> Case {
    Case {
        allowance: ALLOWANCE,
        lines: vec![Amount::of(5_000)],
        limits: Limits {
            per_payment: Amount::of(3_000),
            per_shop_day: Amount::of(5_000),
            per_holder: Amount::of(10_000),
            soft_count: 24,
            hard_count: 30,
        },
        papers,
        ending,
    }
}

/// The standings in the order of the ids.
fn standings(case: &Case) -> Vec<Standing> {
    case.settle().unwrap().standings.into_values().collect()
}

#[test]
fn a_fault_goes_before_a_cancellation_before_a_refusal_before_an_acceptance() {
    let all = said(true, true, true, true);
    let with = |said, fault| {
        let mut paper = paper(1, 1, ALLOWANCE, 100, said);
        paper.fault = fault;
        standings(&case(vec![paper], None))
    };
    assert_eq!(with(all, Some(Reason::BadPart)), [Standing::NotPaid(Reason::BadPart)]);
    assert_eq!(with(all, None), [Standing::NotPaid(Reason::Cancelled)]);
    assert_eq!(
        with(said(false, true, true, true), None),
        [Standing::NotPaid(Reason::ShopRefused)]
    );
    assert_eq!(with(BLIND, None), [Standing::Paid]);
}

/// Accepted branches are all paid, and then none that nobody saw.
#[test]
fn of_fork_branches_those_that_shops_saw_are_paid() {
    let branches = vec![
        paper(1, 1, ALLOWANCE, 3_000, NOTHING),
        paper(2, 1, ALLOWANCE, 3_000, BLIND),
        paper(3, 1, ALLOWANCE, 2_000, BLIND),
    ];
    let settled = case(branches, None).settle().unwrap();
    let by_id: Vec<_> = settled.standings.into_values().collect();
    assert_eq!(
        by_id,
        [Standing::NotPaid(Reason::ForkBranch), Standing::Paid, Standing::Paid]
    );
    assert_eq!(settled.forks, [(1, id(1), id(2))]);
}

#[test]
fn what_shops_saw_is_paid_beyond_the_reserve_and_the_rest_as_far_as_it_fits() {
    let papers = vec![
        paper(1, 1, ALLOWANCE, 2_500, NOTHING),
        paper(2, 2, id(1).to_ref(), 3_000, BLIND),
        paper(3, 2, id(1).to_ref(), 2_000, BLIND),
        paper(4, 3, id(2).to_ref(), 1, RELAYED),
    ];
    let settled = case(papers, None).settle().unwrap();
    assert_eq!(settled.paid, [Amount::of(5_000)]);
    let over = Standing::NotPaid(Reason::OverReserve);
    assert_eq!((settled.standings[&id(1)], settled.standings[&id(4)]), (over, over));
    assert_eq!(settled.over, None);
}

#[test]
fn a_blind_acceptance_above_the_caps_counts_as_nothing() {
    let papers = vec![paper(1, 1, ALLOWANCE, 3_001, BLIND), paper(2, 1, ALLOWANCE, 100, BLIND)];
    assert_eq!(
        standings(&case(papers, None)),
        [Standing::NotPaid(Reason::ForkBranch), Standing::Paid]
    );
}

/// Nobody has handed anything over yet, so all shops together get what the reserve still holds.
#[test]
fn all_shops_together_relay_one_reserve() {
    let mut papers: Vec<Paper> = (1..=4).map(|n| paper(n, 1, ALLOWANCE, 4_000, RELAYED)).collect();
    papers[3].shop = Pid([2; 8]);
    let not = Standing::NotPaid(Reason::OverReserve);
    assert_eq!(standings(&case(papers.clone(), None)), [Standing::Paid, not, not, not]);
    // Whoever was told that it is paid stays paid, and blind acceptances go before those who wait.
    papers[3].posted_to_shop = true;
    papers[2].said = BLIND;
    papers[2].total = Amount::of(3_000);
    papers[2].parts[0].amount = Amount::of(3_000);
    let settled = case(papers, None).settle().unwrap();
    assert_eq!(settled.over, Some((1, id(4))));
    assert_eq!(
        settled.standings.into_values().collect::<Vec<_>>(),
        [not, not, Standing::Paid, Standing::Paid]
    );
}

/// A relay that came when its holder was stopped, or its hold had ended.
#[test]
fn whoever_asks_too_late_is_told_no() {
    for void in [Reason::Revoked, Reason::Late] {
        let asked = Paper {
            void: Some(void),
            ..paper(1, 1, ALLOWANCE, 100, NOTHING)
        };
        assert_eq!(standings(&case(vec![asked.clone()], None)), [Standing::NotPaid(void)]);
        let accepted = Paper { said: BLIND, ..asked };
        assert_eq!(standings(&case(vec![accepted], None)), [Standing::Paid]);
    }
}

#[test]
fn a_relay_above_the_close_is_not_paid() {
    let ending = Some(Ending {
        last: 0,
        head: ALLOWANCE,
    });
    let papers = vec![paper(1, 1, ALLOWANCE, 100, RELAYED)];
    assert_eq!(
        standings(&case(papers, ending)),
        [Standing::NotPaid(Reason::AfterClose)]
    );
}

#[test]
fn a_close_decides_which_branch_is_the_chain_once_it_is_known() {
    let a = paper(1, 1, ALLOWANCE, 100, NOTHING);
    let b = paper(2, 1, ALLOWANCE, 100, NOTHING);
    let on_b = paper(3, 2, id(2).to_ref(), 100, NOTHING);
    let above = paper(4, 3, id(3).to_ref(), 100, NOTHING);
    let ending = Some(Ending {
        last: 2,
        head: id(3).to_ref(),
    });
    let branch = Standing::NotPaid(Reason::ForkBranch);
    let settled = case(vec![a.clone(), b.clone(), on_b, above], ending).settle().unwrap();
    let by_id: Vec<_> = settled.standings.into_values().collect();
    assert_eq!(
        by_id,
        [
            branch,
            Standing::Paid,
            Standing::Paid,
            Standing::NotPaid(Reason::AfterClose)
        ]
    );
    assert!(settled.complete);
    // While the link to seq 1 is missing, nobody knows, and the lowest id stands.
    let settled = case(vec![a, b], ending).settle().unwrap();
    assert_eq!(
        settled.standings.into_values().collect::<Vec<_>>(),
        [Standing::Paid, branch]
    );
    assert!(!settled.complete);
}

#[test]
fn a_close_of_an_unused_allowance_is_complete_at_once() {
    let ending = Some(Ending {
        last: 0,
        head: ALLOWANCE,
    });
    assert!(case(Vec::new(), ending).settle().unwrap().complete);
    assert!(!case(Vec::new(), None).settle().unwrap().complete);
}

#[test]
fn what_comes_after_the_lapse_is_paid_only_where_a_shop_saw_it() {
    let late = |number, said| Paper {
        late: true,
        ..paper(number, 1, ALLOWANCE, 100, said)
    };
    assert_eq!(
        standings(&case(vec![late(1, NOTHING)], None)),
        [Standing::NotPaid(Reason::Late)]
    );
    assert_eq!(standings(&case(vec![late(1, BLIND)], None)), [Standing::Paid]);
    // A late branch displaces nothing that was there in time.
    let both = vec![late(1, NOTHING), paper(2, 1, ALLOWANCE, 100, NOTHING)];
    assert_eq!(
        standings(&case(both, None)),
        [Standing::NotPaid(Reason::Late), Standing::Paid]
    );
}

#[test]
fn a_link_to_none_of_the_received_payments_is_evidence() {
    let papers = vec![
        paper(1, 1, ALLOWANCE, 100, NOTHING),
        paper(2, 2, Ref([7; 16]), 100, NOTHING),
        paper(3, 4, Ref([8; 16]), 100, NOTHING),
    ];
    let settled = case(papers, None).settle().unwrap();
    assert_eq!(settled.broken, [(2, id(2))]);
    assert!(settled.forks.is_empty());
}
