//! What a text must keep to: fixed words, short sentences, easy Japanese that is easy, and errors
//! that say what to do next.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::Message;

/// Characters of a Japanese sentence without its placeholders.
const LONGEST_SENTENCE: usize = 40;
/// Kanji in a sentence of easy Japanese.
const MOST_KANJI: usize = 13;

/// Kanji taught in the first two school grades (学年別漢字配当表, 2017): 80 and 160.
const EASY_KANJI: &str = "\
一右雨円王音下火花貝学気九休玉金空月犬見五口校左三山子四糸字耳七車手十出女小上森人水正生青夕石赤千川先早草足村大男竹中虫町天田土二日入年白八百文木本名目立力林六\
引羽雲園遠何科夏家歌画回会海絵外角楽活間丸岩顔汽記帰弓牛魚京強教近兄形計元言原戸古午後語工公広交光考行高黄合谷国黒今才細作算止市矢姉思紙寺自時室社弱首秋週春書少場色食心新親図数西声星晴切雪船線前組走多太体台地池知茶昼長鳥朝直通弟店点電刀冬当東答頭同道読内南肉馬売買麦半番父風分聞米歩母方北毎妹万明鳴毛門夜野友用曜来里理話";

/// Words that residents and shops never read; the office's pages may use some of them.
const FORBIDDEN: [&str; 19] = [
    "マネー",
    "バリュー",
    "残高",
    "ロット",
    "獲得",
    "GET",
    "没収",
    "電文",
    "インテント",
    "二次元コード",
    "圏外",
    "通信エラー",
    "完了",
    "させていただ",
    "はい／いいえ",
    "¥",
    "￥",
    "!",
    "！",
];

/// Every fault of the catalogue, one line each.
pub fn faults(messages: &[Message]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut variants = BTreeMap::new();
    let mut codes = BTreeMap::new();
    for message in messages {
        let mut found = Vec::new();
        found.extend(name_faults(message));
        found.extend(code_faults(message));
        found.extend(placeholder_faults(message));
        found.extend(word_faults(message));
        found.extend(length_faults(message));
        if let Some(other) = variants.insert(message.variant(), &message.key) {
            found.push(format!("has the same variant as {other}"));
        }
        if let Some(code) = &message.texts.code
            && let Some(other) = codes.insert(code, &message.key)
        {
            found.push(format!("has the code of {other}"));
        }
        faults.extend(found.iter().map(|fault| format!("{}: {fault}", message.key)));
    }
    faults
}

fn name_faults(message: &Message) -> Option<String> {
    let well_formed = message.key.split(['.', '_']).all(|word| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    });
    (!well_formed).then(|| "a key is words of a-z and 0-9, joined by . and _".to_owned())
}

/// Errors and refusals have a code, nothing else has; what has one says at least two sentences: what
/// happened, and what to do now.
fn code_faults(message: &Message) -> Vec<String> {
    let needs_one = message.key.starts_with("error.") || message.key.starts_with("refused.");
    let mut faults = Vec::new();
    match &message.texts.code {
        None if needs_one => faults.push("needs a code".to_owned()),
        Some(_) if !needs_one => faults.push("only errors and refusals have a code".to_owned()),
        Some(code) => {
            let digits = code.strip_prefix("K-").unwrap_or("");
            if digits.len() != 3 || !digits.chars().all(|c| c.is_ascii_digit()) {
                faults.push(format!("{code} is not K-nnn"));
            }
        }
        None => {}
    }
    if needs_one {
        for (lang, text, stop) in [
            ("std", &message.texts.std, '。'),
            ("easy", &message.texts.easy, '。'),
            ("en", &message.texts.en, '.'),
        ] {
            if sentences(text, stop).len() < 2 && !text.ends_with('?') {
                faults.push(format!("{lang} does not say what to do next"));
            }
        }
    }
    faults
}

fn placeholder_faults(message: &Message) -> Vec<String> {
    let std = placeholders(&message.texts.std);
    [("easy", &message.texts.easy), ("en", &message.texts.en)]
        .into_iter()
        .filter(|(_, text)| placeholders(text) != std)
        .map(|(lang, _)| format!("{lang} has other placeholders than std"))
        .collect()
}

fn word_faults(message: &Message) -> Vec<String> {
    let mut faults = Vec::new();
    for (lang, text) in [
        ("std", &message.texts.std),
        ("easy", &message.texts.easy),
        ("en", &message.texts.en),
    ] {
        if text.trim().is_empty() {
            faults.push(format!("{lang} is empty"));
        }
        if is_for_residents_or_shops(&message.key) {
            let words = FORBIDDEN.iter().filter(|word| text.contains(**word));
            faults.extend(words.map(|word| format!("{lang} says {word}")));
        }
    }
    for sentence in sentences(&message.texts.easy, '。') {
        let hard: String = sentence
            .chars()
            .filter(|c| is_kanji(*c) && !EASY_KANJI.contains(*c))
            .collect();
        if !hard.is_empty() {
            faults.push(format!("easy has the kanji {hard}"));
        }
        if sentence.chars().filter(|c| is_kanji(*c)).count() > MOST_KANJI {
            faults.push(format!("easy has over {MOST_KANJI} kanji in a sentence"));
        }
    }
    faults
}

fn length_faults(message: &Message) -> Vec<String> {
    if !is_for_residents_or_shops(&message.key) {
        return Vec::new();
    }
    sentences(&message.texts.std, '。')
        .into_iter()
        .filter(|sentence| without_placeholders(sentence).chars().count() > LONGEST_SENTENCE)
        .map(|sentence| format!("over {LONGEST_SENTENCE} characters: {sentence}"))
        .collect()
}

/// The office reads ledger terms, and the demo tells its story to an onlooker. The verdict marks are
/// signs, not words.
fn is_for_residents_or_shops(key: &str) -> bool {
    !["console.", "demo.", "verdict."]
        .iter()
        .any(|prefix| key.starts_with(prefix))
}

fn is_kanji(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c) || c == '々'
}

fn sentences(text: &str, stop: char) -> Vec<&str> {
    text.split_inclusive(stop)
        .map(str::trim)
        .filter(|sentence| !sentence.is_empty())
        .collect()
}

fn placeholders(text: &str) -> BTreeSet<&str> {
    text.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name)
        .collect()
}

fn without_placeholders(text: &str) -> String {
    let mut inside = false;
    text.chars()
        .filter(|c| {
            match c {
                '{' => inside = true,
                '}' => inside = false,
                _ => return !inside,
            }
            false
        })
        .collect()
}
