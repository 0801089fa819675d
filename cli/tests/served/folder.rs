//! A town's folder on disk, its days around today.

use std::path::PathBuf;

use kinchaku_core::clock::{Clock as _, SystemClock};
use kinchaku_protocol::time::DAY_SECONDS;

use super::Served;

impl Served {
    /// Writes a small town's folder: a voucher, its sale with a draw, one shop.
    pub fn folder_of_programmes(&self) -> PathBuf {
        let now = SystemClock::new().wall();
        let day = |days: u64| now.after(days * DAY_SECONDS).day().to_string();
        let (today, tomorrow, next, later, end) = (day(0), day(1), day(2), day(3), day(60));
        let (yesterday, last_week) = (now.before(DAY_SECONDS).day(), now.before(7 * DAY_SECONDS).day());
        let folder = self.folder.path().join("programmes-of-the-town");
        std::fs::create_dir_all(folder.join("programmes")).unwrap();
        let write = |name: &str, text: String| std::fs::write(folder.join(name), text).unwrap();
        write(
            "town.toml",
            "[region]\nnumber = 1\nname = \"南町\"\ntowns = [\"東京都南町\"]\n".to_owned(),
        );
        write(
            "classes.toml",
            format!(
                "[[class]]\nnumber = 1\nkey = \"voucher\"\nname = \"南町商品券\"\nservice = \"voucher\"\n\
                 legal = \"prepaid_exempt\"\n[class.expiry]\nkind = \"on\"\nday = {end}\n[class.settlement]\n\
                 kind = \"weekly\"\nfirst = {last_week}\nlast = {end}\nclose = \"金\"\npay = \"火\"\nweeks = 2\n\
                 on_holiday = \"next\"\nlate_days = 14\n"
            ),
        );
        write(
            "programmes/season.toml",
            format!(
                "number = 7\nname = \"南町の季節\"\nkind = \"sale\"\nclass = \"voucher\"\ngrace_days = 14\n\
                 cancel = \"shop\"\n[who]\nregistered_on = {last_week}\n[apply]\nopens = {yesterday}T10:00\n\
                 closes = {tomorrow}T00:00\ndraw = true\n[buy]\nopens = {next}T10:00\ncloses = {later}T17:00\n\
                 by = \"account\"\npay_in = [\"counter\"]\n[use]\nfrom = {today}T00:00\nuntil = {end}\n[lots]\n\
                 price = 1_000\nface = 1_200\nmost = 30\n[ceilings]\nissue = 120_000\npremium = 20_000\n"
            ),
        );
        write(
            "shops.csv",
            "code,merchant,name,kana,romaji,city,town,postal,mcc,groups,offline,bank,branch,account,holder\n\
             0001,0001,青空パン,アオゾラパン,AOZORA PAN,MINAMI,東京都南町,1810001,5462,,scan,9999,101,普通 1000001,アオゾラパン\n"
                .to_owned(),
        );
        folder
    }

    /// A token of this role, in a file for its owner alone.
    pub fn token(&self, role: &str, shop: Option<&str>) -> String {
        let said = self.asked(&serde_json::json!({
            "do": "token", "what": "issue", "role": role, "name": format!("佐藤 {role}"), "merchant": null,
            "shop": shop, "days": 30,
        }));
        let path = self.word(&format!("token-{role}"));
        std::fs::write(&path, said["token"].as_str().unwrap()).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        path
    }
}
