//! What vectors are run on: the little internet, and the gateways that were started in it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;

use crate::arguments::Options;
use crate::gateway::config::Needs;
use crate::gateway::{Gateway, Program};
use crate::mounted;
use crate::namespace::Files;
use crate::world::World;

/// What a vector is run with: the little internet, and gateways in it.
pub(crate) struct Stage {
    pub(crate) world: Arc<World>,
    pub(crate) files: Files,
    pub(crate) long: bool,
    pub(crate) known_bad: bool,
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

impl Stage {
    /// Opens the little internet.
    pub(crate) async fn new(options: &Options, folder: &Path, files: Files) -> Result<Self> {
        let world = World::open().await?;
        std::fs::write(folder.join("roots.pem"), world.authority.pem())?;
        let program = if options.known_bad {
            Program { path: std::env::current_exe()?, before: Vec::new() }
        } else {
            Program { path: std::path::absolute(&options.gateway)?, before: Vec::new() }
        };
        let folder = folder.to_owned();
        Ok(Self {
            world,
            files,
            long: options.long,
            known_bad: options.known_bad,
            refusal: None,
            program,
            folder,
            running: Vec::new(),
        })
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
        Gateway::start(&self.program(needs)?, needs, &self.folder).await
    }

    /// The program under test; or the same with the runner's own plugins in it, which is the runner's own program.
    fn program(&self, needs: &Needs) -> Result<Program> {
        if needs.mounted && !self.known_bad {
            return Ok(Program { path: std::env::current_exe()?, before: vec![mounted::WORD.to_owned()] });
        }
        Ok(self.program.clone())
    }

    /// Starts a gateway, or returns what it says of a configuration that it refuses.
    pub(crate) async fn fresh_unless_refused(
        &self,
        needs: &Needs,
    ) -> Result<std::result::Result<Gateway, String>> {
        Gateway::start_unless_refused(&self.program, needs, &self.folder).await
    }

    /// Starts a gateway that may have reasons to end at once.
    pub(crate) fn spawn(&self, needs: &Needs) -> Result<Gateway> {
        Gateway::spawn(&self.program, needs, &self.folder)
    }

    /// Returns the folder for files that a gateway is to read.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns what the program says to other arguments, in the environment that a gateway runs in.
    pub(crate) async fn said(&self, arguments: &[&str], needs: &Needs) -> Vec<u8> {
        let environment = needs.environment.iter().map(|(name, value)| (name, value));
        let mut command = tokio::process::Command::new(&self.program.path);
        let output = command.args(arguments).envs(environment).output().await;
        output.map(|output| [output.stdout, output.stderr].concat()).unwrap_or_default()
    }

    /// Forgets a gateway that a vector may have hurt.
    pub(crate) fn forget(&mut self, gateway: &Arc<Gateway>) {
        self.running.retain(|running| !Arc::ptr_eq(&running.gateway, gateway));
    }

    /// Ends every gateway.
    pub(crate) async fn end(&mut self) {
        self.running.clear();
        // Their processes are killed as they are dropped; a moment for the machine to be as before.
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
