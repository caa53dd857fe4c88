//! What was typed wrongly, and what shells and manuals need.

use super::{File, run, said, serve};

#[test]
fn mistakes_are_explained() {
    let check = |arguments: &[&str], code: i32, expected: &str| {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains(expected), "{expected} is not in {}", said(&output));
    };
    check(&["serv"], 2, "similar subcommands exist: 'dev', 'serve'");
    check(&["serve", "--confg", "x.toml"], 2, "a similar argument exists: '--config'");
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
fn what_takes_more_than_a_moment_says_what_it_waits_for() {
    let (address, _asked) = serve(|_, _| {
        std::thread::sleep(std::time::Duration::from_secs(3));
        (404, "", String::new())
    });
    let url = format!("http://{address}/manifest.json");
    let output = run(&["check", &url]);
    let expected = format!("waiting for {url}\nerror: {url}: the server answered 404 Not Found\n");
    assert_eq!(said(&output), expected);
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
    assert!(
        page.contains(".TH lobe-gateway 1") && page.contains(".SH EXIT CODES\n.nf\n  0    done"),
        "{page}"
    );
    let page = printed(&["man", "serve"]);
    assert!(page.contains(".TH lobe-gateway-serve 1") && page.contains("lobe\\-gateway serve"), "{page}");
    assert!(page.contains(".SH EXAMPLES\n.nf\n  lobe\\-gateway serve\n"), "{page}");
    assert!(printed(&["--help"]).contains("130  a second signal"));
}

#[test]
fn what_bash_is_told_to_complete_by_is_there() {
    let output = run(&["completions", "bash"]);
    let script = String::from_utf8(output.stdout).unwrap();
    let named: Vec<_> = script.split("cmd=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(named.len() > 10, "{named:?}");
    for name in named.iter().filter(|name| !name.is_empty()) {
        assert!(script.lines().any(|line| line.trim() == format!("{name})")), "{name} is nowhere");
    }
}

#[cfg(not(feature = "opentelemetry"))]
#[test]
fn whoever_expects_an_export_is_told_that_there_is_none() {
    let mut command = super::gateway(&["serve", "--listen", "127.0.0.1:0"]);
    let output = command.env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318").output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    let expected =
        "environment variable OTEL_EXPORTER_OTLP_ENDPOINT: this program was built without the feature";
    assert!(said(&output).contains(expected), "{}", said(&output));
}
