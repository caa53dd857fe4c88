//! Callers' keys, from the command that makes them to the door.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::configuration::PROGRAM;
use super::{File, Serving, ask, knock, run, said};

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

#[cfg(unix)]
#[test]
fn a_key_with_scopes_lists_and_calls_what_it_may_by_every_door() {
    let (program, file) = (File::new(PROGRAM), File::new(""));
    std::fs::remove_file(file.path()).unwrap();
    let with = keys(&file, &["create", "--id", "with", "--scopes", "who"]);
    let without = keys(&file, &["create", "--id", "without"]);
    let place = format!("{{ command = \"/bin/sh\", args = [{:?}] }}", program.path());
    let config = File::new(&format!(
        "auth.keys = {:?}\nplugins.guarded = {{ mcp = {place}, scopes = [\"who\"] }}\nplugins.free.mcp = {place}",
        file.path()
    ));
    let serving = Serving::start(&["--config", config.path()]);
    let post = |path: &str, key: &str, body: &str| {
        let headers = format!("Authorization: Bearer {key}\r\nContent-Type: application/json\r\n");
        ask(&serving.callers(), &format!("POST {path} HTTP/1.1\r\n{headers}X:"), body)
    };
    let list = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    let tool = |name: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{name}","arguments":{{}}}}}}"#
        )
    };
    let classic = |plugin: &str| format!(r#"{{"identifier":"{plugin}","apiName":"who","arguments":"{{}}"}}"#);
    for (key, may) in [(&with, true), (&without, false)] {
        let listed = post("/mcp", key, list);
        assert!(listed.contains("\"free__who\"") && listed.contains("\"guarded__who\"") == may, "{listed}");
        let listed = post("/plugins/guarded/mcp", key, list);
        assert_eq!(listed.contains("\"who\""), may, "{listed}");
        let calls = [
            ("/mcp", tool("guarded__who")),
            ("/plugins/guarded/mcp", tool("who")),
            ("/api/gateway", classic("guarded")),
            ("/plugins/guarded/api/who", "{}".to_owned()),
        ];
        for (path, body) in calls {
            let answer = post(path, key, &body);
            let (status, went) =
                (if may { "HTTP/1.1 200" } else { "HTTP/1.1 403" }, answer.contains("process "));
            assert!(answer.starts_with(status) && went == may, "{path}: {answer}");
        }
        for (path, body) in [("/mcp", tool("free__who")), ("/api/gateway", classic("free"))] {
            let answer = post(path, key, &body);
            assert!(answer.contains("process "), "{path}: {answer}");
        }
    }
}

#[test]
fn the_access_code_of_lobechat_is_taken_in_each_of_its_forms() {
    // `{"accessCode":"sesame"}` and `{"accessCode":"simsim"}`: in a token of which nobody can know the signature's key, as
    // LobeChat up to 1.34 sends them, masked as later versions do, and plain as browsers without cryptography do.
    let (right, wrong) = (r#"{"accessCode":"sesame"}"#, r#"{"accessCode":"simsim"}"#);
    let token = |json: &str| format!("eyJhbGciOiJIUzI1NiJ9.{}.c2lnbmF0dXJl", URL_SAFE_NO_PAD.encode(json));
    let masked = |json: &str| {
        let mask = "LobeHub · LobeHub".bytes().cycle();
        STANDARD.encode(json.bytes().zip(mask).map(|(byte, mask)| byte ^ mask).collect::<Vec<_>>())
    };
    let plain = |json: &str| format!("http_nosafe.{}", STANDARD.encode(json));
    let serving = Serving::start_in(&[("ACCESS_CODE", "open,sesame")], &[]);
    for form in [&token as &dyn Fn(&str) -> String, &masked, &plain] {
        let code = |json: &str| format!("X-lobe-chat-auth: {}\r\n", form(json));
        assert_eq!(knock(&serving, "/api/gateway", &code(right)), 404, "{}", code(right));
        assert_eq!(knock(&serving, "/api/gateway", &code(wrong)), 401, "{}", code(wrong));
    }
    assert_eq!(knock(&serving, "/api/gateway", ""), 401);
    assert!(!serving.said.contains("sesame"));
}

/// Runs `keys` on a file, and returns what it said on stdout.
fn keys(file: &File, arguments: &[&str]) -> String {
    let output = run(&[&["keys", "--keys", file.path()], arguments].concat());
    assert!(output.status.success(), "{arguments:?}: {}", said(&output));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// Knocks until the answer is another one, for a second at most.
fn knock_until(serving: &Serving, headers: &str, expected: u16) {
    let begun = std::time::Instant::now();
    while knock(serving, "/api/gateway", headers) != expected {
        assert!(begun.elapsed() < std::time::Duration::from_secs(1), "still not {expected}");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}
