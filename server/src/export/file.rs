//! A file on its way out: what is asked for, and its bytes as they come.
//!
//! Rows are read page by page and written as they come, so a file of any size takes the memory of some pages. A
//! reader that goes away, or that takes nothing for a while, ends the work. States: opened → bytes → ended, or broken
//! off: what came until then is not the file. Only the mark at its end says that a file is whole; pieces that stop
//! without it, for whatever reason, broke off.

use std::future::Future;
use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue};
use hyper::body::{Body, Frame};
use kinchaku_protocol::ids::Pid;
use kinchaku_protocol::time::Day;
use tokio::sync::mpsc;

use super::{Charset, Flavour, Written, XlsxProblem};
use crate::store::StoreError;

/// Bytes of one piece.
const PIECE: usize = 64 * 1_024;

/// Pieces that wait for a slow reader.
const WAITING: usize = 4;

/// How long a reader may take nothing.
const STALLED: Duration = Duration::from_secs(30);

/// The trailer that says how many characters the character set does not have: each was written as 〓.
pub const REPLACED: &str = "kinchaku-replaced";

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
    /// It stopped before its end.
    #[error("ファイルが途中で切れました。")]
    Cut,
}

/// What comes of a file.
#[derive(Debug)]
enum Piece {
    Bytes(Bytes),
    /// All of it came.
    End(Written),
}

type Sent = Result<Piece, ExportProblem>;

/// A file on its way: [`ExportFile::next`] gives its pieces, and it is a body of an HTTP answer.
pub struct ExportFile {
    /// A name to save it under.
    pub name: String,
    /// Its media type.
    pub content_type: &'static str,
    pieces: mpsc::Receiver<Sent>,
    ended: Option<Written>,
    broke: bool,
}

impl ExportFile {
    pub(super) fn new(name: String, content_type: &'static str, pieces: Incoming) -> Self {
        Self {
            name,
            content_type,
            pieces: pieces.0,
            ended: None,
            broke: false,
        }
    }

    /// The next piece; none at the end.
    pub async fn next(&mut self) -> Option<Result<Bytes, ExportProblem>> {
        if self.ended.is_some() || self.broke {
            return None;
        }
        let piece = self.pieces.recv().await;
        self.told(piece)
    }

    /// What came into it, once it has ended.
    #[must_use]
    pub const fn written(&self) -> Option<Written> {
        self.ended
    }

    fn told(&mut self, piece: Option<Sent>) -> Option<Result<Bytes, ExportProblem>> {
        match piece {
            Some(Ok(Piece::Bytes(bytes))) => Some(Ok(bytes)),
            Some(Ok(Piece::End(written))) => {
                self.ended = Some(written);
                None
            }
            Some(Err(problem)) => {
                self.broke = true;
                Some(Err(problem))
            }
            None => {
                self.broke = true;
                Some(Err(ExportProblem::Cut))
            }
        }
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
        if self.ended.is_some() || self.broke {
            return Poll::Ready(None);
        }
        let Poll::Ready(piece) = self.pieces.poll_recv(context) else {
            return Poll::Pending;
        };
        let told = self.told(piece).map(|piece| piece.map(Frame::data));
        Poll::Ready(told.or_else(|| {
            let mut trailers = HeaderMap::new();
            trailers.insert(REPLACED, HeaderValue::from(self.ended?.replaced));
            Some(Ok(Frame::trailers(trailers)))
        }))
    }
}

/// The reader's end of a file.
pub(super) struct Incoming(mpsc::Receiver<Sent>);

/// The writer's end of a file and the reader's. Between them somebody waits who notices a reader that left, and one
/// that takes nothing: the writer's next piece then fails.
pub(super) fn channel() -> (Out, Incoming) {
    let (out, mut written) = mpsc::channel::<Sent>(1);
    let (send, pieces) = mpsc::channel(WAITING);
    tokio::spawn(async move {
        while let Some(Some(piece)) = unless_left(&send, written.recv()).await {
            if send.send_timeout(piece, STALLED).await.is_err() {
                return;
            }
        }
    });
    (Out(out), Incoming(pieces))
}

/// What comes, unless the reader leaves first.
async fn unless_left<T>(reader: &mpsc::Sender<Sent>, coming: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        () = reader.closed() => None,
        came = coming => Some(came),
    }
}

/// Where a file is written to, from a thread that may wait.
#[derive(Clone)]
pub(super) struct Out(mpsc::Sender<Sent>);

impl Out {
    /// Whether nobody reads any more.
    pub(super) fn left(&self) -> bool {
        self.0.is_closed()
    }

    /// It ended, or broke off. A reader that went away hears nothing more.
    pub(super) fn end(&self, written: Result<Written, ExportProblem>) {
        let _ = self.0.blocking_send(written.map(Piece::End));
    }
}

/// Sends what is written, piece by piece; for a thread that may wait.
pub(super) struct Pieces {
    out: Out,
    piece: Vec<u8>,
}

impl Pieces {
    pub(super) fn new(out: Out) -> Self {
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
        let sent = self.out.0.blocking_send(Ok(Piece::Bytes(piece.into())));
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of two pieces, of which the writer says the end or not.
    async fn written(ends: bool) -> Result<Vec<u8>, ExportProblem> {
        let (out, pieces) = channel();
        let thread = std::thread::spawn(move || {
            let mut writer = Pieces::new(out.clone());
            for piece in [b"one", b"two"] {
                writer.write_all(piece).unwrap();
                writer.flush().unwrap();
            }
            if ends {
                out.end(Ok(Written { rows: 2, replaced: 1 }));
            }
        });
        let whole = ExportFile::new("a".to_owned(), "text/csv", pieces).whole().await;
        thread.join().unwrap();
        whole
    }

    #[tokio::test]
    async fn pieces_that_only_stop_are_not_a_file() {
        assert_eq!(written(true).await.unwrap(), b"onetwo");
        assert!(matches!(written(false).await, Err(ExportProblem::Cut)));
    }

    #[tokio::test]
    async fn a_writer_hears_that_its_reader_left() {
        let (out, pieces) = channel();
        drop(pieces);
        let writing = tokio::task::spawn_blocking(move || {
            let mut writer = Pieces::new(out);
            loop {
                if let Err(error) = writer.write_all(b"one").and_then(|()| writer.flush()) {
                    return error.kind();
                }
            }
        });
        assert_eq!(writing.await.unwrap(), io::ErrorKind::BrokenPipe);
    }
}
