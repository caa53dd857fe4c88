use lobe_plugin_sdk::lobe_plugin;

/// Says hello.
#[lobe_plugin(name = "say hello")]
fn spaces() {}

/// Says hello.
#[lobe_plugin(name = "say__hello")]
fn underscores() {}

/// Says hello.
#[lobe_plugin(name = "a-name-that-is-much-longer-than-any-model-would-like")]
fn long() {}

/// Says hello.
#[lobe_plugin(name = "")]
fn empty() {}

/// Says hello.
#[lobe_plugin]
fn gateway() {}

fn main() {}
