//! A secret's digest: all that a server keeps of one, and the only form in which two are compared.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

/// Stands for a secret that is not kept: its SHA-256. Written as `sha256:` and 64 hexadecimal digits.
///
/// Two can be compared by [`is`](Self::is) alone, which takes the same time for every pair.
///
/// ```
/// use lobe_plugin_sdk::serve::Digest;
///
/// let kept: Digest = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".parse()?;
/// assert!(Digest::of("abc").is(&kept));
/// # Ok::<(), lobe_plugin_sdk::serve::NoDigest>(())
/// ```
///
/// ```compile_fail
/// # use lobe_plugin_sdk::serve::Digest;
/// assert!(Digest::of("abc") == Digest::of("abc"));
/// ```
#[derive(Clone, Copy)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Takes the digest of a secret.
    #[must_use]
    pub fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret.as_bytes()).into())
    }

    /// Compares.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

// Not even a digest belongs in a log.
impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[redacted]")
    }
}

/// Says that a text is no digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoDigest;

impl std::error::Error for NoDigest {}

impl fmt::Display for NoDigest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a digest is `sha256:` and 64 hexadecimal digits")
    }
}

impl FromStr for Digest {
    type Err = NoDigest;

    fn from_str(text: &str) -> Result<Self, NoDigest> {
        let digits = text.strip_prefix("sha256:").map(str::as_bytes).filter(|digits| digits.len() == 64);
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.ok_or(NoDigest)?.chunks_exact(2)) {
            let digit = |letter: u8| char::from(letter).to_digit(16).ok_or(NoDigest);
            *byte = u8::try_from(digit(pair[0])? << 4 | digit(pair[1])?).map_err(|_| NoDigest)?;
        }
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_what_it_writes_and_nothing_else() {
        let digest = Digest::of("a key");
        let read: Digest = digest.to_string().parse().unwrap();
        assert!(read.is(&digest));
        assert!(!read.is(&Digest::of("another")));
        for wrong in ["", "sha256:", "sha256:12", "ba7816bf", &digest.to_string().replace("sha256", "md5")] {
            assert!(wrong.parse::<Digest>().is_err(), "{wrong}");
        }
        assert!(format!("sha256:{}", "é".repeat(32)).parse::<Digest>().is_err());
        assert_eq!(format!("{digest:?}"), "[redacted]");
    }
}
