//! The file of keys that a gateway under test reads.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::request::SECRET;
use crate::verdict::Unrun;

/// A file of keys.
pub(super) struct Keyring {
    pub(super) path: PathBuf,
}

/// What a key is good for, as lines of the file.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope(String);

impl Scope {
    /// Reads what a vector says of its key.
    pub(super) fn of(words: &Value) -> Result<Self, Unrun> {
        let mut lines = String::new();
        for (name, value) in words.as_object().into_iter().flatten() {
            let name = match name.as_str() {
                "plugins" => "plugins",
                "caller_manifests" => "manifests",
                "caller_index" => "indexes",
                _ => return Err(Unrun::words("key_scope", words)),
            };
            writeln!(lines, "{name} = {value}")?;
        }
        Ok(Self(lines))
    }

    /// Is good until a moment.
    pub(super) fn until(moment: time::OffsetDateTime) -> Self {
        let (year, month, day) = moment.to_calendar_date();
        let (hour, minute, second) = moment.to_hms();
        let month = u8::from(month);
        Self(format!("expires = \"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z\"\n"))
    }
}

impl Keyring {
    /// Writes a file with the fixture's key.
    pub(super) fn with(folder: &Path, id: &str, scope: &Scope) -> Result<Self> {
        let keyring = Self { path: folder.join(format!("{id}.keys.toml")) };
        keyring.write(&[(SECRET, scope)])?;
        Ok(keyring)
    }

    /// Writes a file that a gateway must not serve with.
    pub(super) fn wrong(folder: &Path, id: &str, words: &str) -> Result<Self, Unrun> {
        let keyring = Self::with(folder, id, &Scope::default())?;
        let says = |any: &[&str]| any.iter().any(|word| words.contains(word));
        let right = std::fs::read_to_string(&keyring.path)?;
        let write = |text: &str| private(&keyring.path, text);
        if says(&["128 bits", "weak", "short", "entropy", "guess"]) {
            write("[k1]\nkey = \"lgw_k1_9wqT4m2ZbE7xUuV\"\n")?;
        } else if says(&["group", "0640", "0660"]) {
            open(&keyring.path, if says(&["writ", "0660"]) { 0o660 } else { 0o640 })?;
        } else if says(&["writable", "writeable", "0666", "0622"]) {
            open(&keyring.path, 0o666)?;
        } else if says(&["everyone", "world", "others", "0644"]) {
            open(&keyring.path, 0o644)?;
        } else if says(&["owned", "owner"]) {
            std::os::unix::fs::chown(&keyring.path, Some(12_345), None)?;
        } else if says(&["missing", "not exist", "no such", "not there", "absent", "not found"]) {
            std::fs::remove_file(&keyring.path)?;
        } else if says(&["directory", "folder"]) {
            std::fs::remove_file(&keyring.path)?;
            std::fs::create_dir(&keyring.path)?;
        } else if says(&["duplicate", "twice", "two keys with"]) {
            write(&right.repeat(2))?;
        } else if says(&["unknown"]) {
            write(&format!("{right}colour = \"red\"\n"))?;
        } else if says(&["digest"]) && says(&["length", "cut", "malformed", "hex", "wrong"]) {
            write("[k1]\ndigest = \"sha256:0a1b\"\n")?;
        } else if says(&["digest", "plain", "clear"]) {
            // In the place of a digest; a key of the operator's own stands elsewhere.
            write(&format!("[k1]\ndigest = \"{SECRET}\"\n"))?;
        } else if says(&["empty", "0 keys", "no keys", "without keys"]) {
            write("")?;
        } else if says(&["broken", "malformed", "syntax", "not toml", "invalid", "unreadable", "garbage"]) {
            write("[k1\n")?;
        } else {
            return Err(Unrun::words("config", words));
        }
        Ok(keyring)
    }

    /// Puts these keys, and no others, into the file.
    pub(super) fn write(&self, keys: &[(&str, &Scope)]) -> Result<()> {
        let entry = |(key, Scope(scope)): &(&str, &Scope)| {
            let id = key.split('_').nth(1).unwrap_or_default();
            let digest: String =
                Sha256::digest(key.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
            format!("[{id}]\ndigest = \"sha256:{digest}\"\n{scope}")
        };
        private(&self.path, &keys.iter().map(entry).collect::<String>())
    }
}

fn private(path: &Path, text: &str) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let beside = path.with_extension("new");
    std::fs::write(&beside, text)?;
    std::fs::set_permissions(&beside, std::fs::Permissions::from_mode(0o600))?;
    Ok(std::fs::rename(beside, path)?)
}

fn open(path: &Path, mode: u32) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?)
}
