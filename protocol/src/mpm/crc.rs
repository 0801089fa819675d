//! The payload's checksum: CRC-16/CCITT-FALSE (also IBM-3740) over UTF-8 bytes (EMV QRCPS MPM 4.7.3).

/// Generator x^16 + x^12 + x^5 + 1.
const POLYNOMIAL: u16 = 0x1021;

/// The checksum of `bytes`: initial value FFFF, nothing reflected, nothing inverted.
#[must_use]
pub fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xffff, |crc, byte| {
        let mut crc = crc ^ u16::from_be_bytes([*byte, 0]);
        for _ in 0..8 {
            let carry = crc & 0x8000 != 0;
            crc <<= 1;
            if carry {
                crc ^= POLYNOMIAL;
            }
        }
        crc
    })
}

/// The four hexadecimal digits that stand in object 63 of a payload whose bytes, up to and including
/// `6304`, are `covered`.
#[must_use]
pub fn digits(covered: &[u8]) -> String {
    format!("{:04X}", crc16(covered))
}

#[cfg(test)]
mod tests {
    use super::{crc16, digits};

    /// Published check values of this CRC.
    #[test]
    fn the_published_check_values_come_out() {
        assert_eq!(crc16(b"123456789"), 0x29b1);
        assert_eq!(crc16(b"a"), 0x9d77);
        assert_eq!(crc16(b"abc"), 0x514a);
        assert_eq!(crc16(b""), 0xffff);
    }

    #[test]
    fn leading_zeros_are_written() {
        let covered = (0_u32..)
            .map(|n| n.to_string().into_bytes())
            .find(|bytes| crc16(bytes) < 0x100)
            .unwrap();
        assert_eq!(digits(&covered).len(), 4);
    }
}
