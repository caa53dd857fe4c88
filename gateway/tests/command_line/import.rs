//! Documents of other people's, as lines of a configuration.

use super::{File, Serving, ask, run, said};

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
