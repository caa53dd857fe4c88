//! What a newcomer gets wrong, and what the compiler then says: one case a likely mistake, grouped by what it is about.
//!
//! The texts belong to the compiler that `rust-toolchain.toml` pins, and to no other.

const PINNED: &str = include_str!("../../rust-toolchain.toml");

#[test]
fn mistakes_are_explained() {
    let version = std::process::Command::new("rustc").arg("--version").output().unwrap().stdout;
    let version = String::from_utf8(version).unwrap();
    let number = version.split_whitespace().nth(1).unwrap();
    let pinned = PINNED.contains(&format!("channel = \"{number}\""));
    assert!(pinned, "these texts belong to the compiler of rust-toolchain.toml, and this is {version}");

    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/*/*.rs");
}
