//! What the gateway does not offer yet. A vector about it is listed as waiting, never as passed; who builds the thing
//! takes the line out.

use serde_json::Value;

use crate::vector::{Suite, Vector};

/// Says whether a vector waits for something.
struct Line {
    what: &'static str,
    applies: fn(&Vector) -> bool,
}

const LINES: &[Line] = &[
    Line {
        what: "MCP under load",
        applies: |vector| mentions(vector, &["mcp_streams", "distinct_mcp_sessions"]),
    },
    Line {
        what: "an HTTP/2 fixture",
        applies: |vector| vector.member("setup")["h2_upstream"] == Value::Bool(true),
    },
    Line {
        what: "a pool fixture",
        applies: |vector| vector.suite == Suite::Upstream && vector.group == "pool",
    },
    Line { what: "traces", applies: |vector| vector.suite == Suite::Leak && vector.group == "trace" },
    Line { what: "keys", applies: |vector| mentions(vector, &["keys", "key_file"]) },
    Line {
        what: "signed plugin calls",
        applies: |vector| vector.suite == Suite::Auth && vector.group == "signature",
    },
    // The binary mounts nothing; tests/gateway holds mounted plugins to the same.
    Line { what: "mounted plugins in the binary", applies: |vector| vector.group == "in-process" },
    Line {
        what: "mounted plugins in the binary",
        applies: |vector| {
            vector.member("setup")["plugin"].as_str().is_some_and(|plugin| plugin.contains("in-process"))
        },
    },
    Line {
        what: "a way to force a panic",
        applies: |vector| vector.member("setup")["case"].as_str().is_some_and(|case| case.contains("panic")),
    },
    // These have no process to be run against; the type is held to them by its own tests.
    Line {
        what: "unit tests",
        applies: |vector| {
            let experiment = vector.member("input")["experiment"].as_str().unwrap_or_default();
            vector.text("call") == Some("unit") || experiment.starts_with("code check")
        },
    },
    Line { what: "a core pattern of its own", applies: |vector| vector.text("call") == Some("core dump") },
    Line { what: "control groups", applies: |vector| mentions(vector, &["cgroup_memory_mb"]) },
    Line { what: "a clock that can be moved", applies: |vector| mentions(vector, &["clock"]) },
];

/// Says what only a long run does.
pub(crate) const LONG: &str = "--long";

/// Returns what a vector waits for.
pub(crate) fn reason(vector: &Vector) -> Option<String> {
    LINES.iter().find(|line| (line.applies)(vector)).map(|line| line.what.to_owned())
}

fn mentions(vector: &Vector, members: &[&str]) -> bool {
    members.iter().any(|member| {
        vector.member("load").get(member).is_some() || vector.member("setup").get(member).is_some()
    })
}
