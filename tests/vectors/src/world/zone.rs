//! What the stub resolver answers: the vectors' words for answers, read into what they mean.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use regex_lite::Regex;
use serde_json::Value;

/// One record of an answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Record {
    Address(IpAddr),
    Alias(String),
    /// An HTTPS record with a hint, which nobody may follow.
    Hint(Ipv4Addr),
}

/// How the resolver answers for a name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Manner {
    Records(Vec<Record>),
    /// An error code: 2 is SERVFAIL, 3 is NXDOMAIN, 5 is REFUSED.
    Code(u8),
    Silence,
    WrongId,
    Garbage,
    /// So many aliases before an address.
    Aliases(usize),
    /// An alias to itself.
    Circle,
    /// Cut short over UDP, whole over TCP.
    Truncated(Vec<Record>),
    /// Another manner from question to question; the last one stays.
    Turns(Vec<Manner>),
    /// One manner and another, for ever.
    Alternating(Vec<Manner>),
    /// These records, but for questions about addresses of version 6 another manner.
    Half(Vec<Record>, Box<Manner>),
}

/// How many aliases the resolver follows by itself.
const ALIASES: usize = 16;

/// The names of one vector, over the names that there always are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Zone {
    names: BTreeMap<String, Manner>,
    /// Addresses that refuse connections, as the answers say in brackets.
    pub(crate) refusing: Vec<SocketAddr>,
}

impl Zone {
    /// Reads a vector's `dns`.
    pub(crate) fn parse(dns: &Value) -> Result<Self, String> {
        let mut zone = Self::default();
        for entry in dns.as_array().into_iter().flatten() {
            let name = entry["name"].as_str().ok_or("dns entry without a name")?;
            let answers = entry["answers"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let manner = zone.manner(&answers.collect::<Vec<_>>())?;
            zone.names.insert(name.to_ascii_lowercase(), manner);
        }
        Ok(zone)
    }

    /// Returns how a name is answered for.
    pub(crate) fn answer(&self, name: &str) -> Manner {
        self.answer_at(name, ALIASES)
    }

    fn answer_at(&self, name: &str, aliases: usize) -> Manner {
        let name = name.to_ascii_lowercase();
        if let Some(manner) = self.names.get(&name) {
            return self.chased(manner, aliases);
        }
        known(&name).map_or(Manner::Code(3), |address| Manner::Records(vec![Record::Address(address)]))
    }

    /// Follows aliases to what the zone says of the names that they lead to.
    fn chased(&self, manner: &Manner, aliases: usize) -> Manner {
        let all = |manners: &[Manner]| manners.iter().map(|manner| self.chased(manner, aliases)).collect();
        match manner {
            Manner::Records(records) => Manner::Records(self.chased_records(records, aliases)),
            Manner::Truncated(records) => Manner::Truncated(self.chased_records(records, aliases)),
            Manner::Turns(manners) => Manner::Turns(all(manners)),
            Manner::Alternating(manners) => Manner::Alternating(all(manners)),
            Manner::Half(records, other) => {
                Manner::Half(self.chased_records(records, aliases), other.clone())
            }
            steady => steady.clone(),
        }
    }

    fn chased_records(&self, records: &[Record], aliases: usize) -> Vec<Record> {
        let mut records = records.to_vec();
        let Some(Record::Alias(target)) = records.last() else { return records };
        let Some(aliases) = aliases.checked_sub(1) else { return records };
        if let Manner::Records(more) = self.answer_at(target, aliases) {
            records.extend(more);
        }
        records
    }

    fn manner(&mut self, answers: &[&str]) -> Result<Manner, String> {
        let turn = Regex::new(r"^(?:query \d+|later|then|first|odd|even)[^:]*: (.*)$")
            .expect("cannot fail because it is a constant");
        let turns: Vec<&str> =
            answers.iter().filter_map(|answer| Some(turn.captures(answer)?.get(1)?.as_str())).collect();
        if turns.is_empty() {
            return self.steady(answers);
        }
        if turns.len() != answers.len() {
            return Err(format!("dns answers {answers:?}"));
        }
        let manners = turns.iter().map(|answer| self.steady(&[answer])).collect::<Result<_, _>>()?;
        let alternating = answers.iter().any(|answer| answer.starts_with("odd"));
        Ok(if alternating { Manner::Alternating(manners) } else { Manner::Turns(manners) })
    }

    fn steady(&mut self, answers: &[&str]) -> Result<Manner, String> {
        // `AAAA SERVFAIL`, `AAAA query gets no answer`, beside records or behind them.
        let half = Regex::new(r"^(?:(.*), )?AAAA (?:(?:query )?(?:is|gets|was))? ?([^\d:][^:]*)$")
            .expect("cannot fail because it is a constant");
        if let Some((last, others)) = answers.split_last()
            && let Some(found) = half.captures(last)
        {
            let manner = in_words(&found[2]).ok_or_else(|| format!("dns answer `{last}`"))?;
            let before = found.get(1).map(|before| before.as_str());
            let records: Result<Vec<_>, _> =
                others.iter().copied().chain(before).map(|answer| self.records(answer)).collect();
            return Ok(Manner::Half(records?.concat(), Box::new(manner)));
        }
        if let [answer] = answers {
            if let Some(manner) = in_words(answer) {
                return Ok(manner);
            }
            if let Some(rest) = answer.strip_prefix("truncated over UDP, ") {
                let rest = rest.trim_end_matches(" over TCP");
                return Ok(Manner::Truncated(self.records(rest)?));
            }
        }
        let records: Result<Vec<_>, _> = answers.iter().map(|answer| self.records(answer)).collect();
        Ok(Manner::Records(records?.concat()))
    }

    /// Reads one record: `A 10.0.0.1`, `CNAME a.example. (A 10.0.0.1)`, `A 93.184.215.15 (refuses port 18081)`.
    fn records(&mut self, text: &str) -> Result<Vec<Record>, String> {
        let (record, aside) =
            text.split_once(" (").map_or((text, ""), |(record, aside)| (record, aside.trim_end_matches(')')));
        let unknown = || format!("dns answer `{text}`");
        let (kind, data) = record.split_once(' ').ok_or_else(unknown)?;
        let data = data.split_whitespace().next().ok_or_else(unknown)?;
        match kind {
            "A" | "AAAA" => {
                let address: IpAddr = data.parse().map_err(|_| unknown())?;
                if let Some(port) = aside.strip_prefix("refuses port ") {
                    self.refusing.push(SocketAddr::new(address, port.parse().map_err(|_| unknown())?));
                }
                Ok(vec![Record::Address(address)])
            }
            "CNAME" => {
                let target = data.trim_end_matches('.').to_owned();
                let there = if aside.is_empty() { Vec::new() } else { self.records(aside)? };
                Ok([vec![Record::Alias(target)], there].concat())
            }
            "HTTPS" | "SVCB" => {
                let hint = Regex::new(r"ipv4hint=([\d.]+)").expect("cannot fail because it is a constant");
                let address =
                    hint.captures(record).and_then(|found| found[1].parse().ok()).ok_or_else(unknown)?;
                Ok(vec![Record::Hint(address)])
            }
            _ => Err(unknown()),
        }
    }
}

/// The table from the words for whole answers to what they mean.
fn in_words(answer: &str) -> Option<Manner> {
    let chain = Regex::new(r"^(\d+)-link CNAME chain").expect("cannot fail because it is a constant");
    if let Some(found) = chain.captures(answer) {
        return Some(Manner::Aliases(found[1].parse().ok()?));
    }
    let many = Regex::new(r"^(\d+) A records(?:, one of them (\S+))?$")
        .expect("cannot fail because it is a constant");
    if let Some(found) = many.captures(answer) {
        let address = |number: u32| Record::Address(Ipv4Addr::from(0x5db8_0000 + number).into());
        let mut records: Vec<Record> = (1..=found[1].parse().ok()?).map(address).collect();
        if let Some(one) = found.get(2) {
            records.pop();
            records.push(Record::Address(one.as_str().parse().ok()?));
        }
        return Some(Manner::Records(records));
    }
    // Later than anybody waits.
    let late = Regex::new(r"after (\d+) s").expect("cannot fail because it is a constant");
    if late.captures(answer).is_some_and(|found| found[1].parse::<u64>().is_ok_and(|seconds| seconds > 5)) {
        return Some(Manner::Silence);
    }
    Some(match answer {
        "NXDOMAIN" => Manner::Code(3),
        "SERVFAIL" => Manner::Code(2),
        "REFUSED" => Manner::Code(5),
        "FORMERR" => Manner::Code(1),
        "NOTIMP" => Manner::Code(4),
        "NODATA"
        | "empty answer"
        | "empty NOERROR answer"
        | "no A, no AAAA"
        | "no records"
        | "empty"
        | "NOERROR without answers"
        | "empty NOERROR" => Manner::Records(Vec::new()),
        "no answer for any query" | "no answer" | "never answered" | "silence" | "timeout" => Manner::Silence,
        "answer with wrong id, then nothing" => Manner::WrongId,
        "malformed packet" | "garbage" => Manner::Garbage,
        "CNAME loop" | "CNAME to itself" => Manner::Circle,
        _ => return None,
    })
}

/// The names that there always are.
fn known(name: &str) -> Option<IpAddr> {
    let address = match name {
        "localhost" => return Some(Ipv4Addr::LOCALHOST.into()),
        "ip6-localhost" => return Some(Ipv6Addr::LOCALHOST.into()),
        "metadata.google.internal" => [169, 254, 169, 254],
        "public.vec.test" => [93, 184, 215, 14],
        "public2.vec.test" => [93, 184, 215, 15],
        name if is_ours(name) => [93, 184, 218, 1],
        // An address each, so that a connection tells which name it was for.
        name if name.ends_with(".vec.test") => [93, 184, 217, tail(name)],
        _ => return None,
    };
    Some(Ipv4Addr::from(address).into())
}

fn tail(name: &str) -> u8 {
    let sum = name.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    u8::try_from(sum % 254).expect("cannot fail because it is below 254") + 1
}

/// Returns whether a name is one of the runner's own servers.
pub(crate) fn is_ours(name: &str) -> bool {
    name.to_ascii_lowercase().trim_end_matches('.').ends_with(".runner.vec.test")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(answers: &Value, expected: &Manner) {
        let zone = Zone::parse(&json!([{ "name": "x.vec.test", "answers": answers }]));
        assert_eq!(&zone.unwrap().answer("X.vec.test"), expected, "{answers}");
    }

    fn address(text: &str) -> Record {
        Record::Address(text.parse().unwrap())
    }

    #[test]
    fn answers_are_read() {
        check(&json!(["A 127.0.0.1"]), &Manner::Records(vec![address("127.0.0.1")]));
        check(&json!(["SERVFAIL"]), &Manner::Code(2));
        check(&json!(["30-link CNAME chain"]), &Manner::Aliases(30));
        let truncated = Manner::Truncated(vec![address("127.0.0.1")]);
        check(&json!(["truncated over UDP, A 127.0.0.1 over TCP"]), &truncated);
        let alias = Record::Alias("metadata.google.internal".to_owned());
        let answer = json!(["CNAME metadata.google.internal. (A 169.254.169.254)"]);
        check(&answer, &Manner::Records(vec![alias, address("169.254.169.254")]));
        let half = json!(["A 93.184.215.14", "AAAA SERVFAIL"]);
        check(&half, &Manner::Half(vec![address("93.184.215.14")], Box::new(Manner::Code(2))));
        let half = json!(["A 93.184.215.14, AAAA query gets no answer"]);
        check(&half, &Manner::Half(vec![address("93.184.215.14")], Box::new(Manner::Silence)));
        let turns = json!(["query 1: A 93.184.215.14", "later: A 127.0.0.1"]);
        let turn = |text| Manner::Records(vec![address(text)]);
        check(&turns, &Manner::Turns(vec![turn("93.184.215.14"), turn("127.0.0.1")]));
    }

    #[test]
    fn aliases_lead_to_names_of_the_same_zone() {
        let dns = json!([
            { "name": "a.vec.test", "answers": ["CNAME b.vec.test."] },
            { "name": "b.vec.test", "answers": ["A 127.0.0.1"] }
        ]);
        let records = vec![Record::Alias("b.vec.test".to_owned()), address("127.0.0.1")];
        assert_eq!(Zone::parse(&dns).unwrap().answer("a.vec.test"), Manner::Records(records));
    }

    #[test]
    fn an_answer_without_a_meaning_is_an_error() {
        let dns = json!([{ "name": "x.vec.test", "answers": ["a postcard"] }]);
        assert!(Zone::parse(&dns).is_err());
    }
}
