//! Where the words of a configuration come from, and which goes before which: the defaults, the file, the environment,
//! the flags.
//!
//! A layer is a list of words, each a key and a value as TOML has them. They are put over each other before anything is
//! read into types, so a value can be traced to where it was said.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize as _;
use toml::{Table, Value};

use super::error::{Place, Said, in_our_words};
use super::{Config, Error};

/// Every key with its default: a test holds it to what is built in.
pub(super) const DEFAULTS: &str = include_str!("../../lobe-gateway.example.toml");

/// One word of a configuration.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Word {
    /// The keys that lead to it: `limits`, `call_time`.
    pub(crate) path: Vec<String>,
    pub(crate) value: Value,
    pub(crate) source: Source,
}

/// Says where a word was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Default,
    /// In the file, on this line.
    File(usize),
    /// In the environment variable of this name.
    Environment(String),
    /// By this flag.
    Flag(&'static str),
}

/// A configuration before it is read into types: its file, and what goes before that.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layers {
    file: Option<(PathBuf, String)>,
    /// Later words go before earlier ones.
    words: Vec<Word>,
}

impl Layers {
    /// Reads the file, if there is one.
    ///
    /// # Errors
    ///
    /// A file that cannot be read.
    pub(crate) fn of_file(file: Option<&Path>) -> Result<Self, Error> {
        let Some(path) = file else { return Ok(Self::default()) };
        let text = std::fs::read_to_string(path)
            .map_err(|error| Error::of_file(path, format!("cannot read it: {error}")))?;
        Ok(Self { file: Some((path.to_owned(), text)), words: Vec::new() })
    }

    /// Puts words over what is there.
    pub(crate) fn with(mut self, words: impl IntoIterator<Item = Word>) -> Self {
        self.words.extend(words);
        self
    }

    /// Reads all of it into types.
    ///
    /// # Errors
    ///
    /// As [`Config::read`].
    pub(crate) fn config(&self) -> Result<Config, Error> {
        let (path, text) = self.file_or_nothing();
        // First by itself, because then what is wrong has a place.
        let mut table: Table = match toml::from_str::<Config>(text) {
            Ok(_) => toml::from_str(text).map_err(|error| Error::of_reader(path, text, &error))?,
            Err(error) => return Err(Error::of_reader(path, text, &error)),
        };
        for word in &self.words {
            put(&mut table, word);
        }
        let config = Config::deserialize(Value::Table(table))
            .map_err(|error| Error::whole(in_our_words(error.message())))?;
        config.looked_up(path, text)
    }

    /// Returns every word that counts, and where it was said.
    ///
    /// # Errors
    ///
    /// A file that is no TOML.
    pub(crate) fn words(&self) -> Result<Vec<Word>, Error> {
        let (path, text) = self.file_or_nothing();
        let file: Table = toml::from_str(text).map_err(|error| Error::of_reader(path, text, &error))?;
        let defaults: Table = toml::from_str(DEFAULTS).map_err(|error| Error::whole(error.message()))?;
        let mut words = BTreeMap::new();
        let of_file = |path: &[String]| Source::File(Place::of(text, path).map_or(0, |place| place.line));
        leaves(&defaults, &mut Vec::new(), &|_| Source::Default, &mut words);
        leaves(&file, &mut Vec::new(), &of_file, &mut words);
        words.extend(self.words.iter().map(|word| (word.path.clone(), word.clone())));
        Ok(words.into_values().collect())
    }

    /// Adds to an error where its key was said: in a variable, by a flag, or in which line. That is left as it is where it is
    /// known, or where there is no key to find it by.
    pub(crate) fn place(&self, mut error: Error) -> Error {
        if error.said.is_none() && !error.key.is_empty() {
            error.said = self.said(&error.key);
        }
        error
    }

    fn said(&self, key: &[String]) -> Option<Said> {
        let leads_there = |word: &&Word| word.path.starts_with(key) || key.starts_with(&word.path);
        if let Some(word) = self.words.iter().rev().find(leads_there) {
            return word.source.said();
        }
        let (file, text) = self.file.as_ref()?;
        // A key that is not there is missing in the table around it.
        let place = (1..=key.len()).rev().find_map(|length| Place::of(text, &key[..length]))?;
        Some(Said::in_file(file, Some(place)))
    }

    fn file_or_nothing(&self) -> (&Path, &str) {
        self.file.as_ref().map_or((Path::new(""), ""), |(path, text)| (path, text))
    }
}

/// Puts a word into a table, which grows the tables on the way to it.
fn put(table: &mut Table, word: &Word) {
    let Some((last, path)) = word.path.split_last() else { return };
    let mut inner = table;
    for key in path {
        let entry = inner.entry(key).or_insert_with(|| Value::Table(Table::new()));
        if !entry.is_table() {
            *entry = Value::Table(Table::new());
        }
        let Value::Table(next) = entry else { return };
        inner = next;
    }
    inner.insert(last.clone(), word.value.clone());
}

/// Collects the words of a table. The table that names where a setting stands is one word.
fn leaves(
    table: &Table,
    path: &mut Vec<String>,
    source: &dyn Fn(&[String]) -> Source,
    words: &mut BTreeMap<Vec<String>, Word>,
) {
    for (key, value) in table {
        path.push(key.clone());
        match value {
            Value::Table(inner) if !is_secret(path) => leaves(inner, path, source, words),
            value => {
                let word = Word { path: path.clone(), value: value.clone(), source: source(path) };
                words.insert(path.clone(), word);
            }
        }
        path.pop();
    }
}

/// Returns whether what stands under a key may be a secret, or says where there is one.
fn is_secret(path: &[String]) -> bool {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    matches!(
        path[..],
        ["auth", "access_code"]
            | ["plugins", _, "settings", _]
            | ["plugins", _, "signing_key"]
            | ["plugins", _, "mcp", "headers" | "env", _]
            | ["plugins", _, "mcp", "args"]
    )
}

impl Word {
    /// Makes the word that a flag says.
    pub(crate) fn of_flag(flag: &'static str, path: &[&str], value: impl Into<Value>) -> Self {
        let path = path.iter().map(|key| (*key).to_owned()).collect();
        Self { path, value: value.into(), source: Source::Flag(flag) }
    }

    /// Writes it as TOML, without what may be a secret.
    fn shown(&self) -> String {
        let Self { path, value, .. } = self;
        let hidden = "[hidden]";
        match value {
            Value::Table(_) => value.to_string(),
            _ if is_secret(path) => Value::from(hidden).to_string(),
            // The query of an index may hold a key.
            Value::String(text) => match text.split_once('?') {
                Some((before, _)) => Value::from(format!("{before}?{hidden}")).to_string(),
                None => value.to_string(),
            },
            _ => value.to_string(),
        }
    }
}

impl Source {
    fn said(&self) -> Option<Said> {
        match self {
            Self::Environment(name) => Some(Said::by(format!("environment variable {name}"))),
            Self::Flag(flag) => Some(Said::by(*flag)),
            Self::Default | Self::File(_) => None,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => formatter.write_str("default"),
            Self::File(line) => write!(formatter, "line {line}"),
            Self::Environment(name) => write!(formatter, "environment: {name}"),
            Self::Flag(name) => formatter.write_str(name),
        }
    }
}

/// Writes words as one TOML document, with the source of each behind it.
pub(crate) fn written(words: &[Word]) -> String {
    let mut tables: BTreeMap<&[String], Vec<&Word>> = BTreeMap::new();
    for word in words {
        if let Some((_, table)) = word.path.split_last() {
            tables.entry(table).or_default().push(word);
        }
    }
    let mut text = String::new();
    for (table, words) in tables {
        if !table.is_empty() {
            let path: Vec<String> = table.iter().map(|key| quoted(key)).collect();
            text.push_str(&format!("\n[{}]\n", path.join(".")));
        }
        for word in words {
            let key = word.path.last().map(|key| quoted(key)).unwrap_or_default();
            let line = format!("{key} = {}", word.shown());
            text.push_str(&format!("{line:<48} # {}\n", word.source));
        }
    }
    text
}

/// Writes a key as TOML wants it: bare where it can be.
fn quoted(key: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !key.is_empty() && key.bytes().all(bare) { key.to_owned() } else { Value::from(key).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(path: &[&str], value: impl Into<Value>, source: Source) -> Word {
        Word { path: path.iter().map(|key| (*key).to_owned()).collect(), value: value.into(), source }
    }

    fn layers(text: &str, words: Vec<Word>) -> Layers {
        Layers { file: Some(("gateway.toml".into(), text.to_owned())), words }
    }

    #[test]
    fn later_layers_go_before_earlier_ones() {
        let flag = word(&["listen"], "127.0.0.1:3", Source::Flag("--listen"));
        let variable = word(&["limits", "call_time"], "2s", Source::Environment("X".to_owned()));
        let layers = layers(
            "listen = \"127.0.0.1:1\"\nlimits.call_time = \"1s\"\nlimits.headers = 7",
            vec![variable, flag],
        );
        let config = layers.config().unwrap();
        assert_eq!(config.listen, "127.0.0.1:3".parse().unwrap());
        assert_eq!((config.limits.call_time.as_secs(), config.limits.headers), (2, 7));
    }

    #[test]
    fn every_value_has_its_source_and_no_secret_is_shown() {
        let text = "index = \"https://index.example.org/list?key=sesame\"\n[plugins.\"a b\"]\nsettings = { KEY = \"sesame\", \
                    FILE = { file = \"key\" } }\n[auth]\naccess_code = \"sesame\"\n[plugins.files.mcp]\ncommand = \"files\"\n\
                    args = [\"--token\", \"sesame\"]\nenv.TOKEN = \"sesame\"";
        let layers = layers(text, vec![word(&["dev"], true, Source::Flag("--dev"))]);
        let written = written(&layers.words().unwrap());
        for line in [
            r#"index = "https://index.example.org/list?[hidden]" # line 1"#,
            "dev = true                                       # --dev",
            r#"KEY = "[hidden]"                                 # line 3"#,
            r#"FILE = { file = "key" }                          # line 3"#,
            r#"access_code = "[hidden]"                         # line 5"#,
            r#"call_time = "30s"                                # default"#,
            "[plugins.\"a b\".settings]",
            r#"args = "[hidden]"                                # line 8"#,
            r#"TOKEN = "[hidden]"                               # line 9"#,
        ] {
            assert!(written.lines().any(|had| had == line), "{line} is not in\n{written}");
        }
        assert!(!written.contains("sesame"), "{written}");
        assert!(toml::from_str::<Table>(&written).is_ok(), "{written}");
    }

    #[test]
    fn what_is_found_out_later_has_the_place_of_its_key() {
        let variable = word(&["index"], "x", Source::Environment("PLUGINS_INDEX_URL".to_owned()));
        let layers = layers("dev = true\n[plugins.a]\nmcp = \"x\"", vec![variable]);
        let check = |key: &[&str], expected: &str| {
            assert_eq!(layers.place(Error::at(key, "no")).to_string(), expected);
        };
        check(&["index"], "environment variable PLUGINS_INDEX_URL: `index`: no");
        check(&["plugins", "a", "mcp", "headers"], "gateway.toml:3:1: `plugins.a.mcp.headers`: no");
        check(&["plugins", "a", "origins"], "gateway.toml:2:10: `plugins.a.origins`: no");
        check(&["egress"], "`egress`: no");
    }

    #[test]
    fn what_is_wrong_in_the_file_has_its_place() {
        let said = layers("\nlisten = 1", Vec::new()).config().unwrap_err().to_string();
        assert!(said.starts_with("gateway.toml:2:10: `listen`: expected"), "{said}");
    }
}
