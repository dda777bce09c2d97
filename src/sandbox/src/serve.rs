//! The same cloud over HTTP, on loopback only: for the AWS CLI and other tools.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use http::{Request, Response};

use crate::sandbox::{Reply, Sandbox};

/// The longest header line, and the greatest number of them.
const LINE: u64 = 64 * 1024;
const LINES: usize = 200;
/// The longest body.
const BODY: u64 = 64 * 1024 * 1024;
/// How long a connection may be idle.
const IDLE: Duration = Duration::from_secs(60);

/// A socket on which a sandbox answers.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    sandbox: Sandbox,
}

impl Server {
    /// Opens a port on 127.0.0.1; 0 for any that is free.
    ///
    /// # Errors
    /// When the port is taken.
    pub fn open(sandbox: Sandbox, port: u16) -> io::Result<Self> {
        Ok(Self { listener: TcpListener::bind((Ipv4Addr::LOCALHOST, port))?, sandbox })
    }

    /// Returns the address.
    ///
    /// # Errors
    /// When the operating system does not tell.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until the process ends, each connection in a thread of its own.
    ///
    /// # Errors
    /// When no more connections can be taken.
    pub fn run(&self) -> io::Result<()> {
        loop {
            let (stream, _) = self.listener.accept()?;
            let sandbox = self.sandbox.clone();
            // A connection that breaks concerns only its client.
            thread::spawn(move || _ = converse(&sandbox, &stream));
        }
    }
}

fn converse(sandbox: &Sandbox, stream: &TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(IDLE))?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    while let Some(request) = read_request(&mut reader, &mut writer)? {
        let is_head = request.method() == http::Method::HEAD;
        match sandbox.answer(&request) {
            Reply::Answer(response) => write_response(&mut writer, &response, is_head)?,
            // The client sees a connection that ends without an answer.
            Reply::Timeout | Reply::LostReply => return Ok(()),
        }
    }
    Ok(())
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

fn read_line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    reader.take(LINE).read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Returns the next request; nothing where the client has closed the connection.
fn read_request(reader: &mut impl BufRead, writer: &mut impl Write) -> io::Result<Option<Request<Vec<u8>>>> {
    let first = read_line(reader)?;
    if first.is_empty() {
        return Ok(None);
    }
    let mut words = first.split(' ');
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return Err(malformed("request line")) };
    let mut request = Request::builder().method(method).uri(target);
    let (mut length, mut is_chunked) = (0, false);
    for _ in 0..LINES {
        let line = read_line(reader)?;
        if line.is_empty() {
            let body = if is_chunked { read_chunks(reader)? } else { read_body(reader, length)? };
            return request.body(body).map(Some).map_err(|error| malformed(&error.to_string()));
        }
        let (name, value) = line.split_once(':').ok_or_else(|| malformed("header"))?;
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().map_err(|_| malformed("length"))?,
            "transfer-encoding" => is_chunked = value.eq_ignore_ascii_case("chunked"),
            "expect" => writer.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?,
            _ => {}
        }
        request = request.header(name, value);
    }
    Err(malformed("too many headers"))
}

fn read_body(reader: &mut impl BufRead, length: u64) -> io::Result<Vec<u8>> {
    if length > BODY {
        return Err(malformed("body too long"));
    }
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body)?;
    if body.len() as u64 == length { Ok(body) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fn read_chunks(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_line(reader)?;
        let size = line.split(';').next().unwrap_or_default();
        let size = u64::from_str_radix(size.trim(), 16).map_err(|_| malformed("chunk"))?;
        if size == 0 {
            while !read_line(reader)?.is_empty() {}
            return Ok(body);
        }
        body.extend(read_body(reader, size)?);
        read_line(reader)?;
        if body.len() as u64 > BODY {
            return Err(malformed("body too long"));
        }
    }
}

fn write_response(writer: &mut impl Write, response: &Response<Vec<u8>>, is_head: bool) -> io::Result<()> {
    let mut text = format!("HTTP/1.1 {}\r\n", response.status()).into_bytes();
    for (name, value) in response.headers() {
        text.extend_from_slice(name.as_str().as_bytes());
        text.extend_from_slice(b": ");
        text.extend_from_slice(value.as_bytes());
        text.extend_from_slice(b"\r\n");
    }
    if !response.headers().contains_key("content-length") {
        text.extend_from_slice(format!("content-length: {}\r\n", response.body().len()).as_bytes());
    }
    text.extend_from_slice(b"\r\n");
    if !is_head {
        text.extend_from_slice(response.body());
    }
    writer.write_all(&text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Cloud;

    fn ask(body: &str, framing: &str) -> String {
        let server = Server::open(Cloud::new().0, 0).unwrap();
        let address = server.address().unwrap();
        thread::spawn(move || _ = server.run());
        let mut stream = TcpStream::connect(address).unwrap();
        let credential = "AWS4-HMAC-SHA256 Credential=AKIA/20261102/eu-central-1/sts/aws4_request";
        let request = format!("POST / HTTP/1.1\r\nAuthorization: {credential}\r\n{framing}\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn requests_are_answered_over_loopback() {
        let answer = ask("Action=GetCallerIdentity", "Content-Length: 24");
        assert!(
            answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("<Account>111122223333</Account>"),
            "{answer}"
        );
        let chunked = ask("18\r\nAction=GetCallerIdentity\r\n0\r\n\r\n", "Transfer-Encoding: chunked");
        assert!(chunked.contains("<Account>"), "{chunked}");
    }
}
