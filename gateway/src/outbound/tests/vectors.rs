//! The recorded vectors about URLs, names, literal addresses and ports, judged as each mode judges them.

use ipnet::IpNet;
use serde_json::Value;

use super::super::policy::Hop;
use super::super::{EgressPolicy, TargetUrl};
use super::dev;

/// The groups that need no server: text, name, literal address and port decide.
const GROUPS: &[&str] = &[
    "authority",
    "port",
    "scheme",
    "special-name",
    "unicode",
    "v4-control",
    "v4-literal",
    "v4-malformed",
    "v4-spelling",
    "v6-control",
    "v6-literal",
    "v6-malformed",
];

fn vectors() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/vectors/ssrf.json");
    let document: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    document["vectors"].as_array().unwrap().clone()
}

fn outcome(policy: &EgressPolicy, url: &str) -> &'static str {
    let Ok(url) = TargetUrl::parse(url) else { return "invalid_url" };
    if policy.judge_url(&url, Hop::Named).is_err() { "refused" } else { "pass" }
}

/// Judges all vectors of the groups, and returns how many were judged and what went wrong.
fn judge(policy: &EgressPolicy, mode: &str) -> (usize, Vec<String>) {
    let vectors = vectors();
    let judged = vectors.iter().filter(|vector| GROUPS.contains(&vector["group"].as_str().unwrap()));
    let mut count = 0;
    let mut wrong = Vec::new();
    for vector in judged {
        count += 1;
        let url = vector["url"].as_str().unwrap();
        let mut expected = vector["expect"][mode]["outcome"].as_str().unwrap();
        // The listed outcome is that of the rules behind this one.
        let is_http = url.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http:"));
        if expected == "pass" && policy.require_https && !policy.dev && is_http {
            expected = "refused";
        }
        let found = outcome(policy, url);
        if found != expected {
            wrong.push(format!("{}: {url:.80} is {found}, not {expected}", vector["id"]));
        }
    }
    (count, wrong)
}

#[test]
fn every_vector_is_judged_as_recorded() {
    let lenient = EgressPolicy { require_https: false, ..EgressPolicy::default() };
    for (policy, mode) in [(EgressPolicy::default(), "production"), (lenient, "production"), (dev(), "dev")] {
        let (count, wrong) = judge(&policy, mode);
        assert!(wrong.is_empty(), "{mode}, https {}: {wrong:#?}", policy.require_https);
        assert!(count > 200, "only {count} vectors were judged");
    }
}

/// With no rule at all, the same table must find fault: a table that cannot fail proves nothing.
#[test]
fn an_open_policy_fails_the_vectors() {
    let everything: Vec<IpNet> = vec!["0.0.0.0/0".parse().unwrap(), "::/0".parse().unwrap()];
    let open = EgressPolicy {
        require_https: false,
        allow_cidrs: everything,
        allow_ports: (0..=u16::MAX).collect(),
        ..EgressPolicy::default()
    };
    let (_, wrong) = judge(&open, "production");
    assert!(wrong.len() > 50, "{wrong:#?}");
    let metadata = |line: &&String| line.contains("169.254.169.254");
    assert_eq!(wrong.iter().find(metadata), None, "metadata is not opened by ranges");
}

#[track_caller]
fn check(policy: EgressPolicy, cases: &[(&str, &str)]) {
    let policy = EgressPolicy { require_https: false, ..policy };
    for (url, expected) in cases {
        assert_eq!(outcome(&policy, url), *expected, "{url}");
    }
}

#[test]
fn an_open_range_is_open_and_its_neighbours_are_not() {
    check(
        EgressPolicy { allow_cidrs: vec!["10.0.0.0/24".parse().unwrap()], ..EgressPolicy::default() },
        &[
            ("http://10.0.0.0/", "pass"),
            ("http://10.0.0.255:3000/", "pass"),
            ("http://10.0.1.1/", "refused"),
            ("http://9.255.255.255/", "pass"),
            ("http://[::ffff:10.0.0.1]/", "refused"),
            ("http://10.0.0.1:22/", "refused"),
        ],
    );
}

#[test]
fn an_open_host_is_that_host_and_that_port() {
    check(
        EgressPolicy {
            allow_hosts: vec![
                "weather".into(),
                "db.lan:25".into(),
                "192.168.0.9".into(),
                "[fd00::1]:81".into(),
            ],
            ..EgressPolicy::default()
        },
        &[
            ("http://weather/", "pass"),
            ("http://WEATHER:3000/", "pass"),
            ("http://weather:25/", "refused"),
            ("http://weather.lan/", "refused"),
            ("http://db.lan:25/", "pass"),
            ("http://db.lan/", "refused"),
            ("http://192.168.0.9/", "pass"),
            ("http://192.168.0.8/", "refused"),
            ("http://[fd00::1]:81/", "pass"),
            ("http://[fd00:0::1]:81/", "pass"),
            ("http://[fd00::1]/", "refused"),
        ],
    );
}

#[test]
fn metadata_has_a_switch_of_its_own() {
    let listed = EgressPolicy {
        allow_hosts: vec!["169.254.169.254".into(), "168.63.129.16".into()],
        allow_cidrs: vec![
            "100.100.100.200/32".parse().unwrap(),
            "fd00::/8".parse().unwrap(),
            "::/16".parse().unwrap(),
        ],
        ..EgressPolicy::default()
    };
    let urls = [
        "http://169.254.169.254/",
        "http://168.63.129.16/",
        "http://100.100.100.200/",
        "http://[fd00:ec2::254]/",
        "http://[::ffff:169.254.169.254]/",
    ];
    check(listed.clone(), &urls.map(|url| (url, "refused")));
    check(EgressPolicy { allow_metadata: true, ..listed }, &urls.map(|url| (url, "pass")));
    check(
        EgressPolicy { allow_metadata: true, ..EgressPolicy::default() },
        &urls.map(|url| (url, "refused")),
    );
}

#[test]
fn the_gateway_never_calls_itself() {
    let own = vec!["0.0.0.0:3400".parse().unwrap(), "203.0.114.7:443".parse().unwrap()];
    check(
        EgressPolicy { own_addresses: own, ..dev() },
        &[
            ("http://127.0.0.1:3400/", "refused"),
            ("http://[::1]:3400/", "refused"),
            ("http://127.0.0.1:3401/", "pass"),
            ("https://203.0.114.7/", "refused"),
        ],
    );
}

#[test]
fn what_a_list_opens_by_what_is_written() {
    let lists = EgressPolicy {
        allow_hosts: vec!["Weather".into(), "[fd00::1]:81".into()],
        allow_cidrs: vec!["10.0.0.0/24".parse().unwrap()],
        ..EgressPolicy::default()
    };
    for (url, expected) in [
        ("http://weather:3000/", true),
        ("http://other/", false),
        ("http://[fd00:0::1]:81/", true),
        ("http://[fd00::1]/", false),
        ("http://10.0.0.7:3000/", true),
        ("http://10.0.1.7/", false),
        ("https://93.184.215.14/", false),
    ] {
        assert_eq!(lists.lists(TargetUrl::parse(url).unwrap().origin()), expected, "{url}");
    }
}

#[test]
fn a_prefix_that_leads_to_all_of_ipv4_is_closed() {
    let nat64 = vec!["2001:67c:64::/96".parse().unwrap()];
    check(
        EgressPolicy { nat64_prefixes: nat64, ..EgressPolicy::default() },
        &[("http://[2001:67c:64::7f00:1]/", "refused"), ("http://[2001:67c:65::7f00:1]/", "pass")],
    );
}

#[test]
fn an_entry_that_names_no_host_is_said_so() {
    for entry in ["https://weather", "weather/path", "a b", "", "weather:port"] {
        let policy = EgressPolicy { allow_hosts: vec![entry.into()], ..EgressPolicy::default() };
        assert!(policy.check().unwrap_err().to_string().contains("write `host` or `host:port`"), "{entry}");
    }
}

#[test]
fn references_are_judged_as_they_are_written() {
    let base = TargetUrl::parse("https://plugin.example.org/a/b?c").unwrap();
    for (reference, expected) in [
        ("d", Some("https://plugin.example.org/a/d")),
        ("/d?e#f", Some("https://plugin.example.org/d?e")),
        ("?e", Some("https://plugin.example.org/a/b?e")),
        ("//other.example.org/", Some("https://other.example.org/")),
        ("http://other.example.org:80/", Some("http://other.example.org/")),
        ("HTTPS://OTHER.example.org", Some("https://other.example.org/")),
        ("https:/d", None),
        ("https:d", None),
        ("//127.1/", None),
        ("\\\\127.0.0.1\\", None),
        ("http://a@other.example.org/", None),
        ("file:///etc/passwd", None),
        ("/\u{e4}", Some("https://plugin.example.org/%C3%A4")),
        ("//\u{e4}.example.org/", None),
    ] {
        let joined = base.join(reference);
        assert_eq!(joined.as_ref().ok().map(TargetUrl::as_str), expected, "{reference}: {joined:?}");
    }
}
