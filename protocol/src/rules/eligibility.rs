//! Who may have what, by age and address (F053, F071). Wallet and server come to the same answer from the
//! same attributes; whether those are proven is the caller's affair.

use chrono::{Datelike as _, NaiveDate};

use crate::jpki::attributes::BirthDate;
use crate::time::Day;

/// Of age from here on (民法 4).
const ADULT: u16 = 18;

/// As a rule no certificate for signatures is issued before (F053).
const SIGNATURE_CERTIFICATE: u16 = 15;

/// An age in years, as surely as the birth date is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Age {
    /// Certainly this old.
    pub at_least: u16,
    /// Possibly this old.
    pub at_most: u16,
}

/// The age on a day in Japan; `None` where the year of birth is unknown or the birth lies ahead.
///
/// A year of age is complete when the day before the birthday ends (年齢計算ニ関する法律, 民法 143): so
/// somebody has it all through the birthday, and one born on 29 February has it on 1 March of a common
/// year. Rules that speak of the day on which an age is reached (達する日) mean [`reached_on`].
#[must_use]
pub fn age_on(birth: &BirthDate, day: Day) -> Option<Age> {
    let today = day.date()?;
    let (first, last) = birth.range()?;
    let at_most = years(first, today)?;
    Some(Age {
        at_least: years(last, today).unwrap_or(0),
        at_most,
    })
}

/// The day that ends as this age is complete: the day before the birthday. The latest one possible;
/// `None` where the year of birth is unknown or the day lies before 1970.
#[must_use]
pub fn reached_on(birth: &BirthDate, age: u16) -> Option<Day> {
    let (_, last) = birth.range()?;
    let year = last.year().checked_add(i32::from(age))?;
    // In a common year 29 February has no corresponding day; the year of age is complete with 28 February.
    let birthday = last.with_year(year).or_else(|| NaiveDate::from_ymd_opt(year, 3, 1))?;
    Day::of(birthday.pred_opt()?)
}

/// Whether somebody is under 18; `None` where the birth date does not tell.
#[must_use]
pub fn is_minor(birth: &BirthDate, day: Day) -> Option<bool> {
    is_under(birth, day, ADULT)
}

/// Whether somebody is old enough for a certificate for signatures; `None` where the birth date does not
/// tell. Who is may still have declined it.
#[must_use]
pub fn may_have_signature_certificate(birth: &BirthDate, day: Day) -> Option<bool> {
    is_under(birth, day, SIGNATURE_CERTIFICATE).map(|under| !under)
}

fn is_under(birth: &BirthDate, day: Day, limit: u16) -> Option<bool> {
    let age = age_on(birth, day)?;
    if age.at_most < limit {
        Some(true)
    } else if age.at_least >= limit {
        Some(false)
    } else {
        None
    }
}

/// Whole years from a birth to a day; `None` where it lies ahead.
fn years(birth: NaiveDate, day: NaiveDate) -> Option<u16> {
    let years = day.year().checked_sub(birth.year())?;
    let had_birthday = (day.month(), day.day()) >= (birth.month(), birth.day());
    let years = if had_birthday { years } else { years.checked_sub(1)? };
    u16::try_from(years).ok()
}

/// Whether an address of the register is in one of these municipalities.
///
/// Names are written as officially: prefecture, 郡 where there is one, then 市区町村 (東京都府中市,
/// 北海道中川郡池田町). Width of letters, spaces, variation selectors and ケ for ヶ make no difference.
///
/// Cards of large cities may leave the prefecture out. Where one of both sides does, the rest has to be
/// enough: 府中市 and 伊達市 exist twice and then match nowhere, and neither does 町 or 村 without its 郡.
#[must_use]
pub fn lives_in(address: &str, town_names: &[&str]) -> bool {
    let address = normal(address);
    let (prefecture, rest) = without_prefecture(&address);
    town_names.iter().any(|town| {
        let town = normal(town);
        let (of_town, name) = without_prefecture(&town);
        let same = match (prefecture, of_town) {
            (Some(one), Some(other)) => one == other,
            _ => names_one_place(name),
        };
        !town.is_empty() && same && rest.starts_with(name)
    })
}

/// Whether a municipality's name without its prefecture is enough to know it.
fn names_one_place(name: &str) -> bool {
    let twice = name.starts_with("府中市") || name.starts_with("伊達市");
    let without_district = name.ends_with(['町', '村']) && !name.contains('郡');
    !name.is_empty() && !twice && !without_district
}

/// The prefecture an address begins with, and what follows it.
fn without_prefecture(address: &str) -> (Option<&'static str>, &str) {
    PREFECTURES
        .iter()
        .find_map(|prefecture| Some((Some(*prefecture), address.strip_prefix(prefecture)?)))
        .unwrap_or((None, address))
}

/// One way of writing for what is written in several.
fn normal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            _ if c.is_whitespace() => (),
            // Variation selectors choose a glyph, not a character.
            '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => (),
            '\u{ff01}'..='\u{ff5e}' => {
                out.extend(u32::from(c).checked_sub(0xfee0).and_then(char::from_u32));
            }
            'ヶ' | 'ｹ' => out.push('ケ'),
            'ﾞ' | 'ﾟ' => {
                if let Some(voiced) = out.chars().next_back().and_then(|last| with_mark(last, c)) {
                    out.pop();
                    out.push(voiced);
                }
            }
            '\u{ff66}'..='\u{ff9d}' => {
                let place = u32::from(c)
                    .checked_sub(0xff66)
                    .and_then(|place| usize::try_from(place).ok());
                out.extend(place.and_then(|place| KATAKANA.chars().nth(place)));
            }
            _ => out.push(c),
        }
    }
    out
}

/// A katakana with its 濁点 or 半濁点. In Unicode the two forms follow the plain one.
fn with_mark(plain: char, mark: char) -> Option<char> {
    let step = match (mark, plain) {
        ('ﾞ', 'ウ') => return Some('ヴ'),
        ('ﾞ', 'カ'..='ト' | 'ハ'..='ホ') => 1,
        ('ﾟ', 'ハ'..='ホ') => 2,
        _ => return None,
    };
    u32::from(plain).checked_add(step).and_then(char::from_u32)
}

/// U+FF66 to U+FF9D in full width, in their order.
const KATAKANA: &str =
    "ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン";

const PREFECTURES: [&str; 47] = [
    "北海道",
    "青森県",
    "岩手県",
    "宮城県",
    "秋田県",
    "山形県",
    "福島県",
    "茨城県",
    "栃木県",
    "群馬県",
    "埼玉県",
    "千葉県",
    "東京都",
    "神奈川県",
    "新潟県",
    "富山県",
    "石川県",
    "福井県",
    "山梨県",
    "長野県",
    "岐阜県",
    "静岡県",
    "愛知県",
    "三重県",
    "滋賀県",
    "京都府",
    "大阪府",
    "兵庫県",
    "奈良県",
    "和歌山県",
    "鳥取県",
    "島根県",
    "岡山県",
    "広島県",
    "山口県",
    "徳島県",
    "香川県",
    "愛媛県",
    "高知県",
    "福岡県",
    "佐賀県",
    "長崎県",
    "熊本県",
    "大分県",
    "宮崎県",
    "鹿児島県",
    "沖縄県",
];

#[cfg(test)]
mod tests {
    use super::{Age, age_on, is_minor, lives_in, may_have_signature_certificate, reached_on};
    use crate::jpki::attributes::BirthDate;
    use crate::time::Day;
    use chrono::NaiveDate;
    use proptest::prelude::*;

    fn born(digits: &str) -> BirthDate {
        BirthDate::from_digits(digits.as_bytes()).unwrap()
    }

    fn day(year: i32, month: u32, day: u32) -> Day {
        Day::of(NaiveDate::from_ymd_opt(year, month, day).unwrap()).unwrap()
    }

    fn exactly(age: u16) -> Option<Age> {
        Some(Age {
            at_least: age,
            at_most: age,
        })
    }

    #[test]
    fn a_year_of_age_is_complete_when_the_day_before_the_birthday_ends() {
        let birth = born("20080402");
        assert_eq!(age_on(&birth, day(2026, 4, 1)), exactly(17));
        assert_eq!(age_on(&birth, day(2026, 4, 2)), exactly(18));
        // Born on 1 April: reached on 31 March, so in the school year before (早生まれ).
        assert_eq!(reached_on(&born("20200401"), 6), Some(day(2026, 3, 31)));
        assert_eq!(reached_on(&born("20200402"), 6), Some(day(2026, 4, 1)));
    }

    #[test]
    fn who_is_born_on_a_leap_day_is_older_on_the_first_of_march() {
        let birth = born("20080229");
        assert_eq!(age_on(&birth, day(2026, 2, 28)), exactly(17));
        assert_eq!(age_on(&birth, day(2026, 3, 1)), exactly(18));
        assert_eq!(reached_on(&birth, 18), Some(day(2026, 2, 28)));
        assert_eq!(age_on(&birth, day(2028, 2, 28)), exactly(19));
        assert_eq!(age_on(&birth, day(2028, 2, 29)), exactly(20));
        assert_eq!(reached_on(&birth, 20), Some(day(2028, 2, 28)));
    }

    #[test]
    fn unknown_parts_leave_a_range_and_an_unknown_year_nothing() {
        let on = |digits| age_on(&born(digits), day(2026, 6, 15));
        assert_eq!(
            on("20080000"),
            Some(Age {
                at_least: 17,
                at_most: 18
            })
        );
        assert_eq!(
            on("20080600"),
            Some(Age {
                at_least: 17,
                at_most: 18
            })
        );
        assert_eq!(on("20080500"), exactly(18));
        assert_eq!(
            on("20260000"),
            Some(Age {
                at_least: 0,
                at_most: 0
            })
        );
        assert_eq!(on("00000000"), None);
        assert_eq!(on("20260616"), None);
        assert_eq!(is_minor(&born("20080600"), day(2026, 6, 15)), None);
        assert_eq!(is_minor(&born("20080700"), day(2026, 6, 15)), Some(true));
        assert_eq!(is_minor(&born("20080500"), day(2026, 6, 15)), Some(false));
    }

    /// F053.
    #[test]
    fn certificates_for_signatures_begin_at_fifteen() {
        let birth = born("20110715");
        assert_eq!(may_have_signature_certificate(&birth, day(2026, 7, 14)), Some(false));
        assert_eq!(may_have_signature_certificate(&birth, day(2026, 7, 15)), Some(true));
        assert_eq!(is_minor(&birth, day(2026, 7, 15)), Some(true));
    }

    /// F071.
    #[test]
    fn an_address_is_in_a_town_however_both_are_written() {
        for (address, town) in [
            ("東京都清瀬市観布子南１２－７－２０２", "東京都清瀬市"),
            ("東京都　清瀬市 観布子南", "東京都清瀬市"),
            ("清瀬市観布子南１２", "東京都清瀬市"),
            ("東京都清瀬市観布子南", "清瀬市"),
            ("横浜市中区本町６－５０－１０", "神奈川県横浜市"),
            ("京都市左京区", "京都府京都市"),
            ("千葉県鎌ヶ谷市新鎌ケ谷", "千葉県鎌ケ谷市"),
            ("奈良県葛\u{e0100}城市柿本", "奈良県葛城市"),
            ("山梨県南ｱﾙﾌﾟｽ市小笠原", "山梨県南アルプス市"),
            ("北海道虻田郡ﾆｾｺ町字富士見", "北海道虻田郡ニセコ町"),
            ("中川郡池田町字西１条", "北海道中川郡池田町"),
            ("東京都府中市宮西町", "東京都府中市"),
            ("東京都府中市宮西町", "東京都"),
        ] {
            assert!(lives_in(address, &["沖縄県那覇市", town]), "{address} {town}");
        }
    }

    #[test]
    fn a_town_of_the_same_name_elsewhere_is_another_town() {
        for (address, town) in [
            ("広島県府中市府川町", "東京都府中市"),
            ("府中市府川町", "東京都府中市"),
            ("広島県府中市府川町", "府中市"),
            ("広島県安芸郡府中町大通", "東京都府中市"),
            ("福島県伊達市保原町", "北海道伊達市"),
            ("静岡県周智郡森町", "北海道茅部郡森町"),
            ("池田町字西１条", "北海道中川郡池田町"),
            ("静岡県周智郡森町", "森町"),
            ("東京都清瀬市", ""),
            ("清瀬市観布子南", "東京都"),
            ("神奈川県川崎市", "東京都"),
            ("", "東京都清瀬市"),
            ("千葉県市川市八幡", "東京都市川市"),
        ] {
            assert!(!lives_in(address, &[town]), "{address} {town}");
        }
        assert!(!lives_in("東京都清瀬市", &[]));
    }

    proptest! {
        #[test]
        fn a_known_birth_date_gives_one_age_that_never_falls(start in 0_u32..30_000, later in 0_u32..400) {
            let date = Day(start).date().unwrap();
            let birth = born(&date.format("%Y%m%d").to_string());
            let age = |day| age_on(&birth, day).unwrap();
            let (now, then) = (age(Day(start + 6_570)), age(Day(start + 6_570 + later)));
            prop_assert_eq!(now.at_least, now.at_most);
            prop_assert!(now.at_least <= then.at_least && then.at_least <= now.at_least + 2);
            let reached = reached_on(&birth, 18).unwrap();
            prop_assert_eq!(age(reached).at_least, 17);
            prop_assert_eq!(age(reached.plus(1)).at_least, 18);
        }
    }
}
