//! Files over the real books: pages of rows on the one side, a writer that waits for its reader on the other.
//!
//! What a file says of a closed period is what the close saw: a payment that is taken back later stays as it was
//! there, and its cancellation is a row of the period in which it came. So the same file can be had again.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Seek as _, Write as _};

use chrono::Datelike as _;
use kinchaku_protocol::ids::{ClassId, MarkId, Pid};
use kinchaku_protocol::time::Time;
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use std::sync::Arc;

use super::file::{Pieces, WAITING};
use super::{
    Charset, CsvWriter, DailyRow, ExportFile, ExportProblem, FileRequest, Flavour, Form, MonthlyRow, Operation, Place,
    Row, Scope, Service, TransactionRow, What, write_xlsx,
};
use crate::books::Books;
use crate::command::NewShop;
use crate::ledger::rows::{BusinessRow, ClassRow, MarkRow, OperationId};
use crate::programme::Programmes;
use crate::query::Reader;
use crate::query::results::{By, ResultLine};
use crate::query::transactions::{Line, closed, uid};
use crate::settlement::period_of;

/// Rows of one page.
const PAGE: u32 = 2_000;

/// Pages that wait for the writer.
const AHEAD: usize = 2;

type Page<R> = Result<Vec<R>, ExportProblem>;

/// Writes files of a town.
#[derive(Clone)]
pub struct Exports {
    reader: Reader,
    pseudonym: Zeroizing<[u8; 32]>,
}

/// What rows are called by, as of the beginning of a file.
struct Names {
    operator: String,
    classes: BTreeMap<ClassId, ClassRow>,
    shops: BTreeMap<Pid, NewShop>,
    marks: BTreeMap<(Pid, MarkId), String>,
    programmes: Option<Arc<Programmes>>,
    pseudonym: Zeroizing<[u8; 32]>,
    now: Time,
}

impl Exports {
    /// Over these books, with the key of the pseudonyms.
    #[must_use]
    pub const fn new(reader: Reader, pseudonym: Zeroizing<[u8; 32]>) -> Self {
        Self { reader, pseudonym }
    }

    /// Begins a file as of `now`.
    ///
    /// # Errors
    /// [`ExportProblem`]; what goes wrong later ends its pieces.
    pub async fn open(&self, request: FileRequest, now: Time) -> Result<ExportFile, ExportProblem> {
        let shops = self.shops(&request.scope).await?;
        let names = self.names(now).await?;
        let (out, pieces) = mpsc::channel(WAITING);
        let name = format!(
            "{}-{}-{}.{}",
            match request.what {
                What::Daily => "daily",
                What::Monthly => "monthly",
                What::Transactions => "transactions",
            },
            request.first.digits(),
            request.last.digits(),
            match request.form {
                Form::Csv(_) => "csv",
                Form::Xlsx => "xlsx",
            },
        );
        match request.what {
            What::Daily => {
                let lines = self.results(&request, By::Day, shops.as_deref()).await?;
                let rows = lines.iter().filter_map(|line| names.daily(line)).collect();
                write_one(Ok(rows), &request, out);
            }
            What::Monthly => {
                let lines = self.results(&request, By::Month, shops.as_deref()).await?;
                let rows = lines.iter().filter_map(|line| names.monthly(line)).collect();
                write_one(Ok(rows), &request, out);
            }
            What::Transactions => {
                let (send, rows) = mpsc::channel(AHEAD);
                write(rows, &request, out);
                let walk = Walk {
                    reader: self.reader.clone(),
                    names,
                    begin: request.first.digits(),
                    end: request.last.plus(1).digits(),
                };
                tokio::spawn(walk.run(shops, send));
            }
        }
        Ok(ExportFile {
            name,
            content_type: match request.form {
                Form::Csv(Charset::Utf8) => "text/csv; charset=utf-8",
                Form::Csv(Charset::Cp932) => "text/csv; charset=Shift_JIS",
                Form::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            },
            pieces,
        })
    }

    async fn results(
        &self,
        request: &FileRequest,
        by: By,
        shops: Option<&[Pid]>,
    ) -> Result<Vec<ResultLine>, ExportProblem> {
        Ok(match shops {
            Some(shops) => self.reader.results_of(shops, by, request.first, request.last).await?,
            None => self.reader.results(None, by, request.first, request.last).await?,
        })
    }

    /// The shops of a scope; none for all.
    async fn shops(&self, scope: &Scope) -> Result<Option<Vec<Pid>>, ExportProblem> {
        let shops = match scope {
            Scope::All => return Ok(None),
            Scope::Shop(shop) => self
                .reader
                .shop(*shop)
                .await?
                .into_iter()
                .map(|shop| shop.shop)
                .collect(),
            Scope::Merchant(merchant) => {
                let all = self.reader.shop_list().await?.into_iter();
                let own: BTreeSet<Pid> = all
                    .filter(|shop| shop.merchant_id == *merchant)
                    .map(|shop| shop.shop)
                    .collect();
                own.into_iter().collect::<Vec<Pid>>()
            }
        };
        (!shops.is_empty()).then_some(Some(shops)).ok_or(ExportProblem::NoShop)
    }

    async fn names(&self, now: Time) -> Result<Names, ExportProblem> {
        let classes = self.reader.class_list().await?;
        let shops = self.reader.shop_list().await?;
        let marks: Vec<MarkRow> = self.reader.all_marks().await?;
        Ok(Names {
            operator: self.reader.town().muni.to_string(),
            classes: classes.into_iter().map(|class| (class.id, class)).collect(),
            shops: shops.into_iter().map(|shop| (shop.shop, shop)).collect(),
            marks: marks
                .into_iter()
                .map(|mark| ((mark.shop, mark.mark), mark.label))
                .collect(),
            programmes: self.reader.programmes().await?,
            pseudonym: self.pseudonym.clone(),
            now,
        })
    }
}

impl Books {
    /// Begins a file as of `now`.
    ///
    /// # Errors
    /// [`ExportProblem`]; what goes wrong later ends its pieces.
    pub async fn export(&self, request: FileRequest, now: Time) -> Result<ExportFile, ExportProblem> {
        let exports = Exports::new(self.reader().clone(), self.pseudonym().clone());
        exports.open(request, now).await
    }

    /// A payer's name at one shop, as in its files.
    #[must_use]
    pub fn uid(&self, shop: Option<Pid>, account: u64) -> String {
        uid(self.pseudonym(), shop, account)
    }
}

/// Pages through transactions.
struct Walk {
    reader: Reader,
    names: Names,
    begin: String,
    end: String,
}

impl Walk {
    async fn run(self, shops: Option<Vec<Pid>>, send: mpsc::Sender<Page<TransactionRow>>) {
        let shops = shops.map_or_else(|| vec![None], |shops| shops.into_iter().map(Some).collect());
        for shop in shops {
            let mut begin = self.begin.clone();
            loop {
                let page = self.reader.lines_from(begin, self.end.clone(), PAGE, shop).await;
                let last = page.as_ref().ok().and_then(|lines| lines.last());
                // Numbers have one length: with something behind it a number is the next one's lower bound.
                let next = last.map(|line| format!("{}.", line.row.tran_id));
                let rows = page.map(|lines| lines.iter().map(|line| self.names.transaction(line)).collect());
                let ended = rows.is_err();
                if send.send(rows.map_err(ExportProblem::Store)).await.is_err() || ended {
                    return;
                }
                match next {
                    Some(next) => begin = next,
                    None => break,
                }
            }
        }
    }
}

impl Names {
    fn service(&self, class: ClassId) -> Option<Service> {
        let row = self.classes.get(&class)?;
        Some(Service {
            id: row.id.to_string(),
            name: row.name.clone(),
            kind: row.service_type,
        })
    }

    fn daily(&self, line: &ResultLine) -> Option<DailyRow> {
        Some(DailyRow {
            day: line.from,
            service: self.service(line.class)?,
            sales: line.sales,
        })
    }

    fn monthly(&self, line: &ResultLine) -> Option<MonthlyRow> {
        let date = line.from.date()?;
        Some(MonthlyRow {
            year: u32::try_from(date.year()).ok()?,
            month: date.month(),
            service: self.service(line.class)?,
            sales: line.sales,
        })
    }

    /// A row as its period's close saw it, or sees it now.
    fn transaction(&self, line: &Line) -> TransactionRow {
        let row = &line.row;
        let cancelled = line.cancelled.as_ref().filter(|(_, at)| self.is_of_period(line, *at));
        let shop = row.shop.and_then(|shop| self.shops.get(&shop));
        let terminal = row.shop.zip(line.mark);
        TransactionRow {
            tran_id: row.tran_id.clone(),
            operator_id: self.operator.clone(),
            service: self.service(row.class).unwrap_or_else(|| Service {
                id: row.class.to_string(),
                name: String::new(),
                kind: kinchaku_protocol::ids::ServiceType::Money,
            }),
            operation: operation(row),
            combined: line.combined,
            merchant: shop.map_or_else(Place::default, |shop| Place {
                name: shop.merchant_id.clone(),
                id: shop.merchant_id.clone(),
            }),
            shop: shop.map_or_else(Place::default, |shop| Place {
                name: shop.name.clone(),
                id: shop.shop.to_string(),
            }),
            terminal: terminal.map_or_else(Place::default, |(shop, mark)| Place {
                name: self.marks.get(&(shop, mark)).cloned().unwrap_or_default(),
                id: mark.to_string(),
            }),
            uid: uid(&self.pseudonym, row.shop, row.account),
            amount: row.amount,
            before: row.value_before,
            after: row.value_after,
            notes: Default::default(),
            target: row.target.as_ref().map(|target| (row.amount, target.clone())),
            from: String::new(),
            to: String::new(),
            closed: closed(self.programmes.as_deref(), line, self.now),
            active: row.operation != crate::ledger::rows::Operation::Cancel && cancelled.is_none(),
            posted: row.posted_at,
            updated: cancelled.map_or(row.posted_at, |(_, at)| *at),
            occurred: row.occurred_at,
        }
    }

    /// Whether a moment lies in the period of a row, as far as there is one.
    fn is_of_period(&self, line: &Line, at: Time) -> bool {
        let period = period_of(self.programmes.as_deref(), line.row.class, line.day());
        period.ok().flatten().is_none_or(|period| at.day() <= period.last)
    }
}

const fn operation(row: &BusinessRow) -> Operation {
    match row.operation_id {
        OperationId::Use => Operation::Use,
        OperationId::Grant => Operation::Grant,
        OperationId::Charge => Operation::Charge,
        OperationId::UseCancel => Operation::UseCancel,
        OperationId::GrantCancel => Operation::GrantCancel,
    }
}

type Out = mpsc::Sender<Result<axum::body::Bytes, ExportProblem>>;

/// Writes rows that are all at hand: results of some days.
fn write_one<R: Row + Send + 'static>(rows: Page<R>, request: &FileRequest, out: Out) {
    let (send, pages) = mpsc::channel(AHEAD);
    // The only page there is: there is room for it.
    let _ = send.try_send(rows);
    write(pages, request, out);
}

/// Writes pages as they come, on a thread that may wait.
fn write<R: Row + Send + 'static>(pages: mpsc::Receiver<Page<R>>, request: &FileRequest, out: Out) {
    let (form, flavour) = (request.form, request.flavour);
    tokio::task::spawn_blocking(move || {
        let written = match form {
            Form::Csv(charset) => csv(pages, (flavour, charset), Pieces::new(out.clone())),
            Form::Xlsx => xlsx(pages, Pieces::new(out.clone())),
        };
        if let Err(problem) = written {
            // A reader that went away hears nothing more.
            let _ = out.blocking_send(Err(problem));
        }
    });
}

fn csv<R: Row>(
    mut pages: mpsc::Receiver<Page<R>>,
    (flavour, charset): (Flavour, Charset),
    out: Pieces,
) -> Result<(), ExportProblem> {
    let mut writer = CsvWriter::new(out, flavour, charset)?;
    while let Some(page) = pages.blocking_recv() {
        for row in page? {
            writer.push(&row)?;
        }
    }
    writer.finish()?;
    Ok(())
}

/// A workbook is only readable when it is complete: it lies in a file of its own until then.
fn xlsx<R: Row>(mut pages: mpsc::Receiver<Page<R>>, mut out: Pieces) -> Result<(), ExportProblem> {
    let mut file = tempfile::tempfile()?;
    let mut problem = None;
    let mut page = Vec::new().into_iter();
    let rows = std::iter::from_fn(|| {
        loop {
            if let Some(row) = page.next() {
                return Some(row);
            }
            match pages.blocking_recv()? {
                Ok(more) => page = more.into_iter(),
                Err(error) => {
                    problem = Some(error);
                    return None;
                }
            }
        }
    });
    write_xlsx(&mut file, rows)?;
    if let Some(problem) = problem {
        return Err(problem);
    }
    file.rewind()?;
    let mut piece = vec![0; 64 * 1_024];
    loop {
        let read = file.read(&mut piece)?;
        let Some(bytes) = piece.get(..read).filter(|bytes| !bytes.is_empty()) else {
            break;
        };
        out.write_all(bytes)?;
    }
    Ok(out.flush()?)
}
