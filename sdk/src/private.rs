//! All that generated code may name, re-exported as `__private`. Nothing here is for people, and nothing is stable.
//!
//! The annotation states facts in these words; what they mean is decided elsewhere in this crate.

pub use std::boxed::Box;
use std::error::Error as StdError;
use std::marker::PhantomData;
pub use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

pub use crate::arguments::{Argument, ArgumentReader, Parameter, Parameters};
pub use crate::call::Call;
use crate::comments;
pub use crate::error::{IntoPluginError, PluginError};
pub use crate::extract::{FromCall, State};
pub use crate::operation::{Function, Operation};
pub use crate::plugin::Plugin;
pub use crate::protocol::{PluginType, Ui, UiMode};
pub use crate::reply::{IntoReply, Reply, ReplyDescription};
pub use crate::schema::Schema;

/// What cargo says of the crate that an annotated module stands in.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "each is the `CARGO_PKG_…` variable of its name")]
pub struct CrateFacts {
    pub name: Option<&'static str>,
    pub version: Option<&'static str>,
    pub description: Option<&'static str>,
    pub authors: Option<&'static str>,
    pub homepage: Option<&'static str>,
    pub repository: Option<&'static str>,
    pub license: Option<&'static str>,
}

/// Starts the plugin of an annotated module from what its crate and its doc comment say.
#[must_use]
pub fn plugin(identifier: Option<&'static str>, comment: &str, facts: CrateFacts) -> Plugin {
    let given = |fact: Option<&'static str>| fact.filter(|text| !text.is_empty());
    let comment = comments::text(comment);
    let description =
        if comment.is_empty() { given(facts.description).unwrap_or_default().to_owned() } else { comment };
    Plugin::new(identifier.or(facts.name).unwrap_or("plugin"))
        .version(given(facts.version).unwrap_or("0.1.0"))
        .description(description)
        .author(facts.authors.unwrap_or_default().replace(':', ", "))
        .homepage(given(facts.homepage).or(given(facts.repository)).unwrap_or_default())
        .license(facts.license.unwrap_or_default())
}

/// Returns whether a type has a value. Of one that takes up memory for nothing it may say so wrongly: a struct of a
/// number and an `enum` without variants.
///
/// `Option<T>` has `None` and every value of `T`, which takes a bit to tell apart; where it takes none, there is no value.
#[must_use]
pub const fn is_inhabited<T>() -> bool {
    size_of::<Option<T>>() != 0
}

/// Reads an injected parameter.
///
/// # Errors
///
/// What the extractor reports.
pub async fn extract<T: FromCall>(call: &Call) -> Result<T, PluginError> {
    T::from_call(call).await
}

/// Stands for a function's return type, to ask the compiler what shape it has.
///
/// The questions use method lookup by autoref: of the implementations that fit, the one for the most references is
/// taken. So a `Result` is seen under every alias, and no type is judged by the letters of its name.
#[derive(Debug)]
pub struct Returned<T>(PhantomData<fn() -> T>);

impl<T> Returned<T> {
    /// Asks `(&&Returned::<T>::new()).shape()`.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "written by the annotation only")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// First answer: it is a `Result`.
pub trait ReturnsResult {
    /// `Fallible<T, E>`.
    type Shape;
    /// Answers.
    fn shape(&self) -> Self::Shape;
}

impl<T, E> ReturnsResult for &Returned<Result<T, E>> {
    type Shape = Fallible<T, E>;

    fn shape(&self) -> Fallible<T, E> {
        Fallible(PhantomData)
    }
}

/// Second answer: it is a value.
pub trait ReturnsValue {
    /// `Plain<T>`.
    type Shape;
    /// Answers.
    fn shape(&self) -> Self::Shape;
}

impl<T> ReturnsValue for Returned<T> {
    type Shape = Plain<T>;

    fn shape(&self) -> Plain<T> {
        Plain(PhantomData)
    }
}

/// The shape of a function that may fail.
#[derive(Debug)]
pub struct Fallible<T, E>(PhantomData<fn() -> Result<T, E>>);

// The bounds stand on the methods and not on the impl: so a type that breaks one is named, with what to do about it,
// instead of the method being said not to exist.
impl<T, E> Fallible<T, E> {
    /// Describes what it answers.
    #[must_use]
    pub fn describe(&self) -> ReplyDescription
    where
        T: IntoReply,
    {
        T::describe()
    }

    /// Turns what it returned into an answer.
    ///
    /// # Errors
    ///
    /// What the function failed with.
    pub fn reply(&self, outcome: Result<T, E>, failure: &impl Failure<E>) -> Result<Reply, PluginError>
    where
        T: IntoReply,
    {
        outcome.map_err(|error| failure.explain(error))?.into_reply()
    }
}

/// The shape of a function that cannot fail.
#[derive(Debug)]
pub struct Plain<T>(PhantomData<fn() -> T>);

impl<T> Plain<T> {
    /// Describes what it answers.
    #[must_use]
    pub fn describe(&self) -> ReplyDescription
    where
        T: IntoReply,
    {
        T::describe()
    }

    /// Turns what it returned into an answer.
    ///
    /// # Errors
    ///
    /// When the value cannot be written.
    pub fn reply(&self, value: T, _failure: &Explained) -> Result<Reply, PluginError>
    where
        T: IntoReply,
    {
        value.into_reply()
    }
}

/// Says how an error becomes a [`PluginError`]. Asked as `(&&&shape).failure()`.
pub trait Failure<E> {
    /// Translates.
    fn explain(&self, error: E) -> PluginError;
}

/// The error explains itself.
#[derive(Clone, Copy, Debug)]
pub struct Explained;

impl<E: IntoPluginError> Failure<E> for Explained {
    fn explain(&self, error: E) -> PluginError {
        error.into_plugin_error()
    }
}

/// The error is any other one, and nobody's business but the operator's.
#[derive(Clone, Copy, Debug)]
pub struct Hidden;

impl<E: Into<Box<dyn StdError + Send + Sync>>> Failure<E> for Hidden {
    fn explain(&self, error: E) -> PluginError {
        PluginError::internal(error)
    }
}

/// First answer: the error explains itself.
pub trait FailsExplained {
    /// Answers.
    fn failure(&self) -> Explained {
        Explained
    }
}

impl<T, E: IntoPluginError> FailsExplained for &&Fallible<T, E> {}
impl<T> FailsExplained for &&Plain<T> {}

/// Second answer: the error can become a boxed one.
pub trait FailsHidden {
    /// Answers.
    fn failure(&self) -> Hidden {
        Hidden
    }
}

impl<T, E: Into<Box<dyn StdError + Send + Sync>>> FailsHidden for &Fallible<T, E> {}

/// Last answer, which leads to a compile error that says what is missing: `E: IntoPluginError`.
pub trait FailsUnexplained {
    /// Answers.
    fn failure(&self) -> Explained {
        Explained
    }
}

impl<T, E> FailsUnexplained for Fallible<T, E> {}

/// Stands for a default, to ask whether it can be shown in a schema. Asked as `(&&Fallback(&value)).shown()`.
#[derive(Debug)]
pub struct Fallback<'a, T>(pub &'a T);

/// First answer: it serialises.
pub trait Showable {
    /// Answers.
    fn shown(&self) -> Option<Value>;
}

impl<T: Serialize> Showable for &Fallback<'_, T> {
    fn shown(&self) -> Option<Value> {
        serde_json::to_value(self.0).ok()
    }
}

/// Second answer: it does not.
pub trait NotShowable {
    /// Answers.
    fn shown(&self) -> Option<Value> {
        None
    }
}

impl<T> NotShowable for Fallback<'_, T> {}

/// Is used by an operation that nobody described, so that the compiler warns of it.
#[deprecated(note = "models choose an operation by what its doc comment says: write one, \
    or `#[lobe_plugin(allow(missing_descriptions))]`")]
pub const fn operation_without_description() {}

/// Is used where two names are too long together, so that the compiler warns of it.
#[deprecated(
    note = "the plugin's identifier and this name have over 52 letters together, so LobeHub shows models a hash: \
    shorten one, or write `#[lobe_plugin(allow(long_names))]` on the plugin"
)]
pub const fn names_too_long_together() {}

/// Stands for the type of an argument that has no doc comment, to ask whether the type says what it is for.
///
/// Asked as `(&&Described::<T>::new()).argument_without_description()`.
#[derive(Debug)]
pub struct Described<T>(PhantomData<fn() -> T>);

impl<T> Described<T> {
    /// Asks.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "written by the annotation only")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// First answer: the type is one of Rust's own, which say nothing; so the compiler warns.
pub trait SaysNothing {
    /// Answers.
    #[deprecated(note = "models guess what it means: write a doc comment on the argument, \
        or `#[lobe_plugin(allow(missing_descriptions))]`")]
    fn argument_without_description(&self) {}
}

impl<T: Bare> SaysNothing for &Described<T> {}

/// Second answer: it is a type with a doc comment of its own, or could be.
pub trait DescribesItself {
    /// Answers.
    fn argument_without_description(&self) {}
}

impl<T> DescribesItself for Described<T> {}

/// Marks the types of which their name says all there is.
pub trait Bare {}

macro_rules! bare {
    ($($ty:ty)*) => { $(impl Bare for $ty {})* };
}

bare! { bool char f32 f64 i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize String Value }

impl<T: Bare> Bare for Option<T> {}
impl<T: Bare> Bare for Vec<T> {}
