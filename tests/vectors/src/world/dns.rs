//! The stub resolver: RFC 1035 as far as the vectors need it, over UDP and TCP on 127.0.0.1:53.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};

use super::journal::{Journal, Query};
use super::zone::{Manner, Record, Zone};

const ADDRESS: (&str, u16) = ("127.0.0.1", 53);
const A: u16 = 1;
const CNAME: u16 = 5;
const AAAA: u16 = 28;
const HTTPS: u16 = 65;
/// The flag of an answer that did not fit.
const TRUNCATED: u16 = 0x0200;
/// An answer, with recursion asked for and available.
const ANSWER: u16 = 0x8180;

/// The stub resolver. A copy is another hand on the same one.
#[derive(Clone)]
pub(crate) struct Resolver {
    zone: Arc<Mutex<(Zone, Turns)>>,
    journal: Journal,
}

/// How often each name was asked for, by the kind of record.
type Turns = HashMap<(String, u16), usize>;

/// A question, with the bytes that an answer repeats.
struct Question {
    id: [u8; 2],
    name: String,
    kind: u16,
    asked: Vec<u8>,
}

impl Resolver {
    /// Opens both doors.
    pub(crate) async fn open(journal: Journal) -> io::Result<Self> {
        let resolver = Self { zone: Arc::default(), journal };
        let udp = UdpSocket::bind(ADDRESS).await?;
        tokio::spawn(resolver.clone().serve_udp(udp));
        let socket = tokio::net::TcpSocket::new_v4()?;
        // Beside a canary on the wildcard address of the same port.
        socket.set_reuseport(true)?;
        socket.bind(([127, 0, 0, 1], 53).into())?;
        tokio::spawn(resolver.clone().serve_tcp(socket.listen(64)?));
        Ok(resolver)
    }

    /// Answers from another zone from now on.
    pub(crate) fn set_zone(&self, zone: Zone) {
        *self.zone.lock().unwrap_or_else(PoisonError::into_inner) = (zone, HashMap::new());
    }

    async fn serve_udp(self, socket: UdpSocket) {
        let mut packet = [0; 1500];
        loop {
            let Ok((length, from)) = socket.recv_from(&mut packet).await else { continue };
            if let Some(answer) = self.answer(&packet[..length], false) {
                let _ = socket.send_to(&answer, from).await;
            }
        }
    }

    async fn serve_tcp(self, listener: TcpListener) {
        loop {
            let Ok((stream, _)) = listener.accept().await else { continue };
            tokio::spawn(self.clone().converse(stream));
        }
    }

    async fn converse(self, mut stream: TcpStream) -> io::Result<()> {
        loop {
            let mut packet = vec![0; usize::from(stream.read_u16().await?)];
            stream.read_exact(&mut packet).await?;
            if let Some(answer) = self.answer(&packet, true) {
                stream.write_u16(u16::try_from(answer.len()).unwrap_or(u16::MAX)).await?;
                stream.write_all(&answer).await?;
            }
        }
    }

    fn answer(&self, packet: &[u8], whole: bool) -> Option<Vec<u8>> {
        let question = Question::parse(packet)?;
        self.journal.lock().queries.push(Query { name: question.name.clone() });
        let (manner, turn) = self.manner(&question);
        answer_in(&manner, &question, turn, whole)
    }

    /// Returns the manner for a name and how often it was asked for before, as this kind of record.
    fn manner(&self, question: &Question) -> (Manner, usize) {
        let mut guard = self.zone.lock().unwrap_or_else(PoisonError::into_inner);
        let (zone, turns) = &mut *guard;
        let turn = turns.entry((question.name.to_ascii_lowercase(), question.kind)).or_default();
        *turn += 1;
        (zone.answer(&question.name), *turn - 1)
    }
}

fn answer_in(manner: &Manner, question: &Question, turn: usize, whole: bool) -> Option<Vec<u8>> {
    match manner {
        Manner::Records(records) => Some(question.answered(ANSWER, &question.fitting(records))),
        Manner::Code(code) => Some(question.answered(ANSWER | u16::from(*code), &[])),
        Manner::Silence => None,
        Manner::WrongId => {
            let other = Question {
                id: [!question.id[0], !question.id[1]],
                name: String::new(),
                kind: A,
                asked: question.asked.clone(),
            };
            Some(
                other.answered(
                    ANSWER,
                    &question.fitting(&[Record::Address(IpAddr::from([93, 184, 215, 14]))]),
                ),
            )
        }
        Manner::Garbage => Some([&question.id[..], b"\x81\x80\xff\xff\xff\xff\xc0\xc0"].concat()),
        Manner::Aliases(count) => Some(question.answered(ANSWER, &question.aliases(*count))),
        Manner::Circle => Some(question.answered(ANSWER, &[Record::Alias(question.name.clone())])),
        Manner::Truncated(records) if whole => Some(question.answered(ANSWER, &question.fitting(records))),
        Manner::Truncated(_) => Some(question.answered(ANSWER | TRUNCATED, &[])),
        Manner::Half(_, other) if question.kind == AAAA => answer_in(other, question, turn, whole),
        Manner::Half(records, _) => Some(question.answered(ANSWER, &question.fitting(records))),
        Manner::Turns(manners) => answer_in(manners.get(turn).or(manners.last())?, question, 0, whole),
        Manner::Alternating(manners) => answer_in(&manners[turn % manners.len()], question, 0, whole),
    }
}

impl Question {
    fn parse(packet: &[u8]) -> Option<Self> {
        let mut labels = Vec::new();
        let mut at = 12;
        loop {
            let length = usize::from(*packet.get(at)?);
            if length == 0 {
                break;
            }
            labels.push(String::from_utf8_lossy(packet.get(at + 1..at + 1 + length)?).into_owned());
            at += 1 + length;
        }
        let kind = u16::from_be_bytes([*packet.get(at + 1)?, *packet.get(at + 2)?]);
        let asked = packet.get(12..at + 5)?.to_vec();
        Some(Self { id: [packet[0], packet[1]], name: labels.join("."), kind, asked })
    }

    /// Keeps the records that answer this kind of question: addresses of its family, aliases always.
    fn fitting(&self, records: &[Record]) -> Vec<Record> {
        let fits = |record: &&Record| match record {
            Record::Address(IpAddr::V4(_)) => self.kind == A,
            Record::Address(IpAddr::V6(_)) => self.kind == AAAA,
            Record::Hint(_) => self.kind == HTTPS,
            Record::Alias(_) => true,
        };
        records.iter().filter(fits).cloned().collect()
    }

    fn aliases(&self, count: usize) -> Vec<Record> {
        let mut records: Vec<Record> =
            (1..=count).map(|link| Record::Alias(format!("link{link}.vec.test"))).collect();
        records.extend(self.fitting(&[Record::Address(IpAddr::from([93, 184, 215, 14]))]));
        records
    }

    fn answered(&self, flags: u16, records: &[Record]) -> Vec<u8> {
        let count = u16::try_from(records.len()).unwrap_or(u16::MAX);
        let mut packet = self.id.to_vec();
        for number in [flags, 1, count, 0, 0] {
            packet.extend(number.to_be_bytes());
        }
        packet.extend(&self.asked);
        let mut owner = self.name.clone();
        for record in records {
            write_record(&mut packet, &owner, record);
            if let Record::Alias(target) = record {
                owner.clone_from(target);
            }
        }
        packet
    }
}

fn write_record(packet: &mut Vec<u8>, owner: &str, record: &Record) {
    let (kind, data) = match record {
        Record::Address(IpAddr::V4(address)) => (A, address.octets().to_vec()),
        Record::Address(IpAddr::V6(address)) => (AAAA, address.octets().to_vec()),
        Record::Alias(target) => (CNAME, name(target)),
        // Priority 1, the owner itself, and the parameters port (3) and ipv4hint (4) of RFC 9460.
        Record::Hint(address) => {
            (HTTPS, [&[0, 1, 0, 0, 3, 0, 2, 0x46, 0xa0, 0, 4, 0, 4][..], &address.octets()].concat())
        }
    };
    packet.extend(name(owner));
    packet.extend(kind.to_be_bytes());
    packet.extend([0, 1, 0, 0, 0, 0]);
    packet.extend(u16::try_from(data.len()).unwrap_or(u16::MAX).to_be_bytes());
    packet.extend(data);
}

fn name(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in text.split('.').filter(|label| !label.is_empty()) {
        bytes.push(u8::try_from(label.len()).unwrap_or(63));
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_answered() {
        let packet = [&[7, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0][..], &name("x.vec.test"), &[0, 1, 0, 1]].concat();
        let question = Question::parse(&packet).unwrap();
        assert_eq!((question.name.as_str(), question.kind), ("x.vec.test", A));
        let records = vec![Record::Address(IpAddr::from([10, 0, 0, 7]))];
        let answer = answer_in(&Manner::Records(records), &question, 0, false).unwrap();
        assert!(
            answer.starts_with(&[7, 7, 0x81, 0x80, 0, 1, 0, 1]) && answer.ends_with(&[0, 4, 10, 0, 0, 7])
        );
    }
}
