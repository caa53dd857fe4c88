//! Toolsets: which names they may have. What they choose is [`Toolset`]'s to say.

use std::collections::BTreeMap;

use lobe_plugin_sdk::name;
use serde::{Deserialize, Deserializer, de};

use crate::toolset::Toolset;

/// Reads the table of toolsets. Each name is a part of a path.
pub(super) fn by_name<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, Toolset>, D::Error> {
    let toolsets = BTreeMap::<String, Toolset>::deserialize(deserializer)?;
    match toolsets.keys().find_map(|name| name::fault(name)) {
        Some(fault) => Err(de::Error::custom(format!("a toolset's name is part of a path: {fault}"))),
        None => Ok(toolsets),
    }
}
