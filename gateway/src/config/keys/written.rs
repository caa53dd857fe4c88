//! What `lobe-gateway keys` does to the file: it makes keys, renews them, and writes down what is read again.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use lobe_plugin_sdk::serve::Key;

use super::{KeyEntry, KeyFile};
use crate::config::source::Source;

const HEADING: &str = "# The keys of a lobe-gateway, as `lobe-gateway keys` keeps them. A key itself was shown once, when it was made;
# what stands here cannot be turned back into it.
";

impl KeyFile {
    /// Writes it as it is read.
    pub(crate) fn to_text(&self) -> String {
        self.keys.iter().fold(HEADING.to_owned(), |text, (id, entry)| text + &entry.to_text(id))
    }
}

impl KeyEntry {
    /// Notes a key that was made just now, without bounds.
    pub(crate) fn new(key: &Key) -> Self {
        Self {
            name: String::new(),
            digest: Some(key.digest()),
            key: None,
            created: Some(SystemTime::now()),
            expires: None,
            plugins: None,
            scopes: Vec::new(),
            manifests: true,
            indexes: true,
            in_query: false,
        }
    }

    /// Notes a key that may do what this one may, and lives as long.
    pub(crate) fn renewed(&self, key: &Key, lives: Option<Duration>) -> Self {
        let now = SystemTime::now();
        Self {
            digest: Some(key.digest()),
            key: None,
            created: Some(now),
            expires: lives.map(|time| now + time),
            ..self.clone()
        }
    }

    fn to_text(&self, id: &str) -> String {
        let mut text = format!("\n[{}]\n", quoted(id));
        let mut line = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                // A string takes everything.
                let _ = writeln!(text, "{name} = {value}");
            }
        };
        let moment = |moment: SystemTime| quoted(&written_moment(moment));
        line("name", Some(quoted(&self.name)).filter(|_| !self.name.is_empty()));
        match &self.key {
            Some(source) => line("key", Some(written_source(source))),
            None => line("digest", self.digest.map(|digest| quoted(&digest.to_string()))),
        }
        line("created", self.created.map(moment));
        line("expires", self.expires.map(moment));
        line("plugins", self.plugins.as_ref().map(list));
        line("scopes", Some(list(&self.scopes)).filter(|_| !self.scopes.is_empty()));
        line("manifests", (!self.manifests).then(|| "false".to_owned()));
        line("indexes", (!self.indexes).then(|| "false".to_owned()));
        line("in_query", self.in_query.then(|| "true".to_owned()));
        text
    }
}

/// Reads a time that was typed: `90d`.
///
/// # Errors
///
/// What a time looks like.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, &'static str> {
    humantime::parse_duration(text).map_err(|_| "a time is such as `90d`, `24h` or `1h 30m`")
}

/// Writes a moment: `2026-01-31T00:00:00Z`.
pub(crate) fn written_moment(moment: SystemTime) -> String {
    humantime::format_rfc3339_seconds(moment).to_string()
}

fn written_source(source: &Source) -> String {
    match source {
        Source::Written(value) => value.to_string(),
        Source::Environment(name) => format!("{{ env = {} }}", quoted(name)),
        Source::File(path) => format!("{{ file = {} }}", quoted(&path.to_string_lossy())),
    }
}

fn list<'a>(words: impl IntoIterator<Item = &'a String>) -> String {
    format!("[{}]", words.into_iter().map(|word| quoted(word)).collect::<Vec<_>>().join(", "))
}

/// Writes a text as TOML has it: as JSON does.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::grant::Grant;

    #[test]
    fn what_is_written_is_read() {
        let key = Key::generate("k1").unwrap();
        let mut entry = KeyEntry::new(&key);
        entry.name = "Alice \"A.\"\n".to_owned();
        entry.expires = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(2_000_000_000));
        entry.plugins = Some(["weather".to_owned()].into());
        entry.scopes = vec!["weather.read".to_owned()];
        (entry.manifests, entry.indexes, entry.in_query) = (false, false, true);
        let file =
            KeyFile { keys: [("k1".to_owned(), entry), ("k2".to_owned(), KeyEntry::new(&key))].into() };
        let text = file.to_text();
        let read = KeyFile::parse(Path::new("keys.toml"), &text).unwrap();
        assert_eq!(read.to_text(), text);
        assert!(!text.contains(key.expose().rsplit('_').next().unwrap()));
        let records: Vec<_> = read.records().collect();
        assert_eq!((&*records[0].owner, &*records[1].owner), ("Alice \"A.\"\n", "k2"));
        assert_eq!(
            (records[0].scopes.as_slice(), records[1].scopes.len()),
            (&["weather.read".to_owned()][..], 0)
        );
        let grant = records[0].extensions.get::<Grant>().unwrap();
        assert_eq!((grant.manifests, grant.indexes, grant.in_query), (false, false, true));
    }
}
