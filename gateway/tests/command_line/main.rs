//! The program as its operator has it: what it says, what it refuses, how it ends.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a test says what it expects by unwrapping")]
#![allow(clippy::disallowed_methods, reason = "a test is a client")]

mod check;
mod configuration;
mod import;
mod keys;
mod screens;
mod serve;
#[cfg(feature = "opentelemetry")]
mod traces;
mod words;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};

fn gateway(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lobe-gateway"));
    command.args(arguments).stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    gateway(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A configuration file that lives as long as the test.
struct File(PathBuf);

impl File {
    fn new(text: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("lobe-gateway-{}-{count}.toml", std::process::id()));
        std::fs::write(&path, text).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A gateway on free ports, and what it said until it listened.
struct Serving {
    process: Child,
    lines: BufReader<ChildStderr>,
    said: String,
}

impl Serving {
    fn start(arguments: &[&str]) -> Self {
        Self::start_in(&[], arguments)
    }

    fn start_in(environment: &[(&str, &str)], arguments: &[&str]) -> Self {
        let common = ["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
        let mut command = gateway(&[&common, arguments].concat());
        let mut process = command.envs(environment.iter().copied()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stderr.take().unwrap());
        let mut serving = Self { process, lines, said: String::new() };
        serving.read_until("callers may bring");
        serving
    }

    /// Reads the log up to a line that has `text` in it, and returns that line.
    fn read_until(&mut self, text: &str) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.lines.read_line(&mut line).unwrap(), 0, "it ended: {}", self.said);
            self.said.push_str(&line);
            if line.contains(text) {
                return line;
            }
        }
    }

    fn callers(&self) -> String {
        self.said.split("listens on http://").nth(1).unwrap().split('/').next().unwrap().to_owned()
    }

    fn operator(&self) -> String {
        self.said.split("address=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned()
    }

    fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn ask(address: &str, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    write!(
        stream,
        "{head} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Calls a plugin that nobody knows, and returns the status: 404 for whoever is let in.
fn knock(serving: &Serving, path: &str, headers: &str) -> u16 {
    let head = format!("POST {path} HTTP/1.1\r\n{headers}X:");
    let answer = ask(&serving.callers(), &head, r#"{"identifier":"nobody","apiName":"x"}"#);
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

/// What a server was sent: head and body.
type Sent = (String, Vec<u8>);

/// What it answers: status, headers and body.
type Answer = (u16, &'static str, String);

/// Answers every request by its path and by where it is asked, and hands on what it was sent.
fn serve(answer: impl Fn(&str, &str) -> Answer + Send + Sync + 'static) -> (String, Receiver<Sent>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (sender, receiver) = channel();
    let answer = Arc::new({
        let address = address.clone();
        move |path: &str| answer(path, &address)
    });
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, sender) = (BufReader::new(stream.unwrap()), sender.clone());
            let answer = Arc::clone(&answer);
            std::thread::spawn(move || {
                let sent = read(&mut stream);
                let path = sent.0.split(' ').nth(1).unwrap_or_default().to_owned();
                let _ = sender.send(sent);
                let (status, headers, body) = answer(&path);
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 {status} Whatever\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n"
                );
                // Who went away meanwhile wants no answer.
                let _ = stream.get_mut().write_all((head + &body).as_bytes());
            });
        }
    });
    (address, receiver)
}

/// Answers every request with the same.
#[cfg(feature = "opentelemetry")]
fn serve_text(answer: &'static str) -> (String, Receiver<Sent>) {
    serve(move |_, _| (200, "", answer.to_owned()))
}

fn read(stream: &mut BufReader<TcpStream>) -> Sent {
    let (mut head, mut length) = (String::new(), 0);
    while stream.read_line(&mut head).unwrap_or(0) > 2 {
        let line = head.lines().next_back().unwrap().to_lowercase();
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    (head, body)
}
