//! A My Number card at a phone or a reader: what is said to it and what its answers mean, without any I/O.
//!
//! Each exchange is an [`Exchange`]: the host tells it of touches and answers and hands over the commands it asks
//! for; [`pump`] is that loop over a [`CardTransport`].
//! - [`status`]: what a card says of itself
//! - [`recognise`]: who is here again, without a PIN
//! - [`sign_link`], [`link_minor`]: a resident links the card
//! - [`authenticate`], [`read_attributes`], [`show_auth_certificate`], [`show_sign_certificate`]
//!
//! The promise of this folder: **what a person types reaches the card at most once** (`verify`). Every file a card
//! gives is judged at once and offline. Nothing a person typed and nothing a card says of a person is in an error,
//! a [`Journal`] or `Debug`.

mod apdu;
mod attributes;
mod authenticate;
mod certificate;
mod error;
mod exchange;
mod journal;
mod link;
mod link_minor;
mod profile;
mod read;
mod recognise;
mod secret;
mod show;
mod sign;
mod sign_link;
mod status;
mod transport;
mod tries;
mod verify;

pub use apdu::{Command, CommandKind, StatusWord};
pub use attributes::{CardAttributes, read_attributes};
pub use authenticate::{Authenticated, authenticate};
pub use certificate::Trusted;
pub use error::{CardError, Why};
pub use exchange::{Event, Exchange, Progress, Step};
pub use journal::Journal;
pub use link_minor::{MinorLinked, link_minor};
pub use profile::{Application, Availability, File, Key, SecretKind, Token};
pub use recognise::recognise;
pub use secret::{AuthPin, BadSecret, CardSecret, SignPassword, TextPin};
pub use show::{ShownCertificate, show_auth_certificate, show_sign_certificate};
pub use sign_link::{SignLinked, sign_link};
pub use status::{CardStatus, status};
pub use transport::{CardTransport, Outcome, TransportLost, pump};
pub use tries::{Learnt, Left, NotTries, RememberedTries};
pub use verify::Entry;
