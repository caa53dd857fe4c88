//! What judges values by a schema: compiled when it is first needed.

use std::sync::OnceLock;

use serde_json::Value;

use crate::validate::{CheckError, SchemaLimits, Validator};

/// Compiles a schema when the first value is held against it: most operations of a manifest are never called.
#[derive(Debug)]
pub(crate) struct Judge {
    schema: Value,
    author: Author,
    validator: OnceLock<Result<Validator, CheckError>>,
}

/// Says who wrote a schema.
#[derive(Clone, Copy, Debug)]
enum Author {
    /// The program itself, which may be as wordy as it likes.
    Ourselves,
    Stranger,
}

impl Judge {
    /// Judges by a schema of this program.
    pub(crate) fn own(schema: Value) -> Self {
        Self { schema, author: Author::Ourselves, validator: OnceLock::new() }
    }

    /// Judges by a schema that somebody else wrote.
    pub(crate) fn of_stranger(schema: Value) -> Self {
        Self { schema, author: Author::Stranger, validator: OnceLock::new() }
    }

    /// Returns what judges, compiled within the limits if it was not compiled before.
    pub(crate) fn validator(&self, limits: &SchemaLimits) -> Result<&Validator, CheckError> {
        let compile = || match self.author {
            Author::Ourselves => Ok(Validator::new(&self.schema)),
            Author::Stranger => Validator::within(limits, &self.schema),
        };
        self.validator.get_or_init(compile).as_ref().map_err(CheckError::clone)
    }

    /// Returns the same, unless it would have to be compiled.
    pub(crate) fn ready(&self) -> Option<Result<&Validator, CheckError>> {
        Some(self.validator.get()?.as_ref().map_err(CheckError::clone))
    }

    pub(crate) fn schema(&self) -> &Value {
        &self.schema
    }
}
