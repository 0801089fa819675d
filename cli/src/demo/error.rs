//! Why the story did not go on: what did not happen, or what failed on the way.

use std::io;

/// The end of a story that went wrong.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Something the story tells did not happen.
    #[error("did not happen: {0}")]
    DidNotHappen(&'static str),
    /// A program of the story failed.
    #[error("{program} failed: {detail}")]
    Program {
        /// Its name.
        program: &'static str,
        /// What it said.
        detail: String,
    },
    /// The file system failed.
    #[error("input or output failed: {0}")]
    Io(#[from] io::Error),
    /// A flow of the wallet failed where the story needs it to succeed.
    #[error("{flow} failed: {detail}")]
    Flow {
        /// Which.
        flow: &'static str,
        /// Its error, which holds nothing personal.
        detail: String,
    },
}

/// Names the flow an error came from.
pub trait Within<T> {
    /// The value, or the error under the flow's name.
    fn within(self, flow: &'static str) -> Result<T, DemoError>;
}

impl<T, E: std::error::Error> Within<T> for Result<T, E> {
    fn within(self, flow: &'static str) -> Result<T, DemoError> {
        self.map_err(|error| DemoError::Flow {
            flow,
            detail: error.to_string(),
        })
    }
}
