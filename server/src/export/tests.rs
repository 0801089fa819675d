use std::io::Cursor;

use calamine::{Data, Reader as _, Xlsx};
use chrono::{NaiveDate, NaiveDateTime};
use kinchaku_protocol::ids::ServiceType;
use kinchaku_protocol::money::{Amount, Signed};
use kinchaku_protocol::time::{Day, Time};
use proptest::prelude::*;

use super::*;

fn day(year: i32, month: u32, day: u32) -> Day {
    Day::of(NaiveDate::from_ymd_opt(year, month, day).unwrap()).unwrap()
}

fn at(text: &str) -> Time {
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap();
    Time(u64::try_from(local.and_utc().timestamp()).unwrap()).before(9 * 3_600)
}

fn points() -> Service {
    Service {
        id: "qB2mEOp".to_owned(),
        name: "みたか地域ポイント".to_owned(),
        kind: ServiceType::Points,
    }
}

/// The row of the source's figure.
fn sales() -> Sales {
    let tally = |amount, count| Tally {
        amount: Amount::of(amount),
        count,
    };
    Sales {
        used: tally(1_000, 2),
        use_cancelled: tally(100, 1),
        ..Sales::default()
    }
}

fn daily() -> DailyRow {
    DailyRow {
        day: day(2023, 11, 10),
        service: points(),
        sales: sales(),
    }
}

fn used(tran_id: &str, amount: u32) -> TransactionRow {
    let place = |name: &str, id: &str| Place {
        name: name.to_owned(),
        id: id.to_owned(),
    };
    TransactionRow {
        tran_id: tran_id.to_owned(),
        operator_id: "op1".to_owned(),
        service: points(),
        operation: Operation::Use,
        combined: false,
        merchant: place("テスト加盟店", "m1"),
        shop: place("テスト店", "s1"),
        terminal: place("レジ1", "t1"),
        uid: "u1".to_owned(),
        amount: Amount::of(amount),
        before: Signed::from_units(1_300),
        after: Signed::from_units(1_300 - i64::from(amount)),
        notes: [String::new(), String::new(), String::new()],
        target: None,
        from: "u1".to_owned(),
        to: "t1".to_owned(),
        closed: false,
        active: true,
        posted: at("2024-07-05 09:00:01"),
        updated: at("2024-07-05 09:00:01"),
        occurred: at("2024-06-30 23:59:59"),
    }
}

fn cancelled(of: &mut TransactionRow, tran_id: &str) -> TransactionRow {
    of.active = false;
    TransactionRow {
        operation: Operation::UseCancel,
        active: false,
        target: Some((of.amount, of.tran_id.clone())),
        ..used(tran_id, u32::try_from(of.amount.units()).unwrap())
    }
}

fn written<R: Row>(rows: &[R], flavour: Flavour, charset: Charset) -> (Vec<u8>, Written) {
    let mut out = Vec::new();
    let mut writer = CsvWriter::new(&mut out, flavour, charset).unwrap();
    for row in rows {
        writer.push(row).unwrap();
    }
    let written = writer.finish().unwrap();
    (out, written)
}

fn text<R: Row>(rows: &[R], flavour: Flavour) -> String {
    let (bytes, _) = written(rows, flavour, Charset::Utf8);
    let text = String::from_utf8(bytes).unwrap();
    text.strip_prefix('\u{feff}').expect("a byte order mark").to_owned()
}

/// F105, F106: thirteen columns in the source's order.
#[test]
fn a_day_of_results_is_thirteen_columns() {
    let header = "date,serviceType,type,service,serviceId,addAmount,addCount,subAmount,subCount,\
                  addCancelAmount,addCancelCount,subCancelAmount,subCancelCount\r\n";
    assert_eq!(
        text(&[daily()], Flavour::Usual),
        format!("{header}2023-11-10,2,ポイント,みたか地域ポイント,qB2mEOp,0,0,1000,2,0,0,100,1\r\n")
    );
    assert_eq!(
        text(&[daily()], Flavour::Legacy),
        format!("{header}2023/11/10 0:00,ポイント,2,みたか地域ポイント,qB2mEOp,0,0,1000,2,0,0,100,1\r\n")
    );
}

/// F107: fourteen columns, year and month first.
#[test]
fn a_month_of_results_is_fourteen_columns() {
    let row = MonthlyRow {
        year: 2023,
        month: 11,
        service: points(),
        sales: sales(),
    };
    let header = "year,month,serviceType,type,service,serviceId,addAmount,addCount,subAmount,subCount,\
                  addCancelAmount,addCancelCount,subCancelAmount,subCancelCount\r\n";
    assert_eq!(
        text(std::slice::from_ref(&row), Flavour::Usual),
        format!("{header}2023,11,2,ポイント,みたか地域ポイント,qB2mEOp,0,0,1000,2,0,0,100,1\r\n")
    );
    assert_eq!(
        text(&[row], Flavour::Legacy),
        format!("{header}2023,11,ポイント,2,みたか地域ポイント,qB2mEOp,0,0,1000,2,0,0,100,1\r\n")
    );
}

/// F108.
#[test]
fn a_sales_result_is_use_less_cancelled_use() {
    assert_eq!(sales().net(), (Signed::from_units(900), 1));
    let only_cancelled = Sales {
        used: Tally::default(),
        ..sales()
    };
    assert_eq!(only_cancelled.net(), (Signed::from_units(-100), -1));
}

/// F109, F113 to F121: thirty columns in the source's order, and the time of the payment beside that of its
/// posting.
#[test]
fn a_transaction_is_thirty_columns_and_the_time_it_was_paid() {
    let header = "tranId,serviceOperatorId,serviceId,serviceDisplayName,serviceType,operationType,operationId,\
                  operationName,merchantDisplayName,merchantId,shopDisplayName,shopId,terminalDisplayName,\
                  terminalId,terminalType,uid,amount,beforeValue,afterValue,note1,note2,note3,targetAmount,\
                  targetTranId,from,to,closed,status,createdAt,updatedAt";
    let mut first = used("20240705000000000001", 500);
    first.combined = true;
    let second = cancelled(&mut first, "20240705000000000002");
    let start = "op1,qB2mEOp,みたか地域ポイント,2";
    let places = "テスト加盟店,m1,テスト店,s1,レジ1,t1,1,u1,500,1300,800,,,";
    let lines = |dates: &str| {
        format!(
            "20240705000000000001,{start},SUB,OP1,利用（複数サービス決済）,{places},0,,u1,t1,0,2,{dates}\r\n\
             20240705000000000002,{start},CANCEL,OP4,利用キャンセル,{places},500,20240705000000000001,u1,t1,0,2,{dates}\r\n"
        )
    };
    let rows = [first, second];
    assert_eq!(
        text(&rows, Flavour::Usual),
        format!(
            "{header},occurredAt\r\n{}",
            lines("2024-07-05 09:00:01,2024-07-05 09:00:01,2024-06-30 23:59:59")
        )
    );
    assert_eq!(
        text(&rows, Flavour::Legacy),
        format!("{header}\r\n{}", lines("2024/07/05 09:00:01,2024/07/05 09:00:01"))
    );
}

/// F117: the five operations.
#[test]
fn operations_have_the_words_of_the_source() {
    use Operation::{Charge, Grant, GrantCancel, Use, UseCancel};
    let words: Vec<String> = [Use, Grant, Charge, UseCancel, GrantCancel]
        .into_iter()
        .map(|operation| {
            let row = TransactionRow {
                operation,
                ..used("1", 1)
            };
            let mut cells = Vec::new();
            row.cells(Flavour::Usual, &mut cells);
            let word = |place: usize| match &cells[place] {
                Cell::Text(text) => text.to_string(),
                other => panic!("{other:?}"),
            };
            format!("{} {} {}", word(5), word(6), word(7))
        })
        .collect();
    assert_eq!(
        words,
        [
            "SUB OP1 利用",
            "ADD OP2 付与",
            "ADD OP3 チャージ",
            "CANCEL OP4 利用キャンセル",
            "CANCEL OP5 付与キャンセル"
        ]
    );
}

proptest! {
    /// F122: both ways of counting net use agree, however many payments were cancelled.
    #[test]
    fn net_use_is_the_same_by_status_and_by_slips(payments in proptest::collection::vec((1_u32..50_000, any::<bool>()), 0..30)) {
        let mut rows = Vec::new();
        let mut expected = 0;
        for (number, (amount, cancel)) in payments.into_iter().enumerate() {
            let mut row = used(&format!("{number:020}"), amount);
            if cancel {
                let slip = cancelled(&mut row, &format!("9{number:019}"));
                rows.push(slip);
            } else {
                expected += i64::from(amount);
            }
            rows.push(row);
        }
        let net = rows.iter().fold(NetUse::default(), NetUse::and);
        prop_assert_eq!(net.by_status.units(), expected);
        prop_assert_eq!(net.by_slips.units(), expected);
    }

    /// F115: whatever somebody typed, a reader of RFC 4180 gets it back (with an apostrophe before what a
    /// spreadsheet would run), in both character sets.
    #[test]
    fn any_text_comes_back_and_runs_nothing(note in "[=+@\\-\t\r\n\",' a-zあ-ん髙]{0,12}", cp932 in any::<bool>()) {
        let row = TransactionRow { notes: [note.clone(), String::new(), String::new()], ..used("1", 1) };
        let charset = if cp932 { Charset::Cp932 } else { Charset::Utf8 };
        let (bytes, counts) = written(&[row], Flavour::Usual, charset);
        prop_assert_eq!(counts, Written { rows: 1, replaced: 0 });
        let decoded = if cp932 { encoding_rs::SHIFT_JIS.decode(&bytes).0 } else { encoding_rs::UTF_8.decode(&bytes).0 };
        let mut reader = ::csv::Reader::from_reader(decoded.as_bytes());
        let record = reader.records().next().unwrap().unwrap();
        let cell = &record[19];
        prop_assert_eq!(cell.strip_prefix('\'').filter(|_| cell != note).unwrap_or(cell), &note);
        prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']));
        prop_assert_eq!(record.len(), 31);
    }
}

/// F115: what would run in a spreadsheet is defused, numbers below zero are not touched.
#[test]
fn formulas_are_text() {
    for formula in ["=1+1", "+81", "-2", "@SUM(A1)", "\tx", "\rx", "＝1", "＠x"] {
        let row = TransactionRow {
            notes: [formula.to_owned(), String::new(), String::new()],
            after: Signed::from_units(-200),
            ..used("1", 1_500)
        };
        let text = text(&[row], Flavour::Usual);
        let defused = format!("'{formula}");
        assert!(text.contains(&defused), "{text}");
        assert!(text.contains(",1300,-200,"), "{text}");
    }
}

/// F115: CP932 has 髙 and ①, gets the look-alikes it has, and marks and counts the rest.
#[test]
fn cp932_marks_what_it_does_not_have() {
    let name = |name: &str| {
        let row = TransactionRow {
            shop: Place {
                name: name.to_owned(),
                id: String::new(),
            },
            ..used("1", 1)
        };
        let (bytes, counts) = written(&[row], Flavour::Usual, Charset::Cp932);
        let (text, _, wrong) = encoding_rs::SHIFT_JIS.decode(&bytes);
        assert!(!wrong);
        let mut reader = ::csv::Reader::from_reader(text.as_bytes());
        let record = reader.records().next().unwrap().unwrap();
        (record[10].to_owned(), counts.replaced)
    };
    assert_eq!(name("髙橋①商店ｱ"), ("髙橋①商店ｱ".to_owned(), 0));
    assert_eq!(name("〜—‖−¥"), ("～―∥－￥".to_owned(), 0));
    assert_eq!(name("Café 🍡と𠮷野家"), ("Caf〓 〓と〓野家".to_owned(), 3));
    let (bytes, _) = written::<DailyRow>(&[], Flavour::Usual, Charset::Cp932);
    assert!(bytes.starts_with(b"date,"));
}

/// F106: a clerk's workbook has Japanese headings, numbers that add up and ids that stay whole.
#[test]
fn a_workbook_reads_back() {
    let mut file = Cursor::new(Vec::new());
    assert_eq!(write_xlsx(&mut file, [daily(), daily()]).unwrap(), 2);
    let mut book = Xlsx::new(file).unwrap();
    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
    let cell = |row, column| sheet.get_value((row, column)).unwrap();
    assert_eq!(cell(0, 0), &Data::String("日付".to_owned()));
    assert_eq!(cell(0, 12), &Data::String("利用キャンセル件数".to_owned()));
    assert_eq!(cell(2, 7), &Data::Float(1_000.0));
    let mut file = Cursor::new(Vec::new());
    let mut row = used("20240705000000000001", 500);
    row.notes[0] = "=1+1".to_owned();
    write_xlsx(&mut file, [row]).unwrap();
    let mut book = Xlsx::new(file).unwrap();
    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
    let cell = |column| sheet.get_value((1, column)).unwrap();
    assert_eq!(cell(0), &Data::String("20240705000000000001".to_owned()));
    assert_eq!(cell(19), &Data::String("=1+1".to_owned()));
    assert_eq!(cell(30), &Data::String("2024-06-30 23:59:59".to_owned()));
}

fn sender() -> Sender {
    Sender {
        code: "12345".to_owned(),
        account: Account::new(
            "9999",
            "001",
            AccountKind::Ordinary,
            "1234567",
            "ミムラチイキポイント（カ",
        )
        .unwrap(),
        bank_name: "ミムラ".to_owned(),
        branch_name: "本店".to_owned(),
    }
}

fn transfer(holder: &str, amount: u32) -> Transfer {
    Transfer {
        account: Account::new("9998", "010", AccountKind::Current, "765", holder).unwrap(),
        bank_name: "ﾃｽﾄ".to_owned(),
        branch_name: String::new(),
        amount: Amount::of(amount),
        reference: "42".to_owned(),
    }
}

/// F092: the order for the bank, byte for byte.
#[test]
fn a_transfer_order_is_records_of_120_bytes() {
    let mut out = Vec::new();
    let mut writer = ZenginWriter::new(&mut out, &sender(), day(2024, 6, 18), true).unwrap();
    writer
        .push(&transfer("カ）パン工房".replace("工房", "コウボウ").as_str(), 123_456))
        .unwrap();
    writer.push(&transfer("やおや　しょうてん", 1_000)).unwrap();
    let totals = writer.finish().unwrap();
    assert_eq!(
        totals,
        Totals {
            count: 2,
            amount: Amount::of(124_456)
        }
    );
    let records = [
        format!(
            "1210{:0>10}{:<40}06189999{:<15}001{:<15}11234567{:17}",
            "12345", "ﾐﾑﾗﾁｲｷﾎﾟｲﾝﾄ(ｶ", "ﾐﾑﾗ", "", ""
        ),
        format!(
            "29998{:<15}010{:15}000020000765{:<30}{:0>10}00000000042{:0>10}7{:8}",
            "ﾃｽﾄ", "", "ｶ)ﾊﾟﾝｺｳﾎﾞｳ", "123456", "", ""
        ),
        format!(
            "29998{:<15}010{:15}000020000765{:<30}{:0>10}00000000042{:0>10}7{:8}",
            "ﾃｽﾄ", "", "ﾔｵﾔ ｼﾖｳﾃﾝ", "1000", "", ""
        ),
        format!("8000002{:0>12}{:101}", "124456", ""),
        format!("9{:119}", ""),
    ];
    let mut expected = Vec::new();
    for record in records {
        let (bytes, _, missing) = encoding_rs::SHIFT_JIS.encode(&record);
        assert!(!missing);
        assert_eq!(bytes.len(), 120, "{record}");
        expected.extend_from_slice(&bytes);
        expected.extend_from_slice(b"\r\n");
    }
    assert_eq!(out, expected);
    // The first name of the order as bytes of JIS X 0201.
    assert_eq!(&out[14..20], [0xd0, 0xd1, 0xd7, 0xc1, 0xb2, 0xb7]);
}

/// F169: a name is not guessed, and no room is exceeded in silence.
#[test]
fn what_a_bank_cannot_carry_is_refused_before_it_is_written() {
    let account = |bank, branch, number, holder| Account::new(bank, branch, AccountKind::Ordinary, number, holder);
    assert_eq!(account("123", "001", "1", "ア"), Err(AccountProblem::Bank));
    assert_eq!(account("0001", "00001", "1", "ア"), Err(AccountProblem::Branch));
    assert_eq!(account("0001", "001", "12345678", "ア"), Err(AccountProblem::Number));
    assert_eq!(account("0001", "001", "1", " "), Err(AccountProblem::NoHolder));
    assert_eq!(
        account("0001", "001", "1", "ヤマダ太郎"),
        Err(AccountProblem::Kana(KanaError {
            position: 4,
            character: '太'
        }))
    );
    let long = "ガ".repeat(16);
    assert_eq!(
        account("0001", "001", "1", &long),
        Err(AccountProblem::LongHolder { length: 32 })
    );
    let mut out = Vec::new();
    let mut writer = ZenginWriter::new(&mut out, &sender(), day(2024, 6, 18), false).unwrap();
    let nothing = writer.push(&transfer("ア", 0));
    assert!(matches!(nothing, Err(ZenginProblem::Amount { .. })));
    let mut long = transfer("ア", 1);
    long.reference = "12345678901".to_owned();
    assert!(matches!(writer.push(&long), Err(ZenginProblem::Number)));
    assert_eq!(writer.finish().unwrap(), Totals::default());
    assert_eq!(out.len(), 360, "header, trailer and end alone");
    assert_eq!(format!("{:?}", transfer("ア", 1).account), "Account(…)");
}

/// F092: kana as banks write it.
#[test]
fn names_become_the_kana_of_banks() {
    for (name, kana) in [
        ("キュウヨ　ショウゴ", "ｷﾕｳﾖ ｼﾖｳｺﾞ"),
        ("ヴィーナス", "ｳﾞｲ-ﾅｽ"),
        ("ﾊﾟﾝ･ｼｮｯﾌﾟ", "ﾊﾟﾝ.ｼﾖﾂﾌﾟ"),
        ("ｶ)Ｍｉｍｕｒａ２", "ｶ)MIMURA2"),
        ("か\u{3099}っこう「ヲ」", "ｶﾞﾂｺｳ｢ｵ｣"),
    ] {
        assert_eq!(bank_kana(name).as_deref(), Ok(kana));
    }
    assert_eq!(
        bank_kana("ア＆イ"),
        Err(KanaError {
            position: 2,
            character: '＆'
        })
    );
}
