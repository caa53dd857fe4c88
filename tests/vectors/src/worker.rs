//! A worker: alone in its namespace, it runs the vectors that standard input names, one after another.

use std::collections::HashSet;
use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};

use crate::arguments::Options;
use crate::gateway::config::Needs;
use crate::gateway::{Gateway, Program};
use crate::namespace::{self, Files};
use crate::suites;
use crate::vector::{Vector, load};
use crate::verdict::Verdict;
use crate::world::World;

/// What a vector is run with: the little internet, and gateways in it.
pub(crate) struct Stage {
    pub(crate) world: Arc<World>,
    pub(crate) files: Files,
    pub(crate) long: bool,
    /// What the gateway answers when it refuses, which must be the same for every reason.
    pub(crate) refusal: Option<Vec<u8>>,
    program: Program,
    folder: PathBuf,
    running: Vec<Running>,
}

/// A gateway, and which documents it was sent to: it may remember those.
struct Running {
    gateway: Arc<Gateway>,
    sent_to: HashSet<String>,
}

/// How many gateways are kept.
const KEPT: usize = 4;

/// Answers every identifier on standard input with a verdict, until there are no more.
pub(crate) fn run(options: &Options) -> Result<()> {
    let folder = std::env::temp_dir().join(format!("lobe-vectors-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let done = work(options, &folder);
    std::fs::remove_dir_all(&folder)?;
    done
}

fn work(options: &Options, folder: &std::path::Path) -> Result<()> {
    let files = namespace::settle(folder)?;
    let vectors = load(&options.files)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut stage = runtime.block_on(Stage::new(options, folder, files))?;
    for id in std::io::stdin().lock().lines() {
        let id = id?;
        let vector = vectors.iter().find(|vector| vector.id == id).with_context(|| format!("no vector {id}"))?;
        let verdict = runtime.block_on(judge(&mut stage, vector));
        let mut output = std::io::stdout().lock();
        writeln!(output, "{}", serde_json::to_string(&verdict)?)?;
        output.flush()?;
    }
    runtime.block_on(stage.end());
    Ok(())
}

/// Runs a vector; what failed by time alone is run again, because the machine may have had other things to do.
async fn judge(stage: &mut Stage, vector: &Vector) -> Verdict {
    for _ in 0..2 {
        match suites::run(stage, vector).await {
            Ok(faults) if faults.only_timing() => stage.end().await,
            Ok(faults) => return faults.verdict(),
            Err(unrun) => return unrun.into(),
        }
    }
    suites::run(stage, vector).await.map_or_else(Verdict::from, crate::verdict::Faults::verdict)
}

impl Stage {
    async fn new(options: &Options, folder: &std::path::Path, files: Files) -> Result<Self> {
        let world = World::open().await?;
        std::fs::write(folder.join("roots.pem"), world.authority.pem())?;
        let program = if options.known_bad {
            Program { path: std::env::current_exe()?, before: Vec::new() }
        } else {
            Program { path: std::path::absolute(&options.gateway)?, before: Vec::new() }
        };
        let folder = folder.to_owned();
        Ok(Self { world, files, long: options.long, refusal: None, program, folder, running: Vec::new() })
    }

    /// Returns a gateway that was never sent to this document: one that was may answer from what it remembers.
    pub(crate) async fn gateway(&mut self, needs: &Needs, document: &str) -> Result<Arc<Gateway>> {
        let fits = |running: &Running| running.gateway.needs == *needs && !running.sent_to.contains(document);
        if let Some(running) = self.running.iter_mut().find(|running| fits(running)) {
            running.sent_to.insert(document.to_owned());
            return Ok(Arc::clone(&running.gateway));
        }
        let gateway = Arc::new(self.fresh(needs).await?);
        if self.running.len() >= KEPT {
            self.running.remove(0);
        }
        let sent_to = HashSet::from([document.to_owned()]);
        self.running.push(Running { gateway: Arc::clone(&gateway), sent_to });
        Ok(gateway)
    }

    /// Starts a gateway for one vector alone.
    pub(crate) async fn fresh(&self, needs: &Needs) -> Result<Gateway> {
        Gateway::start(&self.program, needs, &self.folder).await
    }

    /// Returns what the program says to other arguments.
    pub(crate) async fn said(&self, arguments: &[&str]) -> Vec<u8> {
        let output = tokio::process::Command::new(&self.program.path).args(arguments).output().await;
        output.map(|output| [output.stdout, output.stderr].concat()).unwrap_or_default()
    }

    /// Forgets a gateway that a vector may have hurt.
    pub(crate) fn forget(&mut self, gateway: &Arc<Gateway>) {
        self.running.retain(|running| !Arc::ptr_eq(&running.gateway, gateway));
    }

    /// Ends every gateway.
    async fn end(&mut self) {
        self.running.clear();
        // Their processes are killed as they are dropped; a moment for the machine to be as before.
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}
