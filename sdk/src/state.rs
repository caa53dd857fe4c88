//! What a plugin's functions share: one value a type, set once, handed out as clones; at once, or when it starts.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

type Shared = Arc<dyn Any + Send + Sync>;
type Making = Pin<Box<dyn Future<Output = Result<Shared, Box<dyn StdError + Send + Sync>>> + Send>>;

/// Keeps a plugin's states by their type.
#[derive(Clone, Default)]
pub(crate) struct States(HashMap<TypeId, Shared>);

impl States {
    /// Keeps `state`; a second one of the same type replaces the first.
    pub(crate) fn insert<S: Clone + Send + Sync + 'static>(&mut self, state: S) {
        self.0.insert(TypeId::of::<S>(), Arc::new(state));
    }

    /// Makes the state and keeps it.
    pub(crate) async fn make(&mut self, maker: &Maker) -> Result<(), StartError> {
        let made = (maker.make)().await;
        let state = made.map_err(|cause| StartError { type_name: maker.type_name, cause })?;
        self.0.insert(maker.type_id, state);
        Ok(())
    }

    /// Returns a clone of the state of type `S`.
    pub(crate) fn get<S: Clone + Send + Sync + 'static>(&self) -> Option<S> {
        self.0.get(&TypeId::of::<S>())?.downcast_ref::<S>().cloned()
    }

    /// Returns whether there is a state of that type.
    pub(crate) fn has(&self, type_id: TypeId) -> bool {
        self.0.contains_key(&type_id)
    }
}

/// Shows how many there are; what they hold may be anything.
impl fmt::Debug for States {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "States({})", self.0.len())
    }
}

/// Makes a state when the plugin starts.
#[derive(Clone)]
pub(crate) struct Maker {
    pub(crate) type_id: TypeId,
    type_name: &'static str,
    make: Arc<dyn Fn() -> Making + Send + Sync>,
}

impl Maker {
    pub(crate) fn new<S, E, F>(make: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        S: Clone + Send + Sync + 'static,
        E: Into<Box<dyn StdError + Send + Sync>>,
        F: Future<Output = Result<S, E>> + Send + 'static,
    {
        let make = move || -> Making {
            let state = make();
            Box::pin(async { state.await.map(|state| Arc::new(state) as Shared).map_err(Into::into) })
        };
        Self { type_id: TypeId::of::<S>(), type_name: type_name::<S>(), make: Arc::new(make) }
    }
}

impl fmt::Debug for Maker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Maker({})", self.type_name)
    }
}

/// Says which state could not be made when a plugin was started, and why.
#[derive(Debug)]
pub struct StartError {
    type_name: &'static str,
    cause: Box<dyn StdError + Send + Sync>,
}

impl fmt::Display for StartError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the state `{}` cannot be made: {}", self.type_name, self.cause)
    }
}

impl StdError for StartError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.cause)
    }
}
