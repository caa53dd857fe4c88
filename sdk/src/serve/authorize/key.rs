//! What a key looks like: `lgw_k1_…`, with its name in it and 256 random bits.

use std::fmt;

use super::digest::Digest;
use crate::secret::Secret;

/// What every key begins with, so that scanners for lost secrets can know one.
const PREFIX: &str = "lgw_";
/// Letters and digits survive a double click, a URL and a shell.
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// So many of them have 256 bits.
const SECRET_LENGTH: usize = 43;
/// So many have 128, which is the least that a key of one's own must have.
const SHORTEST_SECRET: usize = 22;
/// The longest key that is looked at.
const LONGEST: usize = 256;
const LONGEST_ID: usize = 64;

/// A key, as its owner has it: `lgw_`, its identifier, `_`, and its secret.
///
/// The server keeps its [`digest`](Self::digest) alone. It never prints, and its memory is overwritten when it goes.
pub struct Key {
    text: Secret<String>,
    id_length: usize,
}

/// Says why a text is no key, or no good one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyFault {
    /// It does not look like one.
    Form,
    /// Its secret has less than 128 bits.
    Weak,
    /// The machine has no random numbers.
    NoRandomness,
}

impl std::error::Error for KeyFault {}

impl fmt::Display for KeyFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => write!(
                formatter,
                "a key is `{PREFIX}`, an identifier of letters, digits and `-`, then `_`, and a secret of letters, digits, \
                 `-` and `_`"
            ),
            Self::Weak => write!(
                formatter,
                "a key's secret has 128 bits at least: {SHORTEST_SECRET} random letters and digits"
            ),
            Self::NoRandomness => formatter.write_str("the system has no random numbers"),
        }
    }
}

impl Key {
    /// Makes a key: 256 bits of the system's randomness.
    ///
    /// # Errors
    ///
    /// [`KeyFault::Form`] for an identifier with other characters than letters, digits and `-`, or more than 64 of
    /// them; [`KeyFault::NoRandomness`].
    pub fn generate(id: &str) -> Result<Self, KeyFault> {
        let secret = Secret::new(random_text(SECRET_LENGTH)?);
        let key = Self::parse(Secret::new(format!("{PREFIX}{id}_{}", secret.expose())).expose())?;
        // It ends at the first `_`.
        if key.id() == id { Ok(key) } else { Err(KeyFault::Form) }
    }

    /// Reads a key that somebody presents.
    ///
    /// # Errors
    ///
    /// What does not look like one.
    pub fn parse(text: &str) -> Result<Self, KeyFault> {
        let (id, secret) =
            text.strip_prefix(PREFIX).and_then(|rest| rest.split_once('_')).ok_or(KeyFault::Form)?;
        let of_id = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let of_secret = |byte: u8| of_id(byte) || byte == b'_';
        let fits = text.len() <= LONGEST
            && (1..=LONGEST_ID).contains(&id.len())
            && id.bytes().all(of_id)
            && !secret.is_empty()
            && secret.bytes().all(of_secret);
        if !fits {
            return Err(KeyFault::Form);
        }
        Ok(Self { id_length: id.len(), text: Secret::new(text.to_owned()) })
    }

    /// Holds a key that was not [generated](Self::generate) to the least that it must be.
    ///
    /// # Errors
    ///
    /// [`KeyFault::Weak`]: it is too short, or the same few letters over and over.
    pub fn strong(self) -> Result<Self, KeyFault> {
        let secret = &self.expose()[PREFIX.len() + self.id_length + 1..];
        let different = secret.bytes().collect::<std::collections::BTreeSet<_>>().len();
        if secret.len() >= SHORTEST_SECRET && different >= 8 { Ok(self) } else { Err(KeyFault::Weak) }
    }

    /// Returns the identifier, which is no secret.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.expose()[PREFIX.len()..PREFIX.len() + self.id_length]
    }

    /// Returns what the server keeps of it.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(self.expose())
    }

    /// Shows the key. Once, to its owner.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.text.expose()
    }

    /// Makes an identifier that no other key has: eight random letters and digits.
    ///
    /// # Errors
    ///
    /// [`KeyFault::NoRandomness`].
    pub fn random_id() -> Result<String, KeyFault> {
        random_text(8)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Key").field("id", &self.id()).finish_non_exhaustive()
    }
}

/// Makes a text of random letters and digits.
pub(super) fn random_text(length: usize) -> Result<String, KeyFault> {
    let mut text = String::with_capacity(length);
    let mut bytes = [0; 64];
    // Only what is below a multiple of 62, or some letters would come more often than others.
    let fair = |byte: &&u8| **byte < 248;
    while text.len() < length {
        getrandom::fill(&mut bytes).map_err(|_| KeyFault::NoRandomness)?;
        let wanted = length - text.len();
        let letters = bytes.iter().filter(fair).take(wanted);
        text.extend(letters.map(|byte| char::from(ALPHABET[usize::from(*byte) % 62])));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_256_bits_and_their_identifier() {
        let key = Key::generate("k-1").unwrap();
        let secret = key.expose().strip_prefix("lgw_k-1_").unwrap();
        assert_eq!((key.id(), secret.len()), ("k-1", 43));
        assert!(62_f64.powi(43).log2() > 256.0);
        assert_ne!(secret, Key::generate("k-1").unwrap().expose().strip_prefix("lgw_k-1_").unwrap());
        assert!(!format!("{key:?}").contains(secret));
        assert!(key.strong().is_ok());
    }

    #[test]
    fn what_is_no_key_and_what_is_no_good_one() {
        for text in
            ["", "lgw_", "lgw_k1", "lgw_k1_", "lgw__x", "sk_k1_x", "lgw_k 1_x", "lgw_k1_x y", "lgw_k1_é"]
        {
            assert_eq!(Key::parse(text).unwrap_err(), KeyFault::Form, "{text}");
        }
        assert_eq!(Key::parse(&format!("lgw_k1_{}", "x".repeat(300))).unwrap_err(), KeyFault::Form);
        assert_eq!(Key::generate("a_b").unwrap_err(), KeyFault::Form, "it would end at the first `_`");
        let fault = |text: &str| Key::parse(text).unwrap().strong().err();
        assert_eq!(fault("lgw_k1_9wqT4m2ZbE7xUuVQe0r3sYcPfHnAaKdL"), None);
        assert_eq!(fault("lgw_k1_9wqT4m2ZbE7xUuVQe0r3"), Some(KeyFault::Weak));
        assert_eq!(fault("lgw_k1_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"), Some(KeyFault::Weak));
    }
}
