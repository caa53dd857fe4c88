//! The environment as a layer of the configuration: variables of our own, `LOBE_GATEWAY_LIMITS__CALL_TIME=10s`, and those
//! that LobeChat's own servers have: `PLUGINS_INDEX_URL`, `PLUGIN_SETTINGS`, `ACCESS_CODE`.

use serde::Deserialize as _;
use toml::{Table, Value};

use super::error::{Said, in_our_words};
use super::layers::{Source, Word};
use super::{Config, Error};

/// What our own variables begin with; `__` stands where the file has a dot.
const PREFIX: &str = "LOBE_GATEWAY_";
/// What Kubernetes sets by itself where a service has our name: addresses, and no words of the operator's.
const OF_KUBERNETES: [&str; 2] = ["SERVICE_", "PORT"];
/// Names the file, and so stands in none.
pub(crate) const CONFIG_FILE: &str = "LOBE_GATEWAY_CONFIG";
/// Keys whose values are files, which are relative to where the program was started.
const FILES: [&[&str]; 5] =
    [&["tls", "certificate"], &["tls", "key"], &["audit"], &["auth", "keys"], &["egress", "extra_roots"]];

impl Error {
    /// Objects to an environment variable.
    pub(crate) fn of_variable(name: &str, message: impl Into<String>) -> Self {
        let mut error = Self::whole(message);
        error.said = Some(Said::by(format!("environment variable {name}")));
        error
    }
}

/// Reads what a list of variables says. LobeChat's go before the file, and ours before LobeChat's.
///
/// # Errors
///
/// A variable that names no key, or whose value does not fit. The value itself is not repeated.
pub(crate) fn words(variables: impl IntoIterator<Item = (String, String)>) -> Result<Vec<Word>, Error> {
    let (mut lobechats, mut ours) = (Vec::new(), Vec::new());
    for (name, value) in variables {
        match &*name {
            CONFIG_FILE => {}
            _ if value.is_empty() => {}
            "PLUGINS_INDEX_URL" => lobechats.push(checked(&name, &["index"], Value::String(value))?),
            "ACCESS_CODE" => lobechats.push(checked(&name, &["auth", "access_code"], Value::String(value))?),
            "PLUGIN_SETTINGS" => lobechats.extend(plugin_settings(&name, &value)?),
            _ => ours.extend(of_ours(&name, &value).transpose()?),
        }
    }
    lobechats.append(&mut ours);
    Ok(lobechats)
}

/// Reads a variable of ours, if it is one.
fn of_ours(name: &str, value: &str) -> Option<Result<Word, Error>> {
    let key = name.strip_prefix(PREFIX)?;
    if OF_KUBERNETES.iter().any(|prefix| key.starts_with(prefix)) {
        return None;
    }
    let key = key.to_ascii_lowercase();
    let path: Vec<&str> = key.split("__").collect();
    // What it is meant to be, its key knows: a number or a switch, a text, a list of texts.
    let of_toml =
        toml::from_str::<Table>(&format!("it = {value}")).ok().and_then(|mut table| table.remove("it"));
    let list = || Value::Array(value.split(',').map(|item| Value::from(item.trim())).collect());
    let text = || checked(name, &path, Value::from(located(&path, value)));
    let of_toml = of_toml.and_then(|value| checked(name, &path, value).ok());
    Some(of_toml.map_or_else(text, Ok).or_else(|error| checked(name, &path, list()).map_err(|_| error)))
}

/// Reads `id:key=value;key2=value2,id2:key=value`.
fn plugin_settings(name: &str, text: &str) -> Result<Vec<Word>, Error> {
    let wrong = || Error::of_variable(name, "expected `id:key=value;key2=value2,id2:key=value`");
    let mut words = Vec::new();
    for plugin in text.split(',').map(str::trim).filter(|plugin| !plugin.is_empty()) {
        let (id, settings) = plugin.split_once(':').ok_or_else(wrong)?;
        for setting in settings.split(';').map(str::trim).filter(|setting| !setting.is_empty()) {
            let (key, value) = setting.split_once('=').ok_or_else(wrong)?;
            let path = ["plugins", id.trim(), "settings", key.trim()];
            words.push(checked(name, &path, Value::from(value.trim()))?);
        }
    }
    Ok(words)
}

/// Returns a file's path as it is from everywhere.
fn located(path: &[&str], value: &str) -> String {
    if !FILES.contains(&path) {
        return value.to_owned();
    }
    std::path::absolute(value).map_or_else(|_| value.to_owned(), |path| path.to_string_lossy().into_owned())
}

/// Makes a word of a value that its key takes.
fn checked(name: &str, path: &[&str], value: Value) -> Result<Word, Error> {
    let nested = path
        .iter()
        .rev()
        .fold(value.clone(), |inner, key| Value::Table(Table::from_iter([((*key).to_owned(), inner)])));
    Config::deserialize(nested).map_err(|error| Error::of_variable(name, in_our_words(error.message())))?;
    let path = path.iter().map(|key| (*key).to_owned()).collect();
    Ok(Word { path, value, source: Source::Environment(name.to_owned()) })
}

#[cfg(test)]
mod tests {
    use super::super::layers::Layers;
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Config, Error> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Layers::default().with(words(variables)?).config()
    }

    #[test]
    fn variables_of_every_kind_are_read() {
        let config = read(&[
            ("HOME", "/root"),
            ("LOBE_GATEWAY_LISTEN", "127.0.0.1:9"),
            ("LOBE_GATEWAY_DEV", "true"),
            ("LOBE_GATEWAY_CORS", "https://a.example, https://b.example"),
            ("LOBE_GATEWAY_LIMITS__CALL_TIME", "10s"),
            ("LOBE_GATEWAY_LIMITS__IN_FLIGHT", "7"),
            ("LOBE_GATEWAY_AUTH__KEYS", "keys.toml"),
            ("LOBE_GATEWAY_TLS__CERTIFICATE", "chain.pem"),
            ("LOBE_GATEWAY_TLS__KEY", "/etc/key.pem"),
            ("LOBE_GATEWAY_SERVICE_HOST", "10.0.0.7"),
            ("LOBE_GATEWAY_PORT_8080_TCP", "tcp://10.0.0.7:8080"),
        ])
        .unwrap();
        assert_eq!((config.listen.port(), config.dev, config.limits.in_flight), (9, true, 7));
        assert_eq!(config.cors, ["https://a.example", "https://b.example"]);
        assert_eq!(config.limits.call_time.as_secs(), 10);
        assert!(config.auth.keys.unwrap().is_absolute());
        assert_eq!(config.tls.unwrap().key, std::path::Path::new("/etc/key.pem"));
    }

    #[test]
    fn the_variables_of_lobechat_are_understood() {
        let config = read(&[
            ("PLUGINS_INDEX_URL", "https://chat-plugins.lobehub.com"),
            ("PLUGIN_SETTINGS", "search:API_KEY=a=b:c;REGION=eu, weather:KEY=sesame"),
            ("ACCESS_CODE", "one,two"),
            ("LOBE_GATEWAY_INDEX", "https://index.example.org"),
        ])
        .unwrap();
        assert_eq!(
            config.index.unwrap().host_str(),
            Some("index.example.org"),
            "ours goes before LobeChat's"
        );
        let setting = |plugin: &str, key: &str| config.plugins[plugin].settings.get(key).cloned();
        assert_eq!(setting("search", "API_KEY"), Some("a=b:c".into()));
        assert_eq!(setting("search", "REGION"), Some("eu".into()));
        assert_eq!(setting("weather", "KEY"), Some("sesame".into()));
        assert_eq!(config.auth.access_code.unwrap().expose(), "one,two");
    }

    #[test]
    fn mistakes_name_the_variable_and_no_value() {
        let check = |name: &str, value: &str, expected: &str| {
            let said = read(&[(name, value)]).unwrap_err().to_string();
            assert!(said.starts_with(&format!("environment variable {name}: ")), "{said}");
            assert!(said.contains(expected) && !said.contains("sesame"), "{said}");
        };
        check("LOBE_GATEWAY_LISEN", "sesame", "there is no key `lisen`; did you mean `listen`?");
        check("LOBE_GATEWAY_LISTEN", "sesame", "expected an address and a port");
        check("LOBE_GATEWAY_LIMITS__CALL_TIM", "1s", "did you mean `call_time`?");
        check("PLUGINS_INDEX_URL", "sesame", "expected a URL such as");
        check("PLUGIN_SETTINGS", "sesame", "expected `id:key=value");
        check("PLUGIN_SETTINGS", "a:sesame", "expected `id:key=value");
    }
}
