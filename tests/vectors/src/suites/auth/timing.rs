//! Whether the time of an answer tells what was wrong.

use std::time::{Duration, Instant};

use tokio::io::{AsyncWriteExt, BufReader};

use super::keyring::Scope;
use super::request::Request;
use super::start;
use crate::gateway::Gateway;
use crate::stage::Stage;
use crate::vector::Vector;
use crate::verdict::{Faults, Unrun};
use crate::wire::read_answer;

/// How often each is asked, unless the run is a long one.
const CALLS: usize = 3_000;
/// Above this the two times are told apart.
const MOST: f64 = 4.5;

const UNKNOWN: &str = "lgw_k9_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
const WRONG: &str = "lgw_k1_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

/// Runs a vector: `100000 calls each: unknown key id / known id with wrong secret`.
pub(super) async fn run(stage: &Stage, vector: &Vector) -> Result<Faults, Unrun> {
    let words = vector.member("input")["experiment"].as_str().unwrap_or_default();
    if !words.contains("unknown key id") {
        return Err(Unrun::words("experiment", words));
    }
    let (gateway, _keyring) = start(stage, vector, &Scope::default()).await?;
    let calls = if stage.long { 100_000 } else { CALLS };
    let mut faults = Faults::default();
    let mut times = [Vec::with_capacity(calls), Vec::with_capacity(calls)];
    // In turns, so that whatever else the machine does falls on both; of other addresses, since one has few attempts.
    for number in 0..calls {
        for (key, times) in [UNKNOWN, WRONG].iter().zip(&mut times) {
            let (status, time) = attempt(&gateway, key, number).await?;
            faults.unless(status == 401, || format!("attempt {number} got {status}"));
            times.push(time);
        }
        if !faults.firm.is_empty() {
            return Ok(faults);
        }
    }
    let t = welch(&trimmed(&times[0]), &trimmed(&times[1]));
    faults.unless_in_time(t.abs() < MOST, || format!("Welch's t is {t:.1}"));
    Ok(faults)
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

/// Leaves out the slowest tenth, in which the machine was doing something else.
fn trimmed(times: &[f64]) -> Vec<f64> {
    let mut times = times.to_vec();
    times.sort_unstable_by(f64::total_cmp);
    times.truncate(times.len() * 9 / 10);
    times
}

/// Welch's t of two samples.
fn welch(left: &[f64], right: &[f64]) -> f64 {
    let count = |sample: &[f64]| f64::from(u32::try_from(sample.len()).unwrap_or(u32::MAX));
    let mean = |sample: &[f64]| sample.iter().sum::<f64>() / count(sample);
    let variance = |sample: &[f64]| {
        let mean = mean(sample);
        sample.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (count(sample) - 1.0)
    };
    let error = variance(left) / count(left) + variance(right) / count(right);
    (mean(left) - mean(right)) / error.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_shows() {
        let sample =
            |shift: f64| -> Vec<f64> { (0..1000).map(|number| f64::from(number % 10) + shift).collect() };
        assert!(welch(&sample(0.0), &sample(0.0)).abs() < 0.1);
        assert!(welch(&sample(0.0), &sample(2.0)).abs() > MOST);
    }
}
