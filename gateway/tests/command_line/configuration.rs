//! What a configuration says, how it is shown, and what becomes of a changed one.

use std::sync::mpsc::Receiver;
use std::time::Duration;

use super::{File, Sent, Serving, ask, gateway, knock, run, said, serve};

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
    let (absent, unread) = ("[plugins.a]\nmanifest = \"/not/there.json\"", "cannot read /not/there.json: ");
    check(absent, &[], &format!("FILE:2:1: `plugins.a.manifest`: {unread}"));
    let two = "[plugins.a]\nmanifest = \"a.json\"\nopenapi = \"b.json\"";
    check(two, &[], "FILE:3:1: `plugins.a.openapi`: say `manifest` or `openapi`");
    check("", &["--listen", "0.0.0.0:0"], "--listen: `listen`: 0.0.0.0:0 is an address that others reach");
    check("tls.key = \"key.pem\"", &[], "FILE:1:1: `tls`: expected both");
}

/// A market index with a plugin whose operations are `now` and, after a while, `later`; and that plugin.
fn market(path: &str, address: &str) -> String {
    let api = |name: &str| {
        format!(
            r#"{{"name":"{name}","description":"d","url":"http://{address}/{name}",
                "parameters":{{"type":"object","properties":{{}}}}}}"#
        )
    };
    match path {
        "/index.json" => format!(
            r#"{{"schemaVersion":1,"plugins":[{{"identifier":"weather","manifest":"http://{address}/manifest.json",
                "author":"a","createdAt":"2026-01-01","homepage":"https://a.example","meta":{{}},"schemaVersion":1}}]}}"#
        ),
        "/manifest.json" => {
            format!(r#"{{"identifier":"weather","meta":{{}},"api":[{},{}]}}"#, api("now"), api("later"))
        }
        _ => "sunny".to_owned(),
    }
}

/// Serves that market, and hands on what it is sent.
fn serve_market() -> (String, Receiver<Sent>) {
    serve(|path, address| {
        if path == "/later" {
            std::thread::sleep(Duration::from_millis(1500));
        }
        (200, "Content-Type: application/json\r\n", market(path, address))
    })
}

/// Calls an operation of the weather as LobeChat does; the answer.
fn call_weather(address: &str, operation: &str) -> String {
    let body = format!(r#"{{"identifier":"weather","apiName":"{operation}","arguments":"{{}}"}}"#);
    ask(address, "POST /api/gateway", &body)
}

/// Reads what the market was asked up to a path, and returns that request's settings.
fn settings_of(sent: &Receiver<Sent>, path: &str) -> String {
    loop {
        let (head, _) = sent.recv_timeout(Duration::from_secs(20)).unwrap();
        if head.starts_with(&format!("POST {path} ")) {
            let settings =
                head.lines().find(|line| line.to_lowercase().starts_with("x-lobe-plugin-settings:"));
            return settings.unwrap_or_default().to_owned();
        }
    }
}

#[test]
fn the_variables_of_lobechat_say_where_plugins_are_and_what_they_are_lent() {
    let (address, sent) = serve_market();
    let index = format!("http://{address}/index.json");
    let environment = [("PLUGINS_INDEX_URL", &*index), ("PLUGIN_SETTINGS", "weather:KEY=sesame;UNIT=C")];
    let serving = Serving::start_in(&environment, &["--dev"]);
    let answer = call_weather(&serving.callers(), "now");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("sunny"), "{answer}");
    let settings = settings_of(&sent, "/now");
    assert!(settings.ends_with(r#"{"KEY":"sesame","UNIT":"C"}"#), "{settings}");
}

#[cfg(unix)]
#[test]
fn at_a_hangup_secrets_are_read_anew_and_no_call_is_dropped() {
    let (address, sent) = serve_market();
    let secret = File::new("old");
    let file = File::new(&format!(
        "index = \"http://{address}/index.json\"\nplugins.weather.settings.KEY = {{ file = {:?} }}",
        secret.path()
    ));
    let mut serving = Serving::start(&["--config", file.path(), "--dev"]);
    let callers = serving.callers();
    let later = std::thread::spawn({
        let callers = callers.clone();
        move || call_weather(&callers, "later")
    });
    assert!(settings_of(&sent, "/later").ends_with(r#"{"KEY":"old"}"#));
    // The configuration itself stays as it is, so nothing but the signal says that something changed.
    std::fs::write(secret.path(), "new").unwrap();
    serving.signal("-HUP");
    serving.read_until("the configuration was read again");
    assert!(call_weather(&callers, "now").ends_with("sunny"));
    assert!(settings_of(&sent, "/now").ends_with(r#"{"KEY":"new"}"#));
    let answer = later.join().unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("sunny"), "{answer}");
}

/// An MCP server whose one tool tells which process it is.
pub(super) const PROGRAM: &str = r#"
while read -r line; do
  id=${line#*\"id\":}
  id=${id%%[,\}]*}
  about='"capabilities":{"tools":{}},"serverInfo":{"name":"who","version":"1"}'
  case $line in
    *'"initialize"'*) result="{\"protocolVersion\":\"2025-11-25\",$about}" ;;
    *tools/list*) result='{"tools":[{"name":"who","description":"Who?","inputSchema":{"type":"object"}}]}' ;;
    *tools/call*) result="{\"content\":[{\"type\":\"text\",\"text\":\"process $$\"}]}" ;;
    *server/discover*)
      echo "{\"jsonrpc\":\"2.0\",\"id\":$id,\"error\":{\"code\":-32601,\"message\":\"no such method\"}}"
      continue ;;
    *) continue ;;
  esac
  echo "{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":$result}"
done
"#;

#[cfg(unix)]
#[test]
fn sessions_of_mcp_clients_outlive_a_changed_configuration() {
    let file = File::new("mcp.sessions = \"15m\"");
    let mut serving = Serving::start(&["--config", file.path()]);
    let callers = serving.callers();
    let post = |method: &str, session: &str| {
        let params =
            r#"{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"a","version":"1"}}"#;
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
        let head = format!("POST /mcp HTTP/1.1\r\nContent-Type: application/json\r\n{session}X:");
        ask(&callers, &head, &body)
    };
    let begin = || {
        let answer = post("initialize", "");
        answer.lines().find_map(|line| line.strip_prefix("mcp-session-id: ")).map(str::to_owned)
    };
    let lists = |id: &str| {
        let answer = post("tools/list", &format!("Mcp-Session-Id: {id}\r\n"));
        answer.split(' ').nth(1).unwrap().to_owned()
    };
    let mut write = |text: &str| {
        std::fs::write(file.path(), text).unwrap();
        serving.read_until("the configuration was read again");
    };
    let first = begin().expect("sessions were asked for");
    assert_eq!((&*lists(&first), &*lists("0123456789abcdef")), ("200", "404"));
    write("mcp.sessions = \"20m\"\ncors = [\"https://a.example\"]");
    assert_eq!((&*lists(&first), &*lists("0123456789abcdef")), ("200", "404"));
    write("");
    assert_eq!(begin(), None, "there are none any more");
    assert_eq!(lists(&first), "200", "and nobody needs one");
    write("mcp.sessions = \"15m\"");
    let second = begin().expect("there are sessions again");
    assert_eq!((&*lists(&second), &*lists(&first)), ("200", "404"), "what was forgotten stays so");
}

#[cfg(unix)]
#[test]
fn a_program_runs_on_until_it_is_to_be_started_otherwise() {
    let (program, file) = (File::new(PROGRAM), File::new(""));
    let write = |pages: &str, word: &str| {
        let source = program.path();
        let text = format!(
            "cors = [{pages:?}]\nplugins.who.mcp = {{ command = \"/bin/sh\", args = [{source:?}, {word:?}] }}"
        );
        std::fs::write(file.path(), text).unwrap();
    };
    write("https://a.example", "once");
    let mut serving = Serving::start(&["--config", file.path()]);
    let who = |serving: &Serving| {
        let body = r#"{"identifier":"who","apiName":"who","arguments":"{}"}"#;
        let answer = ask(&serving.callers(), "POST /api/gateway", body);
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("process "), "{answer}");
        answer.split("\r\n\r\n").nth(1).unwrap().to_owned()
    };
    let first = who(&serving);
    write("https://b.example", "once");
    serving.read_until("the configuration was read again");
    assert_eq!(who(&serving), first, "other lines changed");
    write("https://b.example", "twice");
    serving.read_until("the configuration was read again");
    assert_ne!(who(&serving), first);
    serving.read_until("the MCP server ended");
}
