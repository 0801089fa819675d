//! Problems of the JSON API: those of the server, and which field or which line is wrong.

use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::books::BooksError;
use crate::http::Problem;
use crate::programme::{ProgrammeProblem, SetUpError};
use crate::store::StoreError;

/// A refusal.
pub(super) struct Refused {
    problem: Problem,
    more: Map<String, Value>,
}

/// A problem (RFC 9457) as it is answered.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct ProblemBody {
    /// `urn:kinchaku:problem:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// For the log of a developer.
    title: String,
    /// The status of the answer.
    status: u16,
    /// Stable: what a client goes by.
    code: String,
    /// The field that is wrong.
    #[schema(nullable = false)]
    field: Option<String>,
    /// What is wrong with it.
    #[schema(nullable = false)]
    detail: Option<String>,
    /// Everything that is wrong with a folder or a list.
    #[schema(nullable = false)]
    problems: Option<Vec<Wrong>>,
    /// Until when it stays so.
    #[schema(nullable = false)]
    until: Option<String>,
}

/// One thing that is wrong with a folder or a list.
#[derive(Serialize, ToSchema)]
pub(super) struct Wrong {
    /// The file.
    file: String,
    /// The line, from 1; 0 where it is about the file.
    line: u64,
    /// The key or the column; empty where it is about none.
    key: String,
    /// What is wrong, in Japanese.
    said: String,
}

impl Refused {
    /// A field that is not as it should be.
    pub(super) fn field(field: &str, detail: &str) -> Self {
        Self::invalid(Problem::Invalid, field, detail)
    }

    /// A body or a query that cannot be read.
    pub(super) fn unreadable(field: &str, detail: &str) -> Self {
        Self::invalid(Problem::Malformed, field, detail)
    }

    /// A problem with what there is to say about it.
    pub(super) fn because(problem: Problem, detail: &str) -> Self {
        let mut refused = Self::from(problem);
        refused.more.insert("detail".to_owned(), detail.into());
        refused
    }

    fn invalid(problem: Problem, field: &str, detail: &str) -> Self {
        let mut refused = Self::from(problem);
        refused.more.insert("field".to_owned(), field.into());
        refused.more.insert("detail".to_owned(), detail.into());
        refused
    }

    /// Everything that is wrong with a folder or a list.
    pub(super) fn wrong(problems: &[ProgrammeProblem]) -> Self {
        let mut refused = Self::from(Problem::BadFolder);
        let problems = problems.iter().map(|problem| {
            json!({
                "file": problem.file,
                "line": problem.line,
                "key": problem.key,
                "said": problem.wrong.to_string(),
            })
        });
        refused.more.insert("problems".to_owned(), problems.collect());
        refused
    }
}

impl<P: Into<Problem>> From<P> for Refused {
    fn from(problem: P) -> Self {
        Self {
            problem: problem.into(),
            more: Map::new(),
        }
    }
}

impl From<SetUpError> for Refused {
    fn from(error: SetUpError) -> Self {
        match error {
            SetUpError::Wrong(problems) => Self::wrong(&problems),
            SetUpError::Books(error) => error.into(),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        BooksError::from(error).into()
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        self.problem.with(self.more)
    }
}
