//! The purse, and the pictures of the three steps: a phone that reads, a phone with an amount, a phone that is shown.

use tiny_skia::{Path, PathBuilder, Rect};

use super::page::{Colour, Ink, Mark};

/// Where a picture is drawn: its upper left corner, and how many millimetres one of its units is.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// Upper left corner.
    pub(super) at: (f32, f32),
    /// Millimetres a unit.
    pub(super) unit: f32,
}

impl Place {
    fn x(self, x: f32) -> f32 {
        self.at.0 + x * self.unit
    }

    fn y(self, y: f32) -> f32 {
        self.at.1 + y * self.unit
    }

    fn rect(self, x: f32, y: f32, width: f32, height: f32) -> Option<Rect> {
        Rect::from_xywh(self.x(x), self.y(y), width * self.unit, height * self.unit)
    }
}

/// A drawstring purse of 14 by 17 units: three folds, a body, and the cord around its neck.
pub(super) fn purse(place: Place) -> Vec<Mark> {
    let ellipse = |x: f32, y: f32, across: f32, down: f32, colour| {
        let oval = place.rect(x - across, y - down, across * 2.0, down * 2.0)?;
        Some(Mark::Shape(PathBuilder::from_oval(oval)?, Ink::Fill(colour)))
    };
    let parts = [
        ellipse(4.2, 2.6, 1.9, 2.6, Colour::White),
        ellipse(7.0, 1.8, 1.9, 2.6, Colour::White),
        ellipse(9.8, 2.6, 1.9, 2.6, Colour::White),
        ellipse(7.0, 10.6, 7.0, 6.0, Colour::White),
        ellipse(7.0, 5.2, 4.4, 0.7, Colour::Primary),
    ];
    parts.into_iter().flatten().collect()
}

/// The picture of a step, 12 by 12 units.
pub(super) fn step(number: usize, place: Place) -> Vec<Mark> {
    let mut marks = Vec::new();
    let pen = Ink::Stroke(Colour::Primary, 0.75 * place.unit);
    let mut stroke = |path: Option<Path>, ink| marks.extend(path.map(|path| Mark::Shape(path, ink)));
    stroke(round(place, (2.6, 0.4), (6.8, 11.2), 1.2), pen);
    let fill = Ink::Fill(Colour::Primary);
    match number {
        1 => {
            for (x, y, right, down) in [
                (4.0, 2.6, 1.4, 1.4),
                (8.0, 2.6, -1.4, 1.4),
                (4.0, 6.6, 1.4, -1.4),
                (8.0, 6.6, -1.4, -1.4),
            ] {
                stroke(
                    polyline(place, &[(x + right, y), (x, y), (x, y + down)]),
                    Ink::Stroke(Colour::Primary, 0.55 * place.unit),
                );
            }
            for (x, y) in [(4.9, 3.5), (6.3, 3.5), (4.9, 4.9)] {
                stroke(place.rect(x, y, 0.9, 0.9).map(PathBuilder::from_rect), fill);
            }
            stroke(place.rect(6.55, 5.15, 0.5, 0.5).map(PathBuilder::from_rect), fill);
        }
        2 => {
            stroke(
                round(place, (4.0, 2.0), (4.0, 2.2), 0.4),
                Ink::Stroke(Colour::Primary, 0.55 * place.unit),
            );
            for y in [5.6, 7.2, 8.8] {
                for x in [4.4, 6.0, 7.6] {
                    let dot = place
                        .rect(x - 0.45, y - 0.45, 0.9, 0.9)
                        .and_then(PathBuilder::from_oval);
                    stroke(dot, fill);
                }
            }
        }
        _ => stroke(
            polyline(place, &[(4.2, 5.8), (5.6, 7.3), (7.9, 4.1)]),
            Ink::Stroke(Colour::Primary, 1.1 * place.unit),
        ),
    }
    marks
}

/// A rectangle with round corners.
pub(super) fn round(place: Place, (x, y): (f32, f32), (width, height): (f32, f32), radius: f32) -> Option<Path> {
    // How far a cubic's handles reach for a quarter of a circle.
    const REACH: f32 = 0.552_285;
    let (left, top) = (place.x(x), place.y(y));
    let (right, bottom) = (place.x(x + width), place.y(y + height));
    let radius = radius * place.unit;
    let rest = radius * (1.0 - REACH);
    let mut path = PathBuilder::new();
    path.move_to(left + radius, top);
    path.line_to(right - radius, top);
    path.cubic_to(right - rest, top, right, top + rest, right, top + radius);
    path.line_to(right, bottom - radius);
    path.cubic_to(right, bottom - rest, right - rest, bottom, right - radius, bottom);
    path.line_to(left + radius, bottom);
    path.cubic_to(left + rest, bottom, left, bottom - rest, left, bottom - radius);
    path.line_to(left, top + radius);
    path.cubic_to(left, top + rest, left + rest, top, left + radius, top);
    path.close();
    path.finish()
}

fn polyline(place: Place, points: &[(f32, f32)]) -> Option<Path> {
    let mut path = PathBuilder::new();
    for (number, (x, y)) in points.iter().enumerate() {
        if number == 0 {
            path.move_to(place.x(*x), place.y(*y));
        } else {
            path.line_to(place.x(*x), place.y(*y));
        }
    }
    path.finish()
}
