//! A new process takes the place of the old one while calls come in, and none is lost: the socket is handed to both, as a
//! service manager does (systemd's `LISTEN_FDS`).
#![cfg(all(unix, feature = "cli"))]
#![allow(clippy::unwrap_used, reason = "a test says what it expects by unwrapping")]
#![allow(clippy::disallowed_methods, reason = "a test is a client")]
#![allow(clippy::print_stdout, reason = "a figure is for whoever runs it")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How often each client calls.
const EVERY: Duration = Duration::from_millis(50);

#[test]
fn no_call_is_lost_while_a_process_takes_the_place_of_another() {
    let (answered, lost) = restart(2, 4);
    assert!(answered > 10, "{answered} calls are no test");
    assert_eq!(lost, 0, "of {answered}");
}

#[test]
fn a_socket_that_others_reach_is_not_served_without_keys() {
    let socket = TcpListener::bind("0.0.0.0:0").unwrap();
    let output = handed(&socket, &Config::new()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("others reach"), "{said}");
}

/// The program is the one that the variable names, such as one that is built for use; or else that of the test.
fn program() -> std::ffi::OsString {
    std::env::var_os("LOBE_GATEWAY").unwrap_or_else(|| env!("CARGO_BIN_EXE_lobe-gateway").into())
}

/// For a program that is built for use: `.ci/run` names it.
#[test]
#[ignore = "half a minute, and a thousand calls a second"]
fn twenty_restarts_under_a_thousand_calls_a_second() {
    let begun = Instant::now();
    let (answered, lost) = restart(20, 50);
    let rate = answered as f64 / begun.elapsed().as_secs_f64();
    println!("20 restarts, {answered} calls, {rate:.0} a second, {lost} lost");
    assert!(rate > 500.0, "{rate:.0} calls a second are no test");
    assert_eq!(lost, 0, "of {answered}");
}

/// Restarts so many times under the calls of so many clients; returns how many were answered, and how many were not.
fn restart(times: usize, clients: usize) -> (usize, usize) {
    let upstream = serve_plugin();
    let config = Config::new();
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let mut serving = start(&socket, &config);
    let load = Arc::new(Load::default());
    let threads: Vec<_> = (0..clients)
        .map(|_| {
            let load = Arc::clone(&load);
            std::thread::spawn(move || call(address, upstream, &load))
        })
        .collect();
    std::thread::sleep(Duration::from_millis(300));
    for _ in 0..times {
        let next = start(&socket, &config);
        let mut old = std::mem::replace(&mut serving, next);
        assert!(Command::new("kill").args(["-TERM", &old.id().to_string()]).status().unwrap().success());
        assert!(old.wait().unwrap().success());
    }
    std::thread::sleep(Duration::from_millis(300));
    load.over.store(true, Ordering::SeqCst);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    serving.kill().unwrap();
    serving.wait().unwrap();
    (load.answered.load(Ordering::SeqCst), load.lost.load(Ordering::SeqCst))
}

#[derive(Default)]
struct Load {
    answered: AtomicUsize,
    lost: AtomicUsize,
    over: AtomicBool,
}

/// Calls at its pace over a connection that it keeps for as long as the gateway lets it.
fn call(gateway: SocketAddr, upstream: SocketAddr, load: &Load) {
    let body = format!(
        r#"{{"identifier":"x","apiName":"a","arguments":"{{}}","manifest":{{"identifier":"x","meta":{{}},"api":[{{"name":"a","description":"d","url":"http://{upstream}/","parameters":{{"type":"object","properties":{{}}}}}}]}}}}"#
    );
    let request = format!(
        "POST /api/gateway HTTP/1.1\r\nHost: {gateway}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut kept: Option<BufReader<TcpStream>> = None;
    let mut next = Instant::now();
    while !load.over.load(Ordering::SeqCst) {
        let mut stream = match kept.take() {
            Some(stream) => stream,
            None => BufReader::new(TcpStream::connect(gateway).unwrap()),
        };
        let answer = stream.get_mut().write_all(request.as_bytes()).and_then(|()| read(&mut stream));
        match answer {
            Ok((200, closes)) => {
                load.answered.fetch_add(1, Ordering::SeqCst);
                kept = Some(stream).filter(|_| !closes);
            }
            Ok(_) | Err(_) => drop(load.lost.fetch_add(1, Ordering::SeqCst)),
        }
        next += EVERY;
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
}

/// Reads a message: its status, and whether its sender closes the connection.
fn read(stream: &mut BufReader<TcpStream>) -> std::io::Result<(u16, bool)> {
    let (mut status, mut length, mut closes, mut chunked) = (0, 0, false, false);
    for number in 0.. {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim_end().to_ascii_lowercase();
        match line.split_once(": ") {
            _ if line.is_empty() => break,
            None if number == 0 => {
                status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
            }
            Some(("content-length", value)) => length = value.parse().unwrap(),
            Some(("connection", "close")) => closes = true,
            Some(("transfer-encoding", _)) => chunked = true,
            _ => {}
        }
    }
    assert!(!chunked, "answers here have a length");
    stream.read_exact(&mut vec![0; length])?;
    Ok((status, closes))
}

/// Serves a plugin that is well, on a thread for each connection.
fn serve_plugin() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            std::thread::spawn(move || {
                let answer =
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
                while read(&mut stream).is_ok() && stream.get_mut().write_all(answer).is_ok() {}
            });
        }
    });
    address
}

/// A configuration whose end is short: nothing in front has to hear of it, because the socket never closes.
struct Config(PathBuf);

impl Config {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::SeqCst);
        let path =
            std::env::temp_dir().join(format!("lobe-gateway-restart-{}-{count}.toml", std::process::id()));
        std::fs::write(&path, "[limits]\ndrain_accept = \"300ms\"\n").unwrap();
        Self(path)
    }
}

impl Drop for Config {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Hands a socket to a gateway, as a service manager does.
fn handed(socket: &TcpListener, config: &Config) -> Command {
    // The socket is descriptor 3, and a variable says that it is there.
    let script =
        "exec 3<&0 </dev/null; export LISTEN_PID=$$ LISTEN_FDS=1; exec \"$0\" serve --dev --config \"$1\"";
    let mut command = Command::new("sh");
    command.args(["-c", script]).arg(program()).arg(&config.0);
    command.stdin(Stdio::from(OwnedFd::from(socket.try_clone().unwrap())));
    command
}

/// Starts a gateway on a socket that is open already, and waits until it is ready for calls.
fn start(socket: &TcpListener, config: &Config) -> Child {
    let mut process = handed(socket, config).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(process.stderr.take().unwrap());
    let mut said = String::new();
    while !said.contains("callers may bring") {
        assert_ne!(lines.read_line(&mut said).unwrap(), 0, "it ended: {said}");
    }
    // A log that nobody reads would stop it some day.
    std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
    process
}
