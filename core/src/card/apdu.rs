//! Commands and answers as bytes (ISO 7816-4): short APDUs only, which every phone and reader carries.
//!
//! [`Repeatable`] is what a card may get twice. VERIFY is no such type, so nothing that repeats can hold one.

use std::fmt;

use zeroize::Zeroizing;

use super::profile::{Application, File, Key, SecretKind};

/// Instruction bytes.
pub(super) mod ins {
    pub const VERIFY: u8 = 0x20;
    pub const COMPUTE_DIGITAL_SIGNATURE: u8 = 0x2a;
    pub const SELECT: u8 = 0xa4;
    pub const READ_BINARY: u8 = 0xb0;
    pub const GET_RESPONSE: u8 = 0xc0;
}

/// Most that a short Le asks for; it is written as 0.
pub(super) const MOST: usize = 256;

/// What a command does, for errors and traces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CommandKind {
    /// SELECT by AID.
    SelectApplication(Application),
    /// SELECT of a file.
    SelectFile(File),
    /// SELECT of a PIN's file.
    SelectSecret(SecretKind),
    /// SELECT of a key's file.
    SelectKey(Key),
    /// READ BINARY.
    Read(File),
    /// VERIFY without data: how many tries are left.
    Count(SecretKind),
    /// VERIFY.
    Verify(SecretKind),
    /// COMPUTE DIGITAL SIGNATURE.
    Sign(Key),
}

/// One command, to be handed to the card as it is: never changed, split or sent twice.
///
/// The bytes are wiped when it is dropped. `Debug` shows neither secrets nor what is signed.
pub struct Command {
    kind: CommandKind,
    bytes: Zeroizing<Vec<u8>>,
}

impl Command {
    /// From whole bytes; only for VERIFY, everything else comes out of [`Repeatable::command`].
    pub(super) const fn once(kind: CommandKind, bytes: Zeroizing<Vec<u8>>) -> Self {
        Self { kind, bytes }
    }

    /// The bytes for the card.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What it does.
    #[must_use]
    pub const fn kind(&self) -> CommandKind {
        self.kind
    }

    /// The bytes as a trace may show them.
    pub(super) fn shown(&self) -> String {
        shown(&self.bytes)
    }
}

/// Bytes of a command without secrets (INS 20, 24, 32) and without what is signed (INS 2A). The length of
/// a secret is not shown either.
fn shown(bytes: &[u8]) -> String {
    let (head, body) = bytes.split_at_checked(4).unwrap_or((bytes, &[]));
    let head_hex = data_encoding::HEXUPPER.encode(head);
    match head.get(1) {
        _ if body.is_empty() => head_hex,
        Some(0x20 | 0x24 | 0x32) => format!("{head_hex} **"),
        Some(&ins::COMPUTE_DIGITAL_SIGNATURE) => format!("{head_hex} ({} bytes)", body.len()),
        _ => head_hex + &data_encoding::HEXUPPER.encode(body),
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.kind, self.shown())
    }
}

/// A command that does no harm when the card gets it twice.
#[derive(Clone)]
pub(super) struct Repeatable {
    kind: CommandKind,
    head: [u8; 4],
    data: Vec<u8>,
    le: Option<usize>,
}

impl Repeatable {
    /// Case 1 or 3: nothing is expected but a status word.
    pub fn plain(kind: CommandKind, head: [u8; 4], data: &[u8]) -> Self {
        Self {
            kind,
            head,
            data: data.to_vec(),
            le: None,
        }
    }

    /// Case 2 or 4: up to `le` bytes are expected, [`MOST`] at most.
    pub fn expecting(kind: CommandKind, head: [u8; 4], data: &[u8], le: usize) -> Self {
        Self {
            kind,
            head,
            data: data.to_vec(),
            le: Some(le.min(MOST)),
        }
    }

    /// The same with another Le, as `6Cxx` asks for.
    pub fn with_le(&self, le: usize) -> Self {
        Self {
            le: Some(le.min(MOST)),
            ..self.clone()
        }
    }

    /// GET RESPONSE for what `61xx` announced.
    pub fn response(&self, le: usize) -> Self {
        Self::expecting(self.kind, [0x00, ins::GET_RESPONSE, 0x00, 0x00], &[], le)
    }

    pub fn command(&self) -> Command {
        let mut bytes = Vec::with_capacity(self.data.len().saturating_add(6));
        bytes.extend(self.head);
        if let Some(lc) = u8::try_from(self.data.len()).ok().filter(|lc| *lc > 0) {
            bytes.push(lc);
            bytes.extend(&self.data);
        }
        if let Some(le) = self.le {
            bytes.push(u8::try_from(le).unwrap_or(0));
        }
        Command {
            kind: self.kind,
            bytes: Zeroizing::new(bytes),
        }
    }
}

/// SW1 and SW2.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StatusWord(pub u16);

impl StatusWord {
    /// Done.
    pub const OK: Self = Self(0x9000);
    /// The end of the file came before Le bytes.
    pub const END_OF_FILE: Self = Self(0x6282);
    /// The security status is not satisfied.
    pub const SECURITY_STATUS: Self = Self(0x6982);
    /// ISO 7816-4: the authentication method is blocked.
    pub const METHOD_BLOCKED: Self = Self(0x6983);
    /// JICSAP: the key referred to is blocked. What a My Number card answers.
    pub const KEY_BLOCKED: Self = Self(0x6984);
    /// There is no current EF.
    pub const NO_CURRENT_FILE: Self = Self(0x6986);
    /// There is no such file or application.
    pub const NOT_FOUND: Self = Self(0x6a82);
    /// The offset is behind the end of the file.
    pub const PAST_THE_END: Self = Self(0x6b00);

    /// `63Cx`: tries that are left.
    pub(super) const fn tries(self) -> Option<u8> {
        let [high, low] = self.0.to_be_bytes();
        match (high, low) {
            (0x63, 0xc0..=0xcf) => Some(low & 0x0f),
            _ => None,
        }
    }

    /// `61xx`: bytes that wait.
    pub(super) fn more(self) -> Option<usize> {
        self.length_behind(0x61)
    }

    /// `6Cxx`: the Le that would be right.
    pub(super) fn right_le(self) -> Option<usize> {
        self.length_behind(0x6c)
    }

    fn length_behind(self, first: u8) -> Option<usize> {
        let [high, low] = self.0.to_be_bytes();
        (high == first).then_some(if low == 0 { MOST } else { usize::from(low) })
    }
}

impl fmt::Debug for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

impl fmt::Display for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

/// What the card said.
pub(super) struct Answer {
    pub data: Vec<u8>,
    pub status: StatusWord,
}

impl Answer {
    /// `None` for fewer than two bytes: a reader gives those when the card has gone.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (data, status) = bytes.split_last_chunk::<2>()?;
        Some(Self {
            data: data.to_vec(),
            status: StatusWord(u16::from_be_bytes(*status)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: CommandKind = CommandKind::Read(File::TokenInfo);

    #[test]
    fn the_four_cases_are_short() {
        let head = [0, 0x20, 0, 0x80];
        assert_eq!(Repeatable::plain(KIND, head, &[]).command().bytes(), head);
        assert_eq!(
            Repeatable::plain(KIND, head, &[1, 2]).command().bytes(),
            [0, 0x20, 0, 0x80, 2, 1, 2]
        );
        assert_eq!(
            Repeatable::expecting(KIND, head, &[], 256).command().bytes(),
            [0, 0x20, 0, 0x80, 0]
        );
        assert_eq!(
            Repeatable::expecting(KIND, head, &[9], 4).command().bytes(),
            [0, 0x20, 0, 0x80, 1, 9, 4]
        );
    }

    #[test]
    fn a_trace_shows_neither_a_secret_nor_its_length() {
        for ins in [0x20, 0x24, 0x32] {
            for secret in [&b"1234"[..], b"ABCDEF1234567890"] {
                let mut bytes = vec![0, ins, 0, 0x80, 4];
                bytes.extend(secret);
                let command = Command::once(CommandKind::Verify(SecretKind::AuthPin), Zeroizing::new(bytes));
                assert_eq!(format!("{command:?}"), format!("Verify(AuthPin) 00{ins:02X}0080 **"));
            }
        }
        let signing = Repeatable::expecting(CommandKind::Sign(Key::Auth), [0x80, 0x2a, 0, 0x80], &[0x30; 51], 256);
        assert_eq!(format!("{:?}", signing.command()), "Sign(Auth) 802A0080 (53 bytes)");
        assert_eq!(shown(&[0, 0xb0, 0x8a, 0, 0]), "00B08A0000");
        assert_eq!(shown(&[0, 0x20]), "0020");
    }

    #[test]
    fn fewer_than_two_bytes_are_no_status_word() {
        assert!(Answer::read(&[]).is_none());
        assert!(Answer::read(&[0x90]).is_none());
        let answer = Answer::read(&[7, 0x63, 0xc2]).unwrap();
        assert_eq!((answer.data, answer.status.tries()), (vec![7], Some(2)));
        assert_eq!(StatusWord(0x6300).tries(), None);
        assert_eq!(StatusWord(0x6100).more(), Some(256));
        assert_eq!(StatusWord(0x6c07).right_le(), Some(7));
    }
}
