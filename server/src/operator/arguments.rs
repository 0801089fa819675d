//! The command line. Words are English and stay; what people read is Japanese.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::request::{
    ClassAdd, Credit, Invite, Job, MarkAdd, MarkSheet, Person, PersonErase, PersonShow, PersonTie, Request, Revoke,
    ShopAdd, TokenAsked, TokenIssue,
};
use super::sheets::SheetFiles;

/// 巾着のサーバー: 帳簿、鍵、お店のQR。
///
/// 例:
///   kinchaku-server keys init --dir keys
///   kinchaku-server serve --keys keys --database sqlite:books.db --listen 127.0.0.1:8080
///   kinchaku-server credit --keys keys --database sqlite:books.db --account 1 --class 1 --amount 5000 --key 2026-04-001
#[derive(Parser)]
#[command(name = "kinchaku-server", version, verbatim_doc_comment)]
pub struct Arguments {
    /// 機械が読む形（JSON）で答える
    #[arg(long, global = true)]
    pub json: bool,
    /// することば
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Subcommand)]
pub enum Command {
    /// サーバーを動かす（TLSは前に置く中継が受け持つ）
    Serve(Serve),
    /// 表を新しい版にする
    Migrate(Database),
    /// 帳簿を検算する。誤りがあれば終了コード1
    Audit(Database),
    /// 町の鍵
    #[command(subcommand)]
    Keys(KeysCommand),
    /// 町の決まりと事業
    #[command(subcommand)]
    Town(TownCommand),
    /// 人の名簿
    #[command(subcommand)]
    Roster(RosterCommand),
    /// What is asked of the books.
    #[command(flatten)]
    Ask(Ask),
}

/// What is asked of the books.
#[derive(Subcommand)]
pub enum Ask {
    /// 価値の種類（コイン、ポイント、商品券）
    #[command(subcommand)]
    Class(ClassCommand),
    /// お店
    #[command(subcommand)]
    Shop(ShopCommand),
    /// お店に貼るQR
    #[command(subcommand)]
    Mark(MarkCommand),
    /// 招待の番号を1つ作る（7日間、1回だけ）
    Invite(At<Invite>),
    /// 口座に価値を入れる
    Credit(At<Credit>),
    /// 持ち主・端末・店を止める
    Revoke(At<Revoke>),
    /// 暗証番号を決めなおすための番号を作る（1回だけ）
    UnlockCode(At<UnlockCode>),
    /// 口座の本人（マイナンバーカード）
    #[command(subcommand)]
    Person(PersonCommand),
    /// 店や事務局の画面に入るための合鍵
    #[command(subcommand)]
    Token(TokenCommand),
    /// 決まった時刻の処理
    Job(At<JobRun>),
    /// 試算表と店ごとの売上
    Books(At<Nothing>),
}

/// The database and the keys.
#[derive(Args, Clone)]
pub struct Database {
    /// sqlite:ファイル または postgres://…
    #[arg(long, env = "KINCHAKU_DATABASE", hide_env_values = true)]
    pub database: String,
    /// 鍵のフォルダー
    #[arg(long, env = "KINCHAKU_KEYS")]
    pub keys: PathBuf,
}

/// A request to the books.
#[derive(Args)]
pub struct At<T: Args> {
    /// Where the books are.
    #[command(flatten)]
    pub database: Database,
    /// What is asked.
    #[command(flatten)]
    pub what: T,
}

/// No options.
#[derive(Args)]
pub struct Nothing;

/// `unlock-code`.
#[derive(Args)]
pub struct UnlockCode {
    /// 口座の番号
    #[arg(long)]
    pub account: u64,
}

/// `job`.
#[derive(Args)]
pub struct JobRun {
    /// どの処理
    #[arg(value_enum)]
    pub job: Job,
    /// いつの処理として（RFC 3339）。省くと今
    #[arg(long)]
    pub at: Option<String>,
}

/// `serve`.
#[derive(Args)]
pub struct Serve {
    /// Where the books are.
    #[command(flatten)]
    pub database: Database,
    /// 待つ場所。ポート0なら空いているポート
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// TLSの中継が前にある（ほかの機械から届く場所で待てる。X-Forwarded-For を信じる）
    #[arg(long)]
    pub behind_tls_proxy: bool,
    /// 7日より長く止めていた帳簿を開く（時計が正しいことを確かめてから）
    #[arg(long)]
    pub after_standstill: bool,
}

/// `keys`.
#[derive(Subcommand)]
pub enum KeysCommand {
    /// 町の鍵をひとそろい作る
    Init(KeysInit),
    /// 鍵と指紋を見る
    Show(KeysFolder),
    /// 用途の鍵を1つ新しくする（大もとの鍵の合言葉が要る）
    Rotate(KeysRotate),
}

/// `keys init`.
#[derive(Args)]
pub struct KeysInit {
    /// 作る場所
    #[arg(long)]
    pub dir: PathBuf,
    /// 自治体の番号
    #[arg(long, default_value_t = 1)]
    pub muni: u64,
    /// 紙だけの店での支払いを認める
    #[arg(long)]
    pub paper_tier: bool,
    /// Where the passphrase comes from.
    #[command(flatten)]
    pub passphrase: PassphraseFrom,
}

/// `keys show`.
#[derive(Args)]
pub struct KeysFolder {
    /// 鍵のフォルダー
    #[arg(long, env = "KINCHAKU_KEYS")]
    pub keys: PathBuf,
}

/// `keys rotate`.
#[derive(Args)]
pub struct KeysRotate {
    /// どの用途
    #[arg(value_enum)]
    pub usage: UseWord,
    /// 鍵のフォルダー
    #[arg(long, env = "KINCHAKU_KEYS")]
    pub keys: PathBuf,
    /// いつから使うか（RFC 3339）。省くと45日後
    #[arg(long)]
    pub from: Option<String>,
    /// すぐに外す鍵の番号（漏れたとき）
    #[arg(long)]
    pub drop: Option<String>,
    /// Where the passphrase comes from.
    #[command(flatten)]
    pub passphrase: PassphraseFrom,
}

/// Where the passphrase of the roots comes from.
#[derive(Args)]
pub struct PassphraseFrom {
    /// 合言葉を読むファイル記述子。省くと端末または標準入力の1行
    #[arg(long)]
    pub passphrase_fd: Option<u32>,
    /// 実演用の公開された鍵を使う
    #[cfg(feature = "demo")]
    #[arg(long)]
    pub demo: bool,
}

/// A use of a key.
#[derive(Clone, Copy, ValueEnum)]
pub enum UseWord {
    /// 利用枠
    Issuer,
    /// 確定の記録
    Fact,
    /// 掲示
    Bulletin,
    /// 端末
    DeviceCa,
    /// お店のQR
    ShopMark,
    /// 窓口
    Console,
}

/// `town`.
#[derive(Subcommand)]
pub enum TownCommand {
    /// 決まりを見る
    Show(KeysFolder),
    /// 決まりを変える（サーバーは次に動かすときから従う）
    Set(TownSet),
    /// 店への振込に使う口座を決める（サーバーは次に動かすときから従う）
    Sender(TownSender),
    /// 事業のフォルダーの誤りを、すべて挙げる。帳簿は変えない
    Check(TownCheck),
    /// 事業のフォルダーを帳簿に入れる
    Load(At<TownLoad>),
}

/// `town sender`.
#[derive(Args)]
pub struct TownSender {
    /// 鍵のフォルダー
    #[arg(long, env = "KINCHAKU_KEYS")]
    pub keys: PathBuf,
    /// 委託者コード（銀行が決めた番号）
    #[arg(long)]
    pub code: String,
    /// 銀行コード（数字4桁）
    #[arg(long)]
    pub bank: String,
    /// 支店コード（数字3桁）
    #[arg(long)]
    pub branch: String,
    /// 口座（例: 普通 1234567）
    #[arg(long)]
    pub account: String,
    /// 振込依頼人の名義（カナ）
    #[arg(long)]
    pub holder: String,
    /// 銀行の名前（カナ）
    #[arg(long, default_value = "")]
    pub bank_name: String,
    /// 支店の名前（カナ）
    #[arg(long, default_value = "")]
    pub branch_name: String,
}

/// `town check`.
#[derive(Args)]
pub struct TownCheck {
    /// 事業のフォルダー
    pub folder: PathBuf,
    /// 鍵のフォルダー。あれば、自治体の番号も確かめる
    #[arg(long, env = "KINCHAKU_KEYS")]
    pub keys: Option<PathBuf>,
}

/// `town load`.
#[derive(Args)]
pub struct TownLoad {
    /// 事業のフォルダー
    pub folder: PathBuf,
}

/// `roster`.
#[derive(Subcommand)]
pub enum RosterCommand {
    /// 名簿を取り込む。同じ名前のものと入れかわる
    Import(At<RosterImport>),
}

/// `roster import`.
#[derive(Args)]
pub struct RosterImport {
    /// 名簿の名前。住民の名簿は、その日付（YYYY-MM-DD）
    #[arg(long)]
    pub list: String,
    /// CSV（name、birth、address）
    pub file: PathBuf,
}

/// `token`.
#[derive(Subcommand)]
pub enum TokenCommand {
    /// 作って、一度だけ表示する
    Issue(At<TokenIssue>),
    /// 一覧
    List(At<Nothing>),
    /// 使えなくする
    Revoke(At<TokenNumber>),
}

/// `token revoke`.
#[derive(Args)]
pub struct TokenNumber {
    /// 番号
    #[arg(long)]
    pub id: u64,
}

/// `town set`.
#[derive(Args)]
pub struct TownSet {
    /// 鍵のフォルダー
    #[arg(long, env = "KINCHAKU_KEYS")]
    pub keys: PathBuf,
    /// 紙だけの店での支払いを認めるか
    #[arg(long)]
    pub paper_tier: Option<bool>,
    /// 電波なしで使える分の上限（円）
    #[arg(long)]
    pub reserve: Option<u32>,
}

/// `class`.
#[derive(Subcommand)]
pub enum ClassCommand {
    /// 種類を加える
    Add(At<ClassAdd>),
}

/// `shop`.
#[derive(Subcommand)]
pub enum ShopCommand {
    /// 店を加える。同じIDなら書きかえる
    Add(At<ShopAdd>),
}

/// `mark`.
#[derive(Subcommand)]
pub enum MarkCommand {
    /// QRを作り、貼り紙を書き出す
    Add(At<MarkFiles>),
    /// 今あるQRの貼り紙を、もう一度書き出す
    Sheet(At<MarkAgain>),
}

/// `mark add`.
#[derive(Args)]
pub struct MarkFiles {
    /// What is asked of the books.
    #[command(flatten)]
    pub mark: MarkAdd,
    /// The sheet's files.
    #[command(flatten)]
    pub files: SheetFiles,
}

/// `mark sheet`.
#[derive(Args)]
pub struct MarkAgain {
    /// Which.
    #[command(flatten)]
    pub sheet: MarkSheet,
    /// The sheet's files.
    #[command(flatten)]
    pub files: SheetFiles,
}

/// `person`.
#[derive(Subcommand)]
pub enum PersonCommand {
    /// 登録のようすを見る
    Show(At<PersonShow>),
    /// 新しくなったカードを、窓口で確かめた本人のものとする
    Tie(At<PersonTie>),
    /// 個人情報を消す。元に戻せません
    Erase(At<PersonErase>),
}

impl Ask {
    /// Where the books are, the request, and the files of a sheet.
    #[must_use]
    pub fn into_request(self) -> (Database, Request, Option<SheetFiles>) {
        match self {
            Self::Class(ClassCommand::Add(at)) => (at.database, Request::ClassAdd(at.what), None),
            Self::Shop(ShopCommand::Add(at)) => (at.database, Request::ShopAdd(at.what), None),
            Self::Mark(MarkCommand::Add(at)) => (at.database, Request::MarkAdd(at.what.mark), Some(at.what.files)),
            Self::Mark(MarkCommand::Sheet(at)) => (at.database, Request::MarkSheet(at.what.sheet), Some(at.what.files)),
            Self::Invite(at) => (at.database, Request::Invite(at.what), None),
            Self::Credit(at) => (at.database, Request::Credit(at.what), None),
            Self::Revoke(at) => (at.database, Request::Revoke(at.what), None),
            Self::UnlockCode(at) => {
                let account = at.what.account;
                (at.database, Request::UnlockCode { account }, None)
            }
            Self::Person(PersonCommand::Show(at)) => (at.database, Request::Person(Person::Show(at.what)), None),
            Self::Person(PersonCommand::Tie(at)) => (at.database, Request::Person(Person::Tie(at.what)), None),
            Self::Person(PersonCommand::Erase(at)) => (at.database, Request::Person(Person::Erase(at.what)), None),
            Self::Token(TokenCommand::Issue(at)) => (at.database, Request::Token(TokenAsked::Issue(at.what)), None),
            Self::Token(TokenCommand::List(at)) => (at.database, Request::Token(TokenAsked::List), None),
            Self::Token(TokenCommand::Revoke(at)) => {
                let id = at.what.id;
                (at.database, Request::Token(TokenAsked::Revoke { id }), None)
            }
            Self::Job(at) => {
                let JobRun { job, at: when } = at.what;
                (at.database, Request::Job { job, at: when }, None)
            }
            Self::Books(at) => (at.database, Request::Books, None),
        }
    }
}
