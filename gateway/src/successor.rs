//! A gateway that takes the place of another one while calls run: what of the old one goes on in the new one.

use lobe_plugin_sdk::mcp::SignedFiles;
use lobe_plugin_sdk::serve::Sessions;

use crate::gateway::Gateway;

impl Gateway {
    /// Takes the place of another one: what that one counts goes on, calls in flight are bounded together, the audit
    /// stream, sessions and files stay, and so do programs that are started as they were.
    #[must_use]
    pub fn in_place_of(mut self, before: &Self) -> Self {
        let (own, theirs) = (&mut self.options, &before.options);
        theirs.admission.bound(own.admission.limits());
        own.admission = theirs.admission.clone();
        own.counters = theirs.counters.clone();
        // Two would write into one file.
        own.audit = theirs.audit.clone();
        own.readiness = theirs.readiness.clone();
        own.sessions = own.sessions.take().map(|own| theirs.sessions.iter().fold(own, Sessions::kept_with));
        own.files = own.files.take().map(|own| theirs.files.iter().fold(own, SignedFiles::kept_with));
        // Where nobody needs a credential there is none to be wrong.
        if !own.authorization.is_open() {
            own.authorization = std::mem::take(&mut own.authorization).counting_with(&theirs.authorization);
        }
        if let (Some(own), Some(theirs)) = (self.resolver.remote(), before.resolver.remote()) {
            own.outbound().count_in(theirs.outbound());
        }
        if let (Some(own), Some(theirs)) = (self.resolver.remote_mut(), before.resolver.remote()) {
            own.keep_programs(theirs);
        }
        self
    }
}
