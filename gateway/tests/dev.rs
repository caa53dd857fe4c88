//! `lobe-gateway dev` as a developer has it: the real program, a plugin in another process, and edits while it runs.
#![cfg(all(feature = "cli", unix))]
#![allow(clippy::unwrap_used, reason = "a test says what it expects by unwrapping")]
#![allow(clippy::disallowed_methods, reason = "a test is a client")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// A folder of the developer's, in which the plugin is one file: its manifest.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("lobe-dev-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.0.join(file), text).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A manifest whose operations are served at the port that the server has.
fn manifest(operations: &[&str]) -> String {
    let api = |name: &&str| {
        format!(
            r#"{{"name": "{name}", "description": "d", "url": "http://127.0.0.1:PORT/{name}",
                "parameters": {{"type": "object", "properties": {{"n": {{"type": "number"}}}}}}}}"#
        )
    };
    let apis = operations.iter().map(api).collect::<Vec<_>>().join(",");
    format!(r#"{{"identifier": "echo", "meta": {{"title": "Echo", "description": "d"}}, "api": [{apis}]}}"#)
}

/// The OpenAPI document of a service with one operation.
fn service(name: &str) -> String {
    format!(
        r#"{{"openapi": "3.1.0", "info": {{"title": "Echo", "version": "1"}}, "paths": {{"/echo": {{"post": {{
            "operationId": "{name}", "summary": "Echo.", "responses": {{}}, "requestBody": {{"content": {{
            "application/json": {{"schema": {{"type": "object", "properties": {{"n": {{"type": "number"}}}}}}}}}}}}}}}}}}}}"#
    )
}

/// Not a test but the plugin: it serves the document beside it, and echoes what is posted.
#[test]
#[ignore = "it is the plugin that the tests run"]
fn plugin() {
    let port: u16 = std::env::var("PORT").unwrap().parse().unwrap();
    let name = if Path::new("openapi.json").exists() { "openapi.json" } else { "manifest.json" };
    let document = std::fs::read_to_string(name).unwrap();
    assert!(!document.is_empty(), "there is nothing to serve");
    let document = document.replace("PORT", &port.to_string());
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    println!("the plugin is here");
    for stream in listener.incoming() {
        let mut stream = stream.unwrap();
        let (head, body) = read_message(&mut stream);
        let (status, answer) = match head.split(' ').nth(1).unwrap() {
            path if path[1..] == *name => ("200 OK", &document),
            _ if head.starts_with("GET ") => ("404 Not Found", &body),
            _ => ("200 OK", &body),
        };
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            answer.len()
        );
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(answer.as_bytes()));
    }
}

fn read_message(stream: &mut TcpStream) -> (String, String) {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) <= 2 {
            break;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (head, String::from_utf8(body).unwrap())
}

/// The command that runs [`plugin`].
fn plugin_command() -> Vec<String> {
    let program = std::env::current_exe().unwrap().display().to_string();
    let words = ["--exact", "plugin", "--ignored", "--nocapture"].map(str::to_owned);
    std::iter::once(program).chain(words).collect()
}

/// [`plugin`], started by the developer.
struct Plugin(Child);

impl Plugin {
    fn start(folder: &Folder, port: u16) -> Self {
        let command = plugin_command();
        let mut command_line = Command::new(&command[0]);
        let command = command_line.args(&command[1..]).current_dir(&folder.0).env("PORT", port.to_string());
        Self(command.stdout(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Plugin {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// `lobe-gateway dev`, and what it has said so far.
struct Dev {
    process: Child,
    lines: Receiver<String>,
    said: String,
}

impl Dev {
    fn start(folder: &Path, arguments: &[&str], command: &[String]) -> Self {
        let mut process = program(folder, arguments, command).stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let (tell, lines) = channel();
        std::thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        Self { process, lines, said: String::new() }
    }

    /// Reads what it says up to a line with `text` in it, and returns that line.
    fn read_until(&mut self, text: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(Duration::from_secs(60));
            let line = line.unwrap_or_else(|error| panic!("{error}: no {text:?} in {}", self.said));
            self.said.extend([&*line, "\n"]);
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Returns where LobeChat reaches it, as it says.
    fn address(&mut self) -> String {
        self.read_until("found at ");
        let line = self.read_until("/manifest.json");
        line.trim().strip_prefix("http://").unwrap().strip_suffix("/manifest.json").unwrap().to_owned()
    }

    fn end(&mut self) -> Option<i32> {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        self.process.wait().unwrap().code()
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        if self.process.try_wait().unwrap().is_none() {
            self.end();
        }
    }
}

fn program(folder: &Path, arguments: &[&str], command: &[String]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_lobe-gateway"));
    program.arg("dev").args(arguments).current_dir(folder).stdin(Stdio::null());
    if !command.is_empty() {
        program.arg("--").args(command);
    }
    program
}

fn run(folder: &Path, arguments: &[&str], command: &[&str]) -> Output {
    let command: Vec<_> = command.iter().map(|word| (*word).to_owned()).collect();
    program(folder, arguments, &command).output().unwrap()
}

fn ask(address: &str, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    write!(
        stream,
        "{head} HTTP/1.1\r\nHost: {address}\r\nOrigin: http://localhost:3210\r\nConnection: close\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn call(address: &str, operation: &str) -> String {
    let body = format!(r#"{{"identifier": "echo", "apiName": "{operation}", "arguments": "{{\"n\": 7}}"}}"#);
    ask(address, "POST /api/gateway", &body)
}

/// Returns whether a process is there that is no zombie.
fn is_alive(id: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    !status.is_empty() && !status.contains("State:\tZ")
}

#[test]
fn a_plugin_is_run_shown_called_and_run_again_when_it_changes() {
    let folder = Folder::new();
    folder.write("manifest.json", &manifest(&["one"]));
    let mut dev = Dev::start(&folder.0, &["--port", "0"], &plugin_command());
    let address = dev.address();
    assert!(dev.said.contains("Echo (echo) with one found at http://127.0.0.1:"), "{}", dev.said);
    assert!(dev.said.contains("| the plugin is here"), "its output is shown: {}", dev.said);

    let answer = ask(&address, "GET /manifest.json", "");
    assert!(answer.contains(&format!(r#""gateway":"http://{address}/api/gateway""#)), "{answer}");
    assert!(answer.to_lowercase().contains("content-type: application/json\r\n"), "{answer}");
    assert!(answer.to_lowercase().contains("access-control-allow-origin: "), "{answer}");
    let answer = call(&address, "one");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with(r#"{"n": 7}"#), "{answer}");
    let line = dev.read_until("POST echo.one");
    assert!(line.contains(" 200 ") && line.contains("ms"), "{line}");

    folder.write("manifest.json", &manifest(&["two"]));
    dev.read_until("manifest.json changed: starting again");
    // A call that comes while the plugin starts waits for it.
    let answer = call(&address, "two");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let line = dev.read_until("other operations");
    assert!(line.contains("+two -one"), "{line}");

    let answer = call(&address, "twoo");
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    dev.read_until("PluginApiNotFound");
    dev.read_until("did you mean `two`?");
    assert_eq!(dev.end(), Some(0));
}

#[test]
fn a_service_with_an_openapi_document_is_a_plugin_too() {
    let folder = Folder::new();
    folder.write("openapi.json", &service("say"));
    let mut dev = Dev::start(&folder.0, &["--port", "0"], &plugin_command());
    let address = dev.address();
    assert!(dev.said.contains("Echo (echo) with say found at"), "{}", dev.said);
    let answer = ask(&address, "GET /manifest.json", "");
    assert!(answer.contains("say") && answer.contains(&format!("http://{address}/api/gateway")), "{answer}");
    let body = r#"{"identifier": "echo", "apiName": "say", "arguments": "{\"_requestBody\": {\"n\": 7}}"}"#;
    let answer = ask(&address, "POST /api/gateway", body);
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(r#""n":7"#), "{answer}");
    folder.write("openapi.json", &service("tell"));
    let line = dev.read_until("other operations");
    assert!(line.contains("+tell -say"), "{line}");
}

#[test]
fn what_lobechat_would_refuse_is_said_with_its_place_and_again_when_it_is_mended() {
    let folder = Folder::new();
    folder.write("manifest.json", &manifest(&["one"]).replace(r#""type": "object","#, ""));
    let mut dev = Dev::start(&folder.0, &["--port", "0"], &plugin_command());
    dev.read_until("LobeChat would refuse what is at");
    let line = dev.read_until("error: ");
    assert!(
        line.contains(r#"/api/0/parameters/type: LobeChat refuses it: Required: write `"type": "object"`"#),
        "{line}"
    );
    folder.write("manifest.json", &manifest(&["one"]));
    let address = dev.address();
    assert!(call(&address, "one").starts_with("HTTP/1.1 200"));
}

#[test]
fn a_command_that_ends_is_told_of_and_started_again_after_an_edit() {
    let folder = Folder::new();
    folder.write("manifest.json", "");
    let mut dev = Dev::start(&folder.0, &["--port", "0"], &plugin_command());
    dev.read_until("there is nothing to serve");
    let line = dev.read_until("the command ended");
    assert!(line.contains("exit status: 101"), "{line}");
    folder.write("manifest.json", &manifest(&["one"]));
    let address = dev.address();
    assert!(call(&address, "one").starts_with("HTTP/1.1 200"));
}

#[test]
fn nothing_of_the_command_outlives_it() {
    let folder = Folder::new();
    folder.write("manifest.json", &manifest(&["one"]));
    // A shell that leaves another process behind, which does not listen to the usual signal.
    let script = format!("trap '' TERM; sleep 300 & echo $! > sleeper.log; {}", plugin_command().join(" "));
    let mut dev = Dev::start(&folder.0, &["--port", "0"], &["sh", "-c", &script].map(str::to_owned));
    dev.address();
    let sleeper = std::fs::read_to_string(folder.0.join("sleeper.log")).unwrap().trim().to_owned();
    assert!(is_alive(&sleeper));
    assert_eq!(dev.end(), Some(0));
    // The system takes a moment to do what it was told.
    let told = std::time::Instant::now();
    while is_alive(&sleeper) {
        assert!(told.elapsed() < Duration::from_secs(2), "the process group is gone");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_plugin_that_runs_already_is_looked_at_when_it_is_asked_for() {
    let folder = Folder::new();
    folder.write("manifest.json", &manifest(&["one"]));
    let port = free_port();
    let url = format!("http://127.0.0.1:{port}/manifest.json");
    let mut dev = Dev::start(&folder.0, &["--port", "0", "--manifest", &url], &[]);
    dev.read_until("nothing listens there: is the server running, and on that port?");
    let plugin = Plugin::start(&folder, port);
    let address = dev.address();
    assert!(call(&address, "one").starts_with("HTTP/1.1 200"));
    drop(plugin);
    std::thread::sleep(Duration::from_millis(1100));
    assert!(call(&address, "one").starts_with("HTTP/1.1 503"));
    dev.read_until("nothing listens there");
}

#[test]
fn a_service_that_runs_already_is_a_plugin_by_its_openapi_document() {
    let folder = Folder::new();
    folder.write("openapi.json", &service("say"));
    let port = free_port();
    let _plugin = Plugin::start(&folder, port);
    let url = format!("http://127.0.0.1:{port}/openapi.json");
    let mut dev = Dev::start(&folder.0, &["--port", "0", "--openapi", &url], &[]);
    let address = dev.address();
    assert!(dev.said.contains(&format!("Echo (echo) with say found at {url}")), "{}", dev.said);
    let body = r#"{"identifier": "echo", "apiName": "say", "arguments": "{\"_requestBody\": {\"n\": 7}}"}"#;
    let answer = ask(&address, "POST /api/gateway", body);
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(r#""n":7"#), "{answer}");
}

#[test]
fn mistakes_are_explained() {
    let folder = Folder::new();
    let check = |arguments: &[&str], command: &[&str], code: i32, expected: &str| {
        let output = run(&folder.0, arguments, command);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(expected), "{expected} is not in {said}");
    };
    check(&[], &[], 2, "--manifest <URL>");
    check(&["--manifest", "localhost:8000"], &[], 2, "expected a URL such as");
    check(&["--port", "0"], &["no-such-program-here"], 1, "there is no program `no-such-program-here` here");
    check(&["--port", "0", "--watch", "sorce"], &["true"], 1, "there is no such file or folder");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    check(&["--port", &port], &["true"], 1, "choose another port with `--port`");
}
