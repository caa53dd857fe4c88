//! A name server over UDP, written by hand, so that it can say what a library would not.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::net::UdpSocket;

const A: u16 = 1;
const CNAME: u16 = 5;
const AAAA: u16 = 28;

/// What a question is answered with.
#[derive(Clone, Debug)]
pub(super) enum Say {
    /// These addresses, of the family that was asked for.
    Addresses(Vec<IpAddr>),
    /// A chain of aliases, which ends at an address.
    Aliases(Vec<String>, IpAddr),
    /// An error: 2 is SERVFAIL, 3 NXDOMAIN.
    Code(u8),
    /// Bytes that are no answer.
    Garbage,
    /// An answer to another question, which must not be believed.
    WrongId(IpAddr),
    Nothing,
}

/// Answers names on a port of its own, and remembers the questions.
pub(super) struct NameServer {
    pub(super) address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl NameServer {
    /// Starts a server that is asked with a name in lower case, and how many names were asked for before.
    pub(super) async fn knows(say: impl Fn(&str, usize) -> Say + Send + 'static) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let server = Self { address, asked: Arc::clone(&asked) };
        tokio::spawn(async move {
            let mut packet = [0; 1500];
            while let Ok((length, from)) = socket.recv_from(&mut packet).await {
                let question = &packet[..length];
                let (name, kind) = read_question(question);
                // Both families of one name are one question.
                let before =
                    asked.lock().unwrap().iter().filter(|other| kind == A || **other != name).count();
                if kind == A {
                    asked.lock().unwrap().push(name.clone());
                }
                if let Some(answer) = write_answer(question, kind, &say(&name, before)) {
                    socket.send_to(&answer, from).await.unwrap();
                }
            }
        });
        server
    }

    /// Returns the names that IPv4 addresses were asked for.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

pub(super) fn addresses(list: &[&str]) -> Say {
    Say::Addresses(list.iter().map(|address| address.parse().unwrap()).collect())
}

fn read_question(packet: &[u8]) -> (String, u16) {
    let (labels, rest) = read_name(&packet[12..]);
    (labels.join(".").to_ascii_lowercase(), u16::from_be_bytes([rest[0], rest[1]]))
}

fn read_name(mut rest: &[u8]) -> (Vec<String>, &[u8]) {
    let mut labels = Vec::new();
    loop {
        let length = usize::from(rest[0]);
        let (label, next) = rest[1..].split_at(length);
        if length == 0 {
            return (labels, next);
        }
        labels.push(String::from_utf8_lossy(label).into_owned());
        rest = next;
    }
}

fn write_name(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in name.split('.') {
        bytes.push(u8::try_from(label.len()).unwrap());
        bytes.extend_from_slice(label.as_bytes());
    }
    bytes.push(0);
    bytes
}

fn write_answer(question: &[u8], kind: u16, say: &Say) -> Option<Vec<u8>> {
    let (labels, rest) = read_name(&question[12..]);
    let name = labels.join(".");
    let asked = &question[12..question.len() - rest.len() + 4];
    let mut id = [question[0], question[1]];
    let (records, code) = match say {
        Say::Nothing => return None,
        Say::Garbage => return Some([&question[..2], &[0xff; 9]].concat()),
        Say::Code(code) => (Vec::new(), *code),
        Say::Addresses(list) => (list.iter().filter_map(|ip| address(&name, *ip, kind)).collect(), 0),
        Say::WrongId(ip) => {
            id[0] ^= 0xff;
            (address(&name, *ip, kind).into_iter().collect(), 0)
        }
        Say::Aliases(chain, ip) => (aliases(&name, chain, *ip, kind), 0),
    };
    let count = u16::try_from(records.len()).unwrap().to_be_bytes();
    let header = [&id[..], &[0x81, 0x80 | code, 0, 1], &count, &[0; 4]].concat();
    Some([header, asked.to_vec(), records.concat()].concat())
}

fn aliases(name: &str, chain: &[String], last: IpAddr, kind: u16) -> Vec<Vec<u8>> {
    let owners = [name.to_owned()].into_iter().chain(chain.iter().cloned());
    let mut records: Vec<_> =
        owners.zip(chain).map(|(owner, alias)| record(&owner, CNAME, &write_name(alias))).collect();
    records.extend(address(chain.last().unwrap(), last, kind));
    records
}

fn address(owner: &str, address: IpAddr, kind: u16) -> Option<Vec<u8>> {
    match (address, kind) {
        (IpAddr::V4(address), A) => Some(record(owner, A, &address.octets())),
        (IpAddr::V6(address), AAAA) => Some(record(owner, AAAA, &address.octets())),
        _ => None,
    }
}

fn record(owner: &str, kind: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap().to_be_bytes();
    // Class IN, and a minute to live: whoever remembers answers is found out.
    [&write_name(owner)[..], &kind.to_be_bytes(), &[0, 1, 0, 0, 0, 60], &length, data].concat()
}
