//! Sessions of MCP clients of the older era, for servers that want them. A server needs none: what a client says once is
//! small enough to travel in its session id, and LobeHub never asks anew for a session that was lost with a process.
//!
//! With sessions a client is known again: only who began with `initialize` is answered, `logging/setLevel` holds for all
//! requests that follow, and `DELETE` ends it
//! ([sessions](https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management)).

use std::collections::HashMap;
use std::fmt;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::mcp::random_text;

/// How long a session lasts that nobody uses. LobeHub never ends one.
const IDLE: Duration = Duration::from_secs(30 * 60);

/// How many sessions are kept in memory; of more, those that were not used for longest are forgotten, a tenth at once, so
/// that not every new one looks through all.
const MOST: usize = 10_000;
const FORGOTTEN: usize = MOST / 10;

/// Keeps sessions of MCP clients up to 2025-11-25; newer ones have none.
///
/// ```
/// use std::time::Duration;
///
/// use lobe_plugin_sdk::Plugin;
/// use lobe_plugin_sdk::mcp::McpServer;
/// use lobe_plugin_sdk::serve::{McpDoor, Sessions};
///
/// let sessions = Sessions::in_memory().idle(Duration::from_secs(600));
/// let door = McpDoor::new(McpServer::of(Plugin::new("clothes"))).sessions(sessions);
/// ```
#[derive(Clone, Debug)]
pub struct Sessions {
    store: Arc<dyn SessionStore>,
    idle: Duration,
}

/// Says what is known of a session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SessionState {
    /// Which of `elicitation`, `roots` and `sampling` the client can do, each an empty object: what else `initialize` says of
    /// them may be of any size, and nobody asks for it.
    pub capabilities: Value,
    /// The least that it wants in its log, if it said so.
    pub log_level: Option<String>,
    /// Who began it: a session is nobody else's. None for somebody unknown.
    pub subject: Option<String>,
}

/// What a store does in its own time.
pub type SessionFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Keeps sessions: in memory, or where the other replicas of a server find them, too.
///
/// A session that cannot be kept or found is one that is lost: its client has to begin anew.
pub trait SessionStore: fmt::Debug + Send + Sync + 'static {
    /// Keeps a session, a new one or one that has changed, until nobody asked for it for so long.
    fn keep<'a>(&'a self, id: &'a str, state: SessionState, idle: Duration) -> SessionFuture<'a, ()>;

    /// Finds a session, whose time begins anew.
    fn find<'a>(&'a self, id: &'a str, idle: Duration) -> SessionFuture<'a, Option<SessionState>>;

    /// Forgets a session.
    fn forget<'a>(&'a self, id: &'a str) -> SessionFuture<'a, ()>;
}

impl Sessions {
    /// Keeps them in this process, at most 10,000: of more, the tenth that was not used for longest is forgotten.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::kept_by(Memory::default())
    }

    /// Lets a store keep them.
    pub fn kept_by(store: impl SessionStore) -> Self {
        Self { store: Arc::new(store), idle: IDLE }
    }

    /// Sets how long a session lasts that nobody uses: 30 minutes.
    #[must_use]
    pub fn idle(mut self, idle: Duration) -> Self {
        self.idle = idle;
        self
    }

    /// Keeps sessions where another one does, such as the one that it takes the place of.
    #[must_use]
    pub fn kept_with(mut self, other: &Self) -> Self {
        self.store = Arc::clone(&other.store);
        self
    }

    /// Begins a session, and returns its id.
    pub(super) async fn begin(&self, state: SessionState) -> String {
        let id = random_text();
        self.store.keep(&id, state, self.idle).await;
        id
    }

    /// Finds a session of this caller's.
    pub(super) async fn find(&self, id: &str, subject: Option<&str>) -> Option<SessionState> {
        let state = self.store.find(id, self.idle).await;
        state.filter(|state| state.subject.as_deref() == subject)
    }

    /// Keeps what has changed.
    pub(super) async fn change(&self, id: &str, state: SessionState) {
        self.store.keep(id, state, self.idle).await;
    }

    pub(super) async fn end(&self, id: &str) {
        self.store.forget(id).await;
    }
}

/// Sessions of this process.
#[derive(Debug, Default)]
struct Memory(Mutex<HashMap<String, Kept>>);

#[derive(Debug)]
struct Kept {
    state: SessionState,
    until: Instant,
}

impl Memory {
    fn keep(&self, id: &str, state: SessionState, idle: Duration, now: Instant) {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if sessions.len() >= MOST && !sessions.contains_key(id) {
            sessions.retain(|_, kept| now < kept.until);
            if sessions.len() >= MOST {
                let mut ends: Vec<_> = sessions.iter().map(|(id, kept)| (kept.until, id.clone())).collect();
                ends.select_nth_unstable(FORGOTTEN);
                for (_, id) in &ends[..FORGOTTEN] {
                    sessions.remove(id);
                }
            }
        }
        sessions.insert(id.to_owned(), Kept { state, until: now + idle });
    }

    fn find(&self, id: &str, idle: Duration, now: Instant) -> Option<SessionState> {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = sessions.get_mut(id).filter(|kept| now < kept.until)?;
        kept.until = now + idle;
        Some(kept.state.clone())
    }
}

impl SessionStore for Memory {
    fn keep<'a>(&'a self, id: &'a str, state: SessionState, idle: Duration) -> SessionFuture<'a, ()> {
        self.keep(id, state, idle, Instant::now());
        Box::pin(ready(()))
    }

    fn find<'a>(&'a self, id: &'a str, idle: Duration) -> SessionFuture<'a, Option<SessionState>> {
        Box::pin(ready(self.find(id, idle, Instant::now())))
    }

    fn forget<'a>(&'a self, id: &'a str) -> SessionFuture<'a, ()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
        Box::pin(ready(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: Duration = Duration::from_secs(60);

    #[test]
    fn a_session_lasts_while_it_is_used() {
        let (memory, begun) = (Memory::default(), Instant::now());
        memory.keep("a", SessionState::default(), IDLE, begun);
        assert!(memory.find("a", IDLE, begun + IDLE / 2).is_some());
        assert!(memory.find("a", IDLE, begun + IDLE).is_some(), "it was used");
        assert!(memory.find("a", IDLE, begun + IDLE * 2).is_none());
        assert!(memory.find("b", IDLE, begun).is_none());
    }

    #[test]
    fn memory_is_bounded() {
        let (memory, begun) = (Memory::default(), Instant::now());
        for number in 0..MOST {
            memory.keep(&number.to_string(), SessionState::default(), IDLE, begun);
        }
        memory.find("0", IDLE, begun + IDLE / 2);
        memory.keep("one more", SessionState::default(), IDLE, begun + IDLE / 2);
        assert_eq!(memory.0.lock().unwrap().len(), MOST - FORGOTTEN + 1);
        assert!(memory.find("0", IDLE, begun + IDLE / 2).is_some(), "it was used a moment ago");
        for number in 1..FORGOTTEN {
            memory.keep(&format!("more {number}"), SessionState::default(), IDLE, begun + IDLE / 2);
        }
        assert_eq!(memory.0.lock().unwrap().len(), MOST);
        memory.keep("later", SessionState::default(), IDLE, begun + IDLE);
        let kept = memory.0.lock().unwrap().len();
        assert_eq!(kept, FORGOTTEN + 2, "the others had been left alone for too long");
    }
}
