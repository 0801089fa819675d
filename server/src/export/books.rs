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

use super::file::{Out, Pieces, channel};
use super::{
    Charset, CsvWriter, DailyRow, ExportFile, ExportProblem, FileRequest, Flavour, Form, MonthlyRow, Operation, Place,
    Row, Scope, Service, TransactionRow, What, Written, write_xlsx,
};
use crate::books::Books;
use crate::command::NewShop;
use crate::ledger::rows::{BusinessRow, ClassRow, MarkRow, OperationId};
use crate::programme::Programmes;
use crate::query::Reader;
use crate::query::results::{By, ResultLine};
use crate::query::transactions::{Line, closed, end_of, serial, uid};
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
    services: BTreeMap<ClassId, Service>,
    /// Merchant and shop.
    shops: BTreeMap<Pid, (Place, Place)>,
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
        self.open_with(request, now, ()).await
    }

    /// As [`Exports::open`], holding something until the last piece is written or the file broke off.
    ///
    /// # Errors
    /// [`ExportProblem`].
    pub async fn open_with(
        &self,
        request: FileRequest,
        now: Time,
        held: impl Send + 'static,
    ) -> Result<ExportFile, ExportProblem> {
        let shops = self.shops(&request.scope).await?;
        let names = self.names(now).await?;
        let (out, pieces) = channel();
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
                let pages = one_page(self.results(&request, By::Day, shops.as_deref()).await?);
                write(pages, move |line| names.daily(&line), &request, out, held)?;
            }
            What::Monthly => {
                let pages = one_page(self.results(&request, By::Month, shops.as_deref()).await?);
                write(pages, move |line| names.monthly(&line), &request, out, held)?;
            }
            What::Transactions => {
                let (send, pages) = mpsc::channel(AHEAD);
                let newest = self.reader.newest_serial().await?;
                let row = move |line| as_of(line, newest).map(|line| names.transaction(line));
                write(pages, row, &request, out, held)?;
                let walk = Walk {
                    reader: self.reader.clone(),
                    begin: request.first.digits(),
                    end: end_of(request.last),
                };
                tokio::spawn(walk.run(shops, send));
            }
        }
        let content_type = match request.form {
            Form::Csv(Charset::Utf8) => "text/csv; charset=utf-8",
            Form::Csv(Charset::Cp932) => "text/csv; charset=Shift_JIS",
            Form::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        };
        Ok(ExportFile::new(name, content_type, pieces))
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
            services: classes.into_iter().map(|class| (class.id, service(class))).collect(),
            shops: shops.into_iter().map(|shop| (shop.shop, places(shop))).collect(),
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
        self.export_with(request, now, ()).await
    }

    /// As [`Books::export`], holding something until the last piece is written or the file broke off.
    ///
    /// # Errors
    /// [`ExportProblem`].
    pub async fn export_with(
        &self,
        request: FileRequest,
        now: Time,
        held: impl Send + 'static,
    ) -> Result<ExportFile, ExportProblem> {
        let exports = Exports::new(self.reader().clone(), self.pseudonym().clone());
        exports.open_with(request, now, held).await
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
    begin: String,
    end: String,
}

impl Walk {
    async fn run(self, shops: Option<Vec<Pid>>, send: mpsc::Sender<Option<Page<Line>>>) {
        if self.pages(shops, &send).await {
            let _ = send.send(None).await;
        }
    }

    /// Sends every page; whether all went out.
    async fn pages(&self, shops: Option<Vec<Pid>>, send: &mpsc::Sender<Option<Page<Line>>>) -> bool {
        let shops = shops.map_or_else(|| vec![None], |shops| shops.into_iter().map(Some).collect());
        for shop in shops {
            let mut begin = self.begin.clone();
            loop {
                let page = self.reader.lines_from(begin, self.end.clone(), PAGE, shop).await;
                let last = page.as_ref().ok().and_then(|lines| lines.last());
                // Numbers have one length: with something behind it a number is the next one's lower bound.
                let next = last.map(|line| format!("{}.", line.row.tran_id));
                let ended = page.is_err();
                let sent = send.send(Some(page.map_err(ExportProblem::Store))).await;
                if sent.is_err() || ended {
                    return false;
                }
                match next {
                    Some(next) => begin = next,
                    None => break,
                }
            }
        }
        true
    }
}

/// A row as the books had it after so many transactions; none where it is a later one. What took it back later had not.
fn as_of(mut line: Line, newest: u64) -> Option<Line> {
    let known = |number: &str| serial(number).is_some_and(|serial| serial <= newest);
    line.cancelled = line.cancelled.take().filter(|(by, _)| known(by));
    known(&line.row.tran_id).then_some(line)
}

fn service(class: ClassRow) -> Service {
    Service {
        id: class.id.to_string(),
        name: class.name,
        kind: class.service_type,
    }
}

fn places(shop: NewShop) -> (Place, Place) {
    let merchant = Place {
        name: shop.merchant_id.clone(),
        id: shop.merchant_id,
    };
    let own = Place {
        name: shop.name,
        id: shop.shop.to_string(),
    };
    (merchant, own)
}

impl Names {
    fn daily(&self, line: &ResultLine) -> Option<DailyRow> {
        Some(DailyRow {
            day: line.from,
            service: self.services.get(&line.class)?.clone(),
            sales: line.sales,
        })
    }

    fn monthly(&self, line: &ResultLine) -> Option<MonthlyRow> {
        let date = line.from.date()?;
        Some(MonthlyRow {
            year: u32::try_from(date.year()).ok()?,
            month: date.month(),
            service: self.services.get(&line.class)?.clone(),
            sales: line.sales,
        })
    }

    /// A row as its period's close saw it, or sees it now.
    fn transaction(&self, line: Line) -> TransactionRow {
        let cancelled = line.cancelled.as_ref().map(|(_, at)| *at);
        let cancelled = cancelled.filter(|at| self.is_of_period(&line, *at));
        let closed = closed(self.programmes.as_deref(), &line, self.now);
        let Line {
            row, mark, combined, ..
        } = line;
        let shop = row.shop.and_then(|shop| self.shops.get(&shop));
        let (merchant, shop) = shop.cloned().unwrap_or_default();
        let terminal = row.shop.zip(mark);
        TransactionRow {
            operator_id: self.operator.clone(),
            service: self.services.get(&row.class).cloned().unwrap_or_else(|| Service {
                id: row.class.to_string(),
                name: String::new(),
                kind: kinchaku_protocol::ids::ServiceType::Money,
            }),
            operation: operation(&row),
            combined,
            merchant,
            terminal: terminal.map_or_else(Place::default, |(shop, mark)| Place {
                name: self.marks.get(&(shop, mark)).cloned().unwrap_or_default(),
                id: mark.to_string(),
            }),
            shop,
            uid: uid(&self.pseudonym, row.shop, row.account),
            amount: row.amount,
            before: row.value_before,
            after: row.value_after,
            notes: Default::default(),
            target: row.target.map(|target| (row.amount, target)),
            from: String::new(),
            to: String::new(),
            closed,
            active: row.operation != crate::ledger::rows::Operation::Cancel && cancelled.is_none(),
            posted: row.posted_at,
            updated: cancelled.unwrap_or(row.posted_at),
            occurred: row.occurred_at,
            tran_id: row.tran_id,
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

/// What is at hand already: results of some days.
fn one_page<T>(lines: Vec<T>) -> mpsc::Receiver<Option<Page<T>>> {
    let (send, pages) = mpsc::channel(AHEAD);
    // The only page there is, and the end: there is room for both.
    let _ = send.try_send(Some(Ok(lines)));
    let _ = send.try_send(None);
    pages
}

/// Makes rows of pages as they come and writes them, on a thread of its own that may wait: those of the runtime are for
/// work that others wait for.
fn write<T: Send + 'static, R: Row>(
    pages: mpsc::Receiver<Option<Page<T>>>,
    row: impl Fn(T) -> Option<R> + Send + 'static,
    request: &FileRequest,
    out: Out,
    held: impl Send + 'static,
) -> Result<(), ExportProblem> {
    let (form, flavour) = (request.form, request.flavour);
    let thread = std::thread::Builder::new().name("export".to_owned());
    thread.spawn(move || {
        let written = match form {
            Form::Csv(charset) => csv(pages, row, (flavour, charset), Pieces::new(out.clone())),
            Form::Xlsx => xlsx(pages, row, &out, Pieces::new(out.clone())),
        };
        out.end(written);
        drop(held);
    })?;
    Ok(())
}

/// The next page; none after the last one.
fn next<T>(pages: &mut mpsc::Receiver<Option<Page<T>>>) -> Result<Option<Vec<T>>, ExportProblem> {
    // Whoever sends the pages says where they end: where they only stop, rows are missing.
    pages.blocking_recv().ok_or(ExportProblem::Cut)?.transpose()
}

fn csv<T, R: Row>(
    mut pages: mpsc::Receiver<Option<Page<T>>>,
    row: impl Fn(T) -> Option<R>,
    (flavour, charset): (Flavour, Charset),
    out: Pieces,
) -> Result<Written, ExportProblem> {
    let mut writer = CsvWriter::new(out, flavour, charset)?;
    while let Some(page) = next(&mut pages)? {
        for row in page.into_iter().filter_map(&row) {
            writer.push(&row)?;
        }
    }
    Ok(writer.finish()?)
}

/// A workbook is only readable when it is complete: it lies in a file of its own until then.
fn xlsx<T, R: Row>(
    mut pages: mpsc::Receiver<Option<Page<T>>>,
    row: impl Fn(T) -> Option<R>,
    reader: &Out,
    mut out: Pieces,
) -> Result<Written, ExportProblem> {
    let mut file = tempfile::tempfile()?;
    let mut problem = None;
    let mut page = Vec::new().into_iter();
    let rows = std::iter::from_fn(|| {
        loop {
            if let Some(row) = page.find_map(&row) {
                return Some(row);
            }
            // Nothing is sent before the end, so whether anybody still waits has to be asked.
            let more = if reader.left() {
                Err(ExportProblem::Cut)
            } else {
                next(&mut pages)
            };
            match more {
                Ok(more) => page = more?.into_iter(),
                Err(error) => {
                    problem = Some(error);
                    return None;
                }
            }
        }
    })
    // Whoever asks again after the end must not find the pages cut off.
    .fuse();
    let rows = write_xlsx(&mut file, rows)?;
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
    out.flush()?;
    Ok(Written { rows, replaced: 0 })
}

#[cfg(test)]
mod tests {
    use kinchaku_protocol::ids::DocId;
    use kinchaku_protocol::money::{Amount, Signed};

    use super::*;
    use crate::ledger::rows::Operation as Kind;

    fn line(serial: u64, cancelled_by: Option<u64>) -> Line {
        let number = |serial: u64| format!("20260401{serial:012}");
        Line {
            row: BusinessRow {
                tran_id: number(serial),
                entry: 1,
                operation: Kind::Sub,
                operation_id: OperationId::Use,
                class: ClassId(1),
                amount: Amount::of(100),
                account: 1,
                shop: None,
                intent: Some(DocId([0; 32])),
                target: None,
                occurred_at: Time(0),
                posted_at: Time(0),
                value_before: Signed::ZERO,
                value_after: Signed::ZERO,
            },
            mark: None,
            combined: false,
            cancelled: cancelled_by.map(|by| (number(by), Time(0))),
        }
    }

    /// A long file has neither what came while it was written, nor half of it: a cancellation without its payment's end.
    #[test]
    fn a_file_says_what_the_books_said_when_it_was_begun() {
        assert_eq!(as_of(line(8, None), 7), None);
        assert_eq!(as_of(line(3, Some(8)), 7), Some(line(3, None)));
        assert_eq!(as_of(line(3, Some(7)), 7), Some(line(3, Some(7))));
    }
}
