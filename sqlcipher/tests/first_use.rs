//! The first use of SQLCipher in a process, by many threads at once. Alone in its file: it can be made only once.

use std::sync::Barrier;
use std::thread;

#[test]
fn whoever_comes_first_finds_the_cipher() {
    const THREADS: usize = 64;
    let start = Barrier::new(THREADS);
    let problems: Vec<_> = thread::scope(|scope| {
        let each = || {
            start.wait();
            kinchaku_sqlcipher::link();
            let connection = rusqlite::Connection::open_in_memory().unwrap();
            connection.pragma_update(None, "key", "a passphrase").err()
        };
        let all: Vec<_> = (0..THREADS).map(|_| scope.spawn(each)).collect();
        all.into_iter().filter_map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(problems, []);
}
