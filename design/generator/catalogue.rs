//! Reads `strings.json`, keeping the order of the file and refusing a key that stands there twice.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

/// One key with its three texts.
pub struct Message {
    pub key: String,
    pub texts: Texts,
}

/// A text that is missing, or a field of another name, is an error of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    pub std: String,
    pub easy: String,
    pub en: String,
    pub code: Option<String>,
}

impl Message {
    /// The name of the `Key` variant: `error.no_qr` is `ErrorNoQr`.
    pub fn variant(&self) -> String {
        self.key
            .split(['.', '_'])
            .flat_map(|word| {
                let mut letters = word.chars();
                let first = letters.next().map(|letter| letter.to_ascii_uppercase());
                first.into_iter().chain(letters)
            })
            .collect()
    }
}

/// The messages in the order of the file.
pub fn read(json: &str) -> Result<Vec<Message>, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let messages = deserializer.deserialize_map(InOrder)?;
    deserializer.end()?;
    Ok(messages)
}

struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Vec<Message>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of keys")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut messages: Vec<Message> = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            if messages.iter().any(|message| message.key == key) {
                return Err(A::Error::custom(format!("{key} stands here twice")));
            }
            let texts = map
                .next_value()
                .map_err(|error| A::Error::custom(format!("{key}: {error}")))?;
            messages.push(Message { key, texts });
        }
        Ok(messages)
    }
}
