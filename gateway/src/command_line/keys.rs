//! `lobe-gateway keys`: makes keys, renews them, takes them back. A running gateway hears of it by the file.

use std::error::Error;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use lobe_plugin_sdk::serve::Key;
use serde_json::json;

use super::arguments::{Deed, KeysOptions, NewKey};
use crate::config::{Config, KeyEntry, KeyFile, written_moment};

/// Does it.
pub(super) fn run(options: KeysOptions) -> Result<(), Box<dyn Error>> {
    let path = file_of(options.file, options.config.as_deref())?;
    match options.deed {
        Deed::Create(new) => change(&path, |keys| create(keys, new)),
        Deed::List { json } => list(&KeyFile::read(&path, true)?, json),
        Deed::Rotate { id, overlap } => change(&path, |keys| rotate(keys, &id, overlap)),
        Deed::Revoke { id } => change(&path, |keys| revoke(keys, &id)),
    }
}

fn file_of(file: Option<PathBuf>, config: Option<&Path>) -> Result<PathBuf, Box<dyn Error>> {
    let named = match (file, config) {
        (Some(file), _) => Some(file),
        (None, Some(config)) => Config::read(config)?.auth.keys,
        (None, None) => None,
    };
    named.ok_or_else(|| {
        "which file of keys? Name it with `--keys`, or with `--config` a file that has `auth.keys`".into()
    })
}

fn create(keys: &mut KeyFile, new: NewKey) -> Result<Option<Key>, Box<dyn Error>> {
    let id = new.id.map_or_else(Key::random_id, Ok)?;
    if keys.keys.contains_key(&id) {
        return Err(format!("there is a key `{id}` already").into());
    }
    if new.in_query && new.plugins.is_empty() {
        return Err("a key that stands in URLs is for named plugins only: add `--plugins`".into());
    }
    let key = Key::generate(&id)?;
    let mut entry = KeyEntry::new(&key);
    entry.name = new.name;
    entry.expires = new.expires.map(|time| SystemTime::now() + time);
    entry.plugins = Some(new.plugins.into_iter().collect())
        .filter(|plugins: &std::collections::BTreeSet<_>| !plugins.is_empty());
    entry.scopes = new.scopes;
    (entry.manifests, entry.indexes, entry.in_query) = (new.manifests, new.indexes, new.in_query);
    keys.keys.insert(id, entry);
    Ok(Some(key))
}

/// Makes a key that may do what another may, which is good for a while longer.
fn rotate(keys: &mut KeyFile, id: &str, overlap: Duration) -> Result<Option<Key>, Box<dyn Error>> {
    let old = keys.keys.get_mut(id).ok_or_else(|| unknown(id))?;
    let key = Key::generate(&Key::random_id()?)?;
    let lives = match (old.created, old.expires) {
        (Some(created), Some(expires)) => expires.duration_since(created).ok(),
        _ => None,
    };
    let end = SystemTime::now() + overlap;
    let new = old.renewed(&key, lives);
    old.expires = Some(old.expires.map_or(end, |expires| expires.min(end)));
    keys.keys.insert(key.id().to_owned(), new);
    Ok(Some(key))
}

fn revoke(keys: &mut KeyFile, id: &str) -> Result<Option<Key>, Box<dyn Error>> {
    keys.keys.remove(id).ok_or_else(|| unknown(id))?;
    Ok(None)
}

fn unknown(id: &str) -> String {
    format!("there is no key `{id}`: `lobe-gateway keys list` shows those there are")
}

fn list(keys: &KeyFile, as_json: bool) -> Result<(), Box<dyn Error>> {
    let now = SystemTime::now();
    let state =
        |entry: &KeyEntry| if entry.expires.is_some_and(|end| end <= now) { "expired" } else { "good" };
    let moment = |moment: Option<SystemTime>| moment.map(written_moment);
    if as_json {
        let of = |(id, entry): (&String, &KeyEntry)| {
            json!({
                "id": id, "name": entry.name, "state": state(entry), "created": moment(entry.created),
                "expires": moment(entry.expires), "plugins": entry.plugins, "manifests": entry.manifests,
                "scopes": entry.scopes, "indexes": entry.indexes, "inQuery": entry.in_query,
            })
        };
        println!("{}", serde_json::to_string_pretty(&keys.keys.iter().map(of).collect::<Vec<_>>())?);
        return Ok(());
    }
    if keys.keys.is_empty() {
        println!("no keys yet: `lobe-gateway keys create` makes one");
        return Ok(());
    }
    println!("{:<12} {:<20} {:<8} {:<21} may", "id", "name", "state", "expires");
    for (id, entry) in &keys.keys {
        let expires = moment(entry.expires).unwrap_or_else(|| "never".to_owned());
        println!(
            "{id:<12} {:<20} {:<8} {expires:<21} {}",
            entry.name.escape_debug().to_string(),
            state(entry),
            bounds(entry)
        );
    }
    Ok(())
}

fn bounds(entry: &KeyEntry) -> String {
    let plugins = match &entry.plugins {
        None => "call all plugins".to_owned(),
        Some(plugins) => format!("call {}", plugins.iter().cloned().collect::<Vec<_>>().join(", ")),
    };
    let words = [
        (entry.manifests, "bring manifests"),
        (entry.indexes, "bring indexes"),
        (entry.in_query, "stand in URLs"),
    ];
    let words = words.iter().filter(|(may, _)| *may).map(|(_, word)| *word);
    let scopes = format!("do what takes {}", entry.scopes.join(", "));
    let scopes = Some(&*scopes).filter(|_| !entry.scopes.is_empty());
    std::iter::once(&*plugins).chain(scopes).chain(words).collect::<Vec<_>>().join("; ")
}

/// Changes the file, and shows the key that came of it: alone on stdout, so that a script can take it.
fn change(
    path: &Path,
    deed: impl FnOnce(&mut KeyFile) -> Result<Option<Key>, Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let folder = folder_of(path);
    // Two at a time would each write what the other did not know of.
    let _lock = lock(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut keys = if path.exists() { KeyFile::read(path, true)? } else { KeyFile::default() };
    let made = deed(&mut keys)?;
    replace(path, &keys.to_text()).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    if let Some(key) = made {
        eprintln!("key `{}`; it is shown this once, and is sent as `Authorization: Bearer`:", key.id());
        println!("{}", key.expose());
    }
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes a file anew beside the old one and puts it in its place, so that nobody reads half of it.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let beside = path.with_extension(format!("{}.new", std::process::id()));
    let mut file = private(&beside)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    if let Ok(old) = std::fs::metadata(path) {
        // Who could read the old one can read the new one.
        file.set_permissions(old.permissions())?;
    }
    let done = written.and_then(|()| std::fs::rename(&beside, path));
    if done.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    done
}

#[cfg(unix)]
fn private(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    File::options().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn private(path: &Path) -> std::io::Result<File> {
    File::options().write(true).create_new(true).open(path)
}

#[cfg(target_os = "linux")]
fn lock(folder: &Path) -> std::io::Result<File> {
    let folder = File::open(folder)?;
    rustix::fs::flock(&folder, rustix::fs::FlockOperation::LockExclusive)?;
    Ok(folder)
}

#[cfg(not(target_os = "linux"))]
fn lock(_folder: &Path) -> std::io::Result<()> {
    Ok(())
}
