//! `card status`: what card it is, which certificates it has, the tries left. No PIN.

use kinchaku_core::card::{SecretKind, Token, show_auth_certificate, status};
use kinchaku_design::format::date;
use kinchaku_design::{Key, say, text};
use kinchaku_protocol::time::Time;
use serde_json::json;

use super::touch::{Desk, Ended, Steps};
use crate::output::{Exit, Problem, columns};
use crate::words;

pub fn run(desk: &mut Desk<'_>) -> Result<Exit, Problem> {
    desk.ask_for(Key::CardPlace);
    let found = desk.run(status(), Steps::Silent)?;
    let until = match desk.run(show_auth_certificate(desk.trusted.clone()), Steps::Silent) {
        Ok(shown) => Some(shown.certificate.valid().1),
        // There is none, or it does not read: the rest of the status stands.
        Err(Ended::Card(_)) => None,
        Err(ended) => return Err(ended.into()),
    };
    let secrets = [
        (SecretKind::SignPassword, found.sign_password),
        (SecretKind::AuthPin, found.auth_pin),
        (SecretKind::TextPin, found.text_pin),
    ];
    let out = desk.out;
    let (word, token) = token(found.token);
    if out.json() {
        out.object(&json!({
            "schema": 1,
            "token": word,
            "certificates": found.available.map(|there| json!({ "signature": there.sign, "authentication": there.auth })),
            "tries_left": secrets.map(|(kind, left)| (words::card::secret_word(kind).0.to_owned(), left))
                .into_iter().collect::<std::collections::BTreeMap<_, _>>(),
            "authentication_until": until.map(|until| until.to_string()),
        }));
        return Ok(Exit::Done);
    }
    let lang = out.lang();
    let row = |key, value: String| vec![text(lang, key).to_owned(), value];
    let there = |there: Option<bool>| {
        let key = match there {
            Some(true) => Key::CardWordThere,
            Some(false) => Key::CardWordAbsent,
            None => Key::CardWordUnknown,
        };
        text(lang, key).to_owned()
    };
    let mut rows = vec![
        row(Key::CardStatusKind, text(lang, token).to_owned()),
        row(Key::CardStatusSign, there(found.available.map(|there| there.sign))),
        row(Key::CardStatusAuth, there(found.available.map(|there| there.auth))),
    ];
    if let Some(until) = until {
        rows.push(row(Key::CardStatusUntil, day(until, desk)));
    }
    for (kind, left) in secrets {
        let said = match left {
            Some(0) => text(lang, Key::CardTriesNone).to_owned(),
            Some(left) => say(lang, Key::CardTriesLeft, &[("left", &left.to_string())]),
            None => text(lang, Key::CardWordAbsent).to_owned(),
        };
        rows.push(row(words::card::secret_word(kind).1, said));
    }
    for line in columns(&rows, &[]) {
        out.line(&line);
    }
    Ok(Exit::Done)
}

fn day(time: Time, desk: &Desk<'_>) -> String {
    date(desk.out.lang(), time.day().0, desk.trusted.now.day().0)
}

const fn token(token: Token) -> (&'static str, Key) {
    match token {
        Token::Card => ("card", Key::CardTokenCard),
        Token::OldCard => ("old_card", Key::CardTokenOld),
        Token::AndroidPhone => ("android_phone", Key::CardTokenAndroid),
        Token::IPhone => ("iphone", Key::CardTokenIphone),
        Token::Other => ("other", Key::CardTokenOther),
    }
}
