//! The audit stream: who called what, and what came of it, one JSON object a line, apart from the log.
//!
//! Arguments stand in it as their digest: enough to show later that a call was made with them, and nothing to read. A
//! thread of its own writes, since calls wait for no disk; lines that it cannot keep up with are lost, and counted.

use std::fs::File;
use std::io::Write as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};
use std::{fs, io};

use lobe_plugin_sdk::serve::Digest;
use serde_json::json;

/// How many lines may wait for the disk.
const WAITING: usize = 16_384;
/// How often it is looked whether the file is still the one of that name.
const LOOK: Duration = Duration::from_secs(1);

/// Writes the audit stream to a file. Clones write to the same.
#[derive(Clone, Debug)]
pub struct Audit(Arc<Stream>);

#[derive(Debug)]
struct Stream {
    path: PathBuf,
    lines: Mutex<Option<SyncSender<String>>>,
    lost: Arc<AtomicU64>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// What is written of one call.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) request: Option<String>,
    pub(crate) client: Option<IpAddr>,
    pub(crate) caller: Option<&'a str>,
    pub(crate) door: &'a str,
    pub(crate) plugin: &'a str,
    pub(crate) operation: &'a str,
    pub(crate) arguments: Option<Digest>,
    pub(crate) outcome: &'a str,
    pub(crate) status: u16,
    pub(crate) took: Duration,
}

impl Audit {
    /// Appends to a file, which is made when it is not there; `/dev/fd/3` is what stands open as descriptor 3. A file that
    /// was moved away, as log rotation does, is opened anew.
    ///
    /// # Errors
    ///
    /// A file that cannot be opened, or a thread that cannot be started.
    pub fn to_file(path: &Path) -> io::Result<Self> {
        let file = open(path)?;
        let (sender, receiver) = sync_channel(WAITING);
        let lost = Arc::<AtomicU64>::default();
        let writer = Writer { file, path: path.to_owned(), looked: Instant::now(), lost: Arc::clone(&lost) };
        let writer =
            std::thread::Builder::new().name("audit".to_owned()).spawn(move || writer.run(&receiver))?;
        Ok(Self(Arc::new(Stream {
            path: path.to_owned(),
            lines: Mutex::new(Some(sender)),
            lost,
            writer: Mutex::new(Some(writer)),
        })))
    }

    /// Returns the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Returns how many lines were lost.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.0.lost.load(Relaxed)
    }

    /// Writes a line.
    pub(crate) fn note(&self, entry: &Entry<'_>) {
        let mut line = entry.to_json();
        line.push('\n');
        let lines = self.0.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let sent = lines.as_ref().map_or(Ok(()), |lines| lines.try_send(line));
        if sent.is_err() && self.0.lost.fetch_add(1, Relaxed) == 0 {
            tracing::error!("the audit stream cannot keep up: lines are lost, and counted");
        }
    }
}

impl Drop for Stream {
    /// Waits until everything is written.
    fn drop(&mut self) {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // It has said by itself what was wrong.
            let _ = writer.join();
        }
    }
}

impl Entry<'_> {
    fn to_json(&self) -> String {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        json!({
            "unixMs": u64::try_from(now.as_millis()).unwrap_or(u64::MAX),
            "request": self.request,
            "client": self.client,
            "caller": self.caller,
            "door": self.door,
            "plugin": self.plugin,
            "operation": self.operation,
            "arguments": self.arguments.map(|digest| digest.to_string()),
            "outcome": self.outcome,
            "status": self.status,
            "ms": milliseconds(self.took),
        })
        .to_string()
    }
}

/// The thread that writes.
struct Writer {
    file: File,
    path: PathBuf,
    looked: Instant,
    lost: Arc<AtomicU64>,
}

impl Writer {
    fn run(mut self, lines: &Receiver<String>) {
        let mut fails = false;
        while let Ok(line) = lines.recv() {
            if self.looked.elapsed() >= LOOK {
                self.looked = Instant::now();
                self.look();
            }
            let written = self.file.write_all(line.as_bytes());
            if let Err(error) = &written {
                self.lost.fetch_add(1, Relaxed);
                if !fails {
                    tracing::error!(%error, "the audit stream cannot be written: lines are lost, and counted");
                }
            }
            fails = written.is_err();
        }
    }

    /// Opens the file anew when another one has its name, or none.
    fn look(&mut self) {
        let same = self.file.metadata().is_ok_and(|own| !own.is_file() || is_at(&own, &self.path));
        if same {
            return;
        }
        match open(&self.path) {
            Ok(file) => self.file = file,
            Err(error) => tracing::error!(%error, "the audit stream cannot be opened anew"),
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o640);
    options.open(path)
}

#[cfg(unix)]
fn is_at(own: &fs::Metadata, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(path).is_ok_and(|there| (there.dev(), there.ino()) == (own.dev(), own.ino()))
}

#[cfg(not(unix))]
fn is_at(_own: &fs::Metadata, path: &Path) -> bool {
    path.exists()
}

/// Returns a time to the microsecond.
pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_micros() as f64 / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(plugin: &str) -> Entry<'_> {
        Entry {
            request: Some("0a1b".to_owned()),
            client: None,
            caller: Some("alice"),
            door: "gateway",
            plugin,
            operation: "now",
            arguments: Some(Digest::of("{\"city\":\"sesame\"}")),
            outcome: "ok",
            status: 200,
            took: Duration::from_millis(2),
        }
    }

    #[test]
    fn every_line_is_written_before_it_ends_and_into_the_file_of_that_name() {
        let path = std::env::temp_dir().join(format!("lobe-gateway-audit-{}.jsonl", std::process::id()));
        let moved = path.with_extension("1");
        let audit = Audit::to_file(&path).unwrap();
        (0..100).for_each(|_| audit.note(&entry("weather")));
        std::thread::sleep(Duration::from_millis(1_100));
        fs::rename(&path, &moved).unwrap();
        audit.note(&entry("a\nb"));
        drop(audit);
        let lines = |path: &Path| -> Vec<serde_json::Value> {
            let text = fs::read_to_string(path).unwrap();
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        };
        let (old, new) = (lines(&moved), lines(&path));
        assert_eq!((old.len(), new.len()), (100, 1));
        assert_eq!(
            (&old[0]["caller"], &old[0]["plugin"], &new[0]["plugin"]),
            (&json!("alice"), &json!("weather"), &json!("a\nb"))
        );
        assert!(old[0]["arguments"].as_str().unwrap().starts_with("sha256:"));
        assert!(!fs::read_to_string(&moved).unwrap().contains("sesame"));
        fs::remove_file(path).unwrap();
        fs::remove_file(moved).unwrap();
    }
}
