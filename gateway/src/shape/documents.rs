//! States the shapes of LobeChat's documents, field by field, in the order in which issues are reported.
//!
//! Taken from `es/schema/manifest.js` and `es/schema/market.js` of `@lobehub/chat-plugin-sdk` 1.32.4. Note what
//! is not there: `createdAt` and `version` of a manifest, and `displayName` and the like are not checked.

use super::judge::Shape::{Anything, Choice, List, Number, Object, Text, Url};
use super::judge::{Field, Shape, optional, required};

const TEXTS: Shape = List(&Text);
const NAMES_ONLY: Shape = Object(&[]);

const PARAMETERS: Shape = Object(&[
    required("properties", &NAMES_ONLY),
    optional("required", &TEXTS),
    required("type", &Choice(&["object"])),
]);

const API: Shape = Object(&[
    required("description", &Text),
    required("name", &Text),
    required("parameters", &PARAMETERS),
    optional("url", &Url),
]);

const MANIFEST_META: Shape = Object(&[
    optional("avatar", &Text),
    optional("description", &Text),
    optional("tags", &TEXTS),
    optional("title", &Text),
]);

const UI: Shape = Object(&[
    optional("height", &Number),
    optional("mode", &Choice(&["iframe", "module"])),
    required("url", &Text),
    optional("width", &Number),
]);

const MANIFEST_FIELDS: &[Field] = &[
    required("api", &List(&API)),
    optional("author", &Text),
    optional("createAt", &Text),
    optional("gateway", &Text),
    optional("homepage", &Text),
    required("identifier", &Text),
    required("meta", &MANIFEST_META),
    optional("openapi", &Text),
    optional("settings", &PARAMETERS),
    optional("systemRole", &Text),
    optional("type", &Choice(&["default", "markdown", "standalone"])),
    optional("ui", &UI),
];

pub(super) static MANIFEST: Shape = Object(MANIFEST_FIELDS);

pub(super) static PAYLOAD: Shape = Object(&[
    required("apiName", &Text),
    optional("arguments", &Text),
    required("identifier", &Text),
    optional("indexUrl", &Text),
    optional("manifest", &Object(MANIFEST_FIELDS)),
    optional("type", &Text),
]);

pub(super) static MARKET_INDEX: Shape =
    Object(&[required("plugins", &List(&Anything)), required("schemaVersion", &Number)]);

const ENTRY_META: Shape = Object(&[optional("avatar", &Text), optional("tags", &TEXTS)]);

pub(super) static MARKET_ENTRY: Shape = Object(&[
    required("author", &Text),
    required("createdAt", &Text),
    required("homepage", &Text),
    required("identifier", &Text),
    required("manifest", &Text),
    required("meta", &ENTRY_META),
    required("schemaVersion", &Number),
]);
