//! Which files have changed: those of the developer's own, and not those that were made of them. The only file that knows
//! notify and ignore.
//!
//! What the system says of files is only a reason to look; what has changed is told by looking. So it does not matter
//! in how many steps an editor writes, nor that a file was only read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use ignore::WalkBuilder;
use ignore::overrides::{Override, OverrideBuilder};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

/// How long it has to be quiet before it is looked: editors and compilers write more than one file.
const QUIET: Duration = Duration::from_millis(120);
/// How often it is looked where the system tells nothing.
const WITHOUT_WORD: Duration = Duration::from_secs(2);
/// What programs write while they run, and so is never a reason to run them again.
const NEVER: [&str; 10] = [
    "target/",
    "node_modules/",
    "__pycache__/",
    "venv/",
    "*.pyc",
    "*.log",
    "*.sqlite*",
    "*.db*",
    "*.tmp",
    "*~",
];

/// Knows files, and whether they have changed.
pub(super) struct Watch {
    roots: Vec<PathBuf>,
    left_out: Override,
    files: BTreeMap<PathBuf, Version>,
    /// None where the system has no word of changes, or too few of them.
    watcher: Option<RecommendedWatcher>,
    watched: BTreeSet<PathBuf>,
    word: mpsc::Receiver<()>,
    /// There was word of a change that was not looked at yet.
    stirred: bool,
}

/// Tells one state of a file from another.
type Version = (Option<SystemTime>, u64);

impl Watch {
    /// Looks at all files below `roots`, but for those that match `ignore` or that `.gitignore` names.
    pub(super) fn on(roots: &[PathBuf], ignore: &[String]) -> Result<Self, String> {
        if let Some(missing) = roots.iter().find(|root| !root.exists()) {
            return Err(format!("`--watch {}`: there is no such file or folder", missing.display()));
        }
        let left_out = left_out(ignore).map_err(|error| format!("`--ignore`: {error}"))?;
        let (tell, word) = mpsc::channel(1);
        // When there is word already, one more is none.
        let told = move |_: notify::Result<notify::Event>| {
            let _ = tell.try_send(());
        };
        let watcher = notify::recommended_watcher(told).ok();
        let (files, watched) = (BTreeMap::new(), BTreeSet::new());
        let mut watch =
            Self { roots: roots.to_vec(), left_out, files, watcher, watched, word, stirred: false };
        watch.files = watch.look();
        Ok(watch)
    }

    /// Waits for changes, and returns the files. Waiting can be given up, and begun again.
    pub(super) async fn changed(&mut self) -> Vec<PathBuf> {
        loop {
            if !self.stirred {
                match self.watcher {
                    Some(_) => drop(self.word.recv().await),
                    None => sleep(WITHOUT_WORD).await,
                }
            }
            self.stirred = true;
            while let Ok(Some(())) = timeout(QUIET, self.word.recv()).await {}
            let now = tokio::task::block_in_place(|| self.look());
            self.stirred = false;
            let before = std::mem::replace(&mut self.files, now);
            let changed = differences(&before, &self.files);
            if !changed.is_empty() {
                return changed;
            }
        }
    }

    /// Looks at all files, and sees to it that there will be word of changes in each folder.
    fn look(&mut self) -> BTreeMap<PathBuf, Version> {
        let Some((first, others)) = self.roots.split_first() else { return BTreeMap::new() };
        let mut walk = WalkBuilder::new(first);
        for root in others {
            walk.add(root);
        }
        // A folder that was made anew has to be watched anew, so those that are gone are forgotten.
        self.watched.retain(|known| known.exists());
        // A folder that is to become a repository has its `.gitignore` already.
        walk.require_git(false).overrides(self.left_out.clone());
        let mut files = BTreeMap::new();
        for entry in walk.build().flatten() {
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_dir() {
                self.watch(entry.path());
                continue;
            }
            if entry.depth() == 0 {
                // Editors replace files; a file that is replaced is told of by its folder.
                self.watch(
                    entry.path().parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new(".")),
                );
            }
            files.insert(entry.into_path(), (metadata.modified().ok(), metadata.len()));
        }
        files
    }

    fn watch(&mut self, folder: &Path) {
        let Some(watcher) = &mut self.watcher else { return };
        if self.watched.contains(folder) {
            return;
        }
        match watcher.watch(folder, RecursiveMode::NonRecursive) {
            Ok(()) => drop(self.watched.insert(folder.to_owned())),
            // The system's limit of watches, mostly: then looking now and then has to do.
            Err(_) => self.watcher = None,
        }
    }
}

fn left_out(ignore: &[String]) -> Result<Override, ignore::Error> {
    let mut globs = OverrideBuilder::new(".");
    for glob in NEVER.iter().copied().chain(ignore.iter().map(String::as_str)) {
        globs.add(&format!("!{glob}"))?;
    }
    globs.build()
}

/// Returns the files that are new, gone or others than before.
fn differences(before: &BTreeMap<PathBuf, Version>, now: &BTreeMap<PathBuf, Version>) -> Vec<PathBuf> {
    let new = now.iter().filter(|(path, version)| before.get(*path) != Some(version)).map(|(path, _)| path);
    let gone = before.keys().filter(|path| !now.contains_key(*path));
    new.chain(gone).cloned().collect()
}
