//! The harness of the end-to-end suites: plugins to call, real servers on free ports, and the table of calls that
//! every door has to answer alike.

pub mod calls;
pub mod http;
pub mod parity;
