//! Clients of HTTP/2 that ask for too much: floods, bombs, more streams than there may be; and such as are served while the
//! gateway ends.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use super::super::frames::{
    ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PING, PREFACE, RST_STREAM, SETTINGS,
    WINDOW_UPDATE, frame, literal, read_frame,
};
use super::Measures;
use crate::gateway::{Gateway, PATH};
use crate::verdict::Unrun;
use crate::wire;

/// How long a flood goes on.
const FLOOD: Duration = Duration::from_secs(3);
/// A flood that cannot be written for so long is throttled.
const THROTTLED: Duration = Duration::from_secs(1);
/// How long answers are waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Does what a vector's words say.
pub(super) async fn load(gateway: &Arc<Gateway>, words: &str, measures: &mut Measures) -> Result<(), Unrun> {
    let lower = words.to_ascii_lowercase();
    if let Some(again) = flood(&lower) {
        measures.set("closed_or_throttled", f64::from(u8::from(is_stopped(gateway, again).await?)));
        return Ok(());
    }
    match &*lower {
        "hpack bomb" => bomb(gateway).await?,
        words if words.ends_with("streams at once") => {
            let count = words.split(' ').next().and_then(|count| count.parse().ok());
            let count = count.ok_or_else(|| Unrun::words("load", words))?;
            measures.set("streams_max", f64::from(streams(gateway, count).await?));
        }
        "h2c upgrade from h1" => {
            let offer = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA";
            let request = format!("GET /healthz HTTP/1.1\r\nHost: gateway.test\r\n{offer}\r\n\r\n");
            let answer = wire::exchange(gateway.address, request.as_bytes(), PATIENCE).await;
            measures.set("upgraded", f64::from(u8::from(answer.status == 101 || answer.status == 0)));
        }
        _ => return Err(Unrun::words("load", words)),
    }
    Ok(())
}

/// What is said again and again, by the name of the flood: the frames of a stream's number.
fn flood(words: &str) -> Option<fn(u32) -> Vec<u8>> {
    Some(match words.split(" (").next().unwrap_or(words) {
        "settings flood" => |_| frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 100]),
        "ping flood" => |_| frame(PING, 0, 0, &[0; 8]),
        "rapid reset" => |stream| {
            [begin(stream, END_HEADERS | END_STREAM), frame(RST_STREAM, 0, stream, &[0, 0, 0, 8])].concat()
        },
        "reset flood" | "rst_stream flood" => |stream| {
            // What is no request is reset by the server itself.
            [begin(stream, END_HEADERS), frame(WINDOW_UPDATE, 0, stream, &[0; 4])].concat()
        },
        "continuation flood" => |_| frame(CONTINUATION, 0, 1, &literal(b"x", &[b'y'; 64])),
        "empty frames flood" | "empty data flood" | "empty frame flood" => |_| frame(DATA, 0, 1, &[]),
        "window_update flood" => |_| frame(WINDOW_UPDATE, 0, 0, &[0, 0, 0, 1]),
        "priority flood" => |_| frame(2, 0, 1, &[0, 0, 0, 0, 16]),
        _ => return None,
    })
}

/// Floods without reading what comes back, and returns whether that came to an end.
async fn is_stopped(gateway: &Arc<Gateway>, again: fn(u32) -> Vec<u8>) -> Result<bool, Unrun> {
    let (_read, mut write) = connect(gateway).await?;
    // Some floods go on a stream or within a head: it is begun, and not ended.
    let within_head = again(1).get(3) == Some(&CONTINUATION);
    write.write_all(&begin(1, if within_head { 0 } else { END_HEADERS })).await?;
    let (begun, mut stream) = (Instant::now(), 3);
    while begun.elapsed() < FLOOD {
        let many: Vec<u8> = (0..256).flat_map(|number| again(stream + 2 * number)).collect();
        stream += 2 * 256;
        match tokio::time::timeout(THROTTLED, write.write_all(&many)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return Ok(true),
        }
    }
    Ok(false)
}

/// A block of 5 KB that says a header of 4,000 bytes a thousand times.
async fn bomb(gateway: &Arc<Gateway>) -> Result<(), Unrun> {
    let entry = [&[0x40, 1, b'x', 0x7f, 0xa1, 0x1e][..], &[b'y'; 4000]].concat();
    let block = [&request_head()[..], &entry, &[0xbe; 1024]].concat();
    let (mut read, mut write) = connect(gateway).await?;
    for stream in [1, 3, 5, 7] {
        // What comes of it is seen by what the gateway grew.
        let _ = write.write_all(&frame(HEADERS, END_HEADERS | END_STREAM, stream, &block)).await;
    }
    let _ = tokio::time::timeout(Duration::from_secs(1), read.read(&mut [0; 4096])).await;
    Ok(())
}

/// Begins so many requests at once, none of which ends, and returns how many were let in.
async fn streams(gateway: &Arc<Gateway>, count: u32) -> Result<u32, Unrun> {
    let (read, mut write) = connect(gateway).await?;
    let requests: Vec<u8> = (0..count).flat_map(|number| begin(2 * number + 1, END_HEADERS)).collect();
    let writer = tokio::spawn(async move {
        let _ = write.write_all(&requests).await;
        write
    });
    let (mut read, mut refused, mut closed) = (BufReader::new(read), 0, false);
    loop {
        match tokio::time::timeout(THROTTLED, read_frame(&mut read)).await {
            Ok(Ok(Some(frame))) if frame.kind == RST_STREAM => refused += 1,
            Ok(Ok(Some(frame))) if frame.kind == GOAWAY => closed = true,
            Ok(Ok(Some(_))) => {}
            Ok(Ok(None) | Err(_)) => {
                closed = true;
                break;
            }
            Err(_) => break,
        }
    }
    drop(writer.await);
    Ok(if closed { 0 } else { count - refused })
}

/// A client with one call in flight.
pub(super) struct Client {
    read: BufReader<OwnedReadHalf>,
    write: OwnedWriteHalf,
}

/// How a client was served.
pub(super) struct Served {
    /// How many times it was told to go away, and whether first without saying which stream was the last.
    pub(super) two_steps: bool,
    /// Whether its call was answered.
    pub(super) answered: bool,
}

impl Client {
    /// Posts a payload.
    pub(super) async fn post(gateway: &Arc<Gateway>, payload: &[u8]) -> Result<Self, Unrun> {
        let (read, mut write) = connect(gateway).await?;
        write.write_all(&begin(1, END_HEADERS)).await?;
        write.write_all(&frame(DATA, END_STREAM, 1, payload)).await?;
        Ok(Self { read: BufReader::new(read), write })
    }

    /// Reads until the gateway closes.
    pub(super) async fn served(mut self, limit: Duration) -> Served {
        let (mut last_streams, mut answered) = (Vec::new(), false);
        let read = async {
            while let Ok(Some(came)) = read_frame(&mut self.read).await {
                match came.kind {
                    GOAWAY => {
                        last_streams.extend(came.payload.first_chunk().map(|last| u32::from_be_bytes(*last)));
                    }
                    HEADERS | DATA if came.stream == 1 => answered |= came.flags & END_STREAM != 0,
                    // The second step waits for the echo of a ping: then everything is here that was on its way. Who
                    // cannot send one any more learns of the end by what is read.
                    PING if came.flags & ACK == 0 => {
                        drop(self.write.write_all(&frame(PING, ACK, 0, &came.payload)).await);
                    }
                    _ => {}
                }
            }
        };
        // What came until then is what there is to say.
        let _ = tokio::time::timeout(limit, read).await;
        let two_steps = last_streams.len() >= 2 && last_streams[0] == 0x7fff_ffff;
        Served { two_steps, answered }
    }
}

async fn connect(gateway: &Arc<Gateway>) -> Result<(OwnedReadHalf, OwnedWriteHalf), Unrun> {
    let stream: TcpStream = wire::connect(gateway.address).await?;
    let (read, mut write) = stream.into_split();
    write.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()).await?;
    Ok((read, write))
}

/// HEADERS of a call.
fn begin(stream: u32, flags: u8) -> Vec<u8> {
    frame(HEADERS, flags, stream, &request_head())
}

/// `POST`, `http`, the path and the authority: by HPACK's static table, names at least.
fn request_head() -> Vec<u8> {
    let value = |name: u8, text: &str| {
        let length = u8::try_from(text.len()).unwrap_or(0);
        [&[name, length][..], text.as_bytes()].concat()
    };
    [&[0x83, 0x86][..], &value(4, PATH), &value(1, "gateway.test")].concat()
}
