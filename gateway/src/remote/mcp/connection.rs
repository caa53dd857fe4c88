//! One MCP server's session: opened when it is first needed, kept, and opened anew when it was lost.
//!
//! Whoever comes while it is being opened waits for the one that opens it, and his going away does not stop it. A server
//! that fails is left alone for a while, longer each time, so that nobody waits for what failed a moment ago.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::{BoxFuture, FutureExt as _, Shared};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, ClientCapabilities, ClientConfig, ClientRequest, Implementation,
    ListToolsRequest, PaginatedRequestParams, ProtocolVersion, ServerPeerInfo, ServerResult,
};
use rmcp::service::{ClientLifecycleMode, ClientServiceExt as _, NotificationContext, Peer, RunningService};
use rmcp::{ClientHandler, RoleClient};
use tokio::time::{Duration, Instant, timeout};

use super::fault::Fault;
use super::http::Address;
use super::program::{Program, Running};

/// How long a session has to last for the server not to be taken for one that fails at once.
const PROVEN: Duration = Duration::from_secs(10);
/// How long a server that failed is left alone: at first, and at most.
const FIRST_REST: Duration = Duration::from_millis(500);
const LONGEST_REST: Duration = Duration::from_secs(60);
/// How long a program that did not answer in time has to show that it still lives.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);

/// Says where an MCP server is.
#[derive(Clone, Debug)]
pub(crate) enum Entrance {
    Http(Address),
    Program(Program),
}

/// Keeps the session with one server.
#[derive(Debug)]
pub(super) struct Connection {
    entrance: Entrance,
    /// How long opening a session may take.
    patience: Duration,
    last: Mutex<Option<Attempt>>,
    /// Grows by one whenever the list of tools may be another one.
    epoch: Arc<AtomicU64>,
}

type Opening = Shared<BoxFuture<'static, Result<Arc<Session>, Failure>>>;

/// A session that could not be opened.
#[derive(Clone, Debug)]
struct Failure {
    fault: Fault,
    at: Instant,
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self { fault, at: Instant::now() }
    }
}

/// One attempt to have a session.
#[derive(Debug)]
struct Attempt {
    opening: Opening,
    /// How many before it failed at once, one after the other.
    failures: u32,
    begun: Instant,
}

/// A session that was opened.
pub(super) struct Session {
    service: RunningService<RoleClient, Client>,
    program: Option<Running>,
    /// Whether somebody asks for a sign of life already.
    is_asked: AtomicBool,
}

impl Connection {
    pub(super) fn new(entrance: Entrance, patience: Duration) -> Self {
        Self { entrance, patience, last: Mutex::new(None), epoch: Arc::default() }
    }

    /// Returns whether another one keeps a program that is started just so.
    pub(super) fn is_same_program(&self, other: &Self) -> bool {
        match (&self.entrance, &other.entrance) {
            (Entrance::Program(own), Entrance::Program(others)) => {
                own == others && self.patience == other.patience
            }
            (Entrance::Program(_) | Entrance::Http(_), _) => false,
        }
    }

    /// Returns what changes when the list of tools may have changed.
    pub(super) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Relaxed)
    }

    /// Returns the session, which is opened if there is none.
    pub(super) async fn session(&self) -> Result<Arc<Session>, Fault> {
        let opening = self.opening();
        opening.await.map_err(|failure| failure.fault)
    }

    fn opening(&self) -> Opening {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let failures = match last.as_ref().map(|attempt| (attempt, attempt.judge())) {
            None => 0,
            Some((attempt, Judgement::Stands)) => return attempt.opening.clone(),
            Some((_, Judgement::Over { failures })) => failures,
        };
        let attempt = Attempt { opening: self.open(), failures, begun: Instant::now() };
        last.insert(attempt).opening.clone()
    }

    /// Opens a session, in a task of its own: whoever waits for it may go.
    fn open(&self) -> Opening {
        let (entrance, patience, epoch) = (self.entrance.clone(), self.patience, Arc::clone(&self.epoch));
        let task = tokio::spawn(async move {
            let opened =
                timeout(patience, Session::open(&entrance, &epoch)).await.unwrap_or(Err(Fault::Late));
            if opened.is_ok() {
                epoch.fetch_add(1, Ordering::Relaxed);
            }
            opened.map_err(Failure::from)
        });
        async move { task.await.unwrap_or_else(|_| Err(Fault::Ended.into())) }.boxed().shared()
    }
}

enum Judgement {
    /// It is under way, is good, or failed so lately that its failure is the answer.
    Stands,
    /// A new one is due; so many failed at once, one after the other.
    Over { failures: u32 },
}

impl Attempt {
    fn judge(&self) -> Judgement {
        match self.opening.peek() {
            Some(Ok(session)) if session.is_closed() => self.judge_lost(),
            None | Some(Ok(_)) => Judgement::Stands,
            Some(Err(failure)) => {
                let failures = self.failures.saturating_add(1);
                let rests = failure.at.elapsed() < rest(failures);
                if rests { Judgement::Stands } else { Judgement::Over { failures } }
            }
        }
    }

    /// Judges a session that was good and was lost: it is opened anew at once, unless that happens again and again.
    fn judge_lost(&self) -> Judgement {
        let age = self.begun.elapsed();
        let failures = if age >= PROVEN { 0 } else { self.failures.saturating_add(1) };
        let rests = failures > 1 && age < rest(failures);
        if rests { Judgement::Stands } else { Judgement::Over { failures } }
    }
}

fn rest(failures: u32) -> Duration {
    let doubled = FIRST_REST.saturating_mul(1 << failures.saturating_sub(1).min(10));
    doubled.min(LONGEST_REST)
}

impl Session {
    async fn open(entrance: &Entrance, epoch: &Arc<AtomicU64>) -> Result<Arc<Self>, Fault> {
        let newer = ClientLifecycleMode::Auto {
            preferred_versions: vec![ProtocolVersion::V_2026_07_28],
            legacy_version: Some(ProtocolVersion::V_2025_11_25),
        };
        match Self::open_as(entrance, epoch, newer).await {
            // Some servers of the older era hang up on a question that they do not know, and want to be asked anew.
            Err(Fault::Ended | Fault::Nonsense(_) | Fault::Status(_) | Fault::Said(_)) => {
                Self::open_as(entrance, epoch, ClientLifecycleMode::Initialize).await
            }
            opened => opened,
        }
    }

    async fn open_as(
        entrance: &Entrance,
        epoch: &Arc<AtomicU64>,
        lifecycle: ClientLifecycleMode,
    ) -> Result<Arc<Self>, Fault> {
        let client = Client { epoch: Arc::clone(epoch) };
        let (service, program) = match entrance {
            Entrance::Http(address) => {
                (client.serve_with_lifecycle(address.transport(), lifecycle).await?, None)
            }
            Entrance::Program(program) => {
                let (transport, running) = program.start()?;
                (client.serve_with_lifecycle(transport, lifecycle).await?, Some(running))
            }
        };
        Ok(Arc::new(Self { service, program, is_asked: AtomicBool::new(false) }))
    }

    /// Returns what the server says of itself.
    pub(super) fn about(&self) -> Option<Arc<ServerPeerInfo>> {
        self.peer().peer_info()
    }

    /// Asks for one page of the tools; the result is rmcp's, since a list that is not understood as a whole may be so in
    /// parts.
    pub(super) async fn list(&self, cursor: Option<String>) -> Result<ServerResult, Fault> {
        let params = cursor.map(|cursor| PaginatedRequestParams::default().with_cursor(Some(cursor)));
        let request = ListToolsRequest { params, ..ListToolsRequest::default() };
        Ok(self.peer().send_request(ClientRequest::ListToolsRequest(request)).await?)
    }

    /// Calls a tool. To drop the future is to cancel the call.
    pub(super) async fn call(
        self: &Arc<Self>,
        params: CallToolRequestParams,
    ) -> Result<CallToolResponse, Fault> {
        let doubt = Doubt(Some(Arc::clone(self)));
        let answered = self.peer().call_tool_once(params).await;
        doubt.settle();
        Ok(answered?)
    }

    fn is_closed(&self) -> bool {
        self.service.is_closed() || self.peer().is_transport_closed()
    }

    fn peer(&self) -> &Peer<RoleClient> {
        self.service.peer()
    }

    /// Ends the session of a program that shows no sign of life.
    async fn prove(self: Arc<Self>) {
        if self.is_asked.swap(true, Ordering::Relaxed) {
            return;
        }
        let shows_none = timeout(SIGN_OF_LIFE, self.list(None)).await.is_err();
        self.is_asked.store(false, Ordering::Relaxed);
        if shows_none {
            tracing::warn!("an MCP server shows no sign of life: its session is ended");
            self.service.cancellation_token().cancel();
        }
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Session").field("program", &self.program).finish_non_exhaustive()
    }
}

/// Stands over a call: when nobody waits for its answer any more, it is time to ask whether the program still lives. A
/// server behind HTTP needs no such question, since each call has a request of its own.
struct Doubt(Option<Arc<Session>>);

impl Doubt {
    fn settle(mut self) {
        self.0 = None;
    }
}

impl Drop for Doubt {
    fn drop(&mut self) {
        let doubtful = self.0.take().filter(|session| session.program.is_some());
        if let (Some(session), Ok(runtime)) = (doubtful, tokio::runtime::Handle::try_current()) {
            runtime.spawn(session.prove());
        }
    }
}

/// What the server sees of us: a client that can be asked for nothing.
#[derive(Clone, Debug)]
struct Client {
    epoch: Arc<AtomicU64>,
}

impl ClientHandler for Client {
    fn get_info(&self) -> ClientConfig {
        let gateway = Implementation::new("lobe-gateway", env!("CARGO_PKG_VERSION"));
        ClientConfig::new(ClientCapabilities::default(), gateway)
            .with_protocol_version(ProtocolVersion::V_2025_11_25)
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.epoch.fetch_add(1, Ordering::Relaxed);
    }
}
