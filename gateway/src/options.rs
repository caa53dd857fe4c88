//! How the gateway's server behaves: every knob, and where it stands when nobody turned it.

use lobe_plugin_sdk::BaseUrl;
use lobe_plugin_sdk::serve::{Cors, Limits, Readiness};

use crate::admission::Admission;
use crate::counters::Counters;

/// How the gateway's server behaves.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) public_url: Option<BaseUrl>,
    pub(crate) cors: Cors,
    pub(crate) limits: Limits,
    pub(crate) readiness: Readiness,
    pub(crate) admission: Admission,
    pub(crate) counters: Counters,
}

impl Default for Options {
    fn default() -> Self {
        let admission = Admission::default();
        Self {
            public_url: None,
            cors: Cors::loopback(),
            limits: Limits::default(),
            readiness: Readiness::default(),
            counters: Counters::of(&admission),
            admission,
        }
    }
}
