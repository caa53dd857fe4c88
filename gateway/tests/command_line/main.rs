//! The program as its operator has it: what it says, what it refuses, how it ends.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a test says what it expects by unwrapping")]
#![allow(clippy::disallowed_methods, reason = "a test is a client")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

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
        let common = ["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
        let mut process = gateway(&[&common, arguments].concat()).stderr(Stdio::piped()).spawn().unwrap();
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

#[test]
fn it_serves_says_how_it_was_understood_and_counts() {
    let file = File::new(
        r#"
        index = "https://index.example.org/list?key=sesame"
        [plugins.weather]
        settings = { KEY = "sesame" }
        "#,
    );
    let mut serving =
        Serving::start(&["--config", file.path(), "--dev", "--cors", "https://chat.example.org"]);
    let body = r#"{"identifier":"nobody\n","apiName":"x","arguments":"{\"a\":\"sesame\"}",
        "manifest":{"identifier":"nobody\n","meta":{},"api":[]}}"#;
    let answer = ask(&serving.callers(), "POST /api/gateway", body);
    assert!(answer.starts_with("HTTP/1.1 404") && answer.contains("PluginApiNotFound"), "{answer}");

    let line = serving.read_until("outcome=");
    for expected in
        [r#"plugin="nobody\\n""#, r#"operation="x""#, r#"outcome="PluginApiNotFound""#, "status=404", "ms="]
    {
        assert!(line.contains(expected), "{expected} is not in {line}");
    }
    let metrics = ask(&serving.operator(), "GET /metrics", "");
    for expected in [
        r#"lobe_gateway_calls_total{outcome="PluginApiNotFound"} 1"#,
        "lobe_gateway_calls_in_flight 0",
        "lobe_gateway_connections_accepted_total 1",
        "lobe_gateway_panics_total 0",
    ] {
        assert!(metrics.contains(expected), "{expected} is not in {metrics}");
    }
    assert!(ask(&serving.operator(), "GET /readyz", "").starts_with("HTTP/1.1 200"));
    assert!(
        ask(&serving.callers(), "GET /metrics", "").starts_with("HTTP/1.1 404"),
        "callers see no counters"
    );
    for expected in ["host=\"index.example.org\"", "pinned=[\"weather\"]", "dev: targets on this machine"] {
        serving.said.find(expected).or_else(|| serving.read_until(expected).find(expected)).unwrap();
    }
    assert!(!serving.said.contains("sesame"), "{}", serving.said);
}

#[test]
fn a_page_that_was_not_invited_is_refused() {
    let serving = Serving::start(&["--cors", "https://chat.example.org"]);
    let call = |origin: &str| {
        ask(&serving.callers(), &format!("POST /api/gateway HTTP/1.1\r\nOrigin: {origin}\r\nX:"), "{}")
    };
    assert!(call("https://evil.example").starts_with("HTTP/1.1 403"));
    assert!(call("http://localhost:3000").starts_with("HTTP/1.1 403"), "not in dev");
    assert!(call("https://chat.example.org").starts_with("HTTP/1.1 400"));
}

#[cfg(unix)]
#[test]
fn the_second_signal_ends_it_at_once() {
    let mut serving = Serving::start(&[]);
    serving.signal("-TERM");
    // Readiness is the first thing to change; only then is the second signal a second one.
    while ask(&serving.operator(), "GET /readyz", "").starts_with("HTTP/1.1 200") {
        std::thread::yield_now();
    }
    assert!(ask(&serving.callers(), "GET /healthz", "").starts_with("HTTP/1.1 200"), "calls are still taken");
    serving.signal("-TERM");
    assert_eq!(serving.process.wait().unwrap().code(), Some(130));
}

#[cfg(unix)]
#[test]
fn the_first_signal_ends_it_well() {
    let file = File::new("limits.drain_accept = \"10ms\"");
    let mut serving = Serving::start(&["--config", file.path()]);
    serving.signal("-TERM");
    assert!(serving.process.wait().unwrap().success());
}

/// Runs `keys` on a file, and returns what it said on stdout.
fn keys(file: &File, arguments: &[&str]) -> String {
    let output = run(&[&["keys", "--keys", file.path()], arguments].concat());
    assert!(output.status.success(), "{arguments:?}: {}", said(&output));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// Calls a plugin that nobody knows, and returns the status: 404 for whoever is let in.
fn knock(serving: &Serving, path: &str, headers: &str) -> u16 {
    let head = format!("POST {path} HTTP/1.1\r\n{headers}X:");
    let answer = ask(&serving.callers(), &head, r#"{"identifier":"nobody","apiName":"x"}"#);
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

/// Knocks until the answer is another one, for a second at most.
fn knock_until(serving: &Serving, headers: &str, expected: u16) {
    let begun = std::time::Instant::now();
    while knock(serving, "/api/gateway", headers) != expected {
        assert!(begun.elapsed() < std::time::Duration::from_secs(1), "still not {expected}");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

#[test]
fn keys_are_made_renewed_and_revoked_while_it_serves() {
    let file = File::new("");
    std::fs::remove_file(file.path()).unwrap();
    let first = keys(&file, &["create", "--id", "k1", "--name", "alice", "--expires", "90d"]);
    let mut serving = Serving::start(&["--keys", file.path()]);
    let bearer = |key: &str| format!("Authorization: Bearer {key}\r\n");
    assert_eq!(knock(&serving, "/api/gateway", ""), 401);
    assert_eq!(knock(&serving, "/api/gateway", &bearer(&first)), 404);
    assert_eq!(knock(&serving, &format!("/api/gateway?key={first}"), ""), 401, "not made for URLs");

    let second = keys(&file, &["rotate", "k1", "--overlap", "0s"]);
    knock_until(&serving, &bearer(&second), 404);
    assert_eq!(knock(&serving, "/api/gateway", &bearer(&first)), 401);
    let id = second.split('_').nth(1).unwrap().to_owned();
    let listed = keys(&file, &["list"]);
    assert!(listed.contains("alice") && listed.contains("expired") && listed.contains(&id), "{listed}");
    keys(&file, &["revoke", &id]);
    knock_until(&serving, &bearer(&second), 401);

    let in_query = keys(&file, &["create", "--in-query", "--plugins", "nobody"]);
    knock_until(&serving, &bearer(&in_query), 404);
    assert_eq!(knock(&serving, &format!("/api/gateway?key={in_query}"), ""), 404);
    serving.read_until("outcome=\"PluginMetaNotFound\"");
    let json = keys(&file, &["list", "--json"]);
    for secret in [&first, &second, &in_query] {
        let secret = secret.rsplit('_').next().unwrap();
        assert!(!serving.said.contains(secret) && !json.contains(secret));
        assert!(!std::fs::read_to_string(file.path()).unwrap().contains(secret));
    }
}

#[test]
fn the_configuration_is_shown_with_its_sources_and_without_secrets() {
    let file =
        File::new("limits.headers = 7\nlimits.head_time = \"3s\"\nplugins.a.settings = { KEY = \"sesame\" }");
    let shown = |arguments: &[&str]| {
        let mut command = gateway(&[&["config", "--config", file.path()], arguments].concat());
        command.env("LOBE_GATEWAY_LIMITS__HEAD_TIME", "4s").env("PLUGIN_SETTINGS", "b:KEY=sesame");
        let output = command.env("ACCESS_CODE", "sesame").output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let values = shown(&["--print", "--listen", "127.0.0.1:7"]);
    let words: Vec<String> =
        values.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for expected in [
        "listen = \"127.0.0.1:7\" # --listen",
        "headers = 7 # line 1",
        "head_time = \"4s\" # environment: LOBE_GATEWAY_LIMITS__HEAD_TIME",
        "keep_alive = \"60s\" # default",
        "KEY = \"[hidden]\" # line 3",
        "KEY = \"[hidden]\" # environment: PLUGIN_SETTINGS",
        "access_code = \"[hidden]\" # environment: ACCESS_CODE",
    ] {
        assert!(words.iter().any(|line| line == expected), "{expected} is not in {values}");
    }
    assert!(!values.contains("sesame"), "{values}");
    assert!(shown(&["--schema"]).contains("\"additionalProperties\": false"));
}

#[cfg(unix)]
#[test]
fn a_changed_configuration_is_taken_in_and_a_wrong_one_is_not() {
    let file = File::new("");
    let mut serving = Serving::start(&["--config", file.path()]);
    let page = "Origin: https://chat.example.org\r\n";
    assert_eq!(knock(&serving, "/api/gateway", page), 403);
    std::fs::write(file.path(), "cors = [\"https://chat.example.org\"]\nlimits.connections = 7").unwrap();
    serving.read_until("the configuration was read again");
    assert!(serving.said.contains("this change waits for a restart"), "{}", serving.said);
    assert_eq!(knock(&serving, "/api/gateway", page), 404);
    std::fs::write(file.path(), "\ncors = 7").unwrap();
    serving.signal("-HUP");
    let line = serving.read_until("stays as it was");
    assert!(line.contains(":2:8: `cors`: expected a list"), "{line}");
    assert_eq!(knock(&serving, "/api/gateway", page), 404);
    let metrics = ask(&serving.operator(), "GET /metrics", "");
    assert!(metrics.contains(r#"lobe_gateway_calls_total{outcome="PluginMetaNotFound"} 2"#), "{metrics}");
}

#[test]
fn what_is_imported_is_what_is_served() {
    let document = File::new(
        "openapi: 3.0.3\ninfo: {title: Pet Store, version: '1'}\nservers: [{url: 'https://pets.example.org'}]\n\
         components: {securitySchemes: {pass: {type: apiKey, in: header, name: X-Key}}}\nsecurity: [{pass: []}]\n\
         paths: {/pets: {get: {operationId: listPets, summary: List the pets.}}}\n",
    );
    let (manifest, public) = (File::new(""), "https://plugins.example.org");
    let wanted = ["--manifest", manifest.path(), "--public-url", public];
    let output = run(&[&["import", document.path()], &wanted[..]].concat());
    assert!(output.status.success() && said(&output).contains("1 operation: listPets"), "{}", said(&output));
    let lines = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        lines,
        format!(
            "[plugins.pet-store]\nopenapi = {:?}\n# What callers are lent who send no settings of their own:\n\
             # settings.pass = {{ env = \"PET_STORE_PASS\" }}\n",
            document.path()
        )
    );
    let file = File::new(&format!("public_url = {public:?}\n{lines}"));
    let serving = Serving::start(&["--config", file.path()]);
    let served = ask(&serving.callers(), "GET /plugins/pet-store/manifest.json", "");
    let written = std::fs::read_to_string(manifest.path()).unwrap();
    assert_eq!(served.split_once("\r\n\r\n").unwrap().1, written);
}

#[test]
fn a_manifest_is_imported_unless_it_is_none() {
    let manifest = File::new(
        r#"{"identifier":"old","meta":{},"api":[{"name":"a","description":"d","url":"https://a.example/a",
            "parameters":{"type":"object","properties":{}}}]}"#,
    );
    let output = run(&["import", manifest.path()]);
    let lines = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(lines, format!("[plugins.old]\nmanifest = {:?}\n", manifest.path()), "{}", said(&output));
    let none = File::new(r#"{"identifier":"old","meta":{},"api":[{"name":"a"}]}"#);
    let output = run(&["import", none.path()]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(output.stdout.is_empty() && said(&output).contains("lobe-gateway check"), "{}", said(&output));
}

#[test]
fn what_a_configuration_means_wrongly_is_said_where_it_stands() {
    let check = |text: &str, arguments: &[&str], expected: &str| {
        let file = File::new(text);
        let output = run(&[&["serve", "--config", file.path()], arguments].concat());
        let said = said(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(&expected.replace("FILE", file.path())), "{expected} is not in {said}");
    };
    let inner = "does not let this URL be called";
    check("\nindex = \"http://10.0.0.1/\"", &[], &format!("FILE:2:1: `index`: `egress` {inner}"));
    check("", &["--index", "http://10.0.0.1/"], &format!("--index: `index`: `egress` {inner}"));
    let two = "[plugins.a]\nmanifest = \"a.json\"\nopenapi = \"b.json\"";
    check(two, &[], "FILE:3:1: `plugins.a.openapi`: say `manifest` or `openapi`");
    check("", &["--listen", "0.0.0.0:0"], "--listen: `listen`: 0.0.0.0:0 is an address that others reach");
    check("tls.key = \"key.pem\"", &[], "FILE:1:1: `tls`: expected both");
}

#[test]
fn it_speaks_tls_and_takes_a_renewed_certificate() {
    let (chain, key) = (File::new(""), File::new(""));
    let renew = || {
        let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(key.path(), own.signing_key.serialize_pem()).unwrap();
        std::fs::write(chain.path(), own.cert.pem()).unwrap();
        own.cert.der().clone()
    };
    let old = renew();
    let document = File::new(
        r#"{"openapi":"3.0.3","info":{"title":"t","version":"1"},"servers":[{"url":"https://a.example"}],
            "paths":{"/x":{"get":{"operationId":"x","summary":"Is x."}}}}"#,
    );
    let (certificate, secret, document) = (chain.path(), key.path(), document.path());
    let file = File::new(&format!(
        "tls = {{ certificate = {certificate:?}, key = {secret:?} }}\nplugins.x.openapi = {document:?}"
    ));
    let mut serving = Serving::start(&["--config", file.path()]);
    let address =
        serving.said.split("listens on https://").nth(1).unwrap().split('/').next().unwrap().to_owned();
    let index = ask_over_tls(&address, &old, "GET /index.json");
    assert!(index.contains(&format!("https://{address}/plugins/x/manifest.json")), "{index}");
    let new = renew();
    serving.read_until("the certificate was read again");
    assert!(ask_over_tls(&address, &new, "GET /healthz").ends_with("ok"));
    std::fs::write(chain.path(), "nonsense").unwrap();
    let line = serving.read_until("the certificate stays as it was");
    assert!(line.contains("-----BEGIN CERTIFICATE-----"), "{line}");
    assert!(ask_over_tls(&address, &new, "GET /healthz").ends_with("ok"));
}

/// Asks over TLS, trusting one certificate.
fn ask_over_tls(address: &str, certificate: &rustls::pki_types::CertificateDer<'_>, head: &str) -> String {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate.clone().into_owned()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config =
        rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = std::sync::Arc::new(config.with_root_certificates(roots).with_no_client_auth());
    let client = rustls::ClientConnection::new(config, "localhost".try_into().unwrap()).unwrap();
    let mut stream = rustls::StreamOwned::new(client, TcpStream::connect(address).unwrap());
    write!(stream, "{head} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    // It ends as TLS wants it, or reading would fail.
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn every_answer_names_its_request_and_so_do_log_and_audit() {
    let (file, audit) = (File::new(""), File::new(""));
    std::fs::write(file.path(), format!("audit = {:?}", audit.path())).unwrap();
    let mut serving = Serving::start(&["--config", file.path(), "--log-format", "json"]);
    let body = r#"{"identifier":"weather","apiName":"now","arguments":"{\"city\":\"sesame\"}"}"#;
    let answer = ask(&serving.callers(), "POST /api/gateway", body);
    let id = answer.split("x-request-id: ").nth(1).unwrap()[..16].to_owned();
    let line: serde_json::Value = serde_json::from_str(&serving.read_until("\"outcome\"")).unwrap();
    assert_eq!(
        (&line["request"], &line["status"], &line["plugin"]),
        (&id.clone().into(), &404.into(), &"weather".into())
    );
    serving.signal("-INT");
    assert!(serving.process.wait().unwrap().success());
    let audited = std::fs::read_to_string(audit.path()).unwrap();
    let entry: serde_json::Value = serde_json::from_str(&audited).unwrap();
    assert_eq!((&entry["request"], &entry["operation"]), (&id.into(), &"now".into()));
    assert!(
        entry["arguments"].as_str().unwrap().starts_with("sha256:") && !audited.contains("sesame"),
        "{audited}"
    );
}

#[cfg(unix)]
#[test]
fn a_file_of_keys_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let file = File::new("");
    std::fs::remove_file(file.path()).unwrap();
    keys(&file, &["create"]);
    let mode = || std::fs::metadata(file.path()).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(), 0o600);
    std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
    let output = run(&["serve", "--listen", "127.0.0.1:0", "--keys", file.path()]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("chmod o-rwx"), "{}", said(&output));
}

#[test]
fn the_access_code_of_lobechat_is_taken() {
    let file = File::new("auth.access_code = \"sesame\"");
    let serving = Serving::start(&["--config", file.path()]);
    // `{"accessCode":"sesame"}` and `{"accessCode":"simsim"}`, plain, as browsers without cryptography send them.
    let (right, wrong) = ("eyJhY2Nlc3NDb2RlIjoic2VzYW1lIn0=", "eyJhY2Nlc3NDb2RlIjoic2ltc2ltIn0=");
    let code = |code: &str| format!("X-lobe-chat-auth: http_nosafe.{code}\r\n");
    assert_eq!(knock(&serving, "/api/gateway", &code(right)), 404);
    assert_eq!(knock(&serving, "/api/gateway", &code(wrong)), 401);
    assert!(!serving.said.contains("sesame"));
}

#[test]
fn a_page_whose_name_means_this_machine_is_refused() {
    let file = File::new("hosts = [\"plugins.example.org\"]");
    let serving = Serving::start(&["--config", file.path()]);
    let asked_as = |host: &str| {
        let mut stream = TcpStream::connect(serving.callers()).unwrap();
        write!(stream, "GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split(' ').nth(1).unwrap().to_owned()
    };
    let address = serving.callers();
    let port = address.rsplit(':').next().unwrap();
    assert_eq!(asked_as(&address), "200");
    assert_eq!(asked_as(&format!("localhost:{port}")), "200");
    assert_eq!(asked_as("plugins.example.org"), "200");
    assert_eq!(asked_as(&format!("rebound.example:{port}")), "403");
    assert_eq!(asked_as("a@localhost"), "400");
    assert_eq!(asked_as(""), "400");
}

#[test]
fn mistakes_are_explained() {
    let check = |arguments: &[&str], code: i32, expected: &str| {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains(expected), "{expected} is not in {}", said(&output));
    };
    check(&["serv"], 2, "similar subcommands exist: 'dev', 'serve'");
    check(&["man", "serv"], 2, "a similar value exists: 'serve'");
    check(&["completions", "bsh"], 2, "a similar value exists: 'bash'");
    check(&["serve", "--listen", "8080"], 2, "invalid value '8080' for '--listen <ADDRESS>'");
    check(&["serve", "--index", "chat-plugins.lobehub.com"], 2, "expected a URL such as");
    check(&["serve", "--cors", "chat.example.org"], 2, "an origin is scheme, host and perhaps a port");
    check(&["serve", "--config", "/not/there.toml"], 2, "error: /not/there.toml: cannot read it: ");
    check(&["serve", "--listen", "0.0.0.0:0"], 2, "(`--open`)");
    check(&["serve", "--keys", "/not/there.toml"], 2, "make a key with `lobe-gateway keys create`");
    check(&["keys", "list"], 1, "which file of keys?");
    check(&["keys", "create", "--in-query"], 2, "--plugins <ID,..>");
    check(&["keys", "create", "--expires", "soon"], 2, "a time is such as `90d`");
    let wrong = File::new("lisen = \"127.0.0.1:1\"");
    check(
        &["serve", "--config", wrong.path()],
        2,
        ":1:1: `lisen`: there is no key `lisen`; did you mean `listen`?",
    );
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap().to_string();
    check(&["serve", "--listen", &taken], 1, "choose another port with `--listen`");
    check(&["serve", "--listen", "127.0.0.1:0", "--admin", &taken], 1, "choose another port with `--admin`");
}

#[test]
fn what_shells_and_manuals_need_goes_to_stdout() {
    let printed = |arguments: &[&str]| {
        let output = run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let completions = printed(&["completions", shell]);
        assert!(
            completions.contains("lobe-gateway") && completions.contains("admin"),
            "{shell}: {completions}"
        );
    }
    let page = printed(&["man"]);
    assert!(page.contains(".TH lobe-gateway 1") && page.contains("Exit codes"), "{page}");
    let page = printed(&["man", "serve"]);
    assert!(page.contains(".TH lobe-gateway-serve 1") && page.contains("lobe\\-gateway serve"), "{page}");
    assert!(printed(&["--help"]).contains("130  a second signal"));
}

/// A manifest with a fault on its third line.
const FAULTY: &str = r#"{
  "identifier": "weather", "meta": {"description": "The weather."},
  "api": [{"name": "get_weather", "description": "Look up.", "url": "weather", "parameters": {"type": "object", "properties": {}}}]
}"#;

fn checked(arguments: &[&str]) -> (Option<i32>, String) {
    let output = run(&[&["check"], arguments].concat());
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn check_says_where_a_manifest_is_wrong_and_what_to_write() {
    let file = File::new(FAULTY);
    let (code, said) = checked(&[file.path()]);
    assert_eq!(code, Some(1), "{said}");
    let fault = ":3:69: error: /api/0/url: LobeChat refuses it: Invalid url: write the whole address, from `https://` on";
    assert_eq!(said.lines().next().unwrap(), format!("{}{fault}", file.path()));
    assert!(said.contains("`get-weather` for one that reads"), "{said}");
    assert!(said.ends_with("manifest: 1 error, 0 warnings\n"), "{said}");

    let (code, said) = checked(&["--json", file.path()]);
    let report: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(code, Some(1));
    assert_eq!((&report["kind"], &report["errors"]), (&"manifest".into(), &1.into()));
    assert_eq!(
        (&report["remarks"][0]["line"], &report["remarks"][0]["place"]),
        (&3.into(), &"/api/0/url".into())
    );
    assert_eq!(report["tools"][0]["name"], "get_weather");

    let mended = File::new(
        &FAULTY.replace("\"weather\", \"parameters", "\"https://plugins.example.org/weather\", \"parameters"),
    );
    assert_eq!(checked(&[mended.path()]).0, Some(0));
}

#[test]
fn check_ends_with_2_where_there_is_nothing_to_judge() {
    assert_eq!(checked(&["/nowhere/manifest.json"]).0, Some(2));
    assert_eq!(checked(&["http://127.0.0.1:1/manifest.json"]).0, Some(2));
    assert_eq!(checked(&["http://169.254.169.254/manifest.json"]).0, Some(2));
    assert_eq!(checked(&[]).0, Some(2));
    assert_eq!(checked(&["--kind", "letter", "manifest.json"]).0, Some(2));
}

#[test]
fn check_fetches_a_document_as_a_browser_does() {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/index.json", socket.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        for headers in ["", "Access-Control-Allow-Origin: *\r\n"] {
            let (mut connection, _) = socket.accept().unwrap();
            let mut head = [0; 2048];
            let length = connection.read(&mut head).unwrap();
            assert!(String::from_utf8_lossy(&head[..length]).to_lowercase().contains("\norigin: https://"));
            let manifest = FAULTY.replace("\"weather\", \"par", "\"https://a.b/\", \"par");
            let length = manifest.len();
            let head = format!(
                "HTTP/1.1 200 OK\r\n{headers}Content-Type: text/plain\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
            );
            connection.write_all((head + &manifest).as_bytes()).unwrap();
        }
    });
    let (code, said) = checked(&[&url]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("error: a browser may not read it"), "{said}");
    let (code, said) = checked(&[&url]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("warning: its `Content-Type` is text/plain"), "{said}");
    server.join().unwrap();
}
