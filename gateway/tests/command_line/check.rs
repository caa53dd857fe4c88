//! What is said of somebody's document.

use std::io::{Read as _, Write as _};

use super::{File, run};

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
