//! What nobody can guess.

/// Makes 128 random bits, as text.
pub(crate) fn text() -> String {
    let bits: [u8; 16] = bytes();
    bits.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Makes random bytes.
///
/// # Panics
///
/// When the operating system has none: nothing could be kept secret then.
pub(super) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has random bytes");
    bytes
}
