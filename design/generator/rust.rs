//! The Rust form of the catalogue.

use std::fmt::Write as _;

use crate::catalogue::Message;

/// The whole of `src/generated.rs`.
pub fn source(messages: &[Message]) -> String {
    let mut out = String::from(
        "//! Written by `make strings` from `strings.json`; a change belongs there.\n\n\
         use crate::Entry;\n\n\
         /// A text of `strings.json`, in the order of that file.\n\
         #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]\n\
         pub enum Key {\n",
    );
    for message in messages {
        // A bracket would be read as a link to an item.
        let shown = message.texts.std.replace('[', "\\[");
        line(&mut out, format_args!("    /// {shown}"));
        line(&mut out, format_args!("    {},", message.variant()));
    }
    out.push_str("}\n\nimpl Key {\n");
    line(
        &mut out,
        format_args!("    /// Every key.\n    pub const ALL: [Self; {}] = [", messages.len()),
    );
    for message in messages {
        line(&mut out, format_args!("        Self::{},", message.variant()));
    }
    out.push_str("    ];\n\n    pub(crate) const fn entry(self) -> Entry {\n        match self {\n");
    for message in messages {
        let texts = &message.texts;
        line(
            &mut out,
            format_args!(
                "            Self::{} => Entry {{ name: {:?}, code: {:?},\n                \
                 std: {:?},\n                easy: {:?},\n                en: {:?} }},",
                message.variant(),
                message.key,
                texts.code,
                texts.std,
                texts.easy,
                texts.en,
            ),
        );
    }
    out.push_str("        }\n    }\n}\n");
    out
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{text}");
}
