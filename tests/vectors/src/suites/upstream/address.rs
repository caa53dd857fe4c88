//! Where a vector's server is: a port of its own, or an address where nobody is.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU16, Ordering};

use anyhow::Result as Anyhow;
use serde_json::Value;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;

use super::super::script::{Behaviour, Script};
use super::{h2, pool, tls};
use crate::namespace;
use crate::vector::Vector;
use crate::verdict::Unrun;
use crate::wire::connect;
use crate::world::World;

/// The address of public.vec.test.
const PUBLIC: [u8; 4] = [93, 184, 215, 14];

/// Where a vector's server is, until this is dropped.
pub(super) struct Address {
    pub(super) url: String,
    pub(super) script: Script,
    port: u16,
    server: Option<JoinHandle<()>>,
    /// Connections that keep a queue full.
    _waiting: Vec<TcpStream>,
}

impl Drop for Address {
    fn drop(&mut self) {
        if let Some(server) = &self.server {
            server.abort();
        }
    }
}

impl Address {
    /// Opens what a vector's script says.
    pub(super) async fn open(vector: &Vector, world: &World) -> Result<Self, Unrun> {
        // Twenty thousand and up, one a vector: a connection that is left over must not answer the next one.
        static NEXT: AtomicU16 = AtomicU16::new(20_001);
        let port = NEXT.fetch_add(1, Ordering::Relaxed);
        let steps = vector.member("script");
        let words = |step: &Value| {
            Some((step["op"].as_str()?.to_owned(), step["behaviour"].as_str().map(str::to_owned)))
        };
        let first = steps.get(0).and_then(words).ok_or_else(|| Unrun::words("script", steps))?;
        let nobody = |host: &str, waiting| Self {
            url: format!("http://{host}:{port}/x"),
            script: Script::default(),
            port,
            server: None,
            _waiting: waiting,
        };
        match (first.0.as_str(), first.1) {
            ("no_listener", _) => Ok(nobody("public.vec.test", Vec::new())),
            ("unreachable", _) => {
                namespace::unreachable("93.184.219.1/32")?;
                Ok(nobody("93.184.219.1", Vec::new()))
            }
            ("backlog_full", _) => {
                let waiting = full_queue(SocketAddr::from((PUBLIC, port))).await?;
                Ok(nobody("public.vec.test", waiting))
            }
            ("tls", Some(behaviour)) => {
                let mut script = Script::parse(steps)?;
                let (behaviour, steps) = tls::parse(&behaviour, &world.authority)?;
                script.tls = Some(behaviour);
                script.steps.extend(steps);
                Self::served(script, "https", port).await
            }
            ("h2", Some(behaviour)) => {
                let server = h2::Server::parse(&behaviour, &world.authority)?;
                let script = Script { tls: Some(Behaviour::Http2(server)), ..Script::default() };
                Self::served(script, "https", port).await
            }
            ("pool", Some(behaviour)) => {
                let pool::Conduct { first, later } = pool::parse(&behaviour)?;
                let script = Script { steps: first, later: Some(later), ..Script::default() };
                Self::served(script, "http", port).await
            }
            _ => Self::served(Script::parse(steps)?, "http", port).await,
        }
    }

    /// Returns how many connections to the server are open: of those that look for one, from the gateway's side.
    pub(super) fn connections(&self) -> usize {
        const ESTABLISHED: &str = "01";
        let to = format!("{:08X}:{:04X}", u32::from_le_bytes(PUBLIC), self.port);
        let sockets = std::fs::read_to_string("/proc/net/tcp").unwrap_or_default();
        let is_open = |line: &&str| {
            let mut fields = line.split_whitespace().skip(2);
            fields.next() == Some(&to) && fields.next() == Some(ESTABLISHED)
        };
        sockets.lines().filter(is_open).count()
    }

    async fn served(script: Script, scheme: &str, port: u16) -> Result<Self, Unrun> {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        // Small, so that what was written is nearly what was read.
        socket.set_send_buffer_size(32 << 10)?;
        socket.bind(SocketAddr::from((PUBLIC, port)))?;
        let server = tokio::spawn(script.clone().serve(socket.listen(64)?));
        let url = format!("{scheme}://public.vec.test:{port}/x");
        Ok(Self { url, script, port, server: Some(server), _waiting: Vec::new() })
    }
}

/// Fills the queue of a listener that never accepts, so that the next handshake gets no answer.
async fn full_queue(address: SocketAddr) -> Anyhow<Vec<TcpStream>> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(address)?;
    let listener = socket.listen(1)?;
    let mut waiting = Vec::new();
    while let Ok(Ok(stream)) =
        tokio::time::timeout(std::time::Duration::from_millis(300), connect(address)).await
    {
        waiting.push(stream);
    }
    // It must stay open for as long as the namespace does; its one descriptor is the price.
    std::mem::forget(listener);
    Ok(waiting)
}
