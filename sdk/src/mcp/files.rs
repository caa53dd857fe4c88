//! Pictures and files that answers link to instead of holding them: kept for a while, under URLs that are signed and end.
//!
//! LobeHub hands a picture of an answer to the model letter by letter, unless it is a URL in the text. So does every client
//! that knows nothing better.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::random;
use crate::describe::BaseUrl;
use crate::error::PluginError;

/// How long a URL leads somewhere.
const LASTS: Duration = Duration::from_secs(10 * 60);

/// How many bytes are kept in memory; of more, those that end first go first.
const MOST: usize = 64 << 20;

/// What a file takes beside its bytes, about: a million of one byte each are to be bounded, too.
const ENTRY: usize = 512;

/// Links to the pictures and files of answers, by URLs that end after ten minutes and that nobody can guess or prolong
/// (HMAC-SHA256).
///
/// ```
/// use lobe_plugin_sdk::Plugin;
/// use lobe_plugin_sdk::mcp::SignedFiles;
/// use lobe_plugin_sdk::serve::HttpDoor;
///
/// let files = SignedFiles::at("https://plugins.example.org".parse()?);
/// let app: axum::Router = HttpDoor::new(Plugin::new("painter")).files(files).router();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SignedFiles {
    public_url: BaseUrl,
    key: Arc<[u8]>,
    store: Arc<dyn FileStore>,
    lasts: Duration,
}

/// Is what is behind such a URL.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Its media type.
    pub media_type: String,
    /// The name under which it is to be kept, if it is to be kept at all.
    pub name: Option<String>,
    /// What it holds.
    pub bytes: Bytes,
}

/// What a store does in its own time.
pub type FileFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Keeps files: in memory, or where the other replicas of a server find them, too.
pub trait FileStore: fmt::Debug + Send + Sync + 'static {
    /// Keeps a file for so long.
    ///
    /// # Errors
    ///
    /// When it cannot: the call fails, and the log says why.
    fn keep<'a>(
        &'a self,
        id: &'a str,
        file: StoredFile,
        lasts: Duration,
    ) -> FileFuture<'a, Result<(), PluginError>>;

    /// Finds a file that is still there.
    fn find<'a>(&'a self, id: &'a str) -> FileFuture<'a, Option<StoredFile>>;
}

impl SignedFiles {
    /// Keeps files in this process, at most 64 MiB of them, and lets URLs begin with where clients reach the server.
    #[must_use]
    pub fn at(public_url: BaseUrl) -> Self {
        let key = Arc::new(random::bytes::<32>());
        Self { public_url, key, store: Arc::new(Memory::default()), lasts: LASTS }
    }

    /// Sets the key that signs. Without it the process makes one at random, so replicas of a server need the same one.
    ///
    /// # Panics
    ///
    /// When it has fewer than 32 bytes.
    #[must_use]
    pub fn signed_with(mut self, key: &[u8]) -> Self {
        assert!(key.len() >= 32, "a key has at least 32 bytes");
        self.key = key.into();
        self
    }

    /// Lets a store keep the files.
    #[must_use]
    pub fn kept_by(mut self, store: impl FileStore) -> Self {
        self.store = Arc::new(store);
        self
    }

    /// Keeps files where another one does, and signs as it does, such as the one that it takes the place of.
    #[must_use]
    pub fn kept_with(mut self, other: &Self) -> Self {
        (self.key, self.store) = (Arc::clone(&other.key), Arc::clone(&other.store));
        self
    }

    /// Sets how long a URL leads somewhere: ten minutes.
    #[must_use]
    pub fn lasting(mut self, lasts: Duration) -> Self {
        self.lasts = lasts;
        self
    }

    /// Keeps a file, and returns the URL that leads to it.
    pub(crate) async fn link(&self, file: StoredFile) -> Result<String, PluginError> {
        let id = random::text();
        self.store.keep(&id, file, self.lasts).await?;
        let expires = seconds(SystemTime::now() + self.lasts);
        let signature = URL_SAFE_NO_PAD.encode(self.signature(&id, expires).finalize().into_bytes());
        let path = format!("/files/{id}?expires={expires}&signature={signature}");
        Ok(format!("{}{path}", self.public_url.as_str().trim_end_matches('/')))
    }

    /// Finds what a URL leads to; nothing when it has ended or is not one of ours.
    #[cfg(feature = "http")]
    pub(crate) async fn find(&self, id: &str, query: &str) -> Option<StoredFile> {
        let mut parts = query.split('&');
        let expires = parts.next()?.strip_prefix("expires=")?.parse().ok()?;
        let signature = URL_SAFE_NO_PAD.decode(parts.next()?.strip_prefix("signature=")?).ok()?;
        // In constant time, and before anything is looked for.
        self.signature(id, expires).verify_slice(&signature).ok()?;
        let is_good = parts.next().is_none() && seconds(SystemTime::now()) < expires;
        if is_good { self.store.find(id).await } else { None }
    }

    fn signature(&self, id: &str, expires: u64) -> Hmac<Sha256> {
        let mac = Hmac::<Sha256>::new_from_slice(&self.key);
        let mut mac = mac.expect("cannot fail because HMAC takes a key of any length");
        mac.update(format!("{id}\n{expires}").as_bytes());
        mac
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

// The key is nobody's to read.
impl fmt::Debug for SignedFiles {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SignedFiles").field("public_url", &self.public_url).finish_non_exhaustive()
    }
}

/// Shows how many bytes there are, and not which.
impl fmt::Debug for StoredFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({} bytes)", self.media_type, self.bytes.len())
    }
}

/// Files of this process.
#[derive(Debug, Default)]
struct Memory(Mutex<Shelf>);

#[derive(Debug, Default)]
struct Shelf {
    files: HashMap<String, Kept>,
    /// When each of them ends.
    ends: BTreeSet<(SystemTime, String)>,
    /// What all of them take.
    held: usize,
}

#[derive(Debug)]
struct Kept {
    file: StoredFile,
    until: SystemTime,
}

impl Memory {
    fn keep(&self, id: &str, file: StoredFile, until: SystemTime) -> Result<(), PluginError> {
        let size = size(&file);
        if size > MOST {
            return Err(PluginError::internal(format!("a file has more than {MOST} bytes")));
        }
        let mut shelf = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.make_room(size);
        shelf.held += size;
        shelf.ends.insert((until, id.to_owned()));
        shelf.files.insert(id.to_owned(), Kept { file, until });
        Ok(())
    }
}

impl Shelf {
    /// Drops what has ended, and of the others those that end first, until there is room.
    fn make_room(&mut self, size: usize) {
        let now = SystemTime::now();
        while let Some(&(until, _)) = self.ends.first()
            && (until <= now || self.held + size > MOST)
            && let Some((_, id)) = self.ends.pop_first()
        {
            self.held -= self.files.remove(&id).map_or(0, |kept| self::size(&kept.file));
        }
    }
}

fn size(file: &StoredFile) -> usize {
    file.bytes.len() + ENTRY
}

impl FileStore for Memory {
    fn keep<'a>(
        &'a self,
        id: &'a str,
        file: StoredFile,
        lasts: Duration,
    ) -> FileFuture<'a, Result<(), PluginError>> {
        Box::pin(ready(self.keep(id, file, SystemTime::now() + lasts)))
    }

    fn find<'a>(&'a self, id: &'a str) -> FileFuture<'a, Option<StoredFile>> {
        let shelf = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = shelf.files.get(id).filter(|kept| SystemTime::now() < kept.until);
        Box::pin(ready(kept.map(|kept| kept.file.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded() {
        let memory = Memory::default();
        let file =
            |size| StoredFile { media_type: "a/b".to_owned(), name: None, bytes: vec![0; size].into() };
        let later = |seconds| SystemTime::now() + Duration::from_secs(seconds);
        let kept = || {
            let shelf = memory.0.lock().unwrap();
            let mut kept: Vec<_> = shelf.files.keys().cloned().collect();
            kept.sort();
            assert_eq!(kept.len(), shelf.ends.len());
            assert_eq!(shelf.held, shelf.files.values().map(|kept| size(&kept.file)).sum::<usize>());
            kept
        };
        memory.keep("has ended", file(1), SystemTime::now()).unwrap();
        memory.keep("first", file(MOST / 2 - ENTRY), later(600)).unwrap();
        assert_eq!(kept(), ["first"]);
        memory.keep("ends first", file(MOST / 2 - ENTRY), later(300)).unwrap();
        assert_eq!(kept(), ["ends first", "first"]);
        memory.keep("last", file(1), later(600)).unwrap();
        assert!(memory.keep("too large", file(MOST), later(600)).is_err());
        assert_eq!(kept(), ["first", "last"]);
        for number in 0..MOST / ENTRY {
            memory.keep(&number.to_string(), file(1), later(900)).unwrap();
        }
        assert!(kept().len() * ENTRY <= MOST, "many small ones are too many, too");
    }
}
