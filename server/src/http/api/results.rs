//! Results by day or month, and files of them (F104 to F108, F115 to F121).

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use kinchaku_protocol::ids::Pid;
use kinchaku_protocol::time::Day;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked::{Asked, At, Text};
use super::caller::Caller;
use super::guard::{InShop, ShopPath};
use super::listed::Listed;
use super::named::{Names, Service};
use super::refused::Refused;
use crate::clock;
use crate::export::{self, Charset, ExportProblem, FileRequest, Form, REPLACED, Scope, What};
use crate::http::{App, Problem};
use crate::query::results::By;

/// An amount and how often.
#[derive(Serialize, ToSchema)]
pub(super) struct Tally {
    /// Yen or points.
    amount: i64,
    /// Transactions.
    count: i64,
}

impl From<export::Tally> for Tally {
    fn from(tally: export::Tally) -> Self {
        Self {
            amount: i64::try_from(tally.amount.units()).unwrap_or(i64::MAX),
            count: i64::try_from(tally.count).unwrap_or(i64::MAX),
        }
    }
}

/// What happened with one service in a day or month.
#[derive(Serialize, ToSchema)]
pub(super) struct ResultRow {
    /// The posting day.
    #[schema(format = Date)]
    day: Option<String>,
    /// Or the month, `YYYY-MM`.
    month: Option<String>,
    /// Which value.
    service: Service,
    /// 付与
    add: Tally,
    /// 利用
    sub: Tally,
    /// 付与キャンセル
    add_cancel: Tally,
    /// 利用キャンセル
    sub_cancel: Tally,
    /// 有効期限切れ
    expired: Tally,
    /// 失効
    lapsed: Tally,
    /// Use less cancelled use (F108).
    net: Tally,
}

/// How results are grouped.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ByWord {
    /// By posting day.
    #[default]
    Day,
    /// By month of posting.
    Month,
}

/// Which results.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Span {
    /// By day or by month.
    #[serde(default)]
    #[param(inline)]
    by: ByWord,
    /// From this posting day; the first of this month where absent.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Text<Day>>,
    /// To this posting day; today where absent.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Text<Day>>,
}

/// From when to when.
fn span(from: Option<Text<Day>>, to: Option<Text<Day>>) -> Result<(Day, Day), Refused> {
    let today = clock::now().day();
    let last = to.map_or(today, |day| day.0);
    let month = last
        .date()
        .and_then(|date| Day::of(chrono::Datelike::with_day(&date, 1)?));
    let first = from.map_or(month.unwrap_or(last), |day| day.0);
    if first > last {
        return Err(Refused::field("to", "expected a day not before `from`"));
    }
    Ok((first, last))
}

/// A shop's results.
#[utoipa::path(
    get, path = "/shops/{shop}/results", tag = "shop", params(ShopPath, Span),
    responses((status = 200, description = "Results", body = Listed<ResultRow>))
)]
pub(super) async fn of_shop(
    State(app): State<Arc<App>>,
    InShop(shop): InShop,
    Asked(asked): Asked<Span>,
) -> Result<Json<Listed<ResultRow>>, Refused> {
    results(&app, Some(shop), asked).await
}

/// Results of all shops, with what expired.
#[utoipa::path(
    get, path = "/office/results", tag = "office", params(Span),
    responses((status = 200, description = "Results", body = Listed<ResultRow>))
)]
pub(super) async fn of_all(
    State(app): State<Arc<App>>,
    Asked(asked): Asked<Span>,
) -> Result<Json<Listed<ResultRow>>, Refused> {
    results(&app, None, asked).await
}

async fn results(app: &App, shop: Option<Pid>, asked: Span) -> Result<Json<Listed<ResultRow>>, Refused> {
    let (first, last) = span(asked.from, asked.to)?;
    let by = match asked.by {
        ByWord::Day => By::Day,
        ByWord::Month => By::Month,
    };
    let reader = app.books.reader();
    let lines = reader.results(shop, by, first, last).await?;
    let names = Names::of(reader, []).await?;
    let rows = lines.iter().map(|line| {
        let day = line.from.to_string();
        let month = day.get(..7).map(str::to_owned);
        let (net, count) = line.sales.net();
        let (day, month) = match by {
            By::Day => (Some(day), None),
            By::Month => (None, month),
        };
        ResultRow {
            day,
            month,
            service: names.service(line.class),
            add: line.sales.added.into(),
            sub: line.sales.used.into(),
            add_cancel: line.sales.add_cancelled.into(),
            sub_cancel: line.sales.use_cancelled.into(),
            expired: line.expired.into(),
            lapsed: line.lapsed.into(),
            net: Tally {
                amount: net.units(),
                count,
            },
        }
    });
    Ok(Json(Listed::whole(rows.collect())))
}

/// Which file.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct Kind {
    /// Results by day or month, or transactions one by one.
    #[param(inline)]
    kind: KindWord,
}

/// Which file.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum KindWord {
    Daily,
    Monthly,
    Transactions,
}

/// In which manner.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Flavour {
    #[default]
    Usual,
    Legacy,
}

/// In which letters.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Letters {
    #[default]
    Utf8,
    Cp932,
}

/// In which form.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum FormWord {
    #[default]
    Csv,
    Xlsx,
}

/// How a file is written.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// From this posting day; the first of this month where absent.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Text<Day>>,
    /// To this posting day; today where absent.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Text<Day>>,
    /// For clerks, or for programs made for the files of the system before (F106).
    #[serde(default)]
    #[param(inline)]
    flavour: Flavour,
    /// Of a CSV.
    #[serde(default)]
    #[param(inline)]
    charset: Letters,
    /// CSV, or a workbook.
    #[serde(default)]
    #[param(inline)]
    format: FormWord,
}

/// A file of a shop.
#[utoipa::path(
    get, path = "/shops/{shop}/export/{kind}", tag = "shop", params(ShopPath, Kind, File),
    responses((status = 200, description = "The file", content(
        (String = "text/csv"),
        (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    )))
)]
pub(super) async fn file_of_shop(
    State(app): State<Arc<App>>,
    caller: Caller,
    InShop(shop): InShop,
    At(kind): At<Kind>,
    Asked(asked): Asked<File>,
) -> Result<Response, Refused> {
    file(&app, &caller, (Scope::Shop(shop), kind.kind), asked).await
}

/// A file of all shops.
#[utoipa::path(
    get, path = "/office/export/{kind}", tag = "office", params(Kind, File),
    responses((status = 200, description = "The file", content(
        (String = "text/csv"),
        (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    )))
)]
pub(super) async fn file_of_all(
    State(app): State<Arc<App>>,
    caller: Caller,
    At(kind): At<Kind>,
    Asked(asked): Asked<File>,
) -> Result<Response, Refused> {
    file(&app, &caller, (Scope::All, kind.kind), asked).await
}

async fn file(app: &App, caller: &Caller, (scope, kind): (Scope, KindWord), asked: File) -> Result<Response, Refused> {
    let (first, last) = span(asked.from, asked.to)?;
    let request = FileRequest {
        what: match kind {
            KindWord::Daily => What::Daily,
            KindWord::Monthly => What::Monthly,
            KindWord::Transactions => What::Transactions,
        },
        scope,
        first,
        last,
        flavour: match asked.flavour {
            Flavour::Usual => export::Flavour::Usual,
            Flavour::Legacy => export::Flavour::Legacy,
        },
        form: match (asked.format, asked.charset) {
            (FormWord::Xlsx, _) => Form::Xlsx,
            (FormWord::Csv, Letters::Utf8) => Form::Csv(Charset::Utf8),
            (FormWord::Csv, Letters::Cp932) => Form::Csv(Charset::Cp932),
        },
    };
    let place = app.exports.begin(caller)?;
    let file = app
        .books
        .export_with(request, clock::now(), place)
        .await
        .map_err(|problem| match problem {
            ExportProblem::Store(error) => error.into(),
            ExportProblem::NoShop => Problem::Unknown,
            ExportProblem::Io(_) | ExportProblem::Xlsx(_) | ExportProblem::Cut => Problem::Unavailable,
        })?;
    let content_type = file.content_type;
    let name = file.name.clone();
    let mut response = attached(Body::new(file), content_type, &name)?;
    let headers = response.headers_mut();
    headers.insert(header::TRAILER, HeaderValue::from_static(REPLACED));
    Ok(response)
}

/// A file to be saved under a name in ASCII.
pub(super) fn attached(body: Body, content_type: &'static str, name: &str) -> Result<Response, Refused> {
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CONTENT_DISPOSITION, disposition.map_err(|_| Problem::Internal)?);
    Ok(response)
}
