//! The rules of ARCHITECTURE.md that no compiler keeps, as tests: who may name whom, and what is deliberately absent.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

struct Source {
    path: String,
    code: String,
}

/// Reads every Rust file below a folder of the repository, without its comments and its tests.
fn sources(folder: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = Vec::new();
    collect(&root.join(folder), &mut files);
    assert!(!files.is_empty(), "{folder} has no sources: the rule about it is stale");
    let source = |file: PathBuf| {
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        let code =
            code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        Source { path: file.strip_prefix(root).unwrap().display().to_string(), code }
    };
    files.into_iter().map(source).collect()
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_file() {
        files.push(path.to_owned());
        return;
    }
    for entry in fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() || path.extension().is_some_and(|extension| extension == "rs") {
            collect(&path, files);
        }
    }
}

/// Asserts that no file below `folder` has any of `words`, but for the files that are the words' doorkeepers.
#[track_caller]
fn absent(folder: &str, words: &[&str], doorkeepers: &[&str]) {
    for Source { path, code } in sources(folder) {
        if doorkeepers.iter().any(|doorkeeper| path.starts_with(doorkeeper)) {
            continue;
        }
        for word in words {
            let line = code.lines().find(|line| line.contains(word));
            assert!(line.is_none(), "{path} names `{word}`: {}", line.unwrap_or_default().trim());
        }
    }
    for doorkeeper in doorkeepers {
        let keeps = |source: &Source| words.iter().any(|word| source.code.contains(word));
        assert!(sources(doorkeeper).iter().any(keeps), "{doorkeeper} keeps no door: the rule is stale");
    }
}

#[test]
fn the_ground_floor_leans_on_nothing() {
    absent("sdk/src/protocol", &["crate::", "async ", "std::net", "std::fs", "axum", "tokio", "http::"], &[]);
    absent(
        "sdk/src/schema",
        &["async ", "std::net", "std::fs", "axum", "tokio", "http::", "crate::plugin"],
        &[],
    );
}

#[test]
fn papers_and_judgements_are_pure() {
    for folder in [
        "sdk/src/describe",
        "sdk/src/check",
        "gateway/src/check",
        "gateway/src/validate",
        "gateway/src/shape",
        "gateway/src/openapi",
    ] {
        absent(
            folder,
            &["async fn", ".await", "Tcp", "Udp", "Socket", "std::fs", "std::env", "axum", "tokio"],
            // A judge of other people's documents reads what is to be judged.
            &["gateway/src/openapi/tests/judged.rs"],
        );
    }
}

/// The time that `==` takes tells how much of two texts is the same: secrets are compared as digests, and signatures by the
/// library that makes them.
#[test]
fn no_secret_is_compared_by_equality() {
    for Source { path, code } in ["sdk/src", "gateway/src"].into_iter().flat_map(sources) {
        let compares = |line: &&str| line.contains(" == ") || line.contains(" != ");
        let shown = code.lines().filter(compares).find(|line| line.contains(".expose()"));
        assert!(shown.is_none(), "{path} compares a secret: {}", shown.unwrap_or_default().trim());
        assert!(!code.contains(".finalize().into_bytes() =="), "{path} compares a signature");
    }
    let compared = |path: &str, by: &str| {
        let [Source { code, .. }] = &sources(path)[..] else { panic!("{path} is one file") };
        assert!(code.contains(by), "{path} no longer compares by `{by}`: the rule is stale");
        code.clone()
    };
    assert!(
        !compared("sdk/src/serve/authorize/digest.rs", ".ct_eq(").contains("PartialEq)]\npub struct Digest")
    );
    compared("sdk/src/serve/authorize/signature.rs", ".verify_slice(");
    compared("sdk/src/mcp/files.rs", ".verify_slice(");
}

/// A clock that somebody sets must end no call, and prolong none. What has a date is when keys, tokens, signatures and links
/// end, what files were changed, and what is written down.
#[test]
fn no_time_is_measured_by_a_clock_that_can_be_set() {
    const AUTHORIZE: &str = "sdk/src/serve/authorize";
    let dated = [
        &format!("{AUTHORIZE}/keys.rs"),
        &format!("{AUTHORIZE}/tokens.rs"),
        &format!("{AUTHORIZE}/signature.rs"),
        "sdk/src/mcp/files.rs",
    ];
    absent("sdk/src", &["SystemTime", "UNIX_EPOCH"], &dated);
    absent(
        "gateway/src",
        &["SystemTime", "UNIX_EPOCH"],
        &[
            "gateway/src/config",
            "gateway/src/audit.rs",
            "gateway/src/command_line/dev/watch.rs",
            "gateway/src/command_line/keys.rs",
            "gateway/src/watch.rs",
        ],
    );
}

#[test]
fn every_stranger_of_the_sdk_has_one_doorkeeper() {
    absent("sdk/src", &["clap::", "use clap"], &["sdk/src/command_line/arguments.rs"]);
    absent("sdk/src", &["utoipa::"], &["sdk/src/describe/openapi"]);
    absent("sdk/src", &["yaml_serde"], &["sdk/src/describe/openapi"]);
    absent("sdk/src", &["rawzip", "utoipa_swagger_ui_vendored"], &["sdk/src/serve/docs.rs"]);
    absent("sdk/src", &["hyper::", "hyper_util"], &["sdk/src/serve/listener"]);
    absent("sdk/src", &["regex_lite"], &["sdk/src/rules.rs"]);
    absent("sdk-macros/src", &["regex_lite"], &["sdk-macros/src/limits.rs"]);
    absent("sdk/src", &["zeroize"], &["sdk/src/secret.rs"]);
    let signed = "sdk/src/serve/authorize/signature.rs";
    absent("sdk/src", &["sha2"], &["sdk/src/serve/authorize/digest.rs", signed, "sdk/src/mcp"]);
    absent("sdk/src", &["hmac"], &["sdk/src/mcp/files.rs", signed]);
    absent("sdk/src", &["subtle"], &["sdk/src/serve/authorize/digest.rs"]);
    absent("sdk/src", &["rustls"], &["sdk/src/serve/listener/tls.rs"]);
    absent("sdk/src", &["getrandom"], &["sdk/src/serve/authorize/key.rs", "sdk/src/mcp"]);
    absent("sdk/src", &["ipnet"], &["sdk/src/serve/authorize/client.rs"]);
    absent("sdk/src", &["rmcp"], &["sdk/src/mcp"]);
    absent(
        "sdk/src",
        &["base64::"],
        &["sdk/src/reply/media.rs", "sdk/src/mcp", "sdk/src/serve/authorize/jws.rs", signed],
    );
    absent("sdk/src", &["use ring::"], &["sdk/src/serve/authorize/jws.rs"]);
    absent(
        "sdk/src",
        &["percent_encoding"],
        &["sdk/src/reply/markdown.rs", "sdk/src/serve/answer.rs", "sdk/src/mcp"],
    );
    absent("sdk/src", &["tokio_util"], &["sdk/src/context.rs"]);
    absent(
        "sdk/src",
        &["futures_util"],
        &[
            "sdk/src/reply",
            "sdk/src/guard.rs",
            "sdk/src/serve/answer.rs",
            "sdk/src/serve/mcp.rs",
            "sdk/src/mcp",
        ],
    );
    absent("sdk/src", &["axum::"], &["sdk/src/serve", "sdk/src/command_line"]);
    absent("sdk/src", &["tracing_subscriber"], &["sdk/src/command_line"]);
    // They are the users': the sdk only switches on what schemars and serde know of them.
    absent("sdk/src", &["chrono::", "jiff::", " url::", "uuid::"], &[]);
}

#[test]
fn every_stranger_of_the_gateway_has_one_doorkeeper() {
    absent(
        "gateway/src",
        &["axum::"],
        &["gateway/src/server", "gateway/src/run.rs", "gateway/src/admin.rs", "gateway/src/command_line/dev"],
    );
    absent("gateway/src", &["clap::", "use clap", "clap_"], &["gateway/src/command_line/arguments"]);
    absent("gateway/src", &["process_wrap"], &["gateway/src/command_line/dev/command.rs"]);
    absent("gateway/src", &["notify::", "ignore::"], &["gateway/src/command_line/dev/watch.rs"]);
    absent("gateway/src", &["anstream", "anstyle"], &["gateway/src/command_line/dev/screen.rs"]);
    absent(
        "gateway/src",
        &["tracing_subscriber"],
        &["gateway/src/command_line/log.rs", "gateway/src/telemetry"],
    );
    absent(
        "gateway/src",
        &["opentelemetry::", "opentelemetry_"],
        &["gateway/src/telemetry/export.rs", "gateway/src/telemetry/span.rs"],
    );
    absent(
        "gateway/src",
        &["rustix"],
        &[
            "gateway/src/command_line/keys.rs",
            "gateway/src/command_line/serve.rs",
            "gateway/src/outbound/line.rs",
            "gateway/src/remote/mcp/program.rs",
        ],
    );
    absent("gateway/src", &["rmcp::", "sse_stream"], &["gateway/src/remote/mcp"]);
    absent("gateway/src", &["tokio::process"], &["gateway/src/remote/mcp/program.rs"]);
    absent("gateway/src", &["prometheus_client"], &["gateway/src/counters.rs"]);
    absent("gateway/src", &["listenfd"], &["gateway/src/command_line/serve.rs"]);
    absent(
        "gateway/src",
        &["schemars"],
        &["gateway/src/config", "gateway/src/filter.rs", "gateway/src/toolset.rs"],
    );
    absent("gateway/src", &["toml::", "humantime", "bytesize"], &["gateway/src/config"]);
    absent(
        "gateway/src",
        &["serde_saphyr"],
        &["gateway/src/openapi/text.rs", "gateway/src/openapi/places.rs"],
    );
    absent("gateway/src", &["ipnet"], &["gateway/src/config", "gateway/src/outbound"]);
    absent("tests/vectors/src", &["clap::", "use clap"], &["tests/vectors/src/arguments.rs"]);
    absent("tests/vectors/src", &["rcgen::"], &["tests/vectors/src/world/certificates.rs"]);
    absent("gateway/src", &["fancy_regex", "jsonschema_regex"], &["gateway/src/validate"]);
    absent(
        "gateway/src",
        &["url::"],
        &[
            "gateway/src/validate",
            "gateway/src/shape",
            "gateway/src/config",
            "gateway/src/command_line/arguments",
            "gateway/src/outbound",
        ],
    );
}

/// What leads to another machine, by name: opening sockets, resolving names, and clients that do either.
const ROADS_OUT: &[&str] = &[
    "TcpStream::connect",
    "TcpSocket",
    "UdpSocket",
    "UnixStream",
    "ToSocketAddrs",
    "to_socket_addrs",
    "lookup_host",
    "hickory_resolver",
    "hyper::client",
    "client::legacy",
    "tokio_rustls",
    "h2::client",
    "reqwest",
    "UnixSocketHttpClient",
];

#[test]
fn there_is_one_door_out() {
    // A socket is made there to be listened on, and a server's side of TLS leads nowhere.
    let (listener, tls) = ("sdk/src/serve/listener/bind.rs", "sdk/src/serve/listener/tls.rs");
    absent("sdk/src", ROADS_OUT, &[listener, tls]);
    absent(listener, &["connect(", "UdpSocket", "UnixStream", "lookup_host"], &[]);
    absent("sdk-macros/src", ROADS_OUT, &[]);
    absent("gateway/src", ROADS_OUT, &["gateway/src/outbound"]);
    // Within it, sockets are opened beside the judgement of their address, and nowhere else.
    let tests = "gateway/src/outbound/tests";
    absent("gateway/src/outbound", &["TcpStream::connect"], &["gateway/src/outbound/connect.rs"]);
    absent("gateway/src/outbound", &["hickory_resolver"], &["gateway/src/outbound/resolve.rs"]);
    absent(
        "gateway/src/outbound",
        &["rustls"],
        &["gateway/src/outbound/tls.rs", "gateway/src/outbound/line.rs", tests],
    );
    absent(
        "gateway/src/outbound",
        &["flate2", "zstd::", "brotli"],
        &["gateway/src/outbound/coding.rs", tests],
    );
}

#[test]
fn nobody_asks_the_environment_for_a_proxy() {
    absent("gateway/src/outbound", &["std::env", "env::var", "proxy", "PROXY"], &[]);
}

/// Returns which rooms of a folder name which others: a room is a file or a folder in it, and names another by `prefix`.
fn arrows(folder: &str, prefix: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for Source { path, code } in sources(folder) {
        let below = path.strip_prefix(folder).unwrap().trim_start_matches('/');
        let room = below.split(['/', '.']).next().unwrap().to_owned();
        let named = code.split(prefix).skip(1).flat_map(first_words).filter(|named| *named != room);
        arrows.entry(room.clone()).or_default().extend(named);
    }
    arrows
}

/// Returns the word that a path goes on with, or all of them: `{check, docs}`.
fn first_words(rest: &str) -> Vec<String> {
    let words = match rest.strip_prefix('{') {
        Some(group) => group.split('}').next().unwrap_or_default().split(',').collect(),
        None => vec![rest],
    };
    let letter = |letter: char| letter.is_alphanumeric() || letter == '_';
    words.iter().map(|word| word.trim().chars().take_while(|next| letter(*next)).collect()).collect()
}

/// Asserts that no room of a folder leads back to itself. `lib` and `mod` only list the others.
#[track_caller]
fn one_way(folder: &str, prefix: &str) {
    let mut left = arrows(folder, prefix);
    left.retain(|room, _| room != "lib" && room != "mod");
    assert!(left.values().any(|named| !named.is_empty()), "{folder} has no arrows: the rule is stale");
    let rooms: BTreeSet<String> = left.keys().cloned().collect();
    left.values_mut().for_each(|named| named.retain(|named| rooms.contains(named)));
    // Rooms that lean on nothing are taken away until none are left: what remains is a circle.
    while let Some(ground) = left.iter().find(|(_, named)| named.is_empty()).map(|(room, _)| room.clone()) {
        left.remove(&ground);
        for named in left.values_mut() {
            named.remove(&ground);
        }
    }
    assert!(left.is_empty(), "{folder} has a circle among {left:?}");
}

#[test]
fn imports_run_one_way() {
    for folder in ["sdk/src", "sdk-macros/src", "gateway/src", "tests/vectors/src"] {
        one_way(folder, "crate::");
    }
    one_way("sdk/src/serve", "super::");
    one_way("gateway/src/outbound", "super::");
    one_way("gateway/src/remote/mcp", "super::");
    one_way("gateway/src/command_line/dev", "super::");
}

#[test]
fn generated_code_names_the_sdk_and_nothing_else() {
    absent("sdk-macros/src", &["::serde", "::schemars", "::axum", "::tokio", "::std::"], &[]);
}
