//! The same tables as a workbook, for clerks: Japanese headings, ids as text, one sheet for each million
//! rows.

use std::io::{Seek, Write};

use rust_xlsxwriter::{Workbook, XlsxError};

use super::table::{Cell, Flavour, Row};

/// Rows of one sheet. Excel takes 1,048,576.
const SHEET_ROWS: u32 = 1_000_000;

/// Why a workbook was not written.
#[derive(Debug, thiserror::Error)]
#[error("ブックを書けません。")]
pub struct XlsxProblem(#[from] XlsxError);

/// Writes all rows; gives how many. Memory does not grow with them: sheets lie in temporary files until the
/// end.
///
/// # Errors
/// [`XlsxProblem`].
pub fn write_xlsx<R: Row>(
    out: impl Write + Seek + Send,
    rows: impl IntoIterator<Item = R>,
) -> Result<u64, XlsxProblem> {
    let mut workbook = Workbook::new();
    let mut rows = rows.into_iter().peekable();
    let mut written = 0;
    loop {
        let sheet = workbook.add_worksheet_with_constant_memory()?;
        for (place, column) in (0_u16..).zip(R::columns(Flavour::Usual)) {
            sheet.write_string(0, place, column.label)?;
        }
        for (line, row) in (1..=SHEET_ROWS).zip(rows.by_ref()) {
            let mut cells = Vec::new();
            row.cells(Flavour::Usual, &mut cells);
            for (place, cell) in (0_u16..).zip(cells) {
                match cell {
                    Cell::Empty => (),
                    Cell::Text(text) => {
                        sheet.write_string(line, place, text.as_ref())?;
                    }
                    // Below 10^15, so exact as the double that a workbook holds.
                    Cell::Number(number) => {
                        sheet.write_number(line, place, number as f64)?;
                    }
                }
            }
            written += 1;
        }
        if rows.peek().is_none() {
            break;
        }
    }
    workbook.save_to_writer(out)?;
    Ok(written)
}
