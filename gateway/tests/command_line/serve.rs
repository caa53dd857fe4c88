//! What it says while it serves, whom it answers, and how it ends.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;

use super::{File, Serving, ask};

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
    assert!(!serving.said.contains('\u{1b}'), "colours are for terminals: {}", serving.said);
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
    serving.read_until("a second signal ends it now");
    serving.read_until("ended");
    assert!(serving.process.wait().unwrap().success());
}

#[tokio::test]
async fn it_speaks_tls_and_http2_and_takes_a_renewed_certificate() {
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
    assert_eq!(ask_over_http2(&address, &old, "/healthz").await, b"ok");
    let new = renew();
    serving.read_until("the certificate was read again");
    assert!(ask_over_tls(&address, &new, "GET /healthz").ends_with("ok"));
    std::fs::write(chain.path(), "nonsense").unwrap();
    let line = serving.read_until("the certificate stays as it was");
    assert!(line.contains("-----BEGIN CERTIFICATE-----"), "{line}");
    assert!(ask_over_tls(&address, &new, "GET /healthz").ends_with("ok"));
}

/// Speaks TLS, trusting one certificate.
fn trusting(certificate: &CertificateDer<'_>) -> ClientConfig {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate.clone().into_owned()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    config.with_root_certificates(roots).with_no_client_auth()
}

/// Asks over TLS and HTTP/2; the body.
async fn ask_over_http2(address: &str, certificate: &CertificateDer<'_>, path: &str) -> Vec<u8> {
    let mut config = trusting(certificate);
    config.alpn_protocols = vec![b"h2".to_vec()];
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let stream = connector.connect("localhost".try_into().unwrap(), stream).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut client, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::get(format!("https://{address}{path}")).body(()).unwrap();
    let (response, _) = client.send_request(request, true).unwrap();
    let response = response.await.unwrap();
    assert_eq!((response.status(), response.version()), (http::StatusCode::OK, http::Version::HTTP_2));
    let (mut body, mut bytes) = (response.into_body(), Vec::new());
    while let Some(piece) = body.data().await {
        bytes.extend_from_slice(&piece.unwrap());
    }
    bytes
}

/// Asks over TLS; the answer.
fn ask_over_tls(address: &str, certificate: &CertificateDer<'_>, head: &str) -> String {
    let config = Arc::new(trusting(certificate));
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
