//! `lobe-gateway doctor`: an examination, and what came of it.

use std::error::Error;

use super::arguments::DoctorOptions;
use super::waiting;
use crate::doctor::{self, Subject};
use crate::outbound::{EgressPolicy, Outbound, OutboundLimits};

/// Examines, and returns the report; an error when something will not work.
pub(super) fn run(options: DoctorOptions) -> Result<(), Box<dyn Error>> {
    let subject = Subject::parse(&options.address, options.page, options.in_containers)?;
    // Whoever types the address may call it, on this machine and in its networks; no cloud's credentials, though.
    let everywhere =
        ["0.0.0.0/0", "::/0"].map(|net| net.parse().expect("cannot fail because it is a constant"));
    let policy = EgressPolicy {
        dev: true,
        allow_hosts: vec![subject.authority()],
        allow_cidrs: everywhere.to_vec(),
        ..EgressPolicy::default()
    };
    let outbound = Outbound::new(policy, OutboundLimits::default())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let report = runtime.block_on(waiting(&options.address, doctor::examine(&outbound, &subject)));
    super::print(report.to_string().as_bytes())?;
    if report.is_wrong() { Err("something will not work: see above".into()) } else { Ok(()) }
}
