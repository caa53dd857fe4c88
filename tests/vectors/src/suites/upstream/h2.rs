//! A server that speaks HTTP/2 frame by frame, and not as it should: the vectors' words, and what they mean.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::super::frames::{
    ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, Frame, GOAWAY, HEADERS, PADDED, PING, PUSH_PROMISE,
    RST_STREAM, SETTINGS, WINDOW_UPDATE, frame, literal, read_frame,
};
use super::super::script::Runs;
use crate::verdict::Unrun;
use crate::world::{Authority, Quality, tls};

/// `:status: 200` in HPACK's static table.
const STATUS_200: &[u8] = &[0x88];
/// The names of error codes, by their number (RFC 9113, section 7).
const CODES: [&str; 14] = [
    "NO_ERROR",
    "PROTOCOL_ERROR",
    "INTERNAL_ERROR",
    "FLOW_CONTROL_ERROR",
    "SETTINGS_TIMEOUT",
    "STREAM_CLOSED",
    "FRAME_SIZE_ERROR",
    "REFUSED_STREAM",
    "CANCEL",
    "COMPRESSION_ERROR",
    "CONNECT_ERROR",
    "ENHANCE_YOUR_CALM",
    "INADEQUATE_SECURITY",
    "HTTP_1_1_REQUIRED",
];
/// The names of settings, by their number less one (section 6.5.2).
const NAMES: [&str; 6] = [
    "HEADER_TABLE_SIZE",
    "ENABLE_PUSH",
    "MAX_CONCURRENT_STREAMS",
    "INITIAL_WINDOW_SIZE",
    "MAX_FRAME_SIZE",
    "MAX_HEADER_LIST_SIZE",
];
/// How long a server that has said everything keeps a connection open.
const HANG: Duration = Duration::from_secs(40);

/// What a server does.
#[derive(Clone)]
pub(in crate::suites) struct Server {
    config: Arc<ServerConfig>,
    /// The settings that a connection begins with.
    settings: Vec<u8>,
    says: Says,
    then: Then,
}

/// Frames for a stream.
type Frames = fn(u32) -> Vec<u8>;

/// What is said to a request.
#[derive(Clone)]
enum Says {
    /// The same to every one.
    Always(Frames),
    /// Frames with an error's number.
    Coded(fn(u32, u32) -> Vec<u8>, u32),
    /// That to the first request, and to others an answer.
    Once(fn(u32, u32) -> Vec<u8>, u32),
}

/// What comes after that.
#[derive(Clone, Copy)]
enum Then {
    /// The next request.
    Serve,
    Close,
    /// This frame, for ever.
    Forever(Frames),
}

impl Server {
    /// Reads what a vector says of its server.
    pub(super) fn parse(words: &str, authority: &Arc<Authority>) -> Result<Self, Unrun> {
        let conduct = if let Some(rest) = words.strip_prefix("GOAWAY(") {
            going_away(rest)
        } else if let Some(rest) = words.strip_prefix("RST_STREAM(") {
            resetting(rest)
        } else if let Some(rest) = words.strip_prefix("SETTINGS ").filter(|rest| rest.contains('=')) {
            setting(rest)
        } else {
            table(words).map(|(says, then)| (says, then, Vec::new()))
        };
        let (says, then, settings) = conduct.ok_or_else(|| Unrun::words("h2", words))?;
        let config = tls::configured(authority, Quality::Good, &[b"h2"]);
        Ok(Self { config, settings, says, then })
    }

    /// Serves one connection.
    pub(in crate::suites) async fn attend(self, stream: TcpStream, runs: &Runs) -> io::Result<()> {
        let mut stream = TlsAcceptor::from(Arc::clone(&self.config)).accept(stream).await?;
        stream.write_all(&frame(SETTINGS, 0, 0, &self.settings)).await?;
        stream.flush().await?;
        stream.read_exact(&mut [0; 24]).await?;
        while let Some(Frame { kind, flags, stream: id, .. }) = read_frame(&mut stream).await? {
            let is_request = matches!(kind, HEADERS | DATA) && flags & END_STREAM != 0;
            if kind == SETTINGS && flags & ACK == 0 {
                stream.write_all(&frame(SETTINGS, ACK, 0, &[])).await?;
            } else if is_request {
                let before = runs.requests.fetch_add(1, Ordering::SeqCst);
                self.answer(&mut stream, id, before, runs).await?;
            }
            stream.flush().await?;
        }
        Ok(())
    }

    async fn answer(
        &self,
        stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
        id: u32,
        before: usize,
        runs: &Runs,
    ) -> io::Result<()> {
        let said = match self.says {
            Says::Always(say) => say(id),
            Says::Coded(say, code) => say(id, code),
            Says::Once(say, code) if before == 0 => say(id, code),
            Says::Once(..) => answer(id),
        };
        stream.write_all(&said).await?;
        stream.flush().await?;
        runs.written.fetch_add(said.len(), Ordering::SeqCst);
        match self.then {
            Then::Serve => Ok(()),
            Then::Close if before > 0 && matches!(self.says, Says::Once(..)) => Ok(()),
            Then::Close => stream.shutdown().await,
            Then::Forever(frame) => {
                let many = frame(id).repeat(512);
                let flood = async {
                    loop {
                        stream.write_all(&many).await?;
                        stream.flush().await?;
                        runs.written.fetch_add(many.len(), Ordering::SeqCst);
                    }
                };
                tokio::time::timeout(HANG, flood).await.unwrap_or(Ok(()))
            }
        }
    }
}

/// What is said, what comes after it, and the settings before it.
type Conduct = (Says, Then, Vec<u8>);

/// `NO_ERROR, last=0) before any answer`, `ENHANCE_YOUR_CALM, last=1) then close`.
fn going_away(rest: &str) -> Option<Conduct> {
    let (said, rest) = rest.split_once(')')?;
    let (code, last) = said.split_once(", last=")?;
    let code = code_of(code)?;
    let answers = rest.contains("answer") && !rest.contains("before");
    let says = match last {
        "0" => Says::Once(not_begun, code),
        _ if answers => Says::Coded(going_and_answered, code),
        _ => Says::Coded(going, code),
    };
    Some((says, if rest.contains("close") { Then::Close } else { Then::Serve }, Vec::new()))
}

/// `REFUSED_STREAM)`, `CANCEL) mid-body`.
fn resetting(rest: &str) -> Option<Conduct> {
    let (name, rest) = rest.split_once(')')?;
    let code = code_of(name)?;
    let says = match (name, rest.trim()) {
        ("REFUSED_STREAM", "") => Says::Once(reset, code),
        (_, "") => Says::Coded(reset, code),
        (_, "mid-body") => Says::Coded(reset_in_the_body, code),
        (_, "after headers" | "after HEADERS") => Says::Coded(reset_after_the_head, code),
        (_, rest) if rest.starts_with("after") => Says::Coded(reset_after_the_end, code),
        _ => return None,
    };
    Some((says, Then::Serve, Vec::new()))
}

/// `MAX_CONCURRENT_STREAMS=0`.
fn setting(rest: &str) -> Option<Conduct> {
    let (name, value) = rest.split_once('=')?;
    let number = u16::try_from(NAMES.iter().position(|known| *known == name)? + 1).ok()?;
    let value: u32 = value.parse().ok()?;
    // A request that was on its way before the setting is not answered either.
    let silent = (name, value) == ("MAX_CONCURRENT_STREAMS", 0);
    let say: fn(u32) -> Vec<u8> = if silent { |_| Vec::new() } else { answer };
    Some((Says::Always(say), Then::Serve, [&number.to_be_bytes()[..], &value.to_be_bytes()].concat()))
}

/// The behaviours that have no parameters.
fn table(words: &str) -> Option<(Says, Then)> {
    if let Some((begin, again)) = words.strip_suffix(" for ever").and_then(flood) {
        return Some((Says::Always(begin), Then::Forever(again)));
    }
    Some((Says::Always(misplaced(words).or_else(|| malformed(words))?), Then::Serve))
}

/// Floods: how they begin, and what comes again and again.
fn flood(kind: &str) -> Option<(Frames, Frames)> {
    let nothing: Frames = |_| Vec::new();
    let open_head: Frames = |stream| frame(HEADERS, 0, stream, STATUS_200);
    Some(match kind.trim_end_matches(" frames") {
        "PING" => (nothing, |_| frame(PING, 0, 0, &[0; 8])),
        "SETTINGS" | "empty SETTINGS" => (nothing, |_| frame(SETTINGS, 0, 0, &[])),
        "WINDOW_UPDATE" => (nothing, |_| frame(WINDOW_UPDATE, 0, 0, &1_u32.to_be_bytes())),
        "empty DATA" => (head, |stream| frame(DATA, 0, stream, &[])),
        "DATA" => (head, |stream| frame(DATA, 0, stream, &[b'x'; 16 << 10])),
        "CONTINUATION" => (open_head, |stream| frame(CONTINUATION, 0, stream, &literal(b"x", &[b'y'; 64]))),
        "empty CONTINUATION" => (open_head, |stream| frame(CONTINUATION, 0, stream, &[])),
        _ => return None,
    })
}

/// Frames that have no business where they are, or say too much.
fn misplaced(words: &str) -> Option<Frames> {
    match words {
        "PUSH_PROMISE" => serve(|stream| {
            // Promises stream 2: `GET` of `/`.
            let promise = [&2_u32.to_be_bytes()[..], &[0x82, 0x87, 0x84]].concat();
            [frame(PUSH_PROMISE, END_HEADERS, stream, &promise), answer(stream)].concat()
        }),
        "HEADERS larger than the list limit" => serve(|stream| {
            let mut frames = frame(HEADERS, 0, stream, STATUS_200);
            for number in 0..10_u8 {
                let header = literal(&[b'x', b'a' + number], &[b'y'; 8 << 10]);
                frames.extend(frame(CONTINUATION, 0, stream, &header));
            }
            frames.extend(frame(CONTINUATION, END_HEADERS, stream, &[]));
            [frames, frame(DATA, END_STREAM, stream, b"{}")].concat()
        }),
        "WINDOW_UPDATE overflow" => serve(|stream| {
            // Of the connection: that of a stream whose request is sent matters to nobody.
            let most = frame(WINDOW_UPDATE, 0, 0, &0x7fff_ffff_u32.to_be_bytes());
            [most.repeat(2), answer(stream)].concat()
        }),
        "WINDOW_UPDATE of 0" | "WINDOW_UPDATE 0" => {
            serve(|stream| [frame(WINDOW_UPDATE, 0, stream, &[0; 4]), answer(stream)].concat())
        }
        "DATA before HEADERS" => serve(|stream| [frame(DATA, 0, stream, b"{}"), answer(stream)].concat()),
        "HPACK table reference out of range" => {
            serve(|stream| frame(HEADERS, END_HEADERS | END_STREAM, stream, &[0x88, 0xff, 0xff, 0xff, 0x07]))
        }
        "HPACK bomb: 4 KB block to 4 MB list" => serve(|stream| {
            // One entry that fills the table, and a byte for each time that it is named.
            let entry = [&[0x40, 1, b'x', 0x7f, 0xa1, 0x1e][..], &[b'y'; 4000]].concat();
            let block = [STATUS_200, &entry, &[0xbe; 1024]].concat();
            [frame(HEADERS, END_HEADERS, stream, &block), frame(DATA, END_STREAM, stream, b"{}")].concat()
        }),
        _ => None,
    }
}

/// Frames and heads that break the rules of their own form.
fn malformed(words: &str) -> Option<Frames> {
    match words {
        "padding longer than the frame" => {
            serve(|stream| frame(HEADERS, END_HEADERS | END_STREAM | PADDED, stream, &[200, 0x88]))
        }
        "frame of 16 MB" => serve(|stream| {
            let whole = frame(DATA, END_STREAM, stream, &vec![b'x'; (16 << 20) - 1]);
            [head(stream), whole].concat()
        }),
        "trailers then more DATA" => serve(|stream| {
            let trailers = frame(HEADERS, END_HEADERS, stream, &literal(b"x-t", b"1"));
            let (body, more) = (frame(DATA, 0, stream, b"{"), frame(DATA, END_STREAM, stream, b"}"));
            [head(stream), body, trailers, more].concat()
        }),
        "connection: close header in h2" => serve(|stream| with_header(stream, b"connection", b"close")),
        "uppercase header name" | "uppercase header name in h2" => {
            serve(|stream| with_header(stream, b"X-Upper", b"1"))
        }
        "no :status" | "missing :status" | "HEADERS without :status" => {
            serve(|stream| frame(HEADERS, END_HEADERS | END_STREAM, stream, &literal(b"x-a", b"1")))
        }
        "DATA on a closed stream" | "DATA after END_STREAM" => {
            serve(|stream| [answer(stream), frame(DATA, 0, stream, b"{}")].concat())
        }
        "HEADERS on stream 0" => serve(|_| frame(HEADERS, END_HEADERS, 0, STATUS_200)),
        _ => None,
    }
}

fn serve(frames: Frames) -> Option<Frames> {
    Some(frames)
}

/// HEADERS of an answer that is a success.
fn head(stream: u32) -> Vec<u8> {
    frame(HEADERS, END_HEADERS, stream, STATUS_200)
}

fn answer(stream: u32) -> Vec<u8> {
    [head(stream), frame(DATA, END_STREAM, stream, b"{}")].concat()
}

fn with_header(stream: u32, name: &[u8], value: &[u8]) -> Vec<u8> {
    let block = [STATUS_200, &literal(name, value)].concat();
    [frame(HEADERS, END_HEADERS, stream, &block), frame(DATA, END_STREAM, stream, b"{}")].concat()
}

fn go_away(last: u32, code: u32) -> Vec<u8> {
    frame(GOAWAY, 0, 0, &[last.to_be_bytes(), code.to_be_bytes()].concat())
}

fn not_begun(_: u32, code: u32) -> Vec<u8> {
    go_away(0, code)
}

fn going(stream: u32, code: u32) -> Vec<u8> {
    go_away(stream, code)
}

fn going_and_answered(stream: u32, code: u32) -> Vec<u8> {
    [go_away(stream, code), answer(stream)].concat()
}

fn reset(stream: u32, code: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, &code.to_be_bytes())
}

fn reset_after_the_head(stream: u32, code: u32) -> Vec<u8> {
    [head(stream), reset(stream, code)].concat()
}

fn reset_in_the_body(stream: u32, code: u32) -> Vec<u8> {
    [head(stream), frame(DATA, 0, stream, b"{"), reset(stream, code)].concat()
}

fn reset_after_the_end(stream: u32, code: u32) -> Vec<u8> {
    [answer(stream), reset(stream, code)].concat()
}

fn code_of(name: &str) -> Option<u32> {
    CODES.iter().position(|known| *known == name)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_meaning_is_not_understood() {
        let authority = Arc::new(Authority::new("an authority").unwrap());
        for words in ["sing", "GOAWAY(HUM, last=0)", "RST_STREAM(CANCEL) sideways", "SETTINGS MOOD=1"] {
            assert!(matches!(Server::parse(words, &authority), Err(Unrun::NotUnderstood(_))), "{words}");
        }
        assert!(Server::parse("GOAWAY(NO_ERROR, last=0) before any answer", &authority).is_ok());
    }
}
