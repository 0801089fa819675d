//! Where things stand on the sheet, in millimetres from its upper left corner.

/// Width and height of A5.
pub(super) const PAGE: (f64, f64) = (148.0, 210.0);

/// Height of the band at the top and of the line at the bottom.
pub(super) const BAND: f64 = 24.0;
pub(super) const FOOT: f64 = 4.0;

/// The code with its quiet zone: upper edge and side. Without the zone about 70 mm.
pub(super) const CODE_TOP: f64 = 64.0;
pub(super) const CODE_SIDE: f64 = 80.0;

/// The colour of band and line (the token `primary`).
pub(super) const PRIMARY: [u8; 3] = [0x00, 0x42, 0x8c];

/// Left edge of the code.
pub(super) fn code_left() -> f64 {
    (PAGE.0 - CODE_SIDE) / 2.0
}

/// An ellipse of the purse: its centre, its radii, and whether it is white or the band's colour.
pub(super) struct Ellipse {
    pub(super) centre: (f64, f64),
    pub(super) radii: (f64, f64),
    pub(super) white: bool,
}

/// A drawstring purse: three folds, a body, and the cord around its neck.
pub(super) const PURSE: [Ellipse; 5] = [
    fold(13.2, 6.6),
    fold(16.0, 5.8),
    fold(18.8, 6.6),
    Ellipse {
        centre: (16.0, 14.6),
        radii: (7.0, 6.0),
        white: true,
    },
    Ellipse {
        centre: (16.0, 9.2),
        radii: (4.4, 0.7),
        white: false,
    },
];

const fn fold(x: f64, y: f64) -> Ellipse {
    Ellipse {
        centre: (x, y),
        radii: (1.9, 2.6),
        white: true,
    }
}

impl Ellipse {
    /// Whether it covers the point.
    pub(super) fn covers(&self, x: f64, y: f64) -> bool {
        let across = (x - self.centre.0) / self.radii.0;
        let down = (y - self.centre.1) / self.radii.1;
        across * across + down * down <= 1.0
    }
}
