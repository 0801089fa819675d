use super::*;
use kinchaku_protocol::time::DAY_SECONDS;

const NOW: Time = Time(1_790_000_000);

fn roots() -> Roots {
    Roots::Sealed(Passphrase::new("a purse with a cord".to_owned()).unwrap())
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_town_has_a_key_for_each_use_in_a_set_signed_by_its_first_root() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let keys = init(&path, &roots(), NOW).unwrap();
    assert_eq!(keys.keyset().kid(), Some(keys.roots()[0].kid()));
    assert_eq!(keys.keyset().next_root, Some(keys.roots()[1]));
    for (usage, _) in USES {
        let signer = keys.signer(usage, NOW).unwrap();
        let kid = Some(signer.public_key().kid());
        assert!(keys.keyset().find(kid, usage).is_some());
    }
    let year = NOW.after(DAY_SECONDS * 91);
    assert!(matches!(
        keys.signer(KeyUse::ISSUER, year),
        Err(KeysError::None("issuer"))
    ));
    assert!(keys.signer(KeyUse::FACT, NOW.after(DAY_SECONDS * 36_500)).is_ok());
    assert!(keys.signer(KeyUse::ISSUER, NOW.before(1)).is_err());
}

#[cfg(unix)]
#[test]
fn secrets_are_for_their_owner_alone_and_refused_otherwise() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    init(&path, &roots(), NOW).unwrap();
    assert_eq!(mode(&path), 0o700);
    let mut some_key = None;
    for file in std::fs::read_dir(&path).unwrap() {
        let file = file.unwrap().path();
        assert_eq!(mode(&file), 0o600, "{file:?}");
        some_key = some_key.or(file.extension().is_some_and(|end| end == "pem").then_some(file));
    }
    std::fs::set_permissions(some_key.unwrap(), std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(TownKeys::load(&path), Err(KeysError::Exposed(_))));
}

#[test]
fn keys_are_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path(), &roots(), NOW).unwrap();
    let again = init(folder.path(), &roots(), NOW);
    assert!(matches!(again, Err(KeysError::AlreadyThere)));
}

#[test]
fn a_rotated_key_takes_over_at_its_time_and_a_leaked_one_leaves_the_set() {
    let folder = tempfile::tempdir().unwrap();
    let before = init(folder.path(), &roots(), NOW).unwrap();
    let old = before.signer(KeyUse::ISSUER, NOW).unwrap().public_key().kid();
    let from = NOW.after(DAY_SECONDS * 45);
    let change = |drop| Rotation {
        usage: KeyUse::ISSUER,
        from,
        drop,
    };
    let keys = rotate(folder.path(), &roots(), &change(None)).unwrap();
    assert_eq!(keys.keyset().version, 2);
    let kid_at = |keys: &TownKeys, at| keys.signer(KeyUse::ISSUER, at).unwrap().public_key().kid();
    assert_eq!(kid_at(&keys, NOW), old);
    assert_ne!(kid_at(&keys, from), old);
    let keys = rotate(folder.path(), &roots(), &change(Some(old))).unwrap();
    assert!(keys.keyset().find(Some(old), KeyUse::ISSUER).is_none());
    assert!(keys.signer(KeyUse::ISSUER, NOW).is_err());
}

#[test]
fn a_wrong_passphrase_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path(), &roots(), NOW).unwrap();
    let wrong = Roots::Sealed(Passphrase::new("another purse, another cord".to_owned()).unwrap());
    let change = Rotation {
        usage: KeyUse::ISSUER,
        from: NOW,
        drop: None,
    };
    let refused = rotate(folder.path(), &wrong, &change);
    assert!(matches!(refused, Err(KeysError::WrongPassphrase)));
    assert_eq!(TownKeys::load(folder.path()).unwrap().keyset().version, 1);
}

#[test]
fn a_key_set_that_no_root_signed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    init(folder.path(), &roots(), NOW).unwrap();
    init(other.path(), &roots(), NOW).unwrap();
    std::fs::copy(other.path().join("keyset.cose"), folder.path().join("keyset.cose")).unwrap();
    assert!(matches!(TownKeys::load(folder.path()), Err(KeysError::Damaged(_))));
}

/// A plain build refuses a town whose roots are published.
#[cfg(not(feature = "demo"))]
#[test]
fn test_roots_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path(), &roots(), NOW).unwrap();
    let lines: Vec<String> = kinchaku_protocol::test_roots::TEST_ROOTS
        .iter()
        .map(|root| format!("{}\n", data_encoding::HEXLOWER.encode(&root.0)))
        .collect();
    std::fs::write(folder.path().join("roots.txt"), lines.concat()).unwrap();
    assert!(matches!(TownKeys::load(folder.path()), Err(KeysError::TestRoot)));
}
