//! Callers' keys, from the command that makes them to the door.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::{File, Serving, knock, run, said};

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
