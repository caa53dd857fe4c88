//! The scripted server of the upstream vectors: what it does on each connection, step by step.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::ServerConfig;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::upstream::h2;
use crate::payload;
use crate::verdict::Unrun;
use crate::wire::{Kind, Message, read_head, read_message};

/// How long `hang` keeps a connection open.
const HANG: Duration = Duration::from_secs(40);

/// One step of a script.
#[derive(Clone, Debug)]
pub(super) enum Step {
    ReadRequest,
    ReadHead,
    ReadRest,
    Read(usize),
    Send(Vec<u8>),
    /// The same, past the encryption of a connection that has one.
    SendClear(Vec<u8>),
    Drip(Vec<u8>, Duration),
    Forever(Vec<u8>),
    ForeverSlow(Vec<u8>, Duration),
    Sleep(Duration),
    Fin,
    Reset,
    Close,
    Hang,
    /// The same script again on the same connection.
    KeepOpen,
}

/// What is under the script.
#[derive(Clone)]
pub(super) enum Behaviour {
    /// A handshake, and the script inside of it.
    Handshake(Arc<ServerConfig>),
    /// Steps in clear, in place of a handshake.
    Before(Vec<Step>),
    /// A handshake, and HTTP/2 in place of a script.
    Http2(h2::Server),
}

/// A script, as it ran so far.
#[derive(Clone, Default)]
pub(super) struct Script {
    pub(super) steps: Vec<Step>,
    /// The steps on every connection but the first, if those are others.
    pub(super) later: Option<Vec<Step>>,
    pub(super) tls: Option<Behaviour>,
    /// What the steps write, for a search of it in the answer.
    pub(super) runs: Arc<Runs>,
}

/// What a script did so far.
#[derive(Debug, Default)]
pub(super) struct Runs {
    /// Connections on which anything came, and those on which the script read nothing.
    pub(super) requests: AtomicUsize,
    /// How much was written, in bytes.
    pub(super) written: AtomicUsize,
    pub(super) received: Mutex<Vec<Message>>,
}

impl Script {
    /// Reads the steps, less those that say what is under them: TLS.
    pub(super) fn parse(steps: &Value) -> Result<Self, Unrun> {
        let steps = steps.as_array().ok_or_else(|| Unrun::words("script", steps))?;
        let steps = steps.iter().filter(|step| step["op"] != "tls").map(step).collect::<Result<_, _>>()?;
        Ok(Self { steps, ..Self::default() })
    }

    /// Serves on every connection that is accepted.
    pub(super) async fn serve(mut self, listener: TcpListener) {
        loop {
            let Ok((stream, _)) = listener.accept().await else { continue };
            // Who leaves in the middle of a script has had enough of it.
            let script = self.clone();
            tokio::spawn(async move { script.attend(stream).await });
            if let Some(later) = self.later.take() {
                self.steps = later;
            }
        }
    }

    async fn attend(self, stream: TcpStream) -> io::Result<()> {
        let Some(behaviour) = self.tls.clone() else {
            return self.run(stream).await;
        };
        match behaviour {
            Behaviour::Handshake(config) => {
                let stream = TlsAcceptor::from(config).accept(stream).await?;
                self.run(stream).await
            }
            Behaviour::Before(steps) => Self { steps, tls: None, ..self }.run(stream).await,
            Behaviour::Http2(server) => server.attend(stream, &self.runs).await,
        }
    }

    async fn run(&self, stream: impl Peer) -> io::Result<()> {
        let mut stream = BufReader::new(stream);
        let reads =
            self.steps.iter().any(|step| matches!(step, Step::ReadRequest | Step::ReadHead | Step::Read(_)));
        if !reads {
            self.runs.requests.fetch_add(1, Ordering::SeqCst);
        }
        let mut at = 0;
        while let Some(step) = self.steps.get(at) {
            at = if matches!(step, Step::KeepOpen) { 0 } else { at + 1 };
            if !self.take(step, &mut stream).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Takes a step; false ends the connection.
    async fn take(&self, step: &Step, stream: &mut BufReader<impl Peer>) -> io::Result<bool> {
        match step {
            Step::ReadRequest => {
                let Some(message) = read_message(stream, Kind::Request).await? else { return Ok(false) };
                self.note(message);
            }
            Step::ReadHead => {
                let Some(message) = read_head(stream).await? else { return Ok(false) };
                self.note(message);
            }
            Step::Read(length) => {
                stream.read_exact(&mut vec![0; *length]).await?;
                self.runs.requests.fetch_add(1, Ordering::SeqCst);
            }
            // Until nothing has come for a while: the length of the rest is the peer's to know.
            Step::ReadRest => {
                while tokio::time::timeout(Duration::from_millis(200), stream.read(&mut vec![0; 64 << 10]))
                    .await
                    .is_ok_and(|read| read.is_ok_and(|length| length > 0))
                {}
            }
            Step::Send(bytes) => self.write(stream, bytes).await?,
            Step::SendClear(bytes) => {
                stream.get_mut().flush().await?;
                stream.get_mut().in_clear().write_all(bytes).await?;
            }
            Step::Drip(bytes, every) => {
                for byte in bytes {
                    self.write(stream, &[*byte]).await?;
                    tokio::time::sleep(*every).await;
                }
            }
            Step::Forever(bytes) => {
                let many = bytes.repeat((16 << 10) / bytes.len().max(1) + 1);
                loop {
                    self.write(stream, &many).await?;
                }
            }
            Step::ForeverSlow(bytes, every) => loop {
                self.write(stream, bytes).await?;
                tokio::time::sleep(*every).await;
            },
            Step::Sleep(time) => tokio::time::sleep(*time).await,
            Step::Fin => stream.get_mut().shutdown().await?,
            Step::Reset => {
                stream.get_mut().reset()?;
                return Ok(false);
            }
            Step::Close => return Ok(false),
            Step::Hang => {
                tokio::time::sleep(HANG).await;
                return Ok(false);
            }
            Step::KeepOpen => {}
        }
        Ok(true)
    }

    fn note(&self, message: Message) {
        self.runs.requests.fetch_add(1, Ordering::SeqCst);
        self.runs.received.lock().unwrap_or_else(PoisonError::into_inner).push(message);
    }

    async fn write(&self, stream: &mut BufReader<impl Peer>, bytes: &[u8]) -> io::Result<()> {
        stream.get_mut().write_all(bytes).await?;
        stream.get_mut().flush().await?;
        self.runs.written.fetch_add(bytes.len(), Ordering::SeqCst);
        Ok(())
    }

    /// Returns the texts that the script writes, for a search of them in the answer.
    pub(super) fn texts(&self) -> Vec<&[u8]> {
        let text = |step: &'_ Step| matches!(step, Step::Send(_) | Step::Drip(..));
        let bytes = self.steps.iter().filter(|step| text(step)).filter_map(|step| match step {
            Step::Send(bytes) | Step::Drip(bytes, _) => Some(bytes.as_slice()),
            _ => None,
        });
        bytes.collect()
    }
}

/// The gateway's end of a connection, in clear or not.
trait Peer: AsyncRead + AsyncWrite + Unpin + Send {
    /// Lets the connection end in a reset.
    fn reset(&mut self) -> io::Result<()>;

    /// Returns what is under the encryption.
    fn in_clear(&mut self) -> &mut TcpStream;
}

impl Peer for TcpStream {
    fn reset(&mut self) -> io::Result<()> {
        self.set_zero_linger()
    }

    fn in_clear(&mut self) -> &mut TcpStream {
        self
    }
}

impl Peer for tokio_rustls::server::TlsStream<TcpStream> {
    fn reset(&mut self) -> io::Result<()> {
        self.get_mut().0.set_zero_linger()
    }

    fn in_clear(&mut self) -> &mut TcpStream {
        self.get_mut().0
    }
}

fn step(step: &Value) -> Result<Step, Unrun> {
    let unknown = || Unrun::words("script", step);
    let data = || step["data"].as_str().map(latin1).ok_or_else(unknown);
    let every = || step["every_ms"].as_u64().map(Duration::from_millis).ok_or_else(unknown);
    let made = |value: &Value| payload::bytes(value).map_err(Unrun::NotUnderstood);
    Ok(match step["op"].as_str().ok_or_else(unknown)? {
        "read_request" => Step::ReadRequest,
        "read_head" => Step::ReadHead,
        "read_rest" => Step::ReadRest,
        "read" => Step::Read(step["n"].as_u64().and_then(|n| usize::try_from(n).ok()).ok_or_else(unknown)?),
        "send" => Step::Send(data()?),
        "send_gen" => Step::Send(made(&step["gen"])?),
        "send_encoded" => Step::Send(encoded(step)?),
        "drip" => Step::Drip(data()?, every()?),
        "forever" => Step::Forever(data()?),
        "forever_slow" => Step::ForeverSlow(data()?, every()?),
        "sleep" => {
            let time =
                ["ms", "n", "for_ms"].iter().find_map(|name| step[*name].as_u64()).ok_or_else(unknown)?;
            Step::Sleep(Duration::from_millis(time))
        }
        "fin" => Step::Fin,
        "rst" => Step::Reset,
        "close" => Step::Close,
        "hang" => Step::Hang,
        "keep_open" => Step::KeepOpen,
        _ => return Err(unknown()),
    })
}

/// Writes a text as Latin-1; what is beyond it, as UTF-8.
fn latin1(text: &str) -> Vec<u8> {
    let byte = |character| u8::try_from(u32::from(character)).ok();
    text.chars().map(byte).collect::<Option<Vec<u8>>>().unwrap_or_else(|| text.as_bytes().to_vec())
}

/// A head, and a body in one coding or in several, one around the other.
fn encoded(step: &Value) -> Result<Vec<u8>, Unrun> {
    let mut body = payload::bytes(&step["gen"]).map_err(Unrun::NotUnderstood)?;
    for coding in step["encode"].as_str().unwrap_or_default().split(", ") {
        body = coded(coding, &body).ok_or_else(|| Unrun::words("encode", coding))?;
    }
    if let Some(cut) = step["cut"].as_u64().and_then(|cut| usize::try_from(cut).ok()) {
        body.truncate(body.len().saturating_sub(cut));
    }
    let head = latin1(step["headers"].as_str().unwrap_or_default());
    let length = format!("Content-Length: {}\r\n\r\n", body.len());
    Ok([&head[..], length.as_bytes(), &body].concat())
}

fn coded(coding: &str, plain: &[u8]) -> Option<Vec<u8>> {
    use std::io::Write;
    Some(match coding {
        "gzip" => payload::gzip(plain),
        "deflate" => {
            let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(plain).ok()?;
            encoder.finish().ok()?
        }
        "br" => {
            let mut bytes = Vec::new();
            let mut encoder = brotli::CompressorWriter::new(&mut bytes, 4096, 5, 22);
            encoder.write_all(plain).ok()?;
            drop(encoder);
            bytes
        }
        "zstd" => {
            let mut encoder = zstd::Encoder::new(Vec::new(), 1).ok()?;
            // The window that the vectors' bombs ask their reader to keep: 128 MiB.
            encoder.window_log(if plain.len() > 1 << 27 { 27 } else { 20 }).ok()?;
            encoder.write_all(plain).ok()?;
            encoder.finish().ok()?
        }
        "identity" => plain.to_vec(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_coding_is_undone_by_its_own_reader() {
        use std::io::Read;
        let mut plain = String::new();
        flate2::read::GzDecoder::new(&coded("gzip", b"{}").unwrap()[..]).read_to_string(&mut plain).unwrap();
        brotli::Decompressor::new(&coded("br", b"{}").unwrap()[..], 4096).read_to_string(&mut plain).unwrap();
        flate2::read::ZlibDecoder::new(&coded("deflate", b"{}").unwrap()[..])
            .read_to_string(&mut plain)
            .unwrap();
        plain.push_str(
            std::str::from_utf8(&zstd::decode_all(&coded("zstd", b"{}").unwrap()[..]).unwrap()).unwrap(),
        );
        assert_eq!(plain, "{}{}{}{}");
    }

    #[test]
    fn a_step_without_a_meaning_is_not_understood() {
        assert!(matches!(Script::parse(&json!([{ "op": "sing" }])), Err(Unrun::NotUnderstood(_))));
    }

    #[test]
    fn a_text_is_latin_1() {
        assert_eq!(latin1("\u{d6}K"), b"\xd6K");
    }
}
