use lobe_plugin_sdk::lobe_plugin;

/// Says hello.
#[lobe_plugin(nmae = "hello")]
unsafe fn say_hello<'a, T>(name: &'a str, #[lobe(defualt = 3)] times: u8, who: impl Into<String>) -> impl Into<String> {
    String::new()
}

fn main() {}
