//! The program as its user has it: what it prints, what it writes, how it ends.
#![allow(clippy::unwrap_used, reason = "a test says what it expects by unwrapping")]
#![allow(clippy::disallowed_methods, reason = "a test is a client")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

fn clothes(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clothes"));
    for name in ["PORT", "PUBLIC_BASE_URL", "CORS_ORIGINS", "RUST_LOG"] {
        command.env_remove(name);
    }
    command.args(arguments);
    command
}

fn run(arguments: &[&str]) -> Output {
    clothes(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Starts the server on a free port and returns its address and all it said.
fn serve(arguments: &[&str]) -> (Child, String, String) {
    let mut server = clothes(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut said = String::new();
    let mut lines = BufReader::new(server.stdout.take().unwrap());
    while !said.contains("Ctrl-C") {
        assert_ne!(lines.read_line(&mut said).unwrap(), 0, "it ended: {said}");
    }
    let url = said.lines().next().unwrap().split("listens on ").nth(1).unwrap().to_owned();
    (server, url, said)
}

fn get(url: &str, path: &str) -> String {
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn it_says_what_to_paste_where() {
    let (mut server, url, said) = serve(&["--port", "0"]);
    for expected in [
        "Clothes 0.1.0 listens on",
        &format!("{url}/manifest.json"),
        &format!("{url}/api/gateway"),
        &format!("{url}/docs"),
        r#"--json '{"gender":"man","mood":"happy"}'"#,
    ] {
        assert!(said.contains(expected), "{expected} is not in\n{said}");
    }
    let manifest = get(&url, "/manifest.json");
    assert!(manifest.contains(&format!("\"gateway\": \"{url}/api/gateway\"")), "{manifest}");
    server.kill().unwrap();
    server.wait().unwrap();
}

#[test]
fn a_path_that_nobody_serves_is_an_error_like_any_other() {
    let (mut server, url, _) = serve(&["--port", "0"]);
    let answer = get(&url, "/manifest.yaml");
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    assert!(answer.ends_with(
        r#"{"body":{"message":"nothing is served at /manifest.yaml; `/docs/` shows what is"},"errorType":404}"#
    ));
    server.kill().unwrap();
    server.wait().unwrap();
}

#[test]
fn a_variable_set_to_nothing_is_not_set() {
    let output = clothes(&["manifest"]).env("PUBLIC_BASE_URL", "").env("PORT", "").output().unwrap();
    assert!(text(&output.stdout).contains("http://127.0.0.1:3400/api/"), "{output:?}");
}

#[test]
fn a_port_that_is_taken_is_said_to_be() {
    let (mut server, url, _) = serve(&["serve", "--port", "0"]);
    let port = url.rsplit(':').next().unwrap();
    let second = run(&["--port", port]);
    assert!(!second.status.success());
    assert!(text(&second.stderr).contains("choose a port with `--port` or `PORT`"), "{second:?}");
    server.kill().unwrap();
    server.wait().unwrap();
}

#[cfg(unix)]
#[test]
fn ctrl_c_lets_running_calls_finish() {
    let (mut server, url, _) = serve(&["--port", "0"]);
    let address = url.strip_prefix("http://").unwrap().to_owned();
    let body = r#"{"mood":"happy","gender":"man"}"#;
    let mut stream = TcpStream::connect(&address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let head = format!(
        "POST /api/recommend_clothes HTTP/1.1\r\nHost: {address}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    // The call has begun, and its last byte comes after the signal.
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&body.as_bytes()[..10]).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    assert!(Command::new("kill").args(["-INT", &server.id().to_string()]).status().unwrap().success());
    std::thread::sleep(Duration::from_millis(300));
    assert!(TcpStream::connect(&address).is_err(), "new connections are no longer taken");
    stream.write_all(&body.as_bytes()[10..]).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("Yellow shirt"), "{answer}");
    assert!(server.wait().unwrap().success(), "it ends as if nothing had happened");
}

#[test]
fn documents_are_written_without_a_server() {
    let manifest = run(&["manifest", "--base-url", "https://plugins.example.org"]);
    assert!(text(&manifest.stdout).contains("\"gateway\": \"https://plugins.example.org/api/gateway\""));
    let openapi = run(&["openapi", "--format", "yaml"]);
    assert!(text(&openapi.stdout).starts_with("openapi: 3.1.0\n"), "{openapi:?}");
    let older = run(&["openapi", "--spec", "3.0", "--format", "yaml"]);
    assert!(text(&older.stdout).starts_with("openapi: 3.0.3\n"), "{older:?}");
    let strict = run(&["manifest", "--profile", "openai-strict"]);
    assert!(text(&strict.stdout).contains("\"type\": \"null\""), "{strict:?}");
    let checked = run(&["check"]);
    assert!(text(&checked.stdout).ends_with("clothes: 0 errors, 0 warnings\n"), "{checked:?}");
    assert!(checked.status.success());
}

#[test]
fn a_stale_file_fails_the_check_and_says_where() {
    let folder = std::env::temp_dir().join(format!("clothes-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("manifest.json");
    let path = file.to_str().unwrap();
    let missing = run(&["manifest", "--out", path, "--check"]);
    assert!(text(&missing.stderr).contains("cannot read"), "{missing:?}");
    assert!(run(&["manifest", "--out", path]).status.success());
    assert!(run(&["manifest", "--out", path, "--check"]).status.success());

    let fresh = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, fresh.replace("\"Clothes\"", "\"Shoes\"")).unwrap();
    let stale = run(&["manifest", "--out", path, "--check"]);
    assert_eq!(stale.status.code(), Some(1));
    let said = text(&stale.stderr);
    assert!(said.contains("is stale from line 7 on"), "{said}");
    assert!(said.contains(r#"found:    "title": "Shoes","#), "{said}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn mistakes_are_explained() {
    let check = |arguments: &[&str], expected: &str| {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(expected), "{}", text(&output.stderr));
    };
    check(&["manifset"], "a similar subcommand exists: 'manifest'");
    check(&["--prot", "1"], "a similar argument exists: '--port'");
    check(&["--port", "many"], "invalid value 'many' for '--port <PORT>'");
    check(&["--base-url", "plugins.example.org"], "the public URL begins with http:// or https://");
    check(&["manifest", "--profile", "claude"], "possible values: portable, raw, openai-strict, gemini,");
    check(&["openapi", "--spec", "2.0"], "possible values: 3.1, 3.0");
    check(&["manifest", "--check"], "--out <FILE>");
}
