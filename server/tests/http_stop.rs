//! Stopping: what was begun is finished, and everything that was answered is in the books.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::http_town::Town;

/// A request whose body is still under way when the server is asked to stop gets its answer.
#[test]
fn a_request_under_way_is_answered_before_the_server_stops() {
    let mut town = Town::start();
    let mut stream = TcpStream::connect(town.address).unwrap();
    let head = "POST /v1/1/upload HTTP/1.1\r\nhost: town\r\nkinchaku-version: 1\r\n\
                content-type: application/cbor\r\ncontent-length: 3\r\nexpect: 100-continue\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    // The server is inside the handler once it asks for the body.
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).unwrap();
    assert!(interim.starts_with(b"HTTP/1.1 100"));
    let address = town.address;
    let stopper = std::thread::spawn(move || {
        town.stop();
    });
    while TcpStream::connect(address).is_ok() {
        std::thread::yield_now();
    }
    stream.write_all(b"\xa1\x00\x80").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(
        answer.starts_with(b"HTTP/1.1 200"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
    stopper.join().unwrap();
}
