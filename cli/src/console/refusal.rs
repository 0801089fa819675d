//! What the server says no with (RFC 9457), in words, and how the command ends.

use kinchaku_design::Key;
use serde::Deserialize;

use crate::output::{Exit, Problem};

/// Why a request came to nothing.
#[derive(Debug)]
pub enum Failed {
    /// There was no answer, or none that could be used.
    Unanswered(Problem),
    /// The server said no.
    Refused(Refusal),
}

/// The server's no.
#[derive(Debug, Default, Deserialize)]
pub struct Refusal {
    /// What, for machines; it stays.
    #[serde(default)]
    pub code: String,
    /// The HTTP status.
    #[serde(skip)]
    pub status: u16,
    /// The field that is wrong.
    #[serde(default)]
    pub field: String,
    /// What is wrong with it.
    #[serde(default)]
    pub detail: String,
    /// What is wrong with a file or folder.
    #[serde(default)]
    pub problems: Vec<Mistake>,
}

/// One thing that is wrong in a file of somebody's making.
#[derive(Clone, Debug, Deserialize)]
pub struct Mistake {
    /// The file.
    #[serde(default)]
    pub file: String,
    /// The line, counted from 1; 0 where it is about the file as a whole.
    #[serde(default)]
    pub line: u64,
    /// The key or the column.
    #[serde(default, alias = "column")]
    pub key: String,
    /// What is wrong, as a sentence.
    pub said: String,
}

impl Refusal {
    /// Reads the body of an answer that is no success.
    pub fn read(status: u16, body: &[u8]) -> Self {
        let mut refusal: Self = serde_json::from_slice(body).unwrap_or_default();
        refusal.status = status;
        refusal
    }

    /// In words.
    pub fn problem(&self) -> Problem {
        let (key, exit) = match self.code.as_str() {
            "token" => (Key::ErrorToken, Exit::Refused),
            "role" => (Key::ErrorTokenRole, Exit::Refused),
            "device" | "signature" | "clock" => (Key::ErrorServerRefused, Exit::Refused),
            "unknown" | "unknown_town" | "not_found" => (Key::ErrorConsoleUnknown, Exit::Other),
            "not_set_up" => (Key::ErrorConsoleNotSetUp, Exit::Refused),
            "bad_folder" | "bad_roster" => (Key::ErrorConsoleBadFile, Exit::Refused),
            "incompatible" => (Key::ErrorConsoleIncompatible, Exit::Refused),
            "taken" => (Key::ErrorConsoleTaken, Exit::AlreadyDone),
            "future" => (Key::ErrorConsoleFuture, Exit::Refused),
            "calendar" => (Key::ErrorConsoleCalendar, Exit::Refused),
            "order_state" => (Key::ErrorConsoleOrderState, Exit::AlreadyDone),
            "used_already" => (Key::ErrorConsoleUsed, Exit::Refused),
            "no_draw" => (Key::ErrorConsoleNoDraw, Exit::Refused),
            "not_closed" => (Key::ErrorConsoleNotClosed, Exit::Refused),
            "transfer" => {
                return Problem::new(Key::ErrorConsoleTransfer, Exit::Refused).named("detail", self.detail.clone());
            }
            "invalid" if !self.field.is_empty() => {
                return Problem::new(Key::ErrorConsoleField, Exit::Usage).named("field", self.field.clone());
            }
            "too_large" => (Key::ErrorConsoleTooLarge, Exit::Usage),
            "running" | "timeout" => (Key::ErrorConsoleRunning, Exit::Other),
            other => {
                return self
                    .of_payment(other)
                    .or_else(|| applied(other))
                    .unwrap_or_else(|| self.by_status());
            }
        };
        Problem::new(key, exit)
    }

    fn of_payment(&self, code: &str) -> Option<Problem> {
        let key = cannot_cancel(code)?;
        let exit = match code {
            "already_cancelled" | "cash_refunded" => Exit::AlreadyDone,
            _ => Exit::Refused,
        };
        Some(Problem::new(key, exit))
    }

    fn by_status(&self) -> Problem {
        match self.status {
            401 => Problem::new(Key::ErrorToken, Exit::Refused),
            403 => Problem::new(Key::ErrorTokenRole, Exit::Refused),
            404 => Problem::new(Key::ErrorConsoleUnknown, Exit::Other),
            400 | 405 | 413 | 415 | 422 => Problem::new(Key::ErrorConsoleMalformed, Exit::Usage),
            429 | 503 => Problem::new(Key::ErrorConsoleBusy, Exit::NeedsNetwork),
            409 => Problem::new(Key::ErrorConsoleRefused, Exit::Refused).named("code", self.code.clone()),
            _ => Problem::new(Key::ErrorConsoleServer, Exit::Other),
        }
    }
}

/// Why a payment cannot be taken back, or cash not be written down (F096, F097, F124 to F128).
pub fn cannot_cancel(code: &str) -> Option<Key> {
    Some(match code {
        "closed" => Key::ErrorCancelClosed,
        "office_only" => Key::ErrorCancelOffice,
        "already_cancelled" => Key::ErrorCancelAlready,
        "cash_refunded" => Key::ErrorCancelCash,
        "not_posted" => Key::ErrorCancelNotPosted,
        "other_shop" => Key::ErrorCancelOtherShop,
        "not_paid" => Key::ErrorCancelNotPaid,
        "still_open" => Key::ErrorCancelStillOpen,
        "amount_differs" => Key::ErrorCancelAmount,
        "not_a_payment" | "not_a_use" => Key::ErrorCancelNotUse,
        _ => return None,
    })
}

/// Why an application or an order is not taken.
fn applied(code: &str) -> Option<Problem> {
    let (key, exit) = match code {
        "not_yet" => (Key::ErrorApplyNotYet, Exit::Refused),
        "over" => (Key::ErrorApplyOver, Exit::Refused),
        "elsewhere" => (Key::ErrorApplyElsewhere, Exit::Refused),
        "too_young" | "too_old" | "age_unclear" => (Key::ErrorApplyAge, Exit::Refused),
        "not_registered" | "not_listed" | "no_card" => (Key::ErrorApplyNotListed, Exit::Refused),
        "applied_before" => (Key::ErrorApplyBefore, Exit::AlreadyDone),
        "too_many_units" => (Key::ErrorApplyUnits, Exit::Refused),
        "sold_out" => (Key::ErrorApplySoldOut, Exit::Refused),
        _ => return None,
    };
    Some(Problem::new(key, exit))
}

impl From<Problem> for Failed {
    fn from(problem: Problem) -> Self {
        Self::Unanswered(problem)
    }
}

impl From<Refusal> for Failed {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Failed> for Problem {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Unanswered(problem) => problem,
            Failed::Refused(refusal) => refusal.problem(),
        }
    }
}
