//! The sdk, from outside.
