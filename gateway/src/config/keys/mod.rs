//! The file of keys: what `lobe-gateway keys` writes and `serve` reads. It holds digests, never a key, unless the
//! operator brings keys of his own.

#[cfg(feature = "cli")]
mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::SystemTime;

use lobe_plugin_sdk::serve::{Digest, Key, KeyRecord};
use serde::{Deserialize, Deserializer, de};

#[cfg(feature = "cli")]
pub(crate) use self::written::{parse_duration, written_moment};
use super::Error;
use super::auth::scopes;
use super::source::Source;
use super::units::moment;
use crate::grant::Grant;

/// Holds the keys of a file, by their identifiers.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyFile {
    pub(crate) keys: BTreeMap<String, KeyEntry>,
}

/// Holds what is known of one key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyEntry {
    /// Whose it is, in the operator's words: what the log and the plugins know its owner by.
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default, deserialize_with = "digest")]
    pub(crate) digest: Option<Digest>,
    /// A key of the operator's own making, in place of its digest.
    #[serde(default)]
    key: Option<Source>,
    #[serde(default, deserialize_with = "moment")]
    #[cfg_attr(
        not(feature = "cli"),
        expect(dead_code, reason = "only the command that made it asks for it")
    )]
    pub(crate) created: Option<SystemTime>,
    /// From when on it is no longer good. Absent: never.
    #[serde(default, deserialize_with = "moment")]
    pub(crate) expires: Option<SystemTime>,
    /// The plugins it is for. Absent: all.
    #[serde(default)]
    pub(crate) plugins: Option<BTreeSet<String>>,
    /// The scopes that its owner has, for operations and plugins that are kept for some.
    #[serde(default, deserialize_with = "scopes")]
    pub(crate) scopes: Vec<String>,
    /// Whether its owner may bring manifests of his own.
    #[serde(default = "yes")]
    pub(crate) manifests: bool,
    /// Whether its owner may name market indexes of his own.
    #[serde(default = "yes")]
    pub(crate) indexes: bool,
    /// Whether it may stand in the query of the gateway's URL.
    #[serde(default)]
    pub(crate) in_query: bool,
}

fn yes() -> bool {
    true
}

fn digest<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Digest>, D::Error> {
    String::deserialize(deserializer)?.parse().map(Some).map_err(de::Error::custom)
}

impl KeyFile {
    /// Reads a file of keys.
    ///
    /// # Errors
    ///
    /// A key in place of a file; a file that cannot be read, that others on this machine can read unless that is `readable`,
    /// or with something in it that is no key or a weak one.
    pub(crate) fn read(path: &Path, readable: bool) -> Result<Self, Error> {
        if path.file_name().and_then(|name| Key::parse(name.to_str()?).ok()).is_some() {
            // It is not repeated: others read the log.
            return Err(Error::whole(
                "a key was given where the file of keys is to be named; everybody on this machine sees what a command line \
                 or a variable says, so make another key",
            ));
        }
        let cannot = |error| {
            let hint = "make a key with `lobe-gateway keys create`";
            Error::of_file(path, format!("cannot read the file of keys: {error}; {hint}"))
        };
        let text = std::fs::read_to_string(path).map_err(cannot)?;
        if !readable && is_readable_by_others(path) {
            return Err(Error::of_file(
                path,
                "others on this machine can read the file of keys: `chmod o-rwx` it, or say `auth.readable_keys = true`",
            ));
        }
        Self::parse(path, &text)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, Error> {
        let mut keys: BTreeMap<String, KeyEntry> =
            toml::from_str(text).map_err(|error| Error::of_reader(path, text, &error))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        for (id, entry) in &mut keys {
            entry.settle(id, folder).map_err(|(key, fault)| Error::of_key(path, text, &[id, key], fault))?;
        }
        Ok(Self { keys })
    }

    /// Returns what a server needs of it.
    pub(crate) fn records(&self) -> impl Iterator<Item = KeyRecord> {
        self.keys.iter().filter_map(|(id, entry)| {
            let grant = Grant {
                plugins: entry.plugins.clone(),
                manifests: entry.manifests,
                indexes: entry.indexes,
                in_query: entry.in_query,
            };
            let mut record = KeyRecord {
                id: id.clone(),
                digest: entry.digest?,
                expires: entry.expires,
                owner: if entry.name.is_empty() { id.clone() } else { entry.name.clone() },
                scopes: entry.scopes.clone(),
                extensions: http::Extensions::new(),
            };
            record.extensions.insert(grant);
            Some(record)
        })
    }
}

impl KeyEntry {
    /// Makes the digest of a key that the operator brought, and holds the entry to what must be so.
    fn settle(&mut self, id: &str, folder: &Path) -> Result<(), (&'static str, String)> {
        if let Some(source) = &self.key {
            let text = source.clone().secret(folder).map_err(|fault| ("key", fault))?;
            let key = Key::parse(text.expose())
                .and_then(Key::strong)
                .map_err(|fault| ("key", fault.to_string()))?;
            if key.id() != id {
                return Err(("key", format!("the key has another identifier than `{id}`")));
            }
            self.digest = Some(key.digest());
        }
        if self.digest.is_none() {
            return Err(("name", "expected a `digest`, as `lobe-gateway keys create` makes it".to_owned()));
        }
        if self.in_query && self.plugins.is_none() {
            return Err(("in_query", "a key that stands in URLs is for named `plugins` only".to_owned()));
        }
        Ok(())
    }
}

#[cfg(unix)]
fn is_readable_by_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    // What cannot be asked was read just now, so somebody has taken it away: the next reading says so.
    std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o007 != 0)
}

#[cfg(not(unix))]
fn is_readable_by_others(_path: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<KeyFile, Error> {
        KeyFile::parse(Path::new("keys.toml"), text)
    }

    #[test]
    fn mistakes_say_where_and_what_was_expected() {
        let check = |text: &str, expected: &str| {
            let said = parsed(text).unwrap_err().to_string();
            assert!(said.contains(expected), "{text}: {said}");
            assert!(!said.contains("9wqT4m2Z"), "{said}");
        };
        check("[k1]\ndigest = \"sha256:12\"", "keys.toml:2:10: `k1.digest`: a digest is `sha256:` and 64");
        check("[k1]\nname = \"x\"", "`k1.name`: expected a `digest`");
        check("[k1]\nkey = \"lgw_k1_9wqT4m2ZbE7x\"", "keys.toml:2:1: `k1.key`: a key's secret has 128 bits");
        check("[k1]\nkey = \"9wqT4m2ZbE7xUuVQe0r3sYcPfHnAaKdL\"", "`k1.key`: a key is `lgw_`");
        check(
            "[k2]\nkey = \"lgw_k1_9wqT4m2ZbE7xUuVQe0r3sYcPfHnAaKdL\"",
            "`k2.key`: the key has another identifier",
        );
        check("[k1]\nscopes = [\"two words\"]", "`k1.scopes`: a scope is a word");
        check("[k1]\ndigset = \"\"", "did you mean `digest`?");
        check("[k1]\nexpires = 2026-01-01", "`k1.expires`: expected");
        let digest = Digest::of("x");
        check(
            &format!("[k1]\ndigest = \"{digest}\"\nin_query = true"),
            "`k1.in_query`: a key that stands in URLs",
        );
    }

    #[test]
    fn a_key_is_no_file_of_keys() {
        let path = Path::new("/etc/lgw_k1_9wqT4m2ZbE7xUuVQe0r3sYcPfHnAaKdL");
        let said = KeyFile::read(path, false).unwrap_err().to_string();
        assert!(said.contains("make another key") && !said.contains("9wqT4m2Z"), "{said}");
    }

    #[test]
    fn the_operators_own_key_is_good() {
        let key = "lgw_k1_9wqT4m2ZbE7xUuVQe0r3sYcPfHnAaKdL";
        let file = parsed(&format!("[k1]\nkey = \"{key}\"")).unwrap();
        let record = file.records().next().unwrap();
        assert!(record.digest.is(&Digest::of(key)));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let path = std::env::temp_dir().join(format!("lobe-gateway-keys-{}.toml", std::process::id()));
        std::fs::write(&path, "").unwrap();
        let allow = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        allow(0o644);
        assert!(KeyFile::read(&path, false).unwrap_err().to_string().contains("chmod o-rwx"));
        assert!(KeyFile::read(&path, true).is_ok());
        allow(0o640);
        assert!(KeyFile::read(&path, false).is_ok());
        std::fs::remove_file(path).unwrap();
    }
}
