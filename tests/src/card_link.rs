//! A software My Number card at a reader, as the core sees one, and a running town that takes such cards.

use std::sync::Arc;

use kinchaku_core::card::{
    AuthPin, CardError, CardTransport, Entry, Exchange, Outcome, Progress, SignPassword, TextPin, TransportLost,
    Trusted, pump,
};
use kinchaku_fixtures::card::SoftCard;
use kinchaku_fixtures::card::content::CardContent;
use kinchaku_fixtures::card::persons::Person;
use kinchaku_fixtures::jpki::responder::Responder;
use kinchaku_protocol::jpki::card_record::CvcRoots;
use kinchaku_protocol::jpki::trust::Anchors;
use kinchaku_protocol::time::Time;
use serde_json::json;

use crate::running_town::RunningTown;

/// Noon in Japan on 2026-11-21: every card but the expired one is valid.
pub const NOW: Time = Time(1_795_230_000);

/// Who is believed at [`NOW`]: the test JPKI.
#[must_use]
pub fn trusted() -> Trusted {
    Trusted {
        anchors: Arc::new(Anchors::test()),
        roots: Arc::new(CvcRoots::test()),
        now: NOW,
    }
}

/// Lets a town ask the test JPKI about cards, as long as what comes back lives.
#[must_use]
pub fn takes_cards(town: &mut RunningTown) -> Responder {
    let responder = Responder::start().unwrap();
    let at = |route: &str| format!("http://{}/{route}", responder.address());
    let path = town.folder.path().join("keys").join("town.json");
    let mut settings: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    settings["jpki"] = json!({ "ocsp": at("ocsp"), "platform": at("correspondence") });
    std::fs::write(path, settings.to_string()).unwrap();
    town.restart();
    responder
}

/// What a person types who types it right.
#[must_use]
pub fn sign_password(person: Person) -> Entry<SignPassword> {
    Entry::typed(SignPassword::parse(person.card().sign_password).unwrap())
}

/// The 利用者証明用 PIN.
#[must_use]
pub fn auth_pin(person: Person) -> Entry<AuthPin> {
    Entry::typed(AuthPin::parse(person.card().auth_pin).unwrap())
}

/// The 券面事項入力補助用 PIN.
#[must_use]
pub fn text_pin(person: Person) -> Entry<TextPin> {
    Entry::typed(TextPin::parse(person.card().text_pin).unwrap())
}

/// A reader with a card that stays the same from touch to touch.
pub struct Reader {
    /// The card, with its counters, faults and log.
    pub card: SoftCard,
}

impl Reader {
    /// With a person's card.
    #[must_use]
    pub fn of(person: Person) -> Self {
        Self::with(&person.content())
    }

    /// With a card of this content.
    #[must_use]
    pub fn with(content: &CardContent) -> Self {
        Self {
            card: SoftCard::new(content),
        }
    }

    /// One touch: the card comes into the field without power kept from before.
    ///
    /// # Errors
    /// What the exchange ends with.
    pub fn touch<T>(&mut self, exchange: &mut Exchange<T>) -> Result<Outcome<T>, CardError> {
        self.touch_showing(exchange, &mut |_| ())
    }

    /// The same, with the steps a person sees.
    ///
    /// # Errors
    /// What the exchange ends with.
    pub fn touch_showing<T>(
        &mut self,
        exchange: &mut Exchange<T>,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Outcome<T>, CardError> {
        self.card.power_off();
        self.card.power_on();
        pump(exchange, self, on_progress)
    }

    /// An exchange that ends at the first touch.
    ///
    /// # Errors
    /// What the exchange ends with.
    pub fn finish<T>(&mut self, mut exchange: Exchange<T>) -> Result<T, CardError> {
        match self.touch(&mut exchange)? {
            Outcome::Done(output) => Ok(output),
            Outcome::TouchAgain(why) => panic!("wants another touch: {why:?}"),
        }
    }

    /// Commands that reached the card since the last call: their heads.
    pub fn heads(&mut self) -> Vec<[u8; 4]> {
        let log = self.card.take_log();
        log.iter()
            .filter_map(|exchange| exchange.command.first_chunk().copied())
            .collect()
    }
}

impl CardTransport for Reader {
    /// A reader of a real stack gives no bytes, and no error, when the card has gone.
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportLost> {
        Ok(self.card.transmit(command))
    }
}
