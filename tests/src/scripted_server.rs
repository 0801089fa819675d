//! A server in memory that says what a test tells it to say: the truth, or anything else.

use std::sync::Mutex;

use kinchaku_core::network::{Network, NetworkError, Request, Response};
use kinchaku_protocol::api::VERSION;
use kinchaku_protocol::doc::field::Bytes;
use kinchaku_protocol::doc::{
    Answer, AnswerItem, Document as _, Fact, FactKind, Intent, Reason, Received, Upload, kind_of,
};
use kinchaku_protocol::ids::DocId;
use kinchaku_protocol::signature::SoftwareSigner;

use crate::offline_town::{OfflineTown, START};

/// Makes a whole answer of a request.
type Script = Box<dyn Fn(&Request) -> Result<Response, NetworkError> + Send + Sync>;

/// A server by its script; it remembers what it was asked.
pub struct ScriptedServer {
    script: Script,
    asked: Mutex<Vec<Request>>,
}

impl ScriptedServer {
    /// Answers everything by a script.
    #[must_use]
    pub fn new(script: impl Fn(&Request) -> Result<Response, NetworkError> + Send + Sync + 'static) -> Self {
        Self {
            script: Box::new(script),
            asked: Mutex::default(),
        }
    }

    /// Answers each uploaded document by `item`; knows no other route.
    #[must_use]
    pub fn uploads(item: impl Fn(usize, &[u8]) -> AnswerItem + Send + Sync + 'static) -> Self {
        Self::new(move |request| {
            if !request.path.ends_with("/upload") {
                return Ok(said(404, Vec::new()));
            }
            let upload = Upload::decode(&request.body).unwrap();
            let items = upload
                .items
                .iter()
                .enumerate()
                .map(|(at, document)| item(at, &document.document.0))
                .collect();
            Ok(said(200, Answer { items }.encode()))
        })
    }

    /// How many requests it had for a route.
    #[must_use]
    pub fn asked(&self, route: &str) -> usize {
        self.asked
            .lock()
            .unwrap()
            .iter()
            .filter(|request| request.path.ends_with(route))
            .count()
    }
}

impl Network for ScriptedServer {
    fn exchange(&self, request: &Request) -> Result<Response, NetworkError> {
        self.asked.lock().unwrap().push(request.clone());
        (self.script)(request)
    }
}

/// An answer in this version.
#[must_use]
pub fn said(status: u16, body: Vec<u8>) -> Response {
    Response {
        status,
        body,
        version: Some(VERSION),
        retry_after: None,
    }
}

/// What an honest server says of a document: a payment is posted, anything else noted.
#[must_use]
pub fn honest(document: &[u8]) -> AnswerItem {
    if kind_of(document).unwrap() == Intent::KIND {
        AnswerItem::Fact(Bytes(fact(
            Received::<Intent>::read(document).unwrap().id(),
            FactKind::Posted,
            &fact_key(),
        )))
    } else {
        AnswerItem::Noted
    }
}

/// A fact about a document, by whoever signs it.
#[must_use]
pub fn fact(subject: DocId, kind: FactKind, signer: &SoftwareSigner) -> Vec<u8> {
    let fact = Fact {
        subject,
        kind,
        reason: Reason::None,
        at: START.after(60),
        rows: vec![],
        posting_day: START.day(),
        other: None,
    };
    fact.sign(signer).unwrap().bytes().to_vec()
}

/// The town's key for facts.
#[must_use]
pub fn fact_key() -> SoftwareSigner {
    OfflineTown::key(1)
}
