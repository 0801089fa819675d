//! Chapter 7, second part: the whole folder with its vault cloned. Nothing at the desk can prevent it;
//! the ledger proves it by two signatures with one counter, pays the shops that checked, and stops the
//! holder (T6, T7).

use std::fs;
use std::path::Path;

use kinchaku_core::book::receipts::State as Shown;
use kinchaku_core::receive::check;
use kinchaku_core::sync::sync;
use kinchaku_core::view;
use kinchaku_design::{Key, say};
use kinchaku_protocol::doc::Verdict;

use super::counter::{answer, pay_offline, scan_shop, show_receipt, yen};
use super::error::{DemoError, Within as _};
use super::narrator::Narrator;
use super::people::{Actor, People};
use super::setting::Setting;

/// Clones the resident's folder and spends the same counter twice.
pub fn live(setting: &mut Setting, people: &mut People, narrator: &mut Narrator) -> Result<(), DemoError> {
    let folder = people.resident.folder.clone();
    let nobody = Actor::open(setting, &setting.place("nobody"), false)?.0;
    let resident = std::mem::replace(&mut people.resident, nobody);
    sync(&resident.home, true).within("sync")?;
    drop(resident);
    let copy = setting.place("resident-clone");
    copy_all(&folder, &copy)?;
    let payer = Actor::open(setting, &folder, false)?.0;
    let clone = Actor::open(setting, &copy, false)?.0;
    setting.server.stop()?;

    let bakery = scan_shop(&payer, &setting.bakery, false, 31)?;
    let first = pay_offline(&payer, &bakery, 900)?;
    let shown = show_receipt(setting, &first, "receipt-original", 32)?;
    let at_bakery = answer(&people.bakery, &shown)?;
    let greengrocer = scan_shop(&clone, &setting.greengrocer, false, 33)?;
    let second = pay_offline(&clone, &greengrocer, 900)?;
    let shown = show_receipt(setting, &second, "receipt-clone", 34)?;
    let at_greengrocer = answer(&people.greengrocer, &shown)?;
    let taken = at_bakery.verdict.accepted() && at_greengrocer.verdict.accepted();
    narrator.prove(
        Key::DemoCloneSpent,
        taken && first.reference != second.reference,
        &[("amount", &yen(900))],
    )?;

    setting.server.start()?;
    for till in [&people.greengrocer, &people.bakery, &people.greengrocer] {
        sync(&till.home, true).within("sync")?;
    }
    let paid = [(&people.bakery, &first), (&people.greengrocer, &second)]
        .iter()
        .all(|(till, receipt)| {
            view::till(&till.home).is_ok_and(|view| {
                view.receipts
                    .iter()
                    .any(|shown| shown.intent.to_ref() == receipt.reference && shown.state == Shown::Posted)
            })
        });
    narrator.prove(Key::DemoCloneBothPaid, paid, &[])?;

    let bakery = scan_shop(&clone, &setting.bakery, false, 35)?;
    let third = pay_offline(&clone, &bakery, 200)?;
    let checked = check(&people.bakery.home, &third.full).within("check")?;
    narrator.prove(Key::DemoCloneStopped, checked.verdict == Verdict::Revoked, &[])?;
    narrator.screen(
        &say(narrator.lang(), Key::RefusedRevoked, &[]),
        Key::RefusedRevoked.code(),
    );
    let payer = payer.reopened(setting, true)?;
    sync(&payer.home, true).within("sync")?;
    let stopped = view::wallet(&payer.home).within("view")?.stopped;
    narrator.prove(Key::DemoCloneHolder, stopped, &[])?;
    people.resident = payer;
    Ok(())
}

/// Copies the database's files without the vault.
pub fn copy_database(from: &Path, to: &Path) -> Result<(), DemoError> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(to)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::remove_file(entry.path())?;
        }
    }
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

/// Copies everything, vault and all.
fn copy_all(from: &Path, to: &Path) -> Result<(), DemoError> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_all(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    fs::set_permissions(to, fs::metadata(from)?.permissions())?;
    Ok(())
}
