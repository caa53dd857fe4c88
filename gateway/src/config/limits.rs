//! The numbers that bound what anything may cost, each with its default.
//!
//! They stand in one flat table, because an operator looks for a number and not for the part of the program it bounds.

use std::time::Duration;

use lobe_plugin_sdk::serve;
use schemars::JsonSchema;
use serde::Deserialize;

use super::units::{Size, duration, size};
use crate::admission::AdmissionLimits;
use crate::options::BatchLimits;
use crate::validate::SchemaLimits;

/// Bounds what anything may cost. The methods hand each part of the server its share.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Limits {
    // What comes in.
    /// The most open connections. 10,000.
    pub(crate) connections: usize,
    /// The most open connections of one address. 256.
    pub(crate) connections_per_address: usize,
    /// How long the head of a request may take to arrive. 10 s.
    #[serde(deserialize_with = "duration")]
    #[schemars(with = "String")]
    pub(crate) head_time: Duration,
    /// How long a connection may be idle between two requests. 60 s.
    #[serde(deserialize_with = "duration")]
    #[schemars(with = "String")]
    pub(crate) keep_alive: Duration,
    /// The most bytes of a request's head. 64 KiB.
    #[serde(deserialize_with = "size")]
    #[schemars(with = "Size")]
    pub(crate) head: usize,
    /// The most headers of a request. 100.
    pub(crate) headers: usize,
    /// The most bytes of a request's target. 8 KiB.
    #[serde(deserialize_with = "size")]
    #[schemars(with = "Size")]
    pub(crate) target: usize,
    /// The most bytes of the settings header. 48 KiB.
    #[serde(deserialize_with = "size")]
    #[schemars(with = "Size")]
    pub(crate) settings_header: usize,
    /// The most bytes of a request's body. 1 MiB.
    #[serde(deserialize_with = "size")]
    #[schemars(with = "Size")]
    pub(crate) body: usize,
    /// How long a body may take to arrive. 30 s.
    #[serde(deserialize_with = "duration")]
    #[schemars(with = "String")]
    pub(crate) body_time: Duration,
    /// How long a client may take nothing of an answer. 30 s.
    #[serde(deserialize_with = "duration")]
    #[schemars(with = "String")]
    pub(crate) send_time: Duration,
    /// The most streams of one HTTP/2 connection. 100.
    pub(crate) streams: u32,

    // Calls.
    /// How long a call may take, all in all. 30 s.
    #[serde(deserialize_with = "duration")]
    #[schemars(with = "String")]
    pub(crate) call_time: Duration,
    /// The most calls in flight. 1,024.
    pub(crate) in_flight: usize,
    /// The most calls in flight to one plugin. 128.
    pub(crate) per_plugin: usize,
    /// The most calls in flight to one upstream host. 128.
    pub(crate) per_host: usize,
    /// The most calls of one batch. 32.
    pub(crate) batch: usize,
    /// The most calls of one batch that are under way at a time. 8.
    pub(crate) batch_at_a_time: usize,

    /// How long an MCP server may take to be ready, and to say what it can do. 60 s: a program may have to be fetched.
    #[serde(deserialize_with = "duration")]
    #[schemars(with = "String")]
    pub(crate) start_time: Duration,

    // What goes out, and what comes back.
    /// How long connecting may take, TLS included. 5 s.
    #[serde(deserialize_with = "duration")]
    #[schemars(with = "String")]
    pub(crate) connect_time: Duration,
    /// How long the head of an answer may take. 10 s.
    #[serde(deserialize_with = "duration")]
    #[schemars(with = "String")]
    pub(crate) answer_head_time: Duration,
    /// How long an answer's body may be silent. 10 s.
    #[serde(deserialize_with = "duration")]
    #[schemars(with = "String")]
    pub(crate) answer_idle_time: Duration,
    /// How long an exchange may take, all in all. 30 s.
    #[serde(deserialize_with = "duration")]
    #[schemars(with = "String")]
    pub(crate) answer_time: Duration,
    /// The most bytes of a plugin's answer, decoded. 8 MiB.
    #[serde(deserialize_with = "size")]
    #[schemars(with = "Size")]
    pub(crate) answer: usize,
    /// The most bytes of an answer that is an error. 64 KiB.
    #[serde(deserialize_with = "size")]
    #[schemars(with = "Size")]
    pub(crate) error_answer: usize,
    /// The most bytes of a manifest, an index or an OpenAPI document. 5 MiB.
    #[serde(deserialize_with = "size")]
    #[schemars(with = "Size")]
    pub(crate) document: usize,

    // Schemas that callers bring.
    /// The most schemas within a schema. 10,000.
    pub(crate) schema_nodes: usize,
    /// The most references in a schema. 1,000.
    pub(crate) schema_references: usize,
    /// The most ways from a schema's root to the schemas within it. 100,000.
    pub(crate) schema_paths: u64,

    // What is kept.
    /// The most documents kept. 10,000.
    pub(crate) cache_entries: usize,
    /// The most bytes of documents kept. 64 MiB.
    #[serde(deserialize_with = "size")]
    #[schemars(with = "Size")]
    pub(crate) cache_bytes: usize,
    /// How long a document is taken for current. 300 s.
    #[serde(deserialize_with = "duration")]
    #[schemars(with = "String")]
    pub(crate) cache_fresh: Duration,
    /// How much longer it serves while its server fails. 1 h.
    #[serde(deserialize_with = "duration")]
    #[schemars(with = "String")]
    pub(crate) cache_stale: Duration,

    // The end.
    /// How long new connections are taken after SIGTERM. 4.5 s.
    #[serde(deserialize_with = "duration")]
    #[schemars(with = "String")]
    pub(crate) drain_accept: Duration,
    /// How long running calls have after the signal. 25 s.
    #[serde(deserialize_with = "duration")]
    #[schemars(with = "String")]
    pub(crate) drain: Duration,
}

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

impl Default for Limits {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            connections: 10_000,
            connections_per_address: 256,
            head_time: seconds(10),
            keep_alive: seconds(60),
            head: 64 * KIB,
            headers: 100,
            target: 8 * KIB,
            settings_header: 48 * KIB,
            body: MIB,
            body_time: seconds(30),
            send_time: seconds(30),
            streams: 100,
            call_time: seconds(30),
            in_flight: 1024,
            per_plugin: 128,
            per_host: 128,
            batch: 32,
            batch_at_a_time: 8,
            start_time: seconds(60),
            connect_time: seconds(5),
            answer_head_time: seconds(10),
            answer_idle_time: seconds(10),
            answer_time: seconds(30),
            answer: 8 * MIB,
            error_answer: 64 * KIB,
            document: 5 * MIB,
            schema_nodes: 10_000,
            schema_references: 1_000,
            schema_paths: 100_000,
            cache_entries: 10_000,
            cache_bytes: 64 * MIB,
            cache_fresh: seconds(300),
            cache_stale: seconds(3600),
            drain_accept: Duration::from_millis(4500),
            drain: seconds(25),
        }
    }
}

impl Limits {
    /// Returns what one request may cost.
    pub(crate) fn of_requests(&self) -> serve::Limits {
        serve::Limits {
            body: self.body,
            body_time: self.body_time,
            settings: self.settings_header,
            call_time: self.call_time,
        }
    }

    /// Returns how many calls may be in flight.
    pub(crate) fn of_admission(&self) -> AdmissionLimits {
        AdmissionLimits { in_flight: self.in_flight, per_plugin: self.per_plugin }
    }

    /// Returns what a batch may be.
    pub(crate) fn of_batches(&self) -> BatchLimits {
        BatchLimits { calls: self.batch, at_a_time: self.batch_at_a_time }
    }

    /// Returns how large the schemas of strangers may be.
    pub(crate) fn of_schemas(&self) -> SchemaLimits {
        SchemaLimits {
            nodes: self.schema_nodes,
            references: self.schema_references,
            paths: self.schema_paths,
        }
    }
}
