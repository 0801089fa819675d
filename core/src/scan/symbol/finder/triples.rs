//! Finder squares by threes, as the corners of symbols.

use super::super::register::Corners;
use super::square::Square;

const MAX_CORNERS: usize = 8;

/// The likeliest corners of symbols among these squares.
pub(super) fn triples(squares: &[Square]) -> Vec<Corners> {
    let mut found: Vec<(f32, Corners)> = Vec::new();
    for corner in squares {
        for right in squares {
            for low in squares {
                if let Some(set) = triple(corner, right, low) {
                    found.push(set);
                }
            }
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found
        .into_iter()
        .take(MAX_CORNERS)
        .map(|(_, corners)| corners)
        .collect()
}

/// Whether three squares lie as the finder squares of one symbol do, and how well.
fn triple(corner: &Square, right: &Square, low: &Square) -> Option<(f32, Corners)> {
    let way = |to: &Square| (to.middle.0 - corner.middle.0, to.middle.1 - corner.middle.1);
    let (across, down) = (way(right), way(low));
    if across.0 * down.1 - across.1 * down.0 <= 0.0 {
        return None;
    }
    let alike = [corner, right, low].map(|square| square.likeness);
    if alike[0] * alike[1] <= 0.0 || alike[0] * alike[2] <= 0.0 {
        return None;
    }
    let sizes = [corner, right, low].map(Square::size);
    let (least, most) = (
        sizes[0].min(sizes[1]).min(sizes[2]),
        sizes[0].max(sizes[1]).max(sizes[2]),
    );
    if most > 1.9 * least {
        return None;
    }
    // Along one side of the square and not across it, seen from either end.
    let length = |from: &Square, way: (f32, f32)| {
        let (u, v) = from.modules(way);
        let (along, aside) = (u.abs().max(v.abs()), u.abs().min(v.abs()));
        (along, aside / along.max(1.0), u.abs() > v.abs())
    };
    let sides = [
        length(corner, across),
        length(right, across),
        length(corner, down),
        length(low, down),
    ];
    if sides[0].2 == sides[2].2
        || sides
            .iter()
            .any(|side| side.1 > 0.35 || side.0 < 12.0 || side.0 > 175.0)
    {
        return None;
    }
    let wide = (sides[0].0 * sides[1].0).sqrt();
    let tall = (sides[2].0 * sides[3].0).sqrt();
    let unequal = (wide / tall).max(tall / wide);
    if unequal > 1.35 {
        return None;
    }
    let aside: f32 = sides.iter().map(|side| side.1).sum();
    let score = alike.iter().map(|part| part.abs()).sum::<f32>() / 3.0
        - 0.5 * (unequal - 1.0)
        - 0.3 * aside
        - 0.15 * (most / least - 1.0);
    let corners = Corners {
        upper_left: corner.middle,
        upper_right: right.middle,
        lower_left: low.middle,
        side: (wide * tall).sqrt() + 7.0,
        inverted: alike[0] < 0.0,
    };
    Some((score, corners))
}
