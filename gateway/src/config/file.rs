//! From a file to a [`Config`]: the one place here that reads what lies outside.

use std::path::Path;

use super::{Config, Error};

impl Config {
    /// Reads the configuration file, and the settings that it leaves to the environment and to other files.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, is no TOML, has a key that does not exist or a value that does not fit.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Error::of_file(path, format!("cannot read it: {error}")))?;
        parse(path, &text)
    }

    /// Reads the text of a configuration file.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        parse(Path::new("the configuration"), text)
    }

    /// Looks up what stands elsewhere: settings and codes in variables and files, which are relative to the file's folder.
    pub(super) fn looked_up(mut self, path: &Path, text: &str) -> Result<Self, Error> {
        let folder = path.parent().unwrap_or(Path::new(""));
        if let Some(tls) = &mut self.tls {
            // Each may be said in a layer of its own.
            if tls.certificate.as_os_str().is_empty() || tls.key.as_os_str().is_empty() {
                let expected = "expected both, `certificate` and `key`: two PEM files";
                return Err(Error::of_key(path, text, &["tls"], expected));
            }
            (tls.certificate, tls.key) = (folder.join(&tls.certificate), folder.join(&tls.key));
        }
        self.audit = self.audit.map(|audit| folder.join(audit));
        self.egress.extra_roots = self.egress.extra_roots.map(|roots| folder.join(roots));
        let of_code = |fault| Error::of_key(path, text, &["auth", "access_code"], fault);
        self.auth.look_up(folder).map_err(of_code)?;
        for (identifier, plugin) in &mut self.plugins {
            plugin.look_up(folder).map_err(|(word, name, fault)| {
                let key = ["plugins", identifier, word].into_iter().chain(name.as_deref());
                Error::of_key(path, text, &key.collect::<Vec<_>>(), fault)
            })?;
        }
        Ok(self)
    }
}

fn parse(path: &Path, text: &str) -> Result<Config, Error> {
    let config: Config = toml::from_str(text).map_err(|error| Error::of_reader(path, text, &error))?;
    config.looked_up(path, text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use url::Url;

    use super::*;
    use crate::config::Document;

    const EXAMPLE: &str = include_str!("../../lobe-gateway.example.toml");

    fn parsed(text: &str) -> Result<Config, Error> {
        parse(Path::new("gateway.toml"), text)
    }

    /// Returns the example with the lines that show keys without a default.
    fn uncommented() -> String {
        let shows = |line: &str| line.contains(" = ") || line.starts_with('[');
        EXAMPLE
            .lines()
            .map(|line| line.strip_prefix("# ").filter(|rest| shows(rest)).unwrap_or(line))
            .filter(|line| !line.contains("{ env ="))
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn the_example_has_the_defaults() {
        assert_eq!(parsed(EXAMPLE), Ok(Config::default()));
    }

    #[test]
    fn the_example_has_every_key() {
        for table in [
            "",
            "[auth]",
            "[caller]",
            "[admin]",
            "[tls]",
            "[mcp]",
            "[egress]",
            "[limits]",
            "[plugins.weather]",
        ] {
            let said = parsed(&format!("{table}\nxxxxxxxxxxxxxxxxxxxxxxxx = 1")).unwrap_err().to_string();
            let (_, known) = said.split_once("there are ").unwrap_or_else(|| panic!("{said}"));
            for key in known.split(", ").map(|key| key.trim_matches('`')) {
                let line = |line: &str| {
                    let line = line.trim_start_matches(['#', ' ', '[']);
                    line.starts_with(&format!("{key} ="))
                        || line.starts_with(&format!("{key}]"))
                        || line.starts_with(&format!("{key}."))
                };
                assert!(EXAMPLE.lines().any(line), "the example does not show `{key}` of {table}");
            }
        }
    }

    #[test]
    fn the_example_is_right_with_its_comments_taken_away() {
        let config = parsed(&uncommented()).unwrap();
        assert_eq!(config.admin.listen, Some("127.0.0.1:9091".parse().unwrap()));
        assert_eq!(config.egress.extra_roots, Some("ca.pem".into()));
        let weather = &config.plugins["weather"];
        let manifest = Url::parse("https://weather.example.org/manifest.json").unwrap();
        assert_eq!(weather.manifest, Some(Document::Web(manifest)));
        assert_eq!(weather.base_url.as_ref().unwrap().as_str(), "https://weather.example.org/v2");
        assert!(weather.tools.admits("get_rain", &[]) && !weather.tools.admits("get_admin", &[]));
        assert_eq!((weather.allow_hosts.len(), weather.allow_cidrs.len()), (1, 1));
        assert_eq!(weather.limits.answer, Some(1 << 20));
        assert_eq!(weather.origins[0].ascii_serialization(), "https://weather.example.org");
        assert_eq!(weather.overridable, ["UNITS"]);
    }

    #[test]
    fn settings_are_looked_up_and_never_shown() {
        let folder = std::env::temp_dir().join(format!("lobe-gateway-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("key"), "sesame-in-a-file\n").unwrap();
        let text = r#"plugins.weather.settings = { A = "sesame", N = 7, F = { file = "key" }, E = { env = "PATH" } }"#;
        let config = parse(&folder.join("gateway.toml"), text).unwrap();
        let settings = &config.plugins["weather"].settings;
        assert_eq!(settings.get("A"), Some(&json!("sesame")));
        assert_eq!(settings.get("N"), Some(&json!(7)));
        assert_eq!(settings.get("F"), Some(&json!("sesame-in-a-file")));
        assert_eq!(settings.get("E"), Some(&json!(std::env::var("PATH").unwrap())));
        assert!(!format!("{config:?}").contains("sesame"), "{config:?}");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn mistakes_say_where_and_what_was_expected() {
        let check = |text: &str, expected: &str| {
            assert_eq!(parsed(text).unwrap_err().to_string(), expected, "{text}")
        };
        check("lisen = 1", "gateway.toml:1:1: `lisen`: there is no key `lisen`; did you mean `listen`?");
        check(
            "\n[limits]\nbody_tim = \"1s\"",
            "gateway.toml:3:1: `limits.body_tim`: there is no key `body_tim`; did you mean `body_time`?",
        );
        check(
            "[caller]\nwhatever = true",
            "gateway.toml:2:1: `caller.whatever`: there is no key `whatever`; there are `manifests`, `indexes`, `aliases`",
        );
        check(
            "listen = \"8080\"",
            "gateway.toml:1:10: `listen`: expected an address and a port, such as \"127.0.0.1:8080\"",
        );
        check("dev = \"yes\"", "gateway.toml:1:7: `dev`: expected true or false");
        check(
            "limits.call_time = 30",
            "gateway.toml:1:20: `limits.call_time`: expected a time such as \"10s\", \"500ms\" or \"1m 30s\"",
        );
        check(
            "limits.call_time = \"0s\"",
            "gateway.toml:1:20: `limits.call_time`: expected a time such as \"10s\", \"500ms\" or \"1m 30s\"",
        );
        check(
            "[limits]\nbody = \"large\"",
            "gateway.toml:2:8: `limits.body`: expected a size such as \"64 KiB\", \"1 MiB\" or a number of bytes",
        );
        check("[egress]\nallow_ports = 1", "gateway.toml:2:15: `egress.allow_ports`: expected a list");
        check("admin = 1", "gateway.toml:1:9: `admin`: expected a table");
        check(
            "[limits]\nin_flight = -1",
            "gateway.toml:2:13: `limits.in_flight`: expected a number from 0 on",
        );
    }

    #[test]
    fn addresses_that_are_none_are_explained() {
        let check = |text: &str, expected: &str| {
            let said = parsed(text).unwrap_err().to_string();
            assert!(said.contains(expected), "{text}: {said}");
        };
        for index in [
            "chat-plugins.lobehub.com",
            "ftp://a.example",
            "https://me:sesame@a.example",
            "http://2130706433",
        ] {
            check(&format!("index = \"{index}\""), "`index`: expected a URL such as");
        }
        let index = parsed("index = \"https://a.example#x\"").unwrap().index;
        assert_eq!(index.unwrap().as_str(), "https://a.example/", "a fragment is never sent");
        check(
            "public_url = \"plugins.example.org\"",
            "`public_url`: the public URL begins with http:// or https://",
        );
        check("cors = [\"chat.example.org\"]", "`cors`: expected an origin such as");
        check("cors = [\"https://chat.example.org/page\"]", "`cors`: expected an origin such as");
        check(
            "[egress]\nallow_hosts = [\"http://a.example\"]",
            "`egress.allow_hosts`: a host is a name or an address",
        );
        check("[egress]\nallow_cidrs = [\"10.0.0.0\"]", "`egress.allow_cidrs`: a range of addresses is");
        check("[egress]\nallow_cidrs = [\"10.0.0.0/33\"]", "`egress.allow_cidrs`: a range of addresses is");
        check("[egress]\nnat64_prefixes = [\"64:ff9b::/95\"]", "`egress.nat64_prefixes`: a NAT64 prefix is");
        check("plugins.a.origins = [\"https://a.example/b\"]", "`plugins.a.origins`: expected an origin");
    }

    #[test]
    fn no_value_is_in_an_objection() {
        let check = |text: &str, expected: &str| {
            let said = parsed(text).unwrap_err().to_string();
            assert!(!said.contains("sesame"), "{said}");
            assert!(said.contains(expected), "{text}: {said}");
        };
        check("plugins.a.settings = \"sesame\"", "`plugins.a.settings`: expected a table");
        check("plugins.a.settings.KEY = { ev = \"sesame\" }", "`plugins.a.settings.KEY`: a setting is");
        check(
            "plugins.a.settings.KEY = { env = \"NOT_THERE_1\" }",
            ":1:20: `plugins.a.settings.KEY`: the environment variable `NOT_THERE_1` is not set",
        );
        check(
            "plugins.a.settings.KEY = { file = \"not-there\" }",
            "`plugins.a.settings.KEY`: cannot read not-there: ",
        );
        check("plugins.a.settings.KEY = 2026-01-01", "`plugins.a.settings.KEY`: a setting is no date");
        check("plugins.a.settings.KEY = sesame", "gateway.toml:1:26: ");
        check("plugins.a.settings.KEY = \"sesame", "gateway.toml:1:");
        check("plugins.a = \"sesame\"", "`plugins.a`: expected a table");
    }
}
