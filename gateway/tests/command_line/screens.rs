//! The screens of `docs/lobe-gateway.md`: what stands behind a `$` is run, and says what stands below it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use regex::Regex;

use super::serve;

/// A service with an operation and a key, for `import`.
const OPENAPI: &str = "openapi: 3.0.3
info: {title: Library, version: '1'}
servers: [{url: 'https://library.example.org'}]
components: {securitySchemes: {reader: {type: apiKey, in: header, name: X-Reader}}}
security: [{reader: []}]
paths: {/books: {get: {operationId: find-books, summary: Find books.}}}
";

/// A plugin's manifest, whose server has its faults: for `check` and `doctor`.
const MANIFEST: &str = r#"{"identifier": "clock", "meta": {"title": "Clock", "description": "Tells the time.", "avatar": "🕰"},
 "api": [{"name": "tell_time", "description": "Tell the time in a zone.", "url": "http://127.0.0.1:3601/tell_time",
  "parameters": {"type": "object", "properties": {"zone": {"type": "string", "description": "Which."}}}}]}"#;

#[test]
fn a_plugin_is_begun() {
    Shell::new().shows("new");
}

#[test]
fn a_document_is_imported() {
    let shell = Shell::new();
    shell.write("openapi.yaml", OPENAPI);
    shell.shows("import");
}

#[test]
fn a_configuration_is_shown() {
    Shell::new().shows("config");
}

#[test]
fn keys_are_made() {
    Shell::new().shows("keys");
}

#[test]
fn documents_and_servers_are_judged() {
    let (address, _asked) = serve(|path, _| match path {
        "/manifest.json" => (200, "Content-Type: application/json; charset=utf-8\r\n", MANIFEST.to_owned()),
        _ => (404, "Content-Type: text/plain\r\n", "there is nothing".to_owned()),
    });
    let port = format!(":{}", address.rsplit(':').next().unwrap());
    Shell::new().with(":3601", &port).shows("check and doctor");
}

#[test]
fn mistakes_are_explained() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    Shell::new().with("127.0.0.1:8080", &address).shows("What is wrong");
}

/// A folder of a user who has installed the program.
struct Shell {
    folder: PathBuf,
    /// What stands in the document, and what it is here.
    here: Vec<(String, String)>,
}

impl Shell {
    fn new() -> Self {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("lobe-screens-{}-{count}", std::process::id()));
        fs::create_dir_all(folder.join("bin")).unwrap();
        // Away from the checkout, which it would find otherwise.
        fs::copy(env!("CARGO_BIN_EXE_lobe-gateway"), folder.join("bin/lobe-gateway")).unwrap();
        Self { folder, here: Vec::new() }
    }

    fn with(mut self, there: &str, here: &str) -> Self {
        self.here.push((there.to_owned(), here.to_owned()));
        self
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.folder.join(file), text).unwrap();
    }

    /// Types the commands of a section, and compares.
    fn shows(mut self, section: &str) {
        let screens = screens(section);
        assert!(!screens.is_empty(), "there is no screen below `{section}`");
        for (command, expected) in screens {
            let said = self.run(&self.translated(&command));
            for (there, here) in keys(&expected).into_iter().zip(keys(&said)) {
                self.here.push((there, here));
            }
            let (mut expected, mut said) = (self.translated(&expected), said);
            if command.contains("keys list") {
                // They stand in the order of their identifiers, which are random.
                (expected, said) = (in_order(&expected), in_order(&said));
            }
            assert!(matches(&expected, &said), "$ {command}\n{said}\nand not\n{expected}");
        }
    }

    fn run(&self, command: &str) -> String {
        let path = format!("{}:{}", self.folder.join("bin").display(), std::env::var("PATH").unwrap());
        let script = format!("exec 2>&1; {command}");
        let mut shell = Command::new("sh");
        let output = shell.args(["-c", &script]).current_dir(&self.folder).env("PATH", path).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    }

    fn translated(&self, text: &str) -> String {
        self.here.iter().fold(text.to_owned(), |text, (there, here)| text.replace(there, here))
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Returns the commands of a section, and what stands below each.
fn screens(section: &str) -> Vec<(String, String)> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("docs/lobe-gateway.md");
    let document = fs::read_to_string(file).unwrap();
    let below = document.split("\n## ").find(|text| text.lines().next() == Some(section));
    let blocks = below.unwrap_or_default().split("```").skip(1).step_by(2);
    let screens =
        blocks.filter_map(|block| block.strip_prefix("text\n$ ")).flat_map(|text| text.split("\n$ "));
    screens.map(split).collect()
}

/// Tells a command from its output: it goes on behind a backslash at the end of a line.
fn split(screen: &str) -> (String, String) {
    let mut lines = screen.lines();
    let mut command = lines.next().unwrap_or_default().to_owned();
    while command.ends_with('\\') {
        command = format!("{command}\n{}", lines.next().unwrap_or_default());
    }
    (command, lines.map(|line| format!("{line}\n")).collect())
}

/// Returns the identifiers of keys that were made.
fn keys(said: &str) -> Vec<String> {
    let made = Regex::new("key `([^`]+)`;").unwrap();
    made.captures_iter(said).map(|found| found[1].to_owned()).collect()
}

fn in_order(text: &str) -> String {
    let mut lines: Vec<_> = text.split_inclusive('\n').collect();
    lines.sort_unstable_by_key(|line| line.split_whitespace().skip(1).collect::<String>());
    lines.concat()
}

/// Holds a screen against what was said. `...` and `…` stand for what was left out; times differ.
fn matches(expected: &str, said: &str) -> bool {
    let moment = Regex::new(r"\d{4}-\d{2}-\d{2}T[\d:.]+Z").unwrap();
    let pattern = regex::escape(&moment.replace_all(expected, "<moment>"));
    let pattern = pattern.replace("\\.\\.\\.\n", "(?:.*\n)*").replace('…', ".*");
    Regex::new(&format!("^{pattern}$")).unwrap().is_match(&moment.replace_all(said, "<moment>"))
}
