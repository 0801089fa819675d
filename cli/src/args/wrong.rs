//! What is said of a command line that does not read, and of the wish for help.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use kinchaku_design::{Key, say};

use crate::output::{Exit, Output, Problem};

/// Answers what clap found; help and version are data, everything else is a problem.
pub fn answer(error: &clap::Error, out: &Output) -> Exit {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            out.line(error.render().to_string().trim_end());
            Exit::Done
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            out.aside(error.render().to_string().trim_end());
            Exit::Usage
        }
        _ => {
            if !out.json() {
                for word in context(
                    error,
                    &[
                        ContextKind::InvalidArg,
                        ContextKind::InvalidSubcommand,
                        ContextKind::InvalidValue,
                    ],
                ) {
                    out.aside(&word);
                }
            }
            for word in context(
                error,
                &[
                    ContextKind::SuggestedSubcommand,
                    ContextKind::SuggestedArg,
                    ContextKind::SuggestedValue,
                ],
            ) {
                out.aside(&say(out.lang(), Key::CliDidYouMean, &[("word", &word)]));
            }
            out.problem(&Problem::new(Key::ErrorUsage, Exit::Usage));
            Exit::Usage
        }
    }
}

/// The words clap names in these roles.
fn context(error: &clap::Error, kinds: &[ContextKind]) -> Vec<String> {
    let named = error.context().filter(|(kind, _)| kinds.contains(kind));
    named
        .flat_map(|(_, value)| match value {
            ContextValue::String(word) => vec![word.clone()],
            ContextValue::Strings(words) => words.clone(),
            _ => Vec::new(),
        })
        .filter(|word| !word.is_empty())
        .collect()
}
