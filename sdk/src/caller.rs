//! Who calls, and by which door.
//!
//! Not here: finding out who it is. Whoever authenticates a request says it, and nothing is guessed from headers that
//! anybody can write.

use std::sync::Arc;

/// Names the door a call came in by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Door {
    /// Rust code called [`Plugin::call`](crate::Plugin::call): a test, or the user's own program.
    #[default]
    Direct,
    /// `POST /api/{name}`.
    Http,
    /// LobeChat's `POST /api/gateway`.
    Gateway,
    /// An MCP client, over HTTP or stdio.
    Mcp,
}

/// Says who calls: what [`Caller`](crate::Caller) hands to a function.
///
/// Whoever authenticates makes one: a middleware of the application inserts it as an extension of the request, and
/// other code gives it to [`Call::by`](crate::Call::by). Where nobody did, the caller is anonymous.
///
/// ```
/// use lobe_plugin_sdk::CallerIdentity;
///
/// let caller = CallerIdentity::new("user-7").with_scopes(["shelves.read", "shelves.write"]);
/// assert_eq!(caller.subject(), Some("user-7"));
/// assert!(caller.has_scope("shelves.read"));
/// assert!(CallerIdentity::default().subject().is_none());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallerIdentity {
    door: Door,
    /// Whether it is whoever runs this program, who may do everything.
    is_operator: bool,
    // Shared, because it is cloned from the request to the call and on to the function.
    known: Option<Arc<Known>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Known {
    subject: String,
    scopes: Vec<String>,
}

impl CallerIdentity {
    /// Names a caller that was authenticated, as its issuer does: the `sub` of a token, the name of a key.
    pub fn new(subject: impl Into<String>) -> Self {
        let known = Known { subject: subject.into(), scopes: Vec::new() };
        Self { known: Some(Arc::new(known)), ..Self::default() }
    }

    /// Names whoever runs this program and speaks to it on stdin: he may do everything, and has no name.
    #[cfg(feature = "mcp")]
    pub(crate) fn operator() -> Self {
        Self { is_operator: true, ..Self::default() }
    }

    /// Says what the caller may do, in the scopes of OAuth. An anonymous caller may do nothing, and stays so.
    #[must_use]
    pub fn with_scopes<T: Into<String>>(mut self, scopes: impl IntoIterator<Item = T>) -> Self {
        if let Some(known) = &mut self.known {
            Arc::make_mut(known).scopes = scopes.into_iter().map(Into::into).collect();
        }
        self
    }

    pub(crate) fn through(mut self, door: Door) -> Self {
        self.door = door;
        self
    }

    /// Returns the door that the call came in by.
    #[must_use]
    pub fn door(&self) -> Door {
        self.door
    }

    /// Returns the caller's name; `None` when nobody authenticated it.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.known.as_ref().map(|known| &*known.subject)
    }

    /// Returns what the caller may do.
    #[must_use]
    pub fn scopes(&self) -> &[String] {
        self.known.as_ref().map_or(&[], |known| &known.scopes)
    }

    /// Returns whether the caller may do this.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.is_operator || self.scopes().iter().any(|had| had == scope)
    }

    /// Returns whether the caller may do all of these.
    #[must_use]
    pub fn has_scopes<T: AsRef<str>>(&self, scopes: &[T]) -> bool {
        scopes.iter().all(|scope| self.has_scope(scope.as_ref()))
    }
}
