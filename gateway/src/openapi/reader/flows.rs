//! Security schemes, which both versions write nearly alike.

use serde_json::Value;

use super::super::model::{Flows, KeyPlace, Scheme, Schemes};
use super::super::pointer::{Tree, members, text};

/// Reads the schemes that stand in an object.
pub(super) fn schemes(tree: Tree<'_>, declared: Option<&Value>) -> Schemes {
    let declared = declared.and_then(Value::as_object).into_iter().flatten();
    declared.map(|(name, scheme)| (name.clone(), read(tree.follow_or_null(scheme)))).collect()
}

fn read(scheme: &Value) -> Scheme {
    match text(scheme, "type") {
        Some("apiKey") => key(scheme),
        Some("basic") => Scheme::Basic,
        Some("http") => match text(scheme, "scheme") {
            Some(scheme) if scheme.eq_ignore_ascii_case("basic") => Scheme::Basic,
            Some(scheme) if scheme.eq_ignore_ascii_case("bearer") => Scheme::Bearer,
            _ => Scheme::Unknown,
        },
        Some("oauth2") => Scheme::OAuth(flows(scheme)),
        Some("openIdConnect") => Scheme::OpenIdConnect,
        _ => Scheme::Unknown,
    }
}

fn key(scheme: &Value) -> Scheme {
    let place = match text(scheme, "in") {
        Some("header") => KeyPlace::Header,
        Some("query") => KeyPlace::Query,
        Some("cookie") => KeyPlace::Cookie,
        _ => return Scheme::Unknown,
    };
    match text(scheme, "name") {
        Some(name) if !name.is_empty() => Scheme::Key { place, name: name.to_owned() },
        _ => Scheme::Unknown,
    }
}

/// Reads where tokens are had: 3.x has a flow of each kind, 2.0 has one.
fn flows(scheme: &Value) -> Flows {
    let Some(flows) = members(scheme, "flows") else {
        let url = text(scheme, "tokenUrl").map(str::to_owned);
        let own = url.clone().filter(|_| text(scheme, "flow") == Some("application"));
        return Flows { client_credentials: own, refresh: url };
    };
    let own = flows.get("clientCredentials").and_then(|flow| text(flow, "tokenUrl"));
    let refresh = flows.values().find_map(|flow| text(flow, "refreshUrl"));
    let any = flows.values().find_map(|flow| text(flow, "tokenUrl"));
    Flows { client_credentials: own.map(str::to_owned), refresh: refresh.or(any).map(str::to_owned) }
}
