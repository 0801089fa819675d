//! A file on its way out: what is asked for, and its bytes as they come.
//!
//! Rows are read page by page and written as they come, so a file of any size takes the memory of some pages. A
//! reader that goes away ends the work. States: opened → bytes → ended, or broken off where the books failed:
//! what came until then is not the file.

use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Bytes;
use hyper::body::{Body, Frame};
use kinchaku_protocol::ids::Pid;
use kinchaku_protocol::time::Day;
use tokio::sync::mpsc;

use super::{Charset, Flavour, XlsxProblem};
use crate::store::StoreError;

/// Bytes of one piece.
const PIECE: usize = 64 * 1_024;

/// Pieces that wait for a slow reader.
pub(super) const WAITING: usize = 4;

/// Which file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Results by day (F106).
    Daily,
    /// Results by month (F107).
    Monthly,
    /// Transactions one by one (F115 to F121).
    Transactions,
}

/// Whose rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everybody's, with what no shop had a part in.
    All,
    /// All shops of a merchant, one after the other in transactions, together in results (F161).
    Merchant(String),
    /// One shop.
    Shop(Pid),
}

/// In which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// CSV.
    Csv(Charset),
    /// A workbook.
    Xlsx,
}

/// A file that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRequest {
    /// Which.
    pub what: What,
    /// Whose rows.
    pub scope: Scope,
    /// The first posting day; for months, the month of this day.
    pub first: Day,
    /// The last posting day; for months, the month of this day.
    pub last: Day,
    /// In which manner; a workbook has always the usual one.
    pub flavour: Flavour,
    /// In which form.
    pub form: Form,
}

/// Why a file broke off.
#[derive(Debug, thiserror::Error)]
pub enum ExportProblem {
    /// The books did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No such shop, or no shop of this merchant.
    #[error("加盟店が見つかりません。")]
    NoShop,
    /// A temporary file of a workbook.
    #[error("ファイルに書けません。")]
    Io(#[from] io::Error),
    /// A workbook.
    #[error(transparent)]
    Xlsx(#[from] XlsxProblem),
}

/// A file on its way: [`ExportFile::next`] gives its pieces, and it is a body of an HTTP answer.
pub struct ExportFile {
    /// A name to save it under.
    pub name: String,
    /// Its media type.
    pub content_type: &'static str,
    pub(super) pieces: mpsc::Receiver<Result<Bytes, ExportProblem>>,
}

impl ExportFile {
    /// The next piece; none at the end.
    pub async fn next(&mut self) -> Option<Result<Bytes, ExportProblem>> {
        self.pieces.recv().await
    }

    /// All of it at once.
    ///
    /// # Errors
    /// [`ExportProblem`].
    pub async fn whole(mut self) -> Result<Vec<u8>, ExportProblem> {
        let mut all = Vec::new();
        while let Some(piece) = self.next().await {
            all.extend_from_slice(&piece?);
        }
        Ok(all)
    }
}

impl Body for ExportFile {
    type Data = Bytes;
    type Error = ExportProblem;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ExportProblem>>> {
        let piece = self.pieces.poll_recv(context);
        piece.map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}

/// Sends what is written, piece by piece; for a thread that may wait.
pub(super) struct Pieces {
    out: mpsc::Sender<Result<Bytes, ExportProblem>>,
    piece: Vec<u8>,
}

impl Pieces {
    pub(super) fn new(out: mpsc::Sender<Result<Bytes, ExportProblem>>) -> Self {
        Self {
            out,
            piece: Vec::with_capacity(PIECE),
        }
    }

    fn send(&mut self) -> io::Result<()> {
        if self.piece.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE));
        let sent = self.out.blocking_send(Ok(piece.into()));
        sent.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.send()
    }
}
