//! The gateway under test, as a process: started with a configuration, called, watched and ended.

pub(crate) mod config;
pub(crate) mod probe;
pub(crate) mod process;

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tokio::process::{Child, Command};

use crate::wire::{self, Answer};
use config::Needs;

/// How a gateway ends that refuses its configuration.
const REFUSED: i32 = 2;

/// The path of the gateway's endpoint.
pub(crate) const PATH: &str = "/api/gateway";
/// The header that settings come in.
pub(crate) const SETTINGS: &str = "X-Lobe-Plugin-Settings";

/// Which program is under test, and how it is told to serve.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) path: PathBuf,
    /// What stands before `serve --config FILE`.
    pub(crate) before: Vec<String>,
}

/// Where a gateway listens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    pub(crate) listen: u16,
    pub(crate) admin: u16,
}

/// A gateway that runs.
pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    pub(crate) admin: SocketAddr,
    pub(crate) needs: Needs,
    child: Child,
    file: PathBuf,
    roots: PathBuf,
    /// What it writes on stdout and stderr. A file and no pipe: what was written before an answer can be read after it.
    log: PathBuf,
}

impl Ports {
    /// Takes the next two: no other gateway of this namespace has had them, so nobody can have come for one of those.
    fn next() -> Self {
        static NEXT: AtomicU16 = AtomicU16::new(28_100);
        let listen = NEXT.fetch_add(2, Ordering::Relaxed);
        Self { listen, admin: listen + 1 }
    }
}

impl Gateway {
    /// Starts the program and waits until it accepts connections.
    pub(crate) async fn start(program: &Program, needs: &Needs, folder: &Path) -> Result<Self> {
        let mut gateway = Self::spawn(program, needs, folder)?;
        gateway.ready().await?;
        Ok(gateway)
    }

    /// Starts the program, which may have reasons to end at once.
    pub(crate) fn spawn(program: &Program, needs: &Needs, folder: &Path) -> Result<Self> {
        let ports = Ports::next();
        let file = folder.join(format!("gateway-{}.toml", ports.listen));
        std::fs::write(&file, needs.to_toml(ports, &folder.join("roots.pem"))?)?;
        let log = folder.join(format!("gateway-{}.log", ports.listen));
        let written = File::create(&log)?;
        let child = Command::new(&program.path)
            .args(&program.before)
            .arg("serve")
            .arg("--config")
            .arg(&file)
            .args(&needs.arguments)
            .envs(needs.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(written.try_clone()?)
            .stderr(written)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", program.path.display()))?;
        let address = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let (needs, admin) = (needs.clone(), address(ports.admin));
        let roots = folder.join("roots.pem");
        Ok(Self { address: address(ports.listen), admin, needs, child, file, roots, log })
    }

    /// Returns the file of its configuration.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// Writes its configuration anew, with the same ports.
    pub(crate) fn rewrite(&self, needs: &Needs) -> Result<()> {
        let ports = Ports { listen: self.address.port(), admin: self.admin.port() };
        self.rewrite_text(&needs.to_toml(ports, &self.roots)?)
    }

    /// Writes whatever text in the place of its configuration.
    pub(crate) fn rewrite_text(&self, text: &str) -> Result<()> {
        let beside = self.file.with_extension("new");
        std::fs::write(&beside, text)?;
        Ok(std::fs::rename(beside, &self.file)?)
    }

    /// Starts the program; where it refuses its configuration, returns what it says of it.
    pub(crate) async fn start_unless_refused(
        program: &Program,
        needs: &Needs,
        folder: &Path,
    ) -> Result<std::result::Result<Self, String>> {
        let mut gateway = Self::spawn(program, needs, folder)?;
        match gateway.ready().await {
            Ok(()) => Ok(Ok(gateway)),
            Err(_) if gateway.child.try_wait()?.and_then(|status| status.code()) == Some(REFUSED) => {
                Ok(Err(gateway.log_text()))
            }
            Err(error) => Err(error),
        }
    }

    async fn ready(&mut self) -> Result<()> {
        let begun = Instant::now();
        while wire::connect(self.address).await.is_err() {
            if let Some(status) = self.child.try_wait()? {
                bail!("the gateway ended with {status}: {}", self.log_text().trim());
            }
            if begun.elapsed() > Duration::from_secs(10) {
                bail!("the gateway does not accept connections: {}", self.log_text().trim());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    /// Returns everything that the process wrote so far.
    pub(crate) fn log(&self) -> Vec<u8> {
        std::fs::read(&self.log).unwrap_or_default()
    }

    /// Returns everything that the process wrote so far, as text.
    pub(crate) fn log_text(&self) -> String {
        String::from_utf8_lossy(&self.log()).into_owned()
    }

    /// Returns the process's number; `None` when it has ended.
    pub(crate) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Returns whether the process still runs.
    pub(crate) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits for the process to end, and returns its exit code: `None` when a signal ended it or it does not end.
    pub(crate) async fn ended(&mut self, limit: Duration) -> Option<Option<i32>> {
        let status = tokio::time::timeout(limit, self.child.wait()).await.ok()?.ok()?;
        Some(status.code())
    }

    /// Posts a payload.
    pub(crate) async fn post(&self, headers: &[(String, Vec<u8>)], body: &[u8], limit: Duration) -> Answer {
        let request = wire::request(&format!("POST {PATH}"), headers, body);
        wire::exchange(self.address, &request, limit).await
    }

    /// Posts a payload without a header of its own.
    pub(crate) async fn call(&self, payload: &Value, limit: Duration) -> Answer {
        self.post(&[], payload.to_string().as_bytes(), limit).await
    }

    /// Calls a plugin that is well.
    pub(crate) async fn call_healthy(&self) -> Answer {
        let manifest = crate::documents::manifest("x", &format!("{}/healthy", crate::documents::RUNNER));
        self.call(&crate::documents::call(&manifest, "{}"), Duration::from_secs(5)).await
    }

    /// Returns the counters, as text.
    pub(crate) async fn metrics(&self) -> Vec<u8> {
        let request = wire::request("GET /metrics", &[], b"");
        wire::exchange(self.admin, &request, Duration::from_secs(5)).await.everything()
    }
}
