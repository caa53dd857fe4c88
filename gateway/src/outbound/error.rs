//! What a call out can fail with: the step, and a short word for it. No address, no byte of the answer, no URL.

use lobe_plugin_sdk::PluginError;

use super::url::UrlFault;

/// Says why a call out gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OutboundError {
    /// The URL is not one that may be called, as text. 400 to whoever wrote it.
    #[error("the URL cannot be called: {0}")]
    InvalidUrl(#[from] UrlFault),
    /// The policy refuses the target. 403, always the same bytes: which reason it was is for the log and the counter.
    #[error("the target is refused")]
    Refused(Refusal),
    /// The server cannot be reached, or what it answers is no answer. 502 with the reason's code.
    #[error("the plugin's server failed: {0}")]
    Upstream(#[from] UpstreamFault),
    /// The server took too long. 504.
    #[error("the plugin's server took too long to {0}")]
    TimedOut(Phase),
    /// Too many calls to that server are under way. 503.
    #[error("too many calls to that server are under way")]
    Busy,
}

#[cfg(feature = "cli")]
impl OutboundError {
    /// Says it to whoever named the target himself: which rule refused it, and what a code means.
    pub(crate) fn plainly(self) -> String {
        match self {
            Self::Refused(Refusal::Unresolved) => "there is no host of that name".to_owned(),
            Self::Refused(refusal) => format!("this address may not be called ({})", refusal.reason()),
            Self::Upstream(UpstreamFault::Connect) => {
                "nothing listens there: is the server running, and on that port?".to_owned()
            }
            Self::Upstream(UpstreamFault::Tls) => {
                "no encrypted connection: its certificate is self-signed, expired or another host's, which browsers and LobeHub's \
                 server refuse as well; or it speaks no TLS, and wants `http://`"
                    .to_owned()
            }
            Self::Upstream(UpstreamFault::Closed) => {
                "the server closed the connection without an answer".to_owned()
            }
            other => other.to_string(),
        }
    }
}

/// Says which rule refused a target. For the operator's eyes: a caller could map a network by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Refusal {
    /// Plain http, where https is required.
    PlainHttp,
    /// A name that is never looked up.
    Name,
    /// An address that is not public.
    Address,
    /// An address at which clouds hand out credentials.
    Metadata,
    /// An address of this gateway itself.
    OwnAddress,
    /// A port that no plugin is served at.
    Port,
    /// The name could not be resolved, in time or at all.
    Unresolved,
    /// A redirect from https to http.
    Downgrade,
    /// A redirect to what is not a URL that may be called.
    RedirectText,
    /// An origin that the call is not confined to.
    Confined,
}

impl Refusal {
    /// Lists all of them, in the order of their numbers.
    pub(crate) const ALL: [Self; 10] = [
        Self::PlainHttp,
        Self::Name,
        Self::Address,
        Self::Metadata,
        Self::OwnAddress,
        Self::Port,
        Self::Unresolved,
        Self::Downgrade,
        Self::RedirectText,
        Self::Confined,
    ];

    /// Returns the word for the counter `egress_refused_total{reason}`, for the log, and for answers in dev.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::PlainHttp => "plain_http",
            Self::Name => "name",
            Self::Address => "address",
            Self::Metadata => "metadata",
            Self::OwnAddress => "own_address",
            Self::Port => "port",
            Self::Unresolved => "unresolved",
            Self::Downgrade => "downgrade",
            Self::RedirectText => "redirect_text",
            Self::Confined => "confined",
        }
    }
}

/// Tells a caller that a call could not be made, or that its answer could not be read: in constant words, and no
/// address.
pub(crate) fn call_failed(error: OutboundError) -> PluginError {
    match error {
        OutboundError::InvalidUrl(fault) => PluginError::bad_request(format!("[gateway] {fault}")),
        // One text for all that is refused, so that nobody learns what is there.
        OutboundError::Refused(_) => PluginError::forbidden("[gateway] this address may not be called"),
        OutboundError::Upstream(fault) => {
            PluginError::bad_gateway(format!("[gateway] the server failed: {}", fault.code()))
        }
        OutboundError::TimedOut(phase) => {
            PluginError::timed_out(format!("[gateway] the server took too long to {phase}"))
        }
        OutboundError::Busy => {
            PluginError::unavailable("[gateway] too many calls to that server are under way")
        }
    }
}

impl From<Refusal> for OutboundError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Says how a server failed. The text is the code that a caller may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UpstreamFault {
    /// No connection: refused, reset, unreachable.
    #[error("connect_failed")]
    Connect,
    /// No TLS: not spoken, too old, or the certificate is not that host's.
    #[error("tls_failed")]
    Tls,
    /// The connection ended before the answer's head did.
    #[error("closed_early")]
    Closed,
    /// The head is not HTTP, or too large.
    #[error("malformed_answer")]
    Malformed,
    /// More interim answers than the limit.
    #[error("too_many_interim_answers")]
    Interim,
    /// A status outside 200 to 599 as the last word.
    #[error("invalid_status")]
    Status,
    /// The head says two things about where the body ends, or something other than `chunked`.
    #[error("conflicting_framing")]
    Framing,
    /// The body ended before its end.
    #[error("truncated_body")]
    Truncated,
    /// The body, decoded, is larger than the limit.
    #[error("body_too_large")]
    TooLarge,
    /// The body is not in the coding it is said to be in, or in one that was not asked for.
    #[error("content_encoding")]
    Encoding,
    /// A redirect that is not followed: of a call to another origin, or one that would change the method.
    #[error("redirect_not_followed")]
    Redirect,
    /// More redirects than the limit.
    #[error("too_many_redirects")]
    TooManyRedirects,
    /// A redirect whose `Location` is empty, unreadable or not the only one.
    #[error("redirect_without_location")]
    Location,
}

impl UpstreamFault {
    /// Returns the short code that a caller may read.
    pub(crate) fn code(self) -> String {
        self.to_string()
    }
}

/// Names the part of a call that took too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Phase {
    #[error("connect")]
    Connect,
    #[error("begin its answer")]
    Head,
    #[error("go on with its answer")]
    Idle,
    #[error("answer")]
    Total,
}
