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

/// The frame of priorities, which nobody minds any more, and one of no kind that is known.
const PRIORITY: u8 = 2;
const UNKNOWN: u8 = 0xbb;
/// The last stream that there may be.
const MOST_STREAM: u32 = 0x7fff_ffff;
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
    /// The settings that a connection begins with, if it does.
    settings: Option<Vec<u8>>,
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
            table(words)
                .map(|(says, then)| (says, then, Vec::new()))
                .or_else(|| by_key_words(&words.to_ascii_lowercase()))
        };
        let (says, then, settings) = conduct.ok_or_else(|| Unrun::words("h2", words))?;
        let config = tls::configured(authority, Quality::Good, &[b"h2"]);
        let begins = !["no settings", "without settings", "after the preface", "http/1.1"]
            .iter()
            .any(|word| words.to_ascii_lowercase().contains(word));
        Ok(Self { config, settings: begins.then_some(settings), says, then })
    }

    /// Serves one connection.
    pub(in crate::suites) async fn attend(self, stream: TcpStream, runs: &Runs) -> io::Result<()> {
        let mut stream = TlsAcceptor::from(Arc::clone(&self.config)).accept(stream).await?;
        if let Some(settings) = &self.settings {
            stream.write_all(&frame(SETTINGS, 0, 0, settings)).await?;
        }
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
        (_, "" | "twice" | "for ever" | "again" | "always" | "to every request") => Says::Coded(reset, code),
        (_, "mid-body" | "inside the body" | "in the body") => Says::Coded(reset_in_the_body, code),
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
    let silent = value == 0 && ["MAX_CONCURRENT_STREAMS", "INITIAL_WINDOW_SIZE"].contains(&name);
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

/// What has no form of its own is told by its key words, in small letters.
fn by_key_words(words: &str) -> Option<Conduct> {
    let says = |any: &[&str]| any.iter().any(|word| words.contains(word));
    let nothing: Frames = |_| Vec::new();
    if says(&["for ever", "forever", "flood", "endless"]) {
        let (begin, again): (Frames, Frames) = if says(&["rst_stream", "reset"]) {
            (nothing, |stream| reset(stream, 8))
        } else if says(&["priority"]) {
            (nothing, |stream| frame(PRIORITY, 0, stream, &[0, 0, 0, 0, 1]))
        } else if says(&["1xx", "interim", "100", "103"]) {
            (nothing, |stream| frame(HEADERS, END_HEADERS, stream, &literal(b":status", b"103")))
        } else if says(&["goaway"]) {
            (nothing, |_| go_away(MOST_STREAM, 0))
        } else if says(&["push"]) {
            (nothing, |stream| frame(PUSH_PROMISE, END_HEADERS, stream, &[0, 0, 0, 2, 0x82, 0x87, 0x84]))
        } else if says(&["unknown", "extension", "altsvc", "origin"]) {
            (nothing, |stream| frame(UNKNOWN, 0, stream, b"unknown"))
        } else if says(&["ping", "settings", "window", "continuation", "data"]) {
            let kind = words.to_ascii_uppercase();
            let kind = [
                "EMPTY DATA",
                "EMPTY CONTINUATION",
                "PING",
                "SETTINGS",
                "WINDOW_UPDATE",
                "CONTINUATION",
                "DATA",
            ]
            .iter()
            .find(|known| kind.contains(**known))?;
            flood(&kind.replace("EMPTY", "empty"))?
        } else {
            return None;
        };
        return Some((Says::Always(begin), Then::Forever(again), Vec::new()));
    }
    if says(&["window stays 0", "window of 0", "window 0", "never sends window_update"]) {
        return setting("INITIAL_WINDOW_SIZE=0");
    }
    let closes = says(&["close", "fin ", "eof"]) && !says(&["closed", "connection:"]);
    if closes {
        let begun: Frames = if says(&["of a frame", "inside a frame", "truncated frame", "mid-frame"]) {
            |stream| [head(stream), frame(DATA, END_STREAM, stream, b"{}")[..10].to_vec()].concat()
        } else if says(&["body", "headers", "after data"]) {
            |stream| [head(stream), frame(DATA, 0, stream, b"{")].concat()
        } else {
            nothing
        };
        return Some((Says::Always(begun), Then::Close, Vec::new()));
    }
    if says(&[":status"]) && !says(&["two", "twice", "duplicate", "trailer"]) {
        let status =
            words.split(|character: char| !character.is_ascii_digit()).find(|digits| !digits.is_empty());
        if let Some(status) = status.and_then(|digits| digits.parse().ok()) {
            return Some((Says::Coded(of_status, status), Then::Serve, Vec::new()));
        }
    }
    let say = in_a_head(words).or_else(|| in_frames(words))?;
    Some((Says::Always(say), Then::Serve, Vec::new()))
}

/// Heads that are none of HTTP/2's.
fn in_a_head(words: &str) -> Option<Frames> {
    let says = |any: &[&str]| any.iter().any(|word| words.contains(word));
    Some(if says(&["content-length"]) && says(&["small", "less", "short", "more data"]) {
        |stream| with_header(stream, b"content-length", b"1")
    } else if says(&["content-length"]) {
        |stream| with_header(stream, b"content-length", b"10")
    } else if says(&["trailer"]) {
        |stream| {
            let trailers = frame(HEADERS, END_HEADERS | END_STREAM, stream, STATUS_200);
            [head(stream), frame(DATA, 0, stream, b"{}"), trailers].concat()
        }
    } else if says(&[":status"]) {
        |stream| with_block(stream, STATUS_200)
    } else if says(&["pseudo"]) && says(&["after", "order"]) {
        |stream| {
            frame(HEADERS, END_HEADERS | END_STREAM, stream, &[&literal(b"x-a", b"1"), STATUS_200].concat())
        }
    } else if says(&["pseudo"]) {
        |stream| with_header(stream, b":unknown", b"1")
    } else if says(&["transfer-encoding"]) {
        |stream| with_header(stream, b"transfer-encoding", b"chunked")
    } else if says(&["connection", "keep-alive", "upgrade", "proxy-connection"]) {
        |stream| with_header(stream, b"keep-alive", b"timeout=5")
    } else if says(&["upper"]) {
        |stream| with_header(stream, b"X-Upper", b"1")
    } else if says(&["name"]) && says(&["cr", "lf", "nul", "control", "space", "invalid", "empty"]) {
        |stream| with_header(stream, b"x\r\ny", b"1")
    } else if says(&["value"]) && says(&["cr", "lf", "nul", "control"]) {
        |stream| with_header(stream, b"x-a", b"a\0b\r\nc")
    } else if says(&["hpack"]) && says(&["overflow", "integer"]) {
        |stream| frame(HEADERS, END_HEADERS | END_STREAM, stream, &[&[0x88][..], &[0xff; 16]].concat())
    } else if says(&["hpack"]) && says(&["huffman"]) {
        |stream| with_block(stream, &[0, 0x81, 0xff, 0x84, 0xff, 0xff, 0xff, 0xff])
    } else if says(&["hpack"]) && says(&["size", "update"]) {
        |stream| frame(HEADERS, END_HEADERS | END_STREAM, stream, &[0x3f, 0xe1, 0xff, 0xff, 0x07, 0x88])
    } else if says(&["hpack"]) {
        |stream| frame(HEADERS, END_HEADERS | END_STREAM, stream, &[0x88, 0xff, 0xff, 0xff, 0x07])
    } else {
        return None;
    })
}

/// Frames that are out of place, of a wrong length, or of no kind.
fn in_frames(words: &str) -> Option<Frames> {
    let says = |any: &[&str]| any.iter().any(|word| words.contains(word));
    Some(if says(&["http/1.1"]) {
        |_| b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".to_vec()
    } else if says(&["silen", "no answer", "never answers", "hang", "stall"]) {
        if says(&["body", "after headers"]) { head } else { |_| Vec::new() }
    } else if says(&["without ack", "no ack", "never acks", "no settings", "without settings"]) {
        answer
    } else if says(&["end_headers"]) {
        |stream| [frame(HEADERS, 0, stream, STATUS_200), frame(DATA, END_STREAM, stream, b"{}")].concat()
    } else if says(&["flow control", "beyond the window", "window exceeded", "more than the window"]) {
        |stream| [head(stream), frame(DATA, 0, stream, &[b'x'; 16 << 10]).repeat(2048)].concat()
    } else if says(&["continuation"]) {
        |stream| frame(CONTINUATION, END_HEADERS, stream, STATUS_200)
    } else if says(&["even stream", "stream 2", "idle stream", "unopened", "unknown stream", "never opened"])
    {
        |_| answer(2)
    } else if says(&["stream 0", "stream id 0"]) && says(&["rst"]) {
        |_| reset(0, 8)
    } else if says(&["stream 0", "stream id 0"]) && says(&["data"]) {
        |_| frame(DATA, END_STREAM, 0, b"{}")
    } else if says(&["stream 0", "stream id 0"]) {
        |_| frame(HEADERS, END_HEADERS, 0, STATUS_200)
    } else if says(&["on stream", "on a stream", "with a stream"]) && says(&["goaway"]) {
        |stream| frame(GOAWAY, 0, stream, &[0; 8])
    } else if says(&["on stream", "on a stream", "with a stream"]) && says(&["settings"]) {
        |stream| frame(SETTINGS, 0, stream, &[])
    } else if says(&["on stream", "on a stream", "with a stream"]) && says(&["ping"]) {
        |stream| frame(PING, 0, stream, &[0; 8])
    } else if says(&["length", " bytes", "wrong size", "bytes "]) && says(&["settings"]) {
        |_| frame(SETTINGS, 0, 0, &[0; 5])
    } else if says(&["length", " bytes", "wrong size"]) && says(&["ping"]) {
        |_| frame(PING, 0, 0, &[0; 7])
    } else if says(&["length", " bytes", "wrong size"]) && says(&["window"]) {
        |_| frame(WINDOW_UPDATE, 0, 0, &[0; 3])
    } else if says(&["length", " bytes", "wrong size"]) && says(&["rst"]) {
        |stream| frame(RST_STREAM, 0, stream, &[0; 3])
    } else if says(&["larger", "kib", "frame size", "max_frame_size", "oversize"]) {
        |stream| {
            let block = [STATUS_200, &literal(b"x-a", &vec![b'y'; 64 << 10])].concat();
            [frame(HEADERS, END_HEADERS, stream, &block), frame(DATA, END_STREAM, stream, b"{}")].concat()
        }
    } else if says(&["unknown", "extension", "altsvc", "origin"]) {
        |stream| [frame(UNKNOWN, 0, stream, b"unknown"), answer(stream)].concat()
    } else if says(&["priority"]) {
        |stream| [frame(PRIORITY, 0, stream, &[0, 0, 0, 0, 1]), answer(stream)].concat()
    } else {
        return None;
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

/// An answer whose head has this status.
fn of_status(stream: u32, status: u32) -> Vec<u8> {
    let block = literal(b":status", status.to_string().as_bytes());
    [frame(HEADERS, END_HEADERS, stream, &block), frame(DATA, END_STREAM, stream, b"{}")].concat()
}

/// An answer whose head goes on with this.
fn with_block(stream: u32, more: &[u8]) -> Vec<u8> {
    let block = [STATUS_200, more].concat();
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
        for words in [
            "GOAWAY(NO_ERROR, last=0) before any answer",
            "RST_STREAM(REFUSED_STREAM) twice",
            "no SETTINGS",
            "content-length mismatch",
            "flow control violation",
            "two :status",
            ":status 101",
            "close in the middle of a frame",
            "silence after the preface",
            "unknown frames for ever",
            "unknown frame type",
            "HEADERS without END_HEADERS then DATA",
            "PING of 7 bytes",
            "GOAWAY on stream 1",
            "window stays 0",
        ] {
            assert!(Server::parse(words, &authority).is_ok(), "{words}");
        }
    }
}
