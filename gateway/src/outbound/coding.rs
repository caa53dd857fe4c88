//! Undoes the one content coding that an answer may have, counting what comes out as it comes.

use std::io::{self, Write};

use brotli_decompressor::DecompressorWriter;
use bytes::Bytes;
use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::{HeaderMap, HeaderValue, header};
use zstd::stream::raw::{DParameter, Decoder as ZstdDecoder};
use zstd::stream::zio::Writer as ZstdWriter;

use super::error::UpstreamFault;

/// What is asked for: all that can be undone here.
pub(super) const ACCEPTED: HeaderValue = HeaderValue::from_static("gzip, br, deflate, zstd");

/// The largest window that a zstd frame may ask for, as a power of two: 8 MiB, as RFC 9659 has it for HTTP.
const ZSTD_WINDOW: u32 = 23;
/// What a decoder of brotli hands on at a time, in bytes.
const PIECE: usize = 16 << 10;

/// Names a content coding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Identity,
    Gzip,
    Brotli,
    Deflate,
    Zstd,
}

impl Coding {
    /// Reads the coding of an answer: at most one, and one that was asked for.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, UpstreamFault> {
        let mut coding = Self::Identity;
        for value in headers.get_all(header::CONTENT_ENCODING) {
            let value = value.to_str().map_err(|_| UpstreamFault::Encoding)?;
            for name in value.split(',').map(str::trim) {
                match (coding, Self::named(name)?) {
                    (_, Self::Identity) => {}
                    (Self::Identity, named) => coding = named,
                    _ => return Err(UpstreamFault::Encoding),
                }
            }
        }
        Ok(coding)
    }

    fn named(name: &str) -> Result<Self, UpstreamFault> {
        let codings = [
            ("", Self::Identity),
            ("identity", Self::Identity),
            ("gzip", Self::Gzip),
            ("x-gzip", Self::Gzip),
            ("br", Self::Brotli),
            ("deflate", Self::Deflate),
            ("zstd", Self::Zstd),
        ];
        let known = codings.into_iter().find(|(known, _)| name.eq_ignore_ascii_case(known));
        known.map(|(_, coding)| coding).ok_or(UpstreamFault::Encoding)
    }
}

/// Turns pieces of a coded body into pieces of the body, of at most so many bytes in all.
pub(super) struct Decoder {
    coding: Coding,
    limit: usize,
    /// Made by the first byte: a body without any is empty in every coding.
    codec: Option<Codec>,
}

enum Codec {
    Gzip(MultiGzDecoder<Sink>),
    Zlib(ZlibDecoder<Sink>),
    Deflate(DeflateDecoder<Sink>),
    Brotli(Box<DecompressorWriter<Sink>>),
    Zstd(ZstdWriter<Sink, ZstdDecoder<'static>>),
}

/// Collects what a codec puts out, and refuses more than there is room for.
struct Sink {
    out: Vec<u8>,
    room: usize,
}

impl Decoder {
    pub(super) fn new(coding: Coding, limit: usize) -> Self {
        Self { coding, limit, codec: None }
    }

    /// Takes a piece of the coded body and returns what it decodes to, which can be nothing yet.
    pub(super) fn feed(&mut self, piece: &[u8]) -> Result<Bytes, UpstreamFault> {
        let Some(first) = piece.first() else { return Ok(Bytes::new()) };
        let codec = match &mut self.codec {
            Some(codec) => codec,
            empty => empty
                .insert(Codec::new(self.coding, *first, self.limit).map_err(|_| UpstreamFault::Encoding)?),
        };
        codec
            .writer()
            .write_all(piece)
            .and_then(|()| codec.writer().flush())
            .map_err(|error| fault(&error))?;
        Ok(codec.take())
    }

    /// Ends the body, and returns what was still held back. A body that was cut short is an error.
    pub(super) fn finish(&mut self) -> Result<Bytes, UpstreamFault> {
        let Some(codec) = &mut self.codec else { return Ok(Bytes::new()) };
        codec.finish().map_err(|error| fault(&error))?;
        Ok(codec.take())
    }
}

impl Codec {
    fn new(coding: Coding, first: u8, limit: usize) -> io::Result<Self> {
        let sink = Sink { out: Vec::new(), room: limit };
        Ok(match coding {
            Coding::Gzip => Self::Gzip(MultiGzDecoder::new(sink)),
            // `deflate` is zlib's format (RFC 9110, 8.4.1.2), but some send it bare. A zlib header's first byte names
            // method 8 in its low half; a bare stream would there begin with a stored block of a kind nobody writes.
            Coding::Deflate if first & 0x0f == 8 => Self::Zlib(ZlibDecoder::new(sink)),
            Coding::Deflate => Self::Deflate(DeflateDecoder::new(sink)),
            Coding::Brotli => Self::Brotli(Box::new(DecompressorWriter::new(sink, PIECE))),
            Coding::Zstd => {
                let mut decoder = ZstdDecoder::new()?;
                decoder.set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW))?;
                Self::Zstd(ZstdWriter::new(sink, decoder))
            }
            Coding::Identity => return Err(io::ErrorKind::Unsupported.into()),
        })
    }

    fn writer(&mut self) -> &mut dyn Write {
        match self {
            Self::Gzip(codec) => codec,
            Self::Zlib(codec) => codec,
            Self::Deflate(codec) => codec,
            Self::Brotli(codec) => codec,
            Self::Zstd(codec) => codec,
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        match self {
            Self::Gzip(codec) => codec.try_finish(),
            Self::Zlib(codec) => codec.try_finish(),
            Self::Deflate(codec) => codec.try_finish(),
            Self::Brotli(codec) => codec.close(),
            Self::Zstd(codec) => codec.finish(),
        }
    }

    fn take(&mut self) -> Bytes {
        let sink = match self {
            Self::Gzip(codec) => codec.get_mut(),
            Self::Zlib(codec) => codec.get_mut(),
            Self::Deflate(codec) => codec.get_mut(),
            Self::Brotli(codec) => codec.get_mut(),
            Self::Zstd(codec) => codec.writer_mut(),
        };
        std::mem::take(&mut sink.out).into()
    }
}

impl Write for Sink {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.room = self.room.checked_sub(piece.len()).ok_or(io::ErrorKind::FileTooLarge)?;
        self.out.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn fault(error: &io::Error) -> UpstreamFault {
    if error.kind() == io::ErrorKind::FileTooLarge {
        UpstreamFault::TooLarge
    } else {
        UpstreamFault::Encoding
    }
}
