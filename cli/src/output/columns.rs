//! Columns that line up: Japanese characters are two cells wide (Unicode Annex 11).

use unicode_width::UnicodeWidthStr as _;

/// Rows of cells, the last column but one padded on the right, amounts (`right`) on the left.
pub fn columns(rows: &[Vec<String>], right: &[usize]) -> Vec<String> {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.width()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..count).map(width).collect();
    rows.iter().map(|row| line(row, &widths, right)).collect()
}

fn line(row: &[String], widths: &[usize], right: &[usize]) -> String {
    let cells: Vec<String> = row
        .iter()
        .zip(widths)
        .enumerate()
        .map(|(column, (cell, width))| {
            let gap = " ".repeat(width.saturating_sub(cell.width()));
            if right.contains(&column) {
                format!("{gap}{cell}")
            } else {
                format!("{cell}{gap}")
            }
        })
        .collect();
    cells.join("  ").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::columns;

    #[test]
    fn wide_characters_take_two_cells() {
        let row = |name: &str, amount: &str| vec![name.to_owned(), amount.to_owned()];
        let lines = columns(&[row("コイン", "1,200円"), row("P", "5円")], &[1]);
        assert_eq!(lines, ["コイン  1,200円", "P           5円"]);
    }
}
