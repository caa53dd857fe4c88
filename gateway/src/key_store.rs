//! The keys of a file, as a running gateway knows them: what changes in the file counts within half a second.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::Duration;

use lobe_plugin_sdk::serve::{KeyRecord, KeyStore};

use crate::config::{Error, KeyFile};
use crate::watch::Stamp;

/// How often the file is looked at.
const EVERY: Duration = Duration::from_millis(250);

/// Knows the keys of a file. Clones know the same.
#[derive(Clone, Debug)]
pub(crate) struct FileKeys(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    readable: bool,
    records: RwLock<HashMap<String, Arc<KeyRecord>>>,
}

impl FileKeys {
    /// Reads the file, and watches it for as long as anybody has these keys.
    ///
    /// # Errors
    ///
    /// As [`KeyFile::read`], or a thread that cannot be started.
    pub(crate) fn open(path: &Path, readable: bool) -> Result<Self, Error> {
        let stamp = Stamp::of(path);
        let records = RwLock::new(by_id(&KeyFile::read(path, readable)?));
        let shared = Arc::new(Shared { path: path.to_owned(), readable, records });
        let watched = Arc::downgrade(&shared);
        // A thread, and no task: a file system may keep whoever asks it waiting.
        std::thread::Builder::new()
            .name("keys".to_owned())
            .spawn(move || watch(&watched, stamp))
            .map_err(|error| Error::whole(format!("cannot watch the file of keys: {error}")))?;
        Ok(Self(shared))
    }
}

impl KeyStore for FileKeys {
    fn find(&self, id: &str) -> Option<Arc<KeyRecord>> {
        self.0.records.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }
}

fn by_id(file: &KeyFile) -> HashMap<String, Arc<KeyRecord>> {
    file.records().map(|record| (record.id.clone(), Arc::new(record))).collect()
}

fn watch(shared: &Weak<Shared>, mut stamp: Option<Stamp>) {
    loop {
        std::thread::sleep(EVERY);
        let Some(shared) = shared.upgrade() else { return };
        let now = Stamp::of(&shared.path);
        if now != stamp {
            stamp = now;
            shared.read_again();
        }
    }
}

impl Shared {
    /// Takes what the file says now. What cannot be read changes nothing: a slip of the pen must not lock everybody out.
    fn read_again(&self) {
        match KeyFile::read(&self.path, self.readable) {
            Ok(file) => {
                let records = by_id(&file);
                tracing::info!(keys = records.len(), "the file of keys was read again");
                *self.records.write().unwrap_or_else(PoisonError::into_inner) = records;
            }
            Err(error) => tracing::error!(%error, "the keys stay as they were"),
        }
    }
}
