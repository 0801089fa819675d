//! Help in the language of `--lang`: every command and option has its text in `design/strings.json`.

use clap::{Arg, ArgAction, Command, CommandFactory as _};
use kinchaku_design::{Key, Lang, text};

use super::{Arguments, console_words};

/// Commands by their path.
const COMMANDS: &[(&str, Key)] = &[
    ("kinchaku", Key::CliAbout),
    ("wallet", Key::CliWallet),
    ("wallet enrol", Key::CliWalletEnrol),
    ("wallet status", Key::CliWalletStatus),
    ("wallet pay", Key::CliWalletPay),
    ("wallet receipt", Key::CliWalletReceipt),
    ("wallet refusal", Key::CliWalletRefusal),
    ("wallet history", Key::CliWalletHistory),
    ("wallet sync", Key::CliWalletSync),
    ("wallet pin", Key::CliWalletPin),
    ("wallet pin status", Key::CliWalletPinStatus),
    ("wallet pin change", Key::CliWalletPinChange),
    ("wallet unlock", Key::CliWalletUnlock),
    ("wallet doctor", Key::CliWalletDoctor),
    ("wallet offers", Key::CliWalletOffers),
    ("wallet receive", Key::CliWalletReceive),
    ("wallet apply", Key::CliWalletApply),
    ("wallet buy", Key::CliWalletBuy),
    ("wallet charge", Key::CliWalletCharge),
    ("wallet exchange", Key::CliWalletExchange),
    ("wallet orders", Key::CliWalletOrders),
    ("shop", Key::CliShop),
    ("shop enrol", Key::CliShopEnrol),
    ("shop status", Key::CliShopList),
    ("shop check", Key::CliShopCheck),
    ("shop relay", Key::CliShopRelay),
    ("shop sync", Key::CliShopSync),
    ("card", Key::CliCard),
    ("card status", Key::CliCardStatus),
    ("card recognise", Key::CliCardRecognise),
    ("card read", Key::CliCardRead),
    ("card show-certificate", Key::CliCardShowCertificate),
    ("card link", Key::CliCardLink),
    ("card login", Key::CliCardLogin),
    ("card unlock", Key::CliCardUnlock),
    ("card id", Key::CliCardId),
    ("card id generate", Key::CliCardIdGenerate),
    ("card id accept", Key::CliCardIdAccept),
    ("card id choose", Key::CliCardIdChoose),
    ("card id revoke", Key::CliCardIdRevoke),
    ("card standing", Key::CliCardStanding),
    ("card resume", Key::CliCardResume),
    ("qr", Key::CliQr),
    ("qr read", Key::CliQrRead),
    ("qr parse", Key::CliQrParse),
    ("demo", Key::CliDemo),
];

/// Options and arguments by their id; the same id means the same everywhere.
const OPTIONS: &[(&str, Key)] = &[
    ("json", Key::CliOptionJson),
    ("lang", Key::CliOptionLang),
    ("color", Key::CliOptionColor),
    ("help", Key::CliOptionHelp),
    ("version", Key::CliOptionVersion),
    ("home", Key::CliOptionHome),
    ("offline", Key::CliOptionOffline),
    ("server", Key::CliOptionServer),
    ("muni", Key::CliOptionMuni),
    ("root", Key::CliOptionRoot),
    ("ca", Key::CliOptionCa),
    ("code", Key::CliOptionCode),
    ("pin_fd", Key::CliOptionPinFd),
    ("image", Key::CliOptionImage),
    ("images", Key::CliOptionImage),
    ("text", Key::CliOptionText),
    ("payload", Key::CliOptionPayload),
    ("amount", Key::CliOptionAmount),
    ("points", Key::CliOptionPoints),
    ("points_given", Key::CliOptionPointsGiven),
    ("part", Key::CliOptionPart),
    ("duplicate_ok", Key::CliOptionDuplicateOk),
    ("offer", Key::CliOptionOffer),
    ("units", Key::CliOptionUnits),
    ("phone", Key::CliOptionPhone),
    ("buyer", Key::CliOptionBuyer),
    ("pay_in", Key::CliOptionPayIn),
    ("value_class", Key::CliOptionValueClass),
    ("receipt", Key::CliOptionPicture),
    ("yes", Key::CliOptionYes),
    ("reference", Key::CliOptionReference),
    ("refuse", Key::CliOptionRefuse),
    ("refusal", Key::CliOptionPicture),
    ("out", Key::CliOptionPicture),
    ("folder", Key::CliOptionOut),
    ("reader", Key::CliOptionReader),
    ("wait", Key::CliOptionWait),
    ("last_try", Key::CliOptionLastTry),
    ("minor", Key::CliOptionMinor),
    ("signature", Key::CliOptionSignature),
    ("pem", Key::CliOptionPem),
    ("key_id", Key::CliOptionKeyId),
    ("clock", Key::CliOptionClock),
    ("database", Key::CliOptionDatabase),
];

/// Three examples for each group of commands; its commands show them, too.
const EXAMPLES: [(&str, [&str; 3]); 5] = [
    (
        "kinchaku",
        [
            "kinchaku wallet --home ~/purse status",
            "kinchaku wallet --home ~/purse pay sheet.jpg --amount 1200 --receipt receipt.png",
            "kinchaku qr read --json sheet.jpg",
        ],
    ),
    (
        "wallet",
        [
            "kinchaku wallet --home ~/purse enrol --server https://town.example --muni 1 --root 02… 7K3M-92QX-41",
            "kinchaku wallet --home ~/purse pay sheet.jpg --amount 1200",
            "kinchaku wallet --home ~/purse history --json",
        ],
    ),
    (
        "shop",
        [
            "kinchaku shop --home ~/till check receipt.jpg --refusal refusal.png",
            "kinchaku shop --home ~/till relay receipt.jpg",
            "kinchaku shop --home ~/till status",
        ],
    ),
    (
        "card",
        [
            "kinchaku card status",
            "kinchaku card --home ~/purse link",
            "kinchaku card --home ~/purse id generate",
        ],
    ),
    (
        "qr",
        [
            "kinchaku qr read --json a.png b.jpg",
            "kinchaku qr parse --json 00020101…",
            "kinchaku qr parse --json - < payloads.txt",
        ],
    ),
];

/// The command line with its help in this language.
pub fn localised(lang: Lang) -> Command {
    group(lang, Arguments::command(), "")
}

fn group(lang: Lang, command: Command, path: &str) -> Command {
    let named = if path.is_empty() { "kinchaku" } else { path };
    let mut command = spoken(lang, command, named)
        .disable_help_subcommand(true)
        .disable_help_flag(true)
        .arg(flag("help", 'h', ArgAction::Help))
        .subcommand_value_name("COMMAND")
        .subcommand_help_heading(text(lang, Key::CliHeadingCommands));
    if path.is_empty() {
        command = command
            .disable_version_flag(true)
            .arg(flag("version", 'V', ArgAction::Version));
    }
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for name in names {
        let path = format!("{path} {name}").trim_start().to_owned();
        command = command.mut_subcommand(name, |sub| group(lang, sub, &path));
    }
    command.mut_args(|arg| option(lang, arg))
}

fn flag(name: &'static str, short: char, action: ArgAction) -> Arg {
    Arg::new(name).short(short).long(name).action(action)
}

/// A command's own words: what it is, examples, how it is written.
fn spoken(lang: Lang, command: Command, path: &str) -> Command {
    let about = key_of(COMMANDS, console_words::COMMANDS, path).map_or("", |key| text(lang, key));
    let group = path.split(' ').next().unwrap_or(path);
    let examples = EXAMPLES
        .iter()
        .chain([&console_words::EXAMPLES])
        .find(|(of, _)| *of == group);
    let examples = examples.map(|(_, lines)| {
        let heading = text(lang, Key::CliExamples);
        format!("{heading}:\n  {}\n\n", lines.join("\n  "))
    });
    let usage = text(lang, Key::CliHeadingUsage);
    command.about(about).long_about(None::<&str>).help_template(format!(
        "{{about}}\n\n{}{usage}: {{usage}}\n\n{{all-args}}\n",
        examples.unwrap_or_default()
    ))
}

fn option(lang: Lang, arg: Arg) -> Arg {
    let id = arg.get_id().as_str().to_owned();
    let key = key_of(OPTIONS, console_words::OPTIONS, &id);
    let heading = if arg.is_positional() {
        Key::CliHeadingArguments
    } else {
        Key::CliHeadingOptions
    };
    let said = key.map_or("", |key| text(lang, key));
    let takes_value = arg.get_action().takes_values();
    arg.help(said)
        .long_help(None::<&str>)
        .help_heading(text(lang, heading))
        .hide_default_value(takes_value)
}

fn key_of(table: &[(&str, Key)], more: &[(&str, Key)], name: &str) -> Option<Key> {
    table
        .iter()
        .chain(more)
        .find(|(of, _)| *of == name)
        .map(|(_, key)| *key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn silent(command: &Command, path: &str, found: &mut Vec<String>) {
        if command.get_about().is_none_or(|about| about.to_string().is_empty()) {
            found.push(path.to_owned());
        }
        for arg in command.get_arguments() {
            if arg.get_help().is_none_or(|help| help.to_string().is_empty()) {
                found.push(format!("{path} --{}", arg.get_id()));
            }
        }
        for sub in command.get_subcommands() {
            silent(sub, &format!("{path} {}", sub.get_name()), found);
        }
    }

    #[test]
    fn every_command_and_option_says_what_it_is_in_every_language() {
        for lang in Lang::ALL {
            let mut found = Vec::new();
            let mut command = localised(lang);
            command.build();
            silent(&command, "", &mut found);
            assert_eq!(found, Vec::<String>::new(), "{lang}");
        }
    }

    #[test]
    fn help_begins_with_what_it_is_and_three_examples() {
        let help = localised(Lang::Ja).render_help().to_string();
        let mut lines = help.lines();
        assert_eq!(lines.next(), Some(text(Lang::Ja, Key::CliAbout)));
        assert_eq!(lines.filter(|line| line.starts_with("  kinchaku ")).count(), 3);
        assert!(!help.contains("Usage") && !help.contains("Options"), "{help}");
    }
}
