//! The little internet that the gateway sees: a resolver, an authority, and a server on every address and port.
//!
//! It lives in a network namespace where every address is local (`namespace`), one to a worker, so that what is seen
//! belongs to the vector that is run and to no other.

pub(crate) mod canary;
mod certificates;
mod dns;
pub(crate) mod journal;
mod runner;
pub(crate) mod tls;
pub(crate) mod zone;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::task::JoinHandle;

pub(crate) use certificates::{Authority, Quality, Signer};
use journal::{Journal, Received};
use tls::Tls;
use zone::Zone;

use crate::wire::{connect, response};

/// Answers a request with the bytes of a response; with none, never.
pub(crate) type Responder = Arc<dyn Fn(&Received) -> Vec<u8> + Send + Sync>;

/// The little internet.
pub(crate) struct World {
    pub(crate) journal: Journal,
    pub(crate) authority: Arc<Authority>,
    resolver: dns::Resolver,
    scene: Mutex<Scene>,
    listeners: Mutex<BTreeMap<u16, JoinHandle<()>>>,
    good: Tls,
}

/// What is particular to one vector.
#[derive(Clone, Default)]
pub(crate) struct Scene {
    pub(crate) zone: Zone,
    /// Answers the vector's own servers. Without one, everybody answers `{"ok":true}`.
    pub(crate) responder: Option<Responder>,
    /// What the vector's own servers do with handshakes.
    pub(crate) tls: Option<Tls>,
}

/// The address of the runner's own servers.
const OURS: [u8; 3] = [93, 184, 218];
/// Where a canary is looked for before its word is taken.
const LOOKED_FOR_AT: [&str; 3] = ["127.0.0.1", "93.184.215.14", "2001:200::1"];

impl World {
    /// Opens the resolver. Needs the namespace.
    pub(crate) async fn open() -> Result<Arc<Self>> {
        let journal = Journal::default();
        let authority = Arc::new(Authority::new("runner.vec.test")?);
        let good = Tls::Handshake(tls::configured(&authority, Quality::Good, &[]));
        let resolver = dns::Resolver::open(journal.clone()).await.context("the stub resolver")?;
        let world =
            Self { journal, authority, resolver, scene: Mutex::default(), listeners: Mutex::default(), good };
        Ok(Arc::new(world))
    }

    /// Sets the scene for a vector: its names, its servers, and canaries on its ports.
    pub(crate) async fn set(self: &Arc<Self>, scene: Scene, ports: &[u16]) -> Result<()> {
        let refusing = scene.zone.refusing.clone();
        self.resolver.set_zone(scene.zone.clone());
        *self.scene.lock().unwrap_or_else(PoisonError::into_inner) = scene;
        for port in [&[80, 443, 3128, 18080], ports].concat() {
            let some_refuse = refusing.iter().any(|address| address.port() == port);
            if some_refuse { self.listen_on_loopback_only(port).await? } else { self.listen(port).await? }
        }
        self.journal.clear();
        Ok(())
    }

    /// Returns what a destination does with handshakes.
    fn tls_for(&self, destination: SocketAddr) -> Tls {
        if is_ours(destination.ip()) {
            return self.good.clone();
        }
        let scene = self.scene.lock().unwrap_or_else(PoisonError::into_inner);
        scene.tls.clone().unwrap_or_else(|| self.good.clone())
    }

    fn answer(&self, received: &Received) -> Vec<u8> {
        if let Some(answer) = runner::answer(received) {
            return answer;
        }
        let responder = self.scene.lock().unwrap_or_else(PoisonError::into_inner).responder.clone();
        responder.map_or_else(
            || response(200, &[("Content-Type", "application/json")], br#"{"ok":true}"#),
            |answer| answer(received),
        )
    }

    /// Listens on every address of a port, and makes sure of it: a canary that sees nothing would let everything pass.
    async fn listen(self: &Arc<Self>, port: u16) -> Result<()> {
        if self.listeners.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&port) {
            return Ok(());
        }
        let listener =
            canary::listen(canary::wildcard(port)).with_context(|| format!("a canary on port {port}"))?;
        let task = tokio::spawn(canary::serve(listener, Arc::clone(self)));
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).insert(port, task);
        for address in LOOKED_FOR_AT {
            let address = SocketAddr::new(address.parse()?, port);
            self.is_seen(address).await.with_context(|| format!("the canary at {address}"))?;
        }
        Ok(())
    }

    async fn is_seen(&self, address: SocketAddr) -> Result<()> {
        // The resolver and a gateway may stand on a particular address of the port; theirs is not the canary's.
        if address.ip() == IpAddr::from([127, 0, 0, 1]) && address.port() == 53 {
            return Ok(());
        }
        drop(connect(address).await?);
        let seen =
            || self.journal.seen().connections.iter().any(|connection| connection.destination == address);
        for _ in 0..200 {
            if seen() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        ensure!(seen(), "was connected to and saw nothing");
        Ok(())
    }

    async fn listen_on_loopback_only(self: &Arc<Self>, port: u16) -> Result<()> {
        let wildcard = self.listeners.lock().unwrap_or_else(PoisonError::into_inner).remove(&port);
        if let Some(task) = wildcard {
            task.abort();
            let _ = task.await;
        }
        for address in ["127.0.0.1", "::1"] {
            let listener = canary::listen(SocketAddr::new(address.parse()?, port))?;
            tokio::spawn(canary::serve(listener, Arc::clone(self)));
        }
        Ok(())
    }
}

fn is_ours(address: IpAddr) -> bool {
    matches!(address, IpAddr::V4(address) if address.octets()[..3] == OURS)
}
