//! Asking for a card's secrets. What cannot be one is said at once, before any card is touched: a typing error
//! costs no try.

use kinchaku_core::card::{AuthPin, BadSecret, SecretKind, SignPassword, TextPin};
use kinchaku_design::Key;

use super::pin::Pins;
use crate::output::{Exit, Output, Problem};
use crate::words;

impl Pins {
    /// The 署名用 password.
    pub fn sign_password(&mut self, prompt: Key, out: &Output) -> Result<SignPassword, Problem> {
        self.card(prompt, SecretKind::SignPassword, SignPassword::parse, out)
    }

    /// The 利用者証明用 PIN.
    pub fn auth_pin(&mut self, prompt: Key, out: &Output) -> Result<AuthPin, Problem> {
        self.card(prompt, SecretKind::AuthPin, AuthPin::parse, out)
    }

    /// The 券面事項入力補助用 PIN.
    pub fn text_pin(&mut self, prompt: Key, out: &Output) -> Result<TextPin, Problem> {
        self.card(prompt, SecretKind::TextPin, TextPin::parse, out)
    }

    /// A person is asked again until it can be one; a script is told.
    fn card<S>(
        &mut self,
        prompt: Key,
        kind: SecretKind,
        parse: fn(&str) -> Result<S, BadSecret>,
        out: &Output,
    ) -> Result<S, Problem> {
        loop {
            let typed = self
                .typed(prompt, out)
                .ok_or(Problem::new(Key::ErrorCardSecretSource, Exit::Usage))?;
            let problem = match parse(&typed) {
                Ok(secret) => return Ok(secret),
                Err(error) => words::card::typed(error, kind),
            };
            // A terminal that was closed gives empty lines for ever.
            if !self.is_person() || typed.is_empty() {
                return Err(problem);
            }
            out.warn(&problem);
        }
    }
}
