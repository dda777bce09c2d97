//! A server on loopback: an answer for each path, and a list of what was asked.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// An answer.
#[derive(Clone, Debug)]
pub struct Page {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

pub fn ok(body: impl Into<Vec<u8>>) -> Page {
    Page { status: 200, headers: Vec::new(), body: body.into() }
}

pub fn status(status: u16) -> Page {
    Page { status, headers: Vec::new(), body: Vec::new() }
}

impl Page {
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// What was asked.
#[derive(Clone, Debug)]
pub struct Request {
    pub path: String,
    pub headers: BTreeMap<String, String>,
}

#[derive(Default)]
struct Shared {
    /// Answers in the order in which they are given; the last one stays.
    pages: Mutex<BTreeMap<String, Vec<Page>>>,
    requests: Mutex<Vec<Request>>,
}

/// A server, which lives as long as the test.
pub struct Server {
    pub address: String,
    shared: Arc<Shared>,
}

impl Server {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&theirs);
                std::thread::spawn(move || answer(stream, &shared));
            }
        });
        Self { address, shared }
    }

    pub fn page(&self, path: &str, page: Page) -> &Self {
        self.shared.pages.lock().unwrap().entry(path.to_owned()).or_default().push(page);
        self
    }

    /// Returns the requests for a path so far.
    pub fn asked(&self, path: &str) -> Vec<Request> {
        self.shared.requests.lock().unwrap().iter().filter(|request| request.path == path).cloned().collect()
    }
}

fn answer(mut stream: TcpStream, shared: &Shared) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let Some(Ok(first)) = lines.next() else { return };
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let headers = lines
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| Some((line.split_once(": ")?.0.to_lowercase(), line.split_once(": ")?.1.to_owned())))
        .collect();
    shared.requests.lock().unwrap().push(Request { path: path.clone(), headers });
    let page = match shared.pages.lock().unwrap().get_mut(&path) {
        None => status(404),
        Some(pages) if pages.len() > 1 => pages.remove(0),
        Some(pages) => pages[0].clone(),
    };
    let mut head = format!("HTTP/1.1 {} x\r\nconnection: close\r\n", page.status);
    for (name, value) in &page.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if page.status != 204 && page.status != 304 {
        head.push_str(&format!("content-length: {}\r\n", page.body.len()));
    }
    head.push_str("\r\n");
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&page.body));
}
