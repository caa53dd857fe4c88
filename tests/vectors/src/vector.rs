//! The files of vectors, read but not yet understood: what every vector has, and the rest as it stands.
//!
//! The same form of file with other vectors must run unchanged, so nothing here knows an identifier.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Map, Value};

/// One vector: something that is done to the gateway, and what must come of it.
#[derive(Clone, Debug)]
pub(crate) struct Vector {
    pub(crate) id: String,
    pub(crate) group: String,
    pub(crate) suite: Suite,
    members: Map<String, Value>,
}

/// What a vector is about, which says who runs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Suite {
    /// Where the gateway lets itself be sent.
    Ssrf,
    /// What it does with what it reads.
    Parse,
    /// What it does when a plugin's server misbehaves.
    Upstream,
    /// What it gives away.
    Leak,
    /// What it does when there is too much of something.
    Overload,
    /// Whom it lets in.
    Auth,
}

impl Suite {
    /// Names the suite as its file is named.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ssrf => "ssrf",
            Self::Parse => "parse",
            Self::Upstream => "upstream",
            Self::Leak => "leak",
            Self::Overload => "overload",
            Self::Auth => "auth",
        }
    }

    fn of(id: &str) -> Option<Self> {
        Some(match id.split_once('-')?.0 {
            "ssrf" => Self::Ssrf,
            "parse" => Self::Parse,
            "up" => Self::Upstream,
            "leak" => Self::Leak,
            "over" => Self::Overload,
            "auth" => Self::Auth,
            _ => return None,
        })
    }
}

impl Vector {
    fn new(value: Value) -> Result<Self> {
        let Value::Object(members) = value else { anyhow::bail!("a vector is an object") };
        let text = |name: &str| {
            members
                .get(name)
                .and_then(Value::as_str)
                .map(str::to_owned)
                .with_context(|| format!("no `{name}`"))
        };
        let (id, group) = (text("id")?, text("group")?);
        let suite =
            Suite::of(&id).with_context(|| format!("{id}: no suite has identifiers like this one"))?;
        Ok(Self { id, group, suite, members })
    }

    /// Returns a member of the vector, `null` where it has none.
    pub(crate) fn member(&self, name: &str) -> &Value {
        self.members.get(name).unwrap_or(&Value::Null)
    }

    /// Writes a member anew.
    pub(crate) fn put(&mut self, name: &str, value: Value) {
        self.members.insert(name.to_owned(), value);
    }

    /// Returns a member that is a text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.member(name).as_str()
    }

    /// Returns what is expected, where it does not depend on the mode.
    pub(crate) fn expect(&self) -> &Value {
        self.member("expect")
    }

    /// Returns every port number that the vector names anywhere: after a colon, as in URLs and addresses.
    pub(crate) fn ports(&self) -> Vec<u16> {
        let text = Value::Object(self.members.clone()).to_string();
        let after_colon =
            regex_lite::Regex::new(r":(\d{1,5})(?:\D|$)").expect("cannot fail because it is a constant");
        let mut ports: Vec<u16> = after_colon
            .captures_iter(&text)
            .filter_map(|found| found[1].parse().ok())
            .filter(|port| *port > 0)
            .collect();
        ports.sort_unstable();
        ports.dedup();
        ports
    }
}

/// Reads files of vectors, in their order.
pub(crate) fn load(files: &[PathBuf]) -> Result<Vec<Vector>> {
    let mut vectors = Vec::new();
    for file in files {
        vectors.append(&mut read(file).with_context(|| file.display().to_string())?);
    }
    Ok(vectors)
}

fn read(file: &Path) -> Result<Vec<Vector>> {
    let mut document: Value = serde_json::from_slice(&std::fs::read(file)?)?;
    let Value::Array(vectors) = document["vectors"].take() else { anyhow::bail!("no list `vectors`") };
    vectors.into_iter().map(Vector::new).collect()
}

/// Reads one vector from its text, for the tests of the runner.
#[cfg(test)]
pub(crate) fn vector(value: Value) -> Vector {
    Vector::new(value).unwrap()
}
