//! From the operator's configuration to a gateway: what each word of it means to the rooms that do the work.

use std::convert::Infallible;

use crate::config::Config;
use crate::gateway::Gateway;

/// Makes the gateway that the configuration describes.
///
/// # Errors
///
/// None yet: everything that can be wrong is found when the configuration is read.
pub(crate) fn assemble(config: &Config) -> Result<Gateway, Infallible> {
    let gateway = Gateway::new()
        .cors(config.pages())
        .limits(config.limits.of_requests())
        .admission(config.limits.of_admission());
    Ok(match &config.public_url {
        Some(url) => gateway.public_url(url.clone()),
        None => gateway,
    })
}
