//! Dates, digits and texts of the register.

use kinchaku_protocol::doc::field::{from_bytes, to_bytes};
use kinchaku_protocol::jpki::attributes::{AttributeError, BasicFour, BirthDate, Sex, Substituted};
use proptest::prelude::*;

fn born(digits: &str) -> BirthDate {
    BirthDate::from_digits(digits.as_bytes()).unwrap()
}

#[test]
fn dates_are_told_by_era() {
    for (digits, wareki) in [
        ("19800217", "昭和55年2月17日"),
        ("19261224", "大正15年12月24日"),
        ("19261225", "昭和元年12月25日"),
        ("19890107", "昭和64年1月7日"),
        ("19890108", "平成元年1月8日"),
        ("20190430", "平成31年4月30日"),
        ("20190501", "令和元年5月1日"),
        ("20261121", "令和8年11月21日"),
        ("19120729", "明治45年7月29日"),
        ("19120730", "大正元年7月30日"),
        ("18680125", "明治元年1月25日"),
        ("18680124", "1868年1月24日"),
    ] {
        assert_eq!(born(digits).wareki(), wareki);
    }
}

#[test]
fn what_the_register_does_not_know_is_said() {
    for (digits, wareki) in [
        ("19350500", "昭和10年5月(日は不明)"),
        ("19350000", "昭和10年(月日は不明)"),
        ("19350017", "昭和10年(月日は不明)"),
        ("19890100", "1989年1月(日は不明)"),
        ("19890000", "1989年(月日は不明)"),
        ("19890200", "平成元年2月(日は不明)"),
        ("00000217", "2月17日(年は不明)"),
        ("00000000", "不明"),
    ] {
        assert_eq!(born(digits).wareki(), wareki, "{digits}");
    }
}

#[test]
fn dates_that_do_not_exist_are_refused() {
    for digits in [
        "19800230",
        "19790229",
        "19801301",
        "19800132",
        "19800431",
        "00000230",
        "1980021",
        "198002170",
        "1980021x",
        "+1980217",
        "",
        "１９８０",
    ] {
        assert_eq!(
            BirthDate::from_digits(digits.as_bytes()),
            Err(AttributeError::BirthDate),
            "{digits}"
        );
    }
    assert!(BirthDate::from_digits(b"20000229").is_ok());
    assert!(BirthDate::from_digits(b"00000229").is_ok());
    assert_eq!(BirthDate::new(Some(0), None, None), Err(AttributeError::BirthDate));
    assert_eq!(BirthDate::new(None, None, Some(32)), Err(AttributeError::BirthDate));
}

#[test]
fn the_digit_of_the_era_agrees_with_the_date() {
    let read = |digits: &str| BirthDate::from_era_digits(digits.as_bytes());
    for digits in [
        "319800217",
        "019800217",
        "519890000",
        "419890000",
        "319890000",
        "219261225",
        "319261225",
        "300000000",
        "520190501",
        "119120730",
        "219120730",
        "000000000",
    ] {
        let expected = digits != "519890000";
        assert_eq!(read(digits).is_ok(), expected, "{digits}");
    }
    for digits in [
        "419800217",
        "319890108",
        "420190501",
        "619800217",
        "x19800217",
        "19800217",
        "",
    ] {
        assert_eq!(read(digits), Err(AttributeError::BirthDate), "{digits}");
    }
    assert_eq!(read("319800217"), Ok(born("19800217")));
}

#[test]
fn every_digit_of_a_sex_is_kept() {
    for (digit, sex) in [
        (b"0", Sex::Unknown),
        (b"1", Sex::Male),
        (b"2", Sex::Female),
        (b"9", Sex::NotApplicable),
    ] {
        assert_eq!(Sex::read(digit), Ok(sex));
    }
    assert_eq!(Sex::read(b"3").map(Sex::digit), Ok(3));
    for wrong in [&b""[..], b"12", b"x", b"\x01"] {
        assert_eq!(Sex::read(wrong), Err(AttributeError::Sex));
    }
}

#[test]
fn what_is_stored_is_checked_as_what_is_read() {
    let four = BasicFour::new(
        "黒桐　幹也".into(),
        "東京都清瀬市".into(),
        born("19350500"),
        Sex::Other(3),
    )
    .unwrap();
    assert_eq!(from_bytes::<BasicFour>(&to_bytes(&four)), Ok(four.clone()));
    let hostile = BasicFour {
        name: "a\u{202e}b".into(),
        ..four
    };
    assert!(from_bytes::<BasicFour>(&to_bytes(&hostile)).is_err());
    let flags = Substituted::read("001", "").unwrap();
    assert_eq!(from_bytes::<Substituted>(&to_bytes(&flags)), Ok(flags.clone()));
    assert_eq!(flags.name, [false, false, true]);
    assert!(flags.any() && !Substituted::default().any());
}

proptest! {
    #[test]
    fn digits_of_any_kind_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..12)) {
        if let Ok(date) = BirthDate::from_digits(&bytes) {
            prop_assert!(!date.wareki().is_empty());
        }
        let _ = BirthDate::from_era_digits(&bytes);
    }

    #[test]
    fn a_date_survives_being_stored(year in 0_u16..2100, month in 0_u8..13, day in 0_u8..32) {
        let digits = format!("{year:04}{month:02}{day:02}");
        if let Ok(date) = BirthDate::from_digits(digits.as_bytes()) {
            prop_assert_eq!(from_bytes::<BirthDate>(&to_bytes(&date)), Ok(date));
            let (first, last) = (date.range().map(|r| r.0), date.range().map(|r| r.1));
            prop_assert!(first <= last);
        }
    }
}
