//! Money: grouped digits with the unit attached, and the true minus sign.

use crate::Lang;

/// What an amount counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Yen: coins and vouchers.
    Yen,
    /// Points; never added to yen on a screen.
    Point,
}

/// `1,234`.
#[must_use]
pub fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut grouped = String::with_capacity(digits.len().saturating_mul(2));
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && digits.len().saturating_sub(at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1,234円`, `1,234ポイント`.
#[must_use]
pub fn money(lang: Lang, unit: Unit, amount: u64) -> String {
    let unit = match (lang, unit) {
        (Lang::Ja | Lang::Easy, Unit::Yen) => "円",
        (Lang::Ja | Lang::Easy, Unit::Point) => "ポイント",
        (Lang::En, Unit::Yen) => " yen",
        (Lang::En, Unit::Point) if amount == 1 => " point",
        (Lang::En, Unit::Point) => " points",
    };
    let mut text = number(amount);
    text.push_str(unit);
    text
}

/// `−1,200円` (U+2212) below zero, otherwise as [`money`].
#[must_use]
pub fn signed_money(lang: Lang, unit: Unit, amount: i64) -> String {
    let text = money(lang, unit, amount.unsigned_abs());
    if amount < 0 { format!("\u{2212}{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_by_three() {
        let said: Vec<_> = [0, 999, 1_000, 12_345, 123_456, 1_234_567].map(number).into();
        assert_eq!(said, ["0", "999", "1,000", "12,345", "123,456", "1,234,567"]);
        assert_eq!(number(u64::MAX), "18,446,744,073,709,551,615");
    }

    #[test]
    fn the_unit_is_attached() {
        assert_eq!(money(Lang::Ja, Unit::Yen, 1_234), "1,234円");
        assert_eq!(money(Lang::Easy, Unit::Point, 1_234), "1,234ポイント");
        assert_eq!(money(Lang::En, Unit::Yen, 1_234), "1,234 yen");
        assert_eq!(money(Lang::En, Unit::Point, 1), "1 point");
    }

    #[test]
    fn below_zero_has_the_true_minus() {
        assert_eq!(signed_money(Lang::Ja, Unit::Yen, -1_200), "−1,200円");
        assert_eq!(signed_money(Lang::Ja, Unit::Yen, 0), "0円");
        assert_eq!(
            signed_money(Lang::Ja, Unit::Point, i64::MIN),
            "−9,223,372,036,854,775,808ポイント"
        );
    }
}
