//! A name for every request, so that a line of the log, an answer and what a caller complains about can be put together.

use std::fmt;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use axum::http::{HeaderName, HeaderValue};

/// The header of answers that it stands in.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Names a request: 16 hexadecimal digits. A [`Listener`](crate::serve::Listener) leaves it in the request's extensions, and
/// sends it with the answer as `X-Request-Id`. What a client calls its request itself is not taken: it could be anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId(u64);

impl RequestId {
    /// Names the next request of this process.
    pub(super) fn next() -> Self {
        static START: OnceLock<u64> = OnceLock::new();
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let start = *START.get_or_init(|| RandomState::new().build_hasher().finish());
        Self(mixed(start.wrapping_add(COUNT.fetch_add(1, Relaxed))))
    }

    pub(super) fn header(self) -> HeaderValue {
        HeaderValue::try_from(self.to_string()).expect("cannot fail because it is hexadecimal digits")
    }
}

/// Turns numbers that follow one another into some that look nothing alike, and never two into one: the finaliser of
/// SplitMix64.
const fn mixed(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_requests_have_the_same_name() {
        let names: std::collections::HashSet<String> =
            (0..1000).map(|_| RequestId::next().to_string()).collect();
        assert!(names.len() == 1000 && names.iter().all(|name| name.len() == 16));
    }
}
