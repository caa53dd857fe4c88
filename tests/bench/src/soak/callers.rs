//! Those who call, each at its pace over a connection of its own, and what they note.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio::time::{interval, timeout};

use super::fault::{Expected, Fault, NOBODY};

/// How many call, and how often each of them: together 200 times a second.
const CALLERS: usize = 160;
const EVERY: Duration = Duration::from_millis(800);
/// How long a caller waits who leaves.
const PATIENCE: Duration = Duration::from_millis(100);

/// What callers have seen.
#[derive(Default)]
pub(super) struct Journal {
    calls: [AtomicU64; Fault::ALL.len()],
    wrong: Mutex<Vec<String>>,
}

impl Journal {
    pub(super) fn calls(&self) -> u64 {
        self.calls.iter().map(|calls| calls.load(Ordering::Relaxed)).sum()
    }

    /// Fails when an answer was not what its fault comes to, or a fault was never met.
    pub(super) fn judge(&self) -> Result<(), String> {
        let wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(first) = wrong.first() {
            return Err(format!("{} answers are wrong, the first: {first}", wrong.len()));
        }
        let unmet = Fault::ALL.iter().zip(&self.calls).find(|(_, calls)| calls.load(Ordering::Relaxed) == 0);
        unmet.map_or(Ok(()), |(fault, _)| Err(format!("no server {}", fault.story())))
    }

    /// Writes the rows of a table: how often each fault was met, and what it came to.
    pub(super) fn rows(&self) -> String {
        let rows = Fault::ALL.iter().zip(&self.calls).map(|(fault, calls)| {
            let answer = match fault.expected() {
                Expected::Answer(200, _) => "200".to_owned(),
                Expected::Answer(status, text) => format!("{status}, \"{text}\""),
                Expected::Cut => "the events, and a connection that breaks off".to_owned(),
                Expected::Nothing => String::new(),
            };
            format!("| {} | {} | {answer} |\n", fault.story(), calls.load(Ordering::Relaxed))
        });
        rows.collect()
    }

    fn note(&self, fault: Fault, answer: &io::Result<(u16, String)>) {
        let met = Fault::ALL.iter().zip(&self.calls).find(|(kind, _)| **kind == fault);
        met.map(|(_, calls)| calls.fetch_add(1, Ordering::Relaxed));
        let is_right = match (fault.expected(), answer) {
            (Expected::Answer(status, text), Ok((answered, body))) => {
                status == *answered && body.contains(text)
            }
            (Expected::Cut, Err(error)) => error.kind() == io::ErrorKind::UnexpectedEof,
            (Expected::Nothing, Err(error)) => error.kind() == io::ErrorKind::TimedOut,
            _ => false,
        };
        if !is_right {
            let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
            wrong.push(format!("{fault:?}: {answer:?}"));
        }
    }
}

/// Lets all of them call until they are aborted.
pub(super) fn start(
    runtime: &Runtime,
    gateway: u16,
    upstream: u16,
    journal: &Arc<Journal>,
) -> Vec<JoinHandle<()>> {
    let caller = |number| {
        let journal = Arc::clone(journal);
        runtime.spawn(async move {
            tokio::time::sleep(EVERY * number as u32 / CALLERS as u32).await;
            Caller { number, gateway, upstream, kept: None }.call_on(&journal).await;
        })
    };
    (0..CALLERS).map(caller).collect()
}

struct Caller {
    number: usize,
    gateway: u16,
    upstream: u16,
    /// The connection, while it is good for another call.
    kept: Option<BufReader<TcpStream>>,
}

impl Caller {
    async fn call_on(mut self, journal: &Journal) {
        let mut ticks = interval(EVERY);
        for call in 0.. {
            ticks.tick().await;
            let fault = Fault::of_call(self.number + call);
            let payload = self.payload(fault, call);
            let time = if fault == Fault::Left { PATIENCE } else { Duration::from_secs(30) };
            let answer = timeout(time, self.ask(&payload)).await;
            journal.note(fault, &answer.unwrap_or(Err(io::ErrorKind::TimedOut.into())));
        }
    }

    fn payload(&self, fault: Fault, call: usize) -> String {
        let port = if fault == Fault::Absent { NOBODY } else { self.upstream };
        let path = match fault {
            Fault::New => format!("{}/{}/{call}", fault.name(), self.number),
            _ => fault.name().to_owned(),
        };
        let manifest = json!({
            "identifier": "soak",
            "meta": { "title": "Soak", "avatar": "S" },
            "api": [{
                "name": "run", "description": "Run.", "url": format!("http://127.0.0.1:{port}/{path}"),
                "parameters": { "type": "object", "properties": { "mood": { "type": "string" } } },
            }],
        });
        let arguments = "{\"mood\":\"happy\"}";
        json!({ "identifier": "soak", "apiName": "run", "arguments": arguments, "manifest": manifest })
            .to_string()
    }

    /// Asks, and returns the status and the body.
    async fn ask(&mut self, payload: &str) -> io::Result<(u16, String)> {
        let mut stream = match self.kept.take() {
            Some(stream) => stream,
            None => BufReader::new(TcpStream::connect(("127.0.0.1", self.gateway)).await?),
        };
        let head = format!(
            "POST /api/gateway HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n",
            self.gateway,
            payload.len()
        );
        stream.write_all((head + payload).as_bytes()).await?;
        let answer = read(&mut stream).await?;
        self.kept = Some(stream);
        Ok(answer)
    }
}

/// Reads an answer with a length, or the chunks of one without.
async fn read(stream: &mut BufReader<TcpStream>) -> io::Result<(u16, String)> {
    let (mut status, mut length, mut is_first) = (0, None, true);
    loop {
        let line = line(stream).await?.to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if std::mem::take(&mut is_first) {
            status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
        } else if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().ok();
        }
    }
    let mut body = Vec::new();
    if let Some(length) = length {
        body.resize(length, 0);
        stream.read_exact(&mut body).await?;
        return Ok((status, String::from_utf8_lossy(&body).into_owned()));
    }
    loop {
        let length = usize::from_str_radix(&line(stream).await?, 16).map_err(io::Error::other)?;
        let before = body.len();
        body.resize(before + length + 2, 0);
        stream.read_exact(&mut body[before..]).await?;
        body.truncate(before + length);
        if length == 0 {
            return Ok((status, String::from_utf8_lossy(&body).into_owned()));
        }
    }
}

/// Reads a line; an end before it is an error.
async fn line(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    line.truncate(line.trim_end().len());
    Ok(line)
}
