//! What a file is, told by its first bytes; its name and what its sender calls it do not count.

/// A kind of file that people take for a picture of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// Read.
    Png,
    /// Read, but for arithmetic coding, lossless ones and more than 8 bits.
    Jpeg,
    /// Pictures of an iPhone that keeps them small (ISO 23008-12).
    Heic,
    /// ISO 23000-22.
    Avif,
    /// An animation, or an old picture.
    Gif,
    /// From the web.
    WebP,
    /// Windows.
    Bmp,
    /// Scanners and cameras' raw pictures.
    Tiff,
    /// JPEG's successor.
    JpegXl,
    /// A drawing.
    Svg,
    /// A document.
    Pdf,
    /// Moving pictures.
    Video,
    /// An archive or an office document.
    Zip,
}

/// First bytes, and which file starts so.
const STARTS: [(&[u8], FileKind); 15] = [
    (b"\x89PNG\r\n\x1a\n", FileKind::Png),
    (b"\xff\xd8\xff", FileKind::Jpeg),
    (b"GIF8", FileKind::Gif),
    (b"BM", FileKind::Bmp),
    (b"II*\0", FileKind::Tiff),
    (b"MM\0*", FileKind::Tiff),
    (b"\xff\x0a", FileKind::JpegXl),
    (b"\0\0\0\x0cJXL ", FileKind::JpegXl),
    (b"%PDF-", FileKind::Pdf),
    (b"<svg", FileKind::Svg),
    (b"<?xml", FileKind::Svg),
    (b"\xef\xbb\xbf<?xml", FileKind::Svg),
    (b"\x1aE\xdf\xa3", FileKind::Video),
    (b"PK\x03\x04", FileKind::Zip),
    (b"PK\x05\x06", FileKind::Zip),
];

/// Brands of the ISO base media file format (ISO 14496-12), in whose box `ftyp` pictures and films
/// say what they are.
const HEIC: [&[u8]; 8] = [b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"];
const AVIF: [&[u8]; 2] = [b"avif", b"avis"];

impl FileKind {
    /// What this file is; `None` for anything else.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let known = STARTS.iter().find(|(start, _)| bytes.starts_with(start));
        known.map(|(_, kind)| *kind).or_else(|| by_inner_name(bytes))
    }

    /// What people call it, the same in every language.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::Heic => "HEIC",
            Self::Avif => "AVIF",
            Self::Gif => "GIF",
            Self::WebP => "WebP",
            Self::Bmp => "BMP",
            Self::Tiff => "TIFF",
            Self::JpegXl => "JPEG XL",
            Self::Svg => "SVG",
            Self::Pdf => "PDF",
            Self::Video => "MP4, MOV",
            Self::Zip => "ZIP",
        }
    }
}

/// Formats that say what they are after a length.
fn by_inner_name(bytes: &[u8]) -> Option<FileKind> {
    let at = |from: usize| bytes.get(from..from + 4);
    if at(0) == Some(b"RIFF") {
        let film = FileKind::Video;
        return Some(if at(8) == Some(b"WEBP") { FileKind::WebP } else { film });
    }
    if at(4) != Some(b"ftyp") {
        return None;
    }
    // The main brand, a version, and the compatible ones: the main brand may be the vague one.
    let brands = || [8, 16, 20, 24, 28].into_iter().filter_map(at);
    if brands().any(|brand| AVIF.contains(&brand)) {
        return Some(FileKind::Avif);
    }
    if brands().any(|brand| HEIC.contains(&brand)) {
        return Some(FileKind::Heic);
    }
    Some(FileKind::Video)
}

#[cfg(test)]
mod tests {
    use super::FileKind;

    #[test]
    fn files_are_known_by_their_first_bytes() {
        for (bytes, kind) in [
            (&b"\x89PNG\r\n\x1a\n\0\0"[..], Some(FileKind::Png)),
            (b"\xff\xd8\xff\xe0", Some(FileKind::Jpeg)),
            (b"\0\0\0\x24ftypheic\0\0\0\0mif1heic", Some(FileKind::Heic)),
            (b"\0\0\0\x24ftypmif1\0\0\0\0heic", Some(FileKind::Heic)),
            (b"\0\0\0\x24ftypmif1\0\0\0\0avifmif1", Some(FileKind::Avif)),
            (b"\0\0\0\x14ftypqt  ", Some(FileKind::Video)),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Some(FileKind::WebP)),
            (b"RIFF\x10\0\0\0AVI ", Some(FileKind::Video)),
            (b"GIF89a", Some(FileKind::Gif)),
            (b"%PDF-1.7", Some(FileKind::Pdf)),
            (b"<svg xmlns=", Some(FileKind::Svg)),
            (b"\x89PNG", None),
            (b"", None),
            (b"hello", None),
        ] {
            assert_eq!(FileKind::of(bytes), kind, "{bytes:?}");
        }
    }
}
