//! The sdk, from outside.

mod portable;
