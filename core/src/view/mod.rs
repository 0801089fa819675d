//! What a person is shown: what the server says is free, and what this device has left of its reserves; so
//! never what another phone holds, and at once less what was just paid. With the age of what is shown.
//! Reading only; works without a network, and while paying is locked.

use kinchaku_protocol::doc::{
    AccountRow, BalanceRow, ClassRow, FactKind, HistoryRow, LotRow, MemberRow, Role, RuleRow, SaleRow, StandingRow,
    Table,
};
use kinchaku_protocol::ids::{ClassId, Ref, ServiceType};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::time::{Day, Time};
use rusqlite::Connection;

use crate::book::payments::{self, Payment};
use crate::book::purse::Purse;
use crate::book::receipts::{self, StoredReceipt};
use crate::book::{allowances, outbox, server_rows};
use crate::home::Home;
use crate::store::{Standing, StoreError};
use crate::sync::synced_at;

/// One value class on the home screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassView {
    /// Which.
    pub class: ClassId,
    /// Money, points or voucher.
    pub service: ServiceType,
    /// The programme's name.
    pub name: String,
    /// 使えるお金: what is free on the server, and what this device has left of its reserves.
    pub usable: Amount,
    /// 電波なしで使える分: the part of it that needs no network.
    pub offline: Amount,
    /// What expires when, the earliest first, as the server has it.
    pub lots: Vec<LotView>,
    /// The last day of a balance of the extending kind (F022).
    pub until: Option<Day>,
    /// From when it can be used, where its programme says so (F079).
    pub from: Option<Time>,
    /// What is owed after a claw-back (F008); it is not in `usable`.
    pub owed: Amount,
    /// The rank (F016).
    pub rank: Option<String>,
    /// Points earned and not granted yet (F026), or money of an exchange whose day has not come (F014).
    pub coming: Amount,
}

/// Value of one last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LotView {
    /// The last day, none where it has none.
    pub until: Option<Day>,
    /// How much, over all lots of that day.
    pub remaining: Amount,
}

/// The home screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalletView {
    /// The classes.
    pub classes: Vec<ClassView>,
    /// Payments that wait for the server (送信待ち).
    pub waiting: u32,
    /// Documents the server keeps undecided (確認中).
    pub parked: u32,
    /// Until when payments without a network are possible.
    pub offline_until: Option<Time>,
    /// When the server last said anything.
    pub as_of: Option<Time>,
    /// Whether paying is stopped until a sync (T5).
    pub rolled_back: bool,
    /// Whether the office stopped this account.
    pub stopped: bool,
    /// The card number (F026), once the server has said it.
    pub card: Option<u64>,
}

/// The home screen of a wallet.
///
/// # Errors
/// [`StoreError`].
pub fn wallet(home: &Home) -> Result<WalletView, StoreError> {
    let rolled_back = home.store().standing() != Standing::Current;
    home.store().read(|db| {
        let own = own_lines(db)?;
        let purse = Purse::load(db)?;
        let rows: Vec<ClassRow> = server_rows::all(db, Table::Class)?;
        let balances: Vec<BalanceRow> = server_rows::all(db, Table::Balance)?;
        let account: Vec<AccountRow> = server_rows::all(db, Table::Account)?;
        let member: Vec<MemberRow> = server_rows::all(db, Table::Member)?;
        let told = Told {
            balances,
            lots: server_rows::all(db, Table::Lot)?,
            rules: server_rows::all(db, Table::Rule)?,
            standings: server_rows::all(db, Table::Standing)?,
        };
        Ok(WalletView {
            classes: rows
                .into_iter()
                .map(|row| class_view(row, &told, &own, purse.as_ref()))
                .collect(),
            waiting: payments::waiting(db)?,
            parked: outbox::counts(db)?.1,
            offline_until: purse.map(|purse| purse.allowance.expires()),
            as_of: synced_at(db)?,
            rolled_back,
            stopped: account.iter().any(|account| account.stopped),
            card: member.first().map(|member| member.card),
        })
    })
}

/// What the server's pages say of the classes.
struct Told {
    balances: Vec<BalanceRow>,
    lots: Vec<LotRow>,
    rules: Vec<RuleRow>,
    standings: Vec<StandingRow>,
}

impl Told {
    fn lots_of(&self, class: ClassId) -> Vec<LotView> {
        let mut lots: Vec<LotView> = Vec::new();
        for lot in self.lots.iter().filter(|lot| lot.class == class) {
            match lots.iter_mut().find(|view| view.until == lot.until) {
                Some(view) => view.remaining = view.remaining.plus(lot.remaining).unwrap_or(Amount::MAX),
                None => lots.push(LotView {
                    until: lot.until,
                    remaining: lot.remaining,
                }),
            }
        }
        lots.sort_by_key(|lot| (lot.until.is_none(), lot.until));
        lots
    }
}

fn class_view(row: ClassRow, told: &Told, own: &[Own], purse: Option<&Purse>) -> ClassView {
    // By what the row says, not by its key, whose form is the server's affair.
    let balance = told.balances.iter().find(|balance| balance.class == row.class);
    let rule = told.rules.iter().find(|rule| rule.class == row.class);
    let standing = told.standings.iter().find(|standing| standing.class == row.class);
    let owed = standing.map_or(Amount::ZERO, |standing| standing.owed);
    let rank = standing.and_then(|standing| usize::try_from(standing.rank?).ok());
    let free = balance.map_or(Amount::ZERO, |balance| balance.remaining.less(balance.held));
    let sum = |amounts: &mut dyn Iterator<Item = Amount>| Amount::sum(amounts).unwrap_or(Amount::MAX);
    let mine = || own.iter().filter(|line| line.class == row.class);
    // What the server does not know to be held yet is still in its free balance.
    let unknown = sum(&mut mine().filter(|line| !line.known).map(|line| line.amount));
    let left = sum(&mut mine().map(|line| line.left));
    let offline = purse.map_or(Amount::ZERO, |purse| {
        let lines = purse.lines.iter().filter(|line| line.line.class == row.class);
        sum(&mut lines.map(|line| line.left))
    });
    ClassView {
        class: row.class,
        service: ServiceType::from_number(row.service_type).unwrap_or(ServiceType::Points),
        name: row.name,
        // What is owed is taken off before anything of the account can be reserved.
        usable: free.less(unknown).less(owed).plus(left).unwrap_or(Amount::MAX),
        offline,
        lots: told.lots_of(row.class),
        until: standing.and_then(|standing| standing.until),
        from: rule.and_then(|rule| rule.from),
        owed,
        rank: rank.and_then(|place| rule?.ranks.get(place).cloned()),
        coming: standing.map_or(Amount::ZERO, |standing| standing.coming),
    }
}

/// A reserve line of this device, with what its own payments have left of it.
struct Own {
    class: ClassId,
    amount: Amount,
    left: Amount,
    /// Whether the server's balances contain its hold.
    known: bool,
}

/// The lines of the allowances that are this device's to spend or to get back: the one in use, and those the
/// server still has open.
fn own_lines(db: &Connection) -> Result<Vec<Own>, StoreError> {
    let known: Vec<Ref> = server_rows::keys(db, Table::Allowance)?
        .iter()
        .filter_map(|key| Ref::from_slice(key))
        .collect();
    let mut references = known.clone();
    references.extend(allowances::in_use(db)?.map(|allowance| allowance.to_ref()));
    references.sort_unstable();
    references.dedup();
    let mut lines = Vec::new();
    for reference in references {
        // One this copy of the wallet never saw: what is left of it, nobody here knows.
        let Some(allowance) = allowances::get(db, reference)? else {
            continue;
        };
        for open in Purse::of(db, allowance)?.lines {
            lines.push(Own {
                class: open.line.class,
                amount: open.line.amount,
                left: open.left,
                known: known.contains(&reference),
            });
        }
    }
    Ok(lines)
}

/// The newest payments of this device and the newest transactions of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// Made on this device, newest first.
    pub payments: Vec<Payment>,
    /// As the server lists them, newest first.
    pub transactions: Vec<HistoryRow>,
}

/// How many entries a history shows at first (F207).
pub const HISTORY: u32 = 30;

/// The newest of everything.
///
/// # Errors
/// [`StoreError`].
pub fn history(home: &Home) -> Result<History, StoreError> {
    home.store().read(|db| {
        Ok(History {
            payments: payments::newest(db, HISTORY)?,
            transactions: server_rows::newest(db, Table::History, HISTORY)?,
        })
    })
}

/// A shop's screen: what was shown here, and what the server has of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TillView {
    /// Shown on this device, newest first.
    pub receipts: Vec<StoredReceipt>,
    /// Of the whole shop, as the server lists them.
    pub sales: Vec<SaleRow>,
    /// Σ of what is posted.
    pub posted: Amount,
    /// Documents that wait for the server.
    pub waiting: u32,
    /// When the server last said anything.
    pub as_of: Option<Time>,
}

/// A shop's screen.
///
/// # Errors
/// [`StoreError`].
pub fn till(home: &Home) -> Result<TillView, StoreError> {
    home.store().read(|db| {
        let sales: Vec<SaleRow> = server_rows::all(db, Table::Sale)?;
        let posted = sales
            .iter()
            .filter(|sale| FactKind::from_number(sale.status) == Some(FactKind::Posted))
            .map(|sale| sale.total);
        Ok(TillView {
            receipts: receipts::newest(db, HISTORY)?,
            posted: Amount::sum(posted).unwrap_or(Amount::MAX),
            sales,
            waiting: outbox::counts(db)?.0,
            as_of: synced_at(db)?,
        })
    })
}

/// In which role this device is enrolled, `None` before it is.
///
/// # Errors
/// [`StoreError`].
pub fn role(home: &Home) -> Result<Option<Role>, StoreError> {
    Ok(home.device()?.map(|device| device.role))
}
