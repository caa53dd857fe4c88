//! The certificate of the listener: read at start, and again when one of its files is another one.

use std::path::Path;

use lobe_plugin_sdk::serve::{Tls, TlsFault};

use crate::config::{Certificate, Error};
use crate::watch::Stamp;

/// Tells one pair of files from another.
pub(super) type Stamps = [Option<Stamp>; 2];

/// Returns what the files of a certificate are now.
pub(super) fn stamps(of: &Certificate) -> Stamps {
    [&of.certificate, &of.key].map(|file| Stamp::of(file))
}

/// Reads a certificate.
///
/// # Errors
///
/// A file that cannot be read, or has something else in it.
pub(super) fn read(of: &Certificate) -> Result<Tls, Error> {
    let (certificate, key) = texts(of)?;
    Tls::of_pem(&certificate, &key).map_err(|fault| wrong(of, &fault))
}

/// Reads a renewed certificate into the place of the old one.
///
/// # Errors
///
/// As [`read`]; the old one then stays.
pub(super) fn renew(tls: &Tls, of: &Certificate) -> Result<(), Error> {
    let (certificate, key) = texts(of)?;
    tls.replace(&certificate, &key).map_err(|fault| wrong(of, &fault))
}

fn texts(of: &Certificate) -> Result<(Vec<u8>, Vec<u8>), Error> {
    let text = |file: &Path| {
        std::fs::read(file).map_err(|error| Error::of_file(file, format!("cannot read it: {error}")))
    };
    Ok((text(&of.certificate)?, text(&of.key)?))
}

fn wrong(of: &Certificate, fault: &TlsFault) -> Error {
    let file = if *fault == TlsFault::NoKey { &of.key } else { &of.certificate };
    Error::of_file(file, fault.to_string())
}
