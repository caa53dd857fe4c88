use lobe_plugin_sdk::{State, lobe_plugin};

struct Greeter;

/// Greets.
#[lobe_plugin(identifer = "greeter", name = "greeter")]
impl Greeter {
    /// Says hello.
    #[lobe_plugin(nmae = "hello")]
    fn hello(#[lobe(default)] &self, name: &str) -> String {
        name.to_owned()
    }

    /// Says hello.
    #[lobe_plugin(name = "hello")]
    fn hello_again(State(greeting): &State<String>, #[lobe(range(1..3))] times: u8) -> String {
        greeting.repeat(times.into())
    }

    fn plugin() {}
}

fn main() {
    Greeter::plugin();
}
