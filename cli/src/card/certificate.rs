//! `card show-certificate`: a certificate of the card for its holder to look at, whatever is wrong with it.

use data_encoding::{BASE64, HEXLOWER};
use kinchaku_core::card::{Progress, SecretKind, show_auth_certificate, show_sign_certificate};
use kinchaku_design::format::date;
use kinchaku_design::{Key, text};
use kinchaku_protocol::jpki::certificate::Certificate;
use serde_json::json;

use super::touch::{Desk, Steps};
use crate::args::ShowCertificate;
use crate::ask::Pins;
use crate::output::{Exit, Output, Problem, columns};
use crate::words;

/// Characters a line of PEM (RFC 7468 2).
const PEM_LINE: usize = 64;

pub fn run(desk: &mut Desk<'_>, args: ShowCertificate) -> Result<Exit, Problem> {
    let trusted = desk.trusted.clone();
    let shown = if args.signature {
        let mut pins = Pins::for_card(args.entered.secret.pin_fd)?;
        desk.before(SecretKind::SignPassword)?;
        desk.entered(
            &mut pins,
            args.entered.last_try,
            |pins, out| pins.sign_password(Key::CardPromptSign, out),
            |entry| show_sign_certificate(entry, trusted.clone()),
            Progress::Read,
        )?
    } else {
        desk.ask_for(Key::CardPlace);
        desk.run(show_auth_certificate(trusted), Steps::Silent)?
    };
    let out = desk.out;
    let standing = shown.standing.map_err(words::card::problem);
    tell(&shown.certificate, standing.as_ref().err(), args.pem, desk);
    if args.signature {
        out.note(Key::CardCertificatePersonal, &[]);
    }
    if let Err(problem) = &standing {
        out.warn(problem);
    }
    Ok(Exit::Done)
}

fn tell(certificate: &Certificate, wrong: Option<&Problem>, pem: bool, desk: &Desk<'_>) {
    let out = desk.out;
    let (from, until) = certificate.valid();
    if out.json() {
        out.object(&json!({
            "schema": 1,
            "issuer_key": HEXLOWER.encode(&certificate.key_name().aki),
            "subject": certificate.common_name(),
            "from": from.to_string(),
            "until": until.to_string(),
            "ocsp": certificate.ocsp_uri(),
            "code": wrong.map(Problem::code),
            "der": BASE64.encode(certificate.der()),
        }));
        return;
    }
    if pem {
        return lines_of(certificate, out);
    }
    let lang = out.lang();
    // A certificate lives for years: the year is always said.
    let row = |key, value: String| vec![text(lang, key).to_owned(), value];
    let day = |time: kinchaku_protocol::time::Time| date(lang, time.day().0, 0);
    let mut rows = vec![
        row(Key::CardCertificateIssuer, HEXLOWER.encode(&certificate.key_name().aki)),
        row(Key::CardCertificateValid, format!("{} - {}", day(from), day(until))),
    ];
    // The name of a person or a CA: read, and not yet believed to be harmless on a terminal.
    let plain = |text: &str| text.chars().filter(|c| !c.is_control()).collect::<String>();
    if let Some(subject) = certificate.common_name() {
        rows.push(row(Key::CardCertificateSubject, plain(subject)));
    }
    if let Some(uri) = certificate.ocsp_uri() {
        rows.push(row(Key::CardCertificateOcsp, plain(uri)));
    }
    for line in columns(&rows, &[]) {
        out.line(&line);
    }
}

fn lines_of(certificate: &Certificate, out: &Output) {
    out.line("-----BEGIN CERTIFICATE-----");
    let text = BASE64.encode(certificate.der());
    for line in text.as_bytes().chunks(PEM_LINE) {
        out.line(&String::from_utf8_lossy(line));
    }
    out.line("-----END CERTIFICATE-----");
}
