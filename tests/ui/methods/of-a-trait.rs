use lobe_plugin_sdk::lobe_plugin;

trait Greets {
    fn hello(&self) -> String;
}

struct Greeter;

/// Greets.
#[lobe_plugin(identifier = "greeter")]
impl Greets for Greeter {
    /// Says hello.
    #[lobe_plugin]
    fn hello(&self) -> String {
        String::new()
    }
}

fn main() {}
