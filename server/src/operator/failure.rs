//! How a command ends: exit codes that scripts rely on, and sentences for the person at the desk.

use std::process::ExitCode;

use crate::books::BooksError;
use crate::http::{Problem, ServeError};
use crate::keys::KeysError;
use crate::programme::ProgrammeProblem;
use crate::store::StoreError;

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A value on the command line is not of its form.
    #[error("{option} は「{form}」の形で指定してください。")]
    Usage {
        /// The option.
        option: &'static str,
        /// The form it must have.
        form: &'static str,
    },
    /// Nothing answers where a server should.
    #[error("サーバーまたはデータベースにつながりません。動いているか確かめてください。")]
    NoAnswer,
    /// The passphrase is wrong or too short.
    #[error("{}", sentence("passphrase"))]
    Passphrase,
    /// A rule refused it.
    #[error("{}", sentence(code))]
    Refused {
        /// The problem's code.
        code: String,
    },
    /// A folder or a list is not right.
    #[error("{}", all(.0))]
    Wrong(Vec<ProgrammeProblem>),
    /// It was done before, by something else.
    #[error("{}", sentence("taken"))]
    Already,
    /// Keys or books cannot be opened.
    #[error("保存されたデータを開けません: {what}")]
    Data {
        /// Which.
        what: String,
    },
    /// The books do not add up.
    #[error("帳簿に誤りがあります。続ける前に調べてください。")]
    Unbalanced,
    /// Anything else.
    #[error("できませんでした: {what}")]
    Other {
        /// What, in technical words.
        what: String,
    },
}

impl Failure {
    /// The stable code for machines.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Usage { .. } => "usage",
            Self::NoAnswer => "no_answer",
            Self::Passphrase => "passphrase",
            Self::Refused { code } => code,
            Self::Wrong(_) => "bad_folder",
            Self::Already => "taken",
            Self::Data { .. } => "data",
            Self::Unbalanced => "unbalanced",
            Self::Other { .. } => "other",
        }
    }

    /// The exit code: 1 other, 2 usage, 3 needs a network, 4 refused by a rule, 5
    /// passphrase, 7 done before, 8 data.
    #[must_use]
    pub const fn exit(&self) -> u8 {
        match self {
            Self::Other { .. } | Self::Unbalanced => 1,
            Self::Usage { .. } => 2,
            Self::NoAnswer => 3,
            Self::Refused { .. } | Self::Wrong(_) => 4,
            Self::Passphrase => 5,
            Self::Already => 7,
            Self::Data { .. } => 8,
        }
    }

    /// From the code of a problem, as a server answers it.
    #[must_use]
    pub fn of_problem(code: &str) -> Self {
        match code {
            "taken" => Self::Already,
            "unavailable" | "too_many" | "card_status" => Self::NoAnswer,
            "internal" | "not_found" | "method" | "version" => Self::Other { what: code.to_owned() },
            _ => Self::Refused { code: code.to_owned() },
        }
    }
}

/// Everything that is wrong, a line for each.
fn all(problems: &[ProgrammeProblem]) -> String {
    let lines = problems.iter().map(|problem| format!("{problem}\n"));
    lines
        .chain(["誤りを直してから、もう一度実行してください。".to_owned()])
        .collect()
}

/// What a person reads for a problem's code.
fn sentence(code: &str) -> &'static str {
    match code {
        "unknown" => "その口座・種類・店・QRは登録されていません。",
        "amount" => "金額が正しくありません。1以上の整数で指定してください。",
        "taken" => "その番号またはキーは、別の内容ですでに使われています。",
        "no_person" => "この口座にはマイナンバーカードが登録されていません。",
        "no_pending" => "その番号で確認を待っているカードがありません。person show で番号を確かめてください。",
        "confirm" => "消した個人情報は元に戻せません。消すときは --yes を付けてください。",
        "stopped" => "利用を止めている相手です。",
        "token" => "サーバーの認証が合いません。同じ鍵のフォルダーを指定してください。",
        "not_set_up" => "事業のフォルダーがまだ入っていません。town load で入れてください。",
        "incompatible" => "すでに販売や配布が始まった事業の条件（種類、販売価格、額面、口数）は変えられません。",
        "bad_folder" => "事業のフォルダーに誤りがあります。town check で確かめてください。",
        "account" => {
            "口座の書き方が正しくありません。銀行4桁、支店3桁、「普通 1234567」、名義はカナで指定してください。"
        }
        "mark" => "店の情報がQRに入りません。名前は25文字、町名は15文字までです。",
        "clock_ahead" => {
            "時計が、帳簿の最後の記録より7日以上進んでいます。時計が正しければ --after-standstill を付けてください。"
        }
        "future" => "まだ来ていない時刻の処理はできません。",
        "passphrase" => "合言葉が正しくないか、短すぎます（12文字以上）。",
        "test_root" => "実演用の鍵です。製品版のサーバーでは使えません。",
        "sandbox" => "実演用の決済です。製品版のサーバーでは使えません。town.json の provider を消してください。",
        "running" => "同じ処理がまだ続いています。終わってから、もう一度実行してください。",
        "timeout" => "サーバーはまだ処理を続けています。しばらくしてから、もう一度実行してください。",
        "not_loopback" => "ほかの機械から届く場所では、TLSの中継を前に置き --behind-tls-proxy を付けてください。",
        "unknown_town" => "別の自治体のサーバーです。",
        _ => "規則により受け付けられません。",
    }
}

impl From<Failure> for ExitCode {
    fn from(failure: Failure) -> Self {
        Self::from(failure.exit())
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::of_problem(problem.code())
    }
}

impl From<KeysError> for Failure {
    fn from(error: KeysError) -> Self {
        match error {
            KeysError::AlreadyThere => Self::Already,
            KeysError::WrongPassphrase | KeysError::ShortPassphrase | KeysError::NoPassphrase => Self::Passphrase,
            KeysError::TestRoot => Self::Refused {
                code: "test_root".to_owned(),
            },
            KeysError::Sandbox => Self::Refused {
                code: "sandbox".to_owned(),
            },
            other => Self::Data {
                what: other.to_string(),
            },
        }
    }
}

impl From<BooksError> for Failure {
    fn from(error: BooksError) -> Self {
        match error {
            BooksError::Command(error) => Problem::from(error).into(),
            BooksError::Keys(error) => error.into(),
            BooksError::Store(error) => error.into(),
            error @ (BooksError::Identity(_) | BooksError::Status(_)) => Self::Data {
                what: error.to_string(),
            },
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Address => Self::Usage {
                option: "--database",
                form: "sqlite:books.db",
            },
            other => Self::Data {
                what: other.to_string(),
            },
        }
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::NotLoopback => Self::Refused {
                code: "not_loopback".to_owned(),
            },
            other => Self::Other {
                what: other.to_string(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_failure_has_its_exit_code() {
        let refused = Failure::of_problem("amount");
        let codes = [
            (Failure::of_problem("internal"), 1),
            (Failure::Unbalanced, 1),
            (
                Failure::Usage {
                    option: "--at",
                    form: "RFC 3339",
                },
                2,
            ),
            (Failure::of_problem("unavailable"), 3),
            (refused, 4),
            (Failure::from(KeysError::WrongPassphrase), 5),
            (Failure::of_problem("taken"), 7),
            (Failure::from(KeysError::AlreadyThere), 7),
            (Failure::from(KeysError::Damaged("keyset.cose")), 8),
        ];
        for (failure, exit) in codes {
            assert_eq!(failure.exit(), exit, "{failure:?}");
        }
    }
}
