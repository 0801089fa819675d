//! Files of a length that the card tells in the file.
//!
//! The first READ BINARY names the file by its short identifier and asks for 256 bytes, so that most files need
//! no SELECT and no command for their length. A card that refuses that is asked by SELECT, once in an exchange.

use kinchaku_protocol::jpki::ber;

use super::apdu::{Answer, CommandKind, MOST, Repeatable, StatusWord, ins};
use super::error::{CardError, Stop};
use super::link::Card;
use super::profile::{Extent, File};

/// Longest file read, and within the offsets that READ BINARY has (15 bits).
const MOST_FILE: usize = 32 * 1024 - 1;

/// Bytes that always tell the length of an object, however short the answers are.
const HEAD: usize = 6;

/// The content of a file, without the filler behind it; nothing where there is only filler. Its application is selected.
///
/// # Errors
/// [`CardError::Malformed`] for a file that ends before its own length, [`CardError::Refused`] with what the
/// card said to the first command for it.
pub(super) async fn read(card: &mut Card, file: File) -> Result<Vec<u8>, Stop> {
    let malformed = || CardError::Malformed { file };
    let wanted = match file.extent() {
        Extent::Fixed(length) => length,
        Extent::Ber => MOST,
    };
    let mut content = begin(card, file, wanted).await?;
    let mut ended = content.is_empty();
    let total = loop {
        let total = match file.extent() {
            Extent::Fixed(length) => Some(length),
            Extent::Ber => ber::total_length(&content),
        };
        match total {
            Some(total) => break total,
            None if content.len() < HEAD && !ended => {
                let part = go_on(card, file, content.len(), MOST).await?;
                ended = part.is_empty();
                content.extend(part);
            }
            None if ber::is_filler(&content) => return Ok(Vec::new()),
            None => return Err(malformed().into()),
        }
    };
    if total > MOST_FILE {
        return Err(malformed().into());
    }
    while let Some(rest) = total.checked_sub(content.len()).filter(|rest| *rest > 0) {
        let part = go_on(card, file, content.len(), rest.min(MOST)).await?;
        if part.is_empty() {
            return Err(malformed().into());
        }
        content.extend(part);
    }
    content.truncate(total);
    Ok(content)
}

/// The first part.
async fn begin(card: &mut Card, file: File, le: usize) -> Result<Vec<u8>, Stop> {
    let ef = card.generation().file(file);
    let kind = CommandKind::Read(file);
    let refused = match ef.short().filter(|_| card.reads_short) {
        Some(short) => {
            let answer = card.fetch(&binary(kind, [short, 0], le)).await?;
            match part(answer, le) {
                Ok(part) => {
                    card.now_in(CommandKind::SelectFile(file));
                    return Ok(part);
                }
                // The file is there, and closed.
                Err(status @ StatusWord::SECURITY_STATUS) => {
                    return Err(CardError::Refused { command: kind, status }.into());
                }
                Err(_) => true,
            }
        }
        None => false,
    };
    card.select_file(CommandKind::SelectFile(file), ef.identifier()).await?;
    let part = go_on(card, file, 0, le).await?;
    if refused {
        card.reads_short = false;
    }
    Ok(part)
}

/// A further part, from the file that is selected. Empty where the file ends.
async fn go_on(card: &mut Card, file: File, offset: usize, le: usize) -> Result<Vec<u8>, Stop> {
    let kind = CommandKind::Read(file);
    let [high, low] = u16::try_from(offset)
        .ok()
        .filter(|offset| *offset <= 0x7fff)
        .ok_or(CardError::Malformed { file })?
        .to_be_bytes();
    let binary = binary(kind, [high, low], le);
    let mut answer = card.fetch(&binary).await?;
    if answer.status == StatusWord::NO_CURRENT_FILE {
        // It read by short identifier, and selected nothing by it.
        card.in_no_file();
        let identifier = card.generation().file(file).identifier();
        card.select_file(CommandKind::SelectFile(file), identifier).await?;
        answer = card.fetch(&binary).await?;
    }
    match part(answer, le) {
        Ok(part) => Ok(part),
        Err(StatusWord::PAST_THE_END) => Ok(Vec::new()),
        Err(status) => Err(CardError::Refused { command: kind, status }.into()),
    }
}

fn binary(kind: CommandKind, [p1, p2]: [u8; 2], le: usize) -> Repeatable {
    Repeatable::expecting(kind, [0x00, ins::READ_BINARY, p1, p2], &[], le)
}

/// The bytes of an answer, which may be fewer than were asked for but never count as more.
fn part(answer: Answer, le: usize) -> Result<Vec<u8>, StatusWord> {
    match answer.status {
        StatusWord::OK | StatusWord::END_OF_FILE => {
            let mut data = answer.data;
            data.truncate(le);
            Ok(data)
        }
        status => Err(status),
    }
}
