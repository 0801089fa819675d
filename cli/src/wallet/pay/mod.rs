//! `wallet pay`: scan → shop → quote → question → PIN → receipt.
//!
//! Everything that can refuse does so before the person is asked. Until the key has signed, stopping
//! costs nothing; afterwards the payment stands whatever fails, and says so.

mod done;
mod key;

pub use done::show;

use kinchaku_core::book::purse::Purse;
use kinchaku_core::home::Home;
use kinchaku_core::pay::{self, Notice, PayError, Quote};
use kinchaku_core::scan::Fit;
use kinchaku_core::sync::sync;
use kinchaku_core::{gate, view};
use kinchaku_design::format::{Unit, money};
use kinchaku_design::{Key, say};
use kinchaku_protocol::doc::Gate;
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::mpm::parse;
use kinchaku_protocol::mpm::shop_mark::SignedMark;

use super::{choice, shown};
use crate::args::Pay;
use crate::ask::{self, Pins};
use crate::host::Opened;
use crate::output::{Exit, Output, Problem};
use crate::picture;
use crate::words::pay::{Asked, duplicate, problem};
use crate::words::state::Classes;
use crate::words::sync::{Standing, standing};
use crate::words::{self, store};

pub fn run(opened: &Opened, args: &Pay, out: &Output) -> Result<Exit, Problem> {
    let home = &opened.home;
    let total = choice::amount(&args.amount)?;
    let text = picture::text(&args.seen, |text| {
        if SignedMark::read(&parse(text)).is_ok() {
            Fit::Proven
        } else {
            Fit::Other
        }
    })?;
    let online = opened.online && reached(home, out)?;
    allowed(home, out)?;
    let shop = pay::read_shop(home, &text, online).map_err(|error| words::scan::shop_code(&error))?;
    let classes = shown::classes(home)?;
    let wish = choice::choice(args, &classes)?;
    let quoted = pay::quote_enlarging(home, &shop, total, &wish, online);
    let quote = quoted.map_err(|error| told(home, &error, total, &classes))?;
    notices(&quote, args, home, out)?;
    present(&quote, &classes, out);
    if !args.yes && !ask::agreed(Key::PayConfirmQuestion, &[], out)? {
        out.note(Key::PayStoppedBeforeSigning, &[]);
        return Ok(Exit::Other);
    }
    let mut pins = Pins::from(args.secret.pin_fd)?;
    // A duplicate was said above and agreed to, by a person or on the command line.
    let asked = if doubled(&quote) {
        Gate::PIN.and(Gate::DUPLICATE_OK)
    } else {
        Gate::PIN
    };
    let prepared = pay::prepare(home, &quote, asked).map_err(|error| told(home, &error, total, &classes))?;
    let key = match key::open(home, &mut pins, out) {
        Ok(key) => key,
        Err(problem) => {
            pay::abandon(home, prepared).map_err(|error| store::store(&error))?;
            return Err(problem);
        }
    };
    let signed = ask::signing(|| pay::confirm(home, prepared, &key), |receipt| receipt.reference);
    let receipt = signed.map_err(|error| told(home, &error, total, &classes))?;
    done::tell(home, &receipt, online, args.receipt.as_deref(), &classes, out)
}

/// Whether paying is open at all: said before anything else is asked.
fn allowed(home: &Home, out: &Output) -> Result<(), Problem> {
    let wallet = view::wallet(home).map_err(|error| store::store(&error))?;
    if wallet.stopped {
        return Err(Problem::new(Key::ErrorPayingStopped, Exit::Refused));
    }
    let status = gate::lock(home).status().map_err(words::gate::lock)?;
    if status.tries_left == 0 || status.wait_s > 0 {
        return ask::before(status, out);
    }
    Ok(())
}

/// Syncs first where there is a network, so that the reserve is fresh. Without one nothing is wrong.
fn reached(home: &Home, out: &Output) -> Result<bool, Problem> {
    let Err(error) = sync(home, true) else { return Ok(true) };
    match standing(&error) {
        Standing::Calm => out.note(Key::OfflineCalm, &[]),
        Standing::Warn(problem) => out.warn(&problem),
        Standing::Stop(problem) => return Err(problem),
    }
    Ok(false)
}

/// What is worth knowing before the question. A duplicate stops scripts, and people are asked.
fn notices(quote: &Quote, args: &Pay, home: &Home, out: &Output) -> Result<(), Problem> {
    let yen = |amount: Amount| money(out.lang(), Unit::Yen, amount.units());
    for notice in &quote.notices {
        match *notice {
            Notice::AboveBlindCap(limit) => out.note(Key::PayShopNeedsNetwork, &[("limit", &yen(limit))]),
            Notice::GoOnlineSoon(left) => out.note(Key::PaySoftLimit, &[("count", &left.to_string())]),
            Notice::ClockUnsure => out.note(Key::PayClockLost, &[]),
            Notice::NobodyVerifies => out.note(Key::PayPaperNotice, &[]),
            Notice::Duplicate(at) if !args.duplicate_ok => {
                let now = home.now().map_err(|error| store::store(&error))?.time;
                let twice = duplicate(at, now);
                if args.yes {
                    return Err(twice);
                }
                out.warn(&twice);
                if !ask::agreed(Key::PayAgainQuestion, &[], out)? {
                    return Err(twice);
                }
            }
            Notice::Duplicate(_) => (),
        }
    }
    Ok(())
}

fn doubled(quote: &Quote) -> bool {
    quote
        .notices
        .iter()
        .any(|notice| matches!(notice, Notice::Duplicate(_)))
}

/// Shop, amount and parts, to be read by two people.
fn present(quote: &Quote, classes: &Classes, out: &Output) {
    let lang = out.lang();
    out.note(Key::PayShopVerifiedHere, &[]);
    let amount = money(lang, Unit::Yen, quote.total.units());
    out.note(Key::PayConfirmLine, &[("shop", &quote.shop.name), ("amount", &amount)]);
    for (class, amount) in &quote.by_class {
        let line = [
            ("class", classes.name(*class)),
            ("amount", classes.amount(lang, *class, *amount)),
        ];
        let line = line.each_ref().map(|(name, value)| (*name, value.as_str()));
        out.aside(&format!("  {}", say(lang, Key::PaySplitLine, &line)));
    }
    out.note(Key::PayNoUndo, &[]);
}

/// A refusal in words, with what they need from this wallet.
fn told(home: &Home, error: &PayError, total: Amount, classes: &Classes) -> Problem {
    let now = home.now().map(|now| now.time).unwrap_or_default();
    let purse = home.store().read(|db| Purse::load(db)).ok().flatten();
    let hard_count = purse.map_or(0, |purse| purse.allowance.limits.hard_count);
    problem(
        error,
        &Asked {
            classes,
            total,
            hard_count,
            now,
        },
    )
}
