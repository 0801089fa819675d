//! A server that says OK to everything and proves nothing: a real socket, real HTTP, no keys.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use kinchaku_protocol::api::{CBOR, VERSION, VERSION_HEADER};
use kinchaku_protocol::doc::{Answer, AnswerItem, Upload};

use super::error::DemoError;

/// Starts it on a thread of its own, for as long as the program runs; gives its address.
pub fn start() -> Result<String, DemoError> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = format!("http://{}", listener.local_addr()?);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A caller that hangs up was told nothing worse than others.
            let _ = answer(stream);
        }
    });
    Ok(address)
}

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let items = Upload::decode(&body).map_or(0, |upload| upload.items.len());
    let said = Answer {
        items: vec![AnswerItem::Noted; items],
    }
    .encode();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: {CBOR}\r\n{VERSION_HEADER}: {VERSION}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        said.len()
    )?;
    stream.write_all(&said)
}
