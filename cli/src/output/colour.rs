//! Colour only repeats what a word or sign already says, so it can always be left out.

use std::io::IsTerminal;

use clap::ValueEnum;
use kinchaku_design::{Key, Lang, text};

/// When to write colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColourWish {
    /// To a terminal that can show it.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// A verdict, as sign and colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Good.
    Ok,
    /// Refused or failed.
    No,
    /// To be noticed.
    Note,
}

impl ColourWish {
    /// Whether colour is written to `stream`. NO_COLOR (no-color.org) and a dumb terminal switch it off.
    pub fn on(self, stream: &impl IsTerminal) -> bool {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => {
                let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
                stream.is_terminal() && !set("NO_COLOR") && !dumb
            }
        }
    }
}

impl Mark {
    /// The sign, coloured where wanted.
    pub fn sign(self, lang: Lang, colour: bool) -> String {
        let (key, code) = match self {
            Self::Ok => (Key::VerdictOk, "32"),
            Self::No => (Key::VerdictNo, "31"),
            Self::Note => (Key::VerdictNote, "33"),
        };
        let sign = text(lang, key);
        if colour {
            format!("\u{1b}[1;{code}m{sign}\u{1b}[0m")
        } else {
            sign.to_owned()
        }
    }
}
