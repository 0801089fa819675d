//! Tells the story: a line a person reads, or an object a machine does. A line that claims something is
//! told only when it is so.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;
use std::time::Instant;

use kinchaku_design::{Key, Lang, say};
use serde_json::json;

use super::error::DemoError;

/// Tells lines and counts what was shown.
pub struct Narrator {
    json: bool,
    lang: Lang,
    chapter: u8,
    shown: u32,
    started: Instant,
}

impl Narrator {
    /// Begins.
    pub fn new(json: bool, lang: Lang) -> Self {
        Self {
            json,
            lang,
            chapter: 0,
            shown: 0,
            started: Instant::now(),
        }
    }

    /// The language of the lines.
    pub const fn lang(&self) -> Lang {
        self.lang
    }

    /// A new chapter.
    pub fn chapter(&mut self, key: Key) {
        self.chapter = self.chapter.saturating_add(1);
        if self.json {
            self.object(json!({ "event": key.name(), "text": say(self.lang, key, &[]) }));
        } else {
            self.line(&format!("\n{}. {}", self.chapter, say(self.lang, key, &[])));
        }
    }

    /// A line that claims nothing.
    pub fn tell(&mut self, key: Key, values: &[(&str, &str)]) {
        let text = say(self.lang, key, values);
        if self.json {
            self.object(json!({ "event": key.name(), "text": text, "values": object(values) }));
        } else {
            self.line(&format!("   {text}"));
        }
    }

    /// A line that claims something: told if it is so, the end of the story if not.
    pub fn prove(&mut self, key: Key, so: bool, values: &[(&str, &str)]) -> Result<(), DemoError> {
        if !so {
            return Err(DemoError::DidNotHappen(key.name()));
        }
        self.shown = self.shown.saturating_add(1);
        let text = say(self.lang, key, values);
        if self.json {
            self.object(json!({ "event": key.name(), "text": text, "values": object(values), "shown": true }));
        } else {
            self.line(&format!("[OK] {text}"));
        }
        Ok(())
    }

    /// What a person sees on a screen, word for word.
    pub fn screen(&mut self, text: &str, code: Option<&str>) {
        if self.json {
            self.object(json!({ "event": "screen", "text": text, "code": code }));
        } else {
            let code = code.map_or(String::new(), |code| format!("（{code}）"));
            self.line(&format!("     「{text}」{code}"));
        }
    }

    /// A code as a terminal shows it; machines get nothing.
    pub fn drawing(&mut self, drawing: &str) {
        if !self.json && io::stdout().is_terminal() {
            self.line(drawing);
        }
    }

    /// The end, with what was shown and where it lies.
    pub fn finish(&mut self, out: &Path) {
        let seconds = format!("{:.1}", self.started.elapsed().as_secs_f64());
        let values = [
            ("count", &*self.shown.to_string()),
            ("seconds", &seconds),
            ("folder", &*out.display().to_string()),
        ];
        if self.json {
            self.object(json!({ "event": "finished", "shown": self.shown, "seconds": seconds, "folder": out.display().to_string(), "ok": true }));
        } else {
            let text = say(self.lang, Key::DemoFinished, &values);
            self.line(&format!("\n{text}"));
        }
    }

    /// The end of a story that went wrong.
    pub fn failed(&mut self, error: &DemoError) {
        if self.json {
            self.object(json!({ "event": "failed", "text": error.to_string(), "ok": false }));
        } else {
            let text = say(self.lang, Key::DemoFailed, &[("what", &error.to_string())]);
            self.line(&format!("[×] {text}"));
        }
    }

    fn object(&self, mut object: serde_json::Value) {
        if let Some(members) = object.as_object_mut() {
            members.insert("schema".to_owned(), 1.into());
            members.insert("chapter".to_owned(), self.chapter.into());
        }
        self.line(&object.to_string());
    }

    #[expect(clippy::unused_self, reason = "telling is the narrator's alone")]
    fn line(&self, text: &str) {
        // A reader that closed the pipe has heard enough.
        let _ = writeln!(io::stdout().lock(), "{text}");
    }
}

fn object(values: &[(&str, &str)]) -> serde_json::Value {
    values
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).into()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
