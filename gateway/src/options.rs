//! How the gateway's server behaves: every knob, and where it stands when nobody turned it.

use std::collections::BTreeMap;

use lobe_plugin_sdk::BaseUrl;
use lobe_plugin_sdk::mcp::SignedFiles;
use lobe_plugin_sdk::serve::{Authorization, Cors, Hosts, Limits, Readiness, Sessions};

use crate::admission::Admission;
use crate::audit::Audit;
use crate::counters::Counters;
use crate::judging::Judging;
use crate::toolset::Toolset;

/// Bounds what is posted to `/api/gateway/batch`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchLimits {
    /// The most calls of one batch. 32.
    pub calls: usize,
    /// The most of them that are under way at a time. 8. None at all is read as one.
    pub at_a_time: usize,
}

impl Default for BatchLimits {
    fn default() -> Self {
        Self { calls: 32, at_a_time: 8 }
    }
}

/// How the gateway's server behaves.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) public_url: Option<BaseUrl>,
    pub(crate) cors: Cors,
    pub(crate) authorization: Authorization,
    pub(crate) hosts: Hosts,
    pub(crate) limits: Limits,
    pub(crate) batch: BatchLimits,
    /// What is served at `/mcp/{name}`.
    pub(crate) toolsets: BTreeMap<String, Toolset>,
    /// Those of MCP clients, where they may begin some.
    pub(crate) sessions: Option<Sessions>,
    /// Where pictures and files for MCP clients are kept, where they are not in the answers.
    pub(crate) files: Option<SignedFiles>,
    pub(crate) readiness: Readiness,
    pub(crate) admission: Admission,
    pub(crate) counters: Counters,
    pub(crate) audit: Option<Audit>,
    pub(crate) judging: Judging,
}

impl Default for Options {
    fn default() -> Self {
        let admission = Admission::default();
        Self {
            public_url: None,
            cors: Cors::loopback(),
            authorization: Authorization::default(),
            hosts: Hosts::local(),
            limits: Limits::default(),
            batch: BatchLimits::default(),
            toolsets: BTreeMap::new(),
            sessions: None,
            files: None,
            readiness: Readiness::default(),
            counters: Counters::of(&admission),
            audit: None,
            admission,
            judging: Judging::default(),
        }
    }
}
