//! Whether the time of an answer tells what was wrong.

use std::time::{Duration, Instant};

use tokio::io::{AsyncWriteExt, BufReader};

use super::keyring::Scope;
use super::request::{Request, SECRET};
use super::start;
use crate::gateway::Gateway;
use crate::stage::Stage;
use crate::suites::welch;
use crate::vector::Vector;
use crate::verdict::{Faults, Unrun};
use crate::wire::read_answer;

/// How often each is asked, unless the run is a long one.
const CALLS: usize = 3_000;

const UNKNOWN: &str = "lgw_k9_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
const WRONG: &str = "lgw_k1_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

/// Runs a vector: `100000 calls each: unknown key id / known id with wrong secret`.
pub(super) async fn run(stage: &Stage, vector: &Vector) -> Result<Faults, Unrun> {
    let words = vector.member("input")["experiment"].as_str().unwrap_or_default();
    let keys = keys(words).ok_or_else(|| Unrun::words("experiment", words))?;
    let (gateway, _keyring) = start(stage, vector, &Scope::default()).await?;
    let calls = if stage.long { 100_000 } else { CALLS };
    let mut faults = Faults::default();
    let mut times = [Vec::with_capacity(calls), Vec::with_capacity(calls)];
    // In turns, so that whatever else the machine does falls on both; of other addresses, since one has few attempts.
    for number in 0..calls {
        for (key, times) in keys.iter().zip(&mut times) {
            let (status, time) = attempt(&gateway, key, number).await?;
            faults.unless(status == 401, || format!("attempt {number} got {status}"));
            times.push(time);
        }
        if !faults.firm.is_empty() {
            return Ok(faults);
        }
    }
    let t = welch::compare(&times[0], &times[1]);
    faults.unless_in_time(t.abs() < welch::MOST, || format!("Welch's t is {t:.1}"));
    Ok(faults)
}

/// The two kinds of wrong keys that words tell apart: `unknown key id / known id with wrong secret`.
fn keys(words: &str) -> Option<[String; 2]> {
    let (_, kinds) = words.split_once(':').unwrap_or(("", words));
    let separator = [" / ", " vs. ", " vs ", " versus ", " against ", " and ", "/"];
    let (one, other) = separator.iter().find_map(|separator| kinds.split_once(separator))?;
    Some([wrong(one)?, wrong(other)?])
}

fn wrong(words: &str) -> Option<String> {
    let says = |any: &[&str]| any.iter().any(|word| words.contains(word));
    let begin = SECRET.rfind('_')? + 1;
    let changed = |at: usize| {
        let mut key = SECRET.to_owned();
        let other = if key.get(at..=at) == Some("x") { "y" } else { "x" };
        key.replace_range(at..=at, other);
        key
    };
    Some(if says(&["unknown"]) {
        UNKNOWN.to_owned()
    } else if says(&["first", "start"]) {
        changed(begin)
    } else if says(&["last", "prefix", "all but", "nearly", "end"]) {
        changed(SECRET.len() - 1)
    } else if says(&["middle", "half"]) {
        changed((begin + SECRET.len()) / 2)
    } else if says(&["short", "length"]) {
        SECRET[..begin + 4].to_owned()
    } else if says(&["malformed", "garbage", "no key", "not a key"]) {
        "nothing".to_owned()
    } else if says(&["wrong", "random", "known"]) {
        WRONG.to_owned()
    } else {
        return None;
    })
}

async fn attempt(gateway: &Gateway, key: &str, number: usize) -> Result<(u16, f64), Unrun> {
    let number = u32::try_from(number).unwrap_or_default() / 9;
    let from = std::net::Ipv4Addr::from(u32::from(std::net::Ipv4Addr::new(10, 96, 0, 1)) + number);
    let socket = tokio::net::TcpSocket::new_v4()?;
    socket.bind(std::net::SocketAddr::from((from, 0)))?;
    let mut stream = BufReader::new(socket.connect(gateway.address).await?);
    let request = Request::calling(gateway).with_key(key).to_bytes("close");
    let begun = Instant::now();
    stream.get_mut().write_all(&request).await?;
    let answer = tokio::time::timeout(Duration::from_secs(5), read_answer(&mut stream)).await??;
    Ok((answer.status, begun.elapsed().as_secs_f64() * 1e6))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(words: &str, one: &str, other: &str) {
        let [left, right] = keys(words).unwrap();
        assert!(left.ends_with(one) && right.ends_with(other), "{words}: {left} {right}");
    }

    #[test]
    fn words_for_wrong_keys_are_understood() {
        check("100000 calls each: unknown key id / known id with wrong secret", &UNKNOWN[4..], WRONG);
        check(
            "100000 calls each: right prefix of the secret / wrong first character",
            "AaKdx",
            "_xwqT4m2ZbE7xUuVQe0r3sYcPfHnAaKdL",
        );
        check("wrong first byte vs wrong last byte", "AaKdL", "AaKdx");
        assert!(keys("it sings / it hums").is_none());
    }
}
