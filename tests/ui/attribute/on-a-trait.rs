use lobe_plugin_sdk::lobe_plugin;

#[lobe_plugin]
trait Greets {
    fn hello(&self) -> String;
}

fn main() {}
