//! What vectors expect of connections, requests and questions, held against the journal.

use std::net::{IpAddr, SocketAddr};

use serde_json::Value;

use crate::verdict::{Faults, Unrun};
use crate::world::journal::Seen;
use crate::world::zone::{Manner, Record, Zone};

/// The members of an expectation that are about what the fixtures saw.
const MEMBERS: [&str; 13] = [
    "connections",
    "dst",
    "dns_queries",
    "connections_to_denied",
    "connections_to_loopback",
    "connections_to",
    "requests",
    "requests_max",
    "max_requests",
    "dst_host",
    "wire_path",
    "http_bytes_sent",
    "leak",
];

/// Returns whether a member is judged here.
pub(super) fn is_member(name: &str) -> bool {
    MEMBERS.contains(&name)
}

/// Judges one member of an expectation.
pub(super) fn judge(name: &str, expected: &Value, seen: &Seen, faults: &mut Faults) -> Result<(), Unrun> {
    let unknown = || Unrun::words(name, expected);
    match name {
        "connections" => count(name, expected, seen.connections.len(), faults)?,
        "dns_queries" => count(name, expected, seen.queries.len(), faults)?,
        "requests" => count(name, expected, seen.requests.len(), faults)?,
        "requests_max" | "max_requests" => {
            let most = expected.as_u64().ok_or_else(unknown)?;
            faults.unless(seen.requests.len() as u64 <= most, || {
                format!("{} requests, at most {most}", seen.requests.len())
            });
        }
        "connections_to_denied" => count(name, expected, denied(seen).len(), faults)?,
        "connections_to_loopback" => count(name, expected, loopback(seen), faults)?,
        "dst" => destinations(expected.as_str().ok_or_else(unknown)?, seen, faults),
        "connections_to" => connections_to(expected.as_str().ok_or_else(unknown)?, seen, faults)?,
        "leak" => unseen(expected.as_str().ok_or_else(unknown)?, seen, faults)?,
        "dst_host" => last_request(expected, seen, |request| request.message.header("host"), faults),
        "wire_path" => last_request(expected, seen, |request| Some(request.target()), faults),
        "http_bytes_sent" => bytes_sent(expected, seen, faults),
        _ => return Err(unknown()),
    }
    Ok(())
}

/// `3`, `">=1"`, `"<=2"`.
fn count(name: &str, expected: &Value, number: usize, faults: &mut Faults) -> Result<(), Unrun> {
    let holds = match expected {
        Value::Number(exact) => exact.as_u64() == Some(number as u64),
        Value::String(words) => {
            let bound = |sign: &str| words.strip_prefix(sign)?.trim().parse::<usize>().ok();
            match (bound(">="), bound("<=")) {
                (Some(least), _) => number >= least,
                (_, Some(most)) => number <= most,
                _ => return Err(Unrun::words(name, expected)),
            }
        }
        _ => return Err(Unrun::words(name, expected)),
    };
    faults.unless(holds, || format!("{name} {number}, expected {expected}"));
    Ok(())
}

/// Returns the connections to where no vector with public servers may lead: outside of the zone's own addresses.
fn denied(seen: &Seen) -> Vec<SocketAddr> {
    let public =
        |address: IpAddr| matches!(address, IpAddr::V4(address) if address.octets()[..2] == [93, 184]);
    seen.connections.iter().map(|connection| connection.destination).filter(|to| !public(to.ip())).collect()
}

fn loopback(seen: &Seen) -> usize {
    seen.connections.iter().filter(|connection| connection.destination.ip().is_loopback()).count()
}

/// `127.0.0.1:18080 or [::1]:18080`.
fn destinations(expected: &str, seen: &Seen, faults: &mut Faults) {
    let allowed: Vec<&str> = expected.split(" or ").collect();
    for connection in &seen.connections {
        let to = connection.destination.to_string();
        faults.unless(allowed.contains(&to.as_str()), || format!("connected to {to}, expected {expected}"));
    }
}

/// `93.184.215.14:18080 and none to 127.0.0.1:3128`, `not 127.0.0.1:3128`.
fn connections_to(expected: &str, seen: &Seen, faults: &mut Faults) -> Result<(), Unrun> {
    for part in expected.split(" and ") {
        let (must, address) = match part.strip_prefix("none to ").or_else(|| part.strip_prefix("not ")) {
            Some(address) => (false, address),
            None => (true, part),
        };
        let address: SocketAddr =
            address.trim().parse().map_err(|_| Unrun::words("connections_to", expected))?;
        let connected = seen.connections.iter().any(|connection| connection.destination == address);
        faults.unless(connected == must, || {
            format!("{} to {address}", if must { "no connection" } else { "a connection" })
        });
    }
    Ok(())
}

/// `public2 must see zero connections`.
fn unseen(expected: &str, seen: &Seen, faults: &mut Faults) -> Result<(), Unrun> {
    let name =
        expected.strip_suffix(" must see zero connections").ok_or_else(|| Unrun::words("leak", expected))?;
    let Manner::Records(records) = Zone::default().answer(&format!("{name}.vec.test")) else {
        return Err(Unrun::words("leak", expected));
    };
    let reached = seen
        .connections
        .iter()
        .any(|connection| records.contains(&Record::Address(connection.destination.ip())));
    faults.unless(!reached, || format!("{name} was connected to"));
    Ok(())
}

fn last_request<'a>(
    expected: &Value,
    seen: &'a Seen,
    part: impl Fn(&'a crate::world::journal::Received) -> Option<&'a str>,
    faults: &mut Faults,
) {
    let found = seen.requests.last().and_then(part);
    faults
        .unless(found == expected.as_str(), || format!("the request was for {found:?}, expected {expected}"));
}

/// `null` is: some. A handshake that failed must not have been followed by a request.
fn bytes_sent(expected: &Value, seen: &Seen, faults: &mut Faults) {
    let sent: usize = seen.connections.iter().map(|connection| connection.clear_bytes).sum();
    match expected.as_u64() {
        Some(most) => faults.unless(sent as u64 <= most, || format!("{sent} bytes of a request were sent")),
        None => faults.unless(sent > 0, || "no request was sent".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::world::journal::Connection;

    #[track_caller]
    fn check(name: &str, expected: &Value, destinations: &[&str], good: bool) {
        let connection =
            |to: &&str| Connection { destination: to.parse().unwrap(), server_name: None, clear_bytes: 0 };
        let seen = Seen { connections: destinations.iter().map(connection).collect(), ..Seen::default() };
        let mut faults = Faults::default();
        judge(name, expected, &seen, &mut faults).unwrap();
        assert_eq!(faults.firm.is_empty(), good, "{name} {expected} {destinations:?}: {faults:?}");
    }

    #[test]
    fn connections_are_held_against_expectations() {
        check("connections", &json!(0), &[], true);
        check("connections", &json!(0), &["127.0.0.1:80"], false);
        check("connections", &json!(">=1"), &[], false);
        check("dst", &json!("127.0.0.1:80 or [::1]:80"), &["[::1]:80"], true);
        check("dst", &json!("127.0.0.1:80"), &["10.0.0.1:80"], false);
        check("connections_to_denied", &json!(0), &["93.184.215.14:80"], true);
        check("connections_to_denied", &json!(0), &["169.254.169.254:80"], false);
        check("connections_to_loopback", &json!(0), &["[::1]:80"], false);
        check("connections_to", &json!("1.1.1.1:80 and none to 127.0.0.1:3128"), &["1.1.1.1:80"], true);
        check("connections_to", &json!("not 127.0.0.1:3128"), &["127.0.0.1:3128"], false);
        check("leak", &json!("public2 must see zero connections"), &["93.184.215.15:18080"], false);
    }
}
