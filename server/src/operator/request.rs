//! What an operator can ask of the books, in the form in which a running server is asked, too.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One request. Ids are lower-case hexadecimal, days `YYYY-MM-DD`, times RFC 3339.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// A value class.
    ClassAdd(ClassAdd),
    /// A shop, or what the directory says of it from now on.
    ShopAdd(ShopAdd),
    /// A printed sheet of a shop, signed.
    MarkAdd(MarkAdd),
    /// A sheet that is there, to be printed again.
    MarkSheet(MarkSheet),
    /// An invitation code.
    Invite(Invite),
    /// Value for an account.
    Credit(Credit),
    /// Stops somebody.
    Revoke(Revoke),
    /// A one-time code for a locked PIN.
    UnlockCode {
        /// For whom.
        account: u64,
    },
    /// About the person of an account.
    Person(Person),
    /// About tokens for the JSON API.
    Token(TokenAsked),
    /// The town's folder.
    TownLoad {
        /// Its files in base64, by path.
        files: BTreeMap<String, String>,
    },
    /// A list of people.
    RosterImport {
        /// Its name.
        name: String,
        /// The file in base64.
        list: String,
    },
    /// A job, as if the time were `at`.
    Job {
        /// Which.
        job: Job,
        /// When; now where absent.
        at: Option<String>,
    },
    /// Trial balance and shops' lists.
    Books,
}

/// A value class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, clap::Args)]
#[serde(deny_unknown_fields)]
pub struct ClassAdd {
    /// 種類の番号
    #[arg(long)]
    pub class: u32,
    /// coin（コイン）、points（ポイント）、voucher（商品券）
    #[arg(long, value_enum)]
    pub service: Service,
    /// free-point（無償）、prepaid-exempt（6か月未満の前払）、prepaid（前払）。省くと service から決まります
    #[arg(long, value_enum)]
    pub legal: Option<LegalKind>,
    /// 事業の名前
    #[arg(long)]
    pub name: String,
}

/// What a class is (F116).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Service {
    /// コイン
    Coin,
    /// ポイント
    Points,
    /// 商品券
    Voucher,
}

/// What the law calls a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum LegalKind {
    /// 無償で付与されるもの
    FreePoint,
    /// 発行から6か月未満で失効する前払式
    PrepaidExempt,
    /// 前払式
    Prepaid,
}

/// A shop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, clap::Args)]
#[serde(deny_unknown_fields)]
pub struct ShopAdd {
    /// 店のID（16進16桁）。省くと新しく作ります
    #[arg(long)]
    pub shop: Option<String>,
    /// 加盟店番号。省くと店のIDと同じにします
    #[arg(long)]
    pub merchant: Option<String>,
    /// 看板の名前（25文字まで）
    #[arg(long)]
    pub name: String,
    /// 読みがな
    #[arg(long)]
    pub kana: String,
    /// ローマ字の名前（25文字まで）
    #[arg(long)]
    pub romaji: String,
    /// ローマ字の町名（15文字まで）
    #[arg(long)]
    pub city: String,
    /// 業種（ISO 18245）
    #[arg(long, default_value_t = 5999)]
    pub mcc: u16,
    /// 郵便番号
    #[arg(long, default_value = "")]
    pub postal: String,
    /// 店の組（例: 1,2）
    #[arg(long, value_delimiter = ',')]
    pub sets: Vec<u32>,
    /// 電波のない支払いを受け取るか: none、scan（端末で確認）、paper（紙だけでも）
    #[arg(long, value_enum, default_value_t = OfflineKind::Scan)]
    pub offline: OfflineKind,
}

/// What a shop takes from a payer without a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum OfflineKind {
    /// 受け取らない
    None,
    /// 端末で確認して受け取る
    Scan,
    /// 紙だけでも受け取る
    Paper,
}

/// A sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, clap::Args)]
#[serde(deny_unknown_fields)]
pub struct MarkAdd {
    /// 店のID
    #[arg(long)]
    pub shop: String,
    /// QRのID（16進8桁）。省くと新しく作ります
    #[arg(long)]
    pub mark: Option<String>,
    /// 店での呼び名（例: レジ1）
    #[arg(long, default_value = "レジ1")]
    pub label: String,
}

/// A sheet that is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, clap::Args)]
#[serde(deny_unknown_fields)]
pub struct MarkSheet {
    /// 店のID
    #[arg(long)]
    pub shop: String,
    /// QRのID（16進8桁）
    #[arg(long)]
    pub mark: String,
}

/// An invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, clap::Args)]
#[serde(deny_unknown_fields)]
pub struct Invite {
    /// wallet（住民）または shop（店の端末）
    #[arg(long, value_enum)]
    pub role: RoleKind,
    /// 店のID（role が shop のとき）
    #[arg(long)]
    pub shop: Option<String>,
    /// すでにある口座の番号（2台目の端末のとき）
    #[arg(long)]
    pub account: Option<u64>,
}

/// As what a device is enrolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum RoleKind {
    /// 住民
    Wallet,
    /// 店の端末
    Shop,
}

/// A credit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, clap::Args)]
#[serde(deny_unknown_fields)]
pub struct Credit {
    /// 口座の番号
    #[arg(long)]
    pub account: u64,
    /// 種類の番号
    #[arg(long)]
    pub class: u32,
    /// 金額またはポイント数
    #[arg(long)]
    pub amount: u64,
    /// 使える最後の日（YYYY-MM-DD）。省くと期限なし
    #[arg(long)]
    pub until: Option<String>,
    /// 使える店の組。0はどの店でも
    #[arg(long, default_value_t = 0)]
    pub set: u32,
    /// 重ねて実行しても1回になるための鍵
    #[arg(long)]
    pub key: String,
}

/// Whom to stop: exactly one of holder, device and shop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, clap::Args)]
#[serde(deny_unknown_fields)]
#[group(skip)]
pub struct Revoke {
    /// 持ち主の仮名（16進16桁）
    #[arg(long, conflicts_with_all = ["device", "shop"], required_unless_present_any = ["device", "shop"])]
    pub holder: Option<String>,
    /// 端末の番号（16進32桁）
    #[arg(long, conflicts_with = "shop")]
    pub device: Option<String>,
    /// 店のID
    #[arg(long)]
    pub shop: Option<String>,
    /// 店のQRのひとつだけ
    #[arg(long, requires = "shop")]
    pub mark: Option<String>,
}

/// A job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Job {
    /// 期限のきた予約を解く
    Lapse,
    /// 期限のきた価値を失効させる
    Expire,
    /// 掲示を新しくする
    Publish,
    /// 登録したカードの証明書が今も有効か確かめる（月に1度）
    Cards,
    /// 日の来たポイントを付与する
    Points,
    /// 月が変わったランクを決める
    Rank,
    /// 日の来た購入特典を付与する
    Bonus,
    /// 日の来たポイント交換のお金を付与する
    Exchanges,
    /// 期限までに支払われなかった注文を終える
    Orders,
    /// 終わった精算の期間を締める
    Close,
}

/// What is asked about tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case", deny_unknown_fields)]
pub enum TokenAsked {
    /// A new one.
    Issue(TokenIssue),
    /// Those there are.
    List,
    /// One is no longer good.
    Revoke {
        /// Its number.
        id: u64,
    },
}

/// `token issue`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, clap::Args)]
#[serde(deny_unknown_fields)]
pub struct TokenIssue {
    /// できること
    #[arg(long, value_enum)]
    pub role: TokenRole,
    /// 使う人の名前（一人に一つ）
    #[arg(long)]
    pub name: String,
    /// 加盟店番号（role が merchant のとき）
    #[arg(long, required_if_eq("role", "merchant"), conflicts_with = "shop")]
    pub merchant: Option<String>,
    /// 店のID（role が shop のとき）
    #[arg(long, required_if_eq("role", "shop"))]
    pub shop: Option<String>,
    /// 使える日数
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u32).range(1..=3660))]
    pub days: u32,
}

/// What a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum TokenRole {
    /// 1店の担当者
    Shop,
    /// 加盟店の本部（その全店）
    Merchant,
    /// 見るだけの人（市町村の担当課など）
    Viewer,
    /// 事務局の担当者
    Office,
    /// 事務局の責任者
    Manager,
}

/// What is asked about the person of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case", deny_unknown_fields)]
pub enum Person {
    /// The link, and on request the attributes.
    Show(PersonShow),
    /// A card that waited is the person's.
    Tie(PersonTie),
    /// Everything that says who it is goes.
    Erase(PersonErase),
}

/// `person show`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, clap::Args)]
#[serde(deny_unknown_fields)]
pub struct PersonShow {
    /// 口座の番号
    #[arg(long)]
    pub account: u64,
    /// 氏名・住所・生年月日・性別も見る（見たことが記録されます）
    #[arg(long)]
    #[serde(default)]
    pub reveal: bool,
}

/// `person tie`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, clap::Args)]
#[serde(deny_unknown_fields)]
pub struct PersonTie {
    /// 口座の番号
    #[arg(long)]
    pub account: u64,
    /// 確認を待つカードの番号。手元のカードのもの
    #[arg(long)]
    pub pending: u64,
}

/// `person erase`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, clap::Args)]
#[serde(deny_unknown_fields)]
pub struct PersonErase {
    /// 口座の番号
    #[arg(long)]
    pub account: u64,
    /// 元に戻せないことを確かめた
    #[arg(long)]
    #[serde(default)]
    pub yes: bool,
}
