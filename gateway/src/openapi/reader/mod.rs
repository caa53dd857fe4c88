//! From a document's bytes to its operations. Forgiving: what is wrong with one operation, or cannot be understood of it,
//! never fails the others.
//!
//! A version's own words stand in its own file; this one has what all versions share.

mod flows;
mod names;
mod path;
mod schema;
mod v2;
mod v3;
mod work;

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use serde_json::Value;

use self::work::Work;
use super::bundle::{Sibling, bundle};
use super::fault::Fault;
use super::model::{
    ADDITIONAL, Document, Operation, OperationPlace, Parameter, Requirement, Schemes, Security, whole,
};
use super::pointer::{Tree, items, members};
use super::text;
use crate::outbound::{TargetUrl, UrlFault};

/// The members of a path that are operations, in the order in which LobeHub's convertor takes them. It takes `trace` besides,
/// which nobody can call: the answer would repeat the credentials, and `fetch` refuses it.
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "query"];

/// One document, as the version it is written in has it.
trait Dialect {
    /// Reads a parameter; nothing for one that is none, or is part of the body.
    fn parameter<'doc>(&self, at: &At<'doc>, value: &'doc Value) -> Option<Parameter>;
    /// Completes an operation by what the versions have different words for.
    fn complete(&self, at: &At<'_>, operation: &mut Operation) -> Result<(), Fault>;
    /// Returns where an operation is served.
    fn server(&self, at: &At<'_>, url: &TargetUrl) -> Result<Result<TargetUrl, UrlFault>, Fault>;
    /// Returns the security schemes.
    fn schemes(&self, tree: Tree<'_>) -> Schemes;
}

/// An operation as it stands in the document.
struct At<'doc> {
    tree: Tree<'doc>,
    item: &'doc Value,
    operation: &'doc Value,
    shared: &'doc Shared,
}

/// What operations have in common while a document is read.
struct Shared {
    /// What the document says for all operations that do not say it themselves.
    security: Arc<Security>,
    work: Work,
}

impl Document {
    /// Reads a document that was found at a URL.
    ///
    /// # Errors
    ///
    /// Bytes that are no OpenAPI document of a version that is known.
    pub(crate) fn read(bytes: &[u8], url: &TargetUrl) -> Result<Self, Fault> {
        Self::compile(text::read(bytes)?, url)
    }

    /// Reads a document and those that it refers to, each with its path from where the document stands.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub(crate) fn read_bundled(
        bytes: &[u8],
        siblings: &[(String, Bytes)],
        url: &TargetUrl,
    ) -> Result<Self, Fault> {
        let mut root = text::read(bytes)?;
        let sibling = |(path, bytes): &(String, Bytes)| {
            text::read(bytes).map(|root| Sibling { path: path.clone(), root })
        };
        bundle(&mut root, siblings.iter().map(sibling).collect::<Result<_, _>>()?);
        Self::compile(root, url)
    }

    fn compile(root: Value, url: &TargetUrl) -> Result<Self, Fault> {
        let dialect = dialect(&root)?;
        let tree = Tree { root: &root, url: url.as_str() };
        let (mut operations, mut lost) = (Vec::new(), Vec::new());
        let security = root.get("security").map(requirements).unwrap_or_default().into();
        let shared = Shared { security, work: Work::for_document(&root) };
        for (path, item) in members(&root, "paths").into_iter().flatten() {
            let item = match tree.follow(item) {
                Ok(item) => item,
                Err(fault) => {
                    lost.push((path.clone(), fault));
                    continue;
                }
            };
            for (name, method, operation) in written(item) {
                // Each takes its path along.
                if let Err(fault) = shared.work.operation(path) {
                    lost.push((path.clone(), fault));
                    break;
                }
                let at = At { tree, item, operation, shared: &shared };
                let place = OperationPlace { path: path.clone(), method: name.to_owned() };
                operations.push(read_operation(dialect, &at, place, method, url));
            }
        }
        let ids: Vec<_> = operations.iter().map(|operation| operation_id(tree, operation)).collect();
        let names = names::name(&mut operations, &ids);
        let schemes = dialect.schemes(tree);
        let can_be_met = |security: &Security| {
            let is_declared = |requirement: &Requirement| schemes.get(&requirement.scheme).is_some();
            security.is_empty() || security.iter().any(|schemes| schemes.iter().all(is_declared))
        };
        let common = can_be_met(&shared.security);
        for operation in &mut operations {
            let is_common = Arc::ptr_eq(&operation.security, &shared.security);
            if !(if is_common { common } else { can_be_met(&operation.security) }) {
                operation.fault = operation.fault.or(Some(Fault::UndeclaredScheme));
            }
        }
        let operations = operations.into_iter().map(Arc::new).collect();
        Ok(Self { operations, names, schemes, lost, url: url.as_str().to_owned(), root })
    }
}

/// Tells which version a document is written in.
fn dialect(root: &Value) -> Result<&'static dyn Dialect, Fault> {
    let says = |name: &str| match root.get(name) {
        Some(Value::String(version)) => Some(version.clone()),
        // YAML without quotes.
        Some(Value::Number(version)) => Some(version.to_string()),
        _ => None,
    };
    let is = |version: &str, known: &str| version == known || version.starts_with(&format!("{known}."));
    match (says("openapi"), says("swagger")) {
        (Some(version), _) if ["3.0", "3.1", "3.2"].iter().any(|known| is(&version, known)) => {
            Ok(&v3::OpenApi)
        }
        (None, Some(version)) if is(&version, "2") => Ok(&v2::Swagger),
        (None, None) => Err(Fault::NoDocument),
        _ => Err(Fault::Version),
    }
}

/// Lists the operations of a path: the name that each has there, its method, and itself.
fn written(item: &Value) -> impl Iterator<Item = (&str, Method, &Value)> {
    let fixed = METHODS.iter().filter_map(|name| {
        let method = Method::from_bytes(name.to_ascii_uppercase().as_bytes()).ok()?;
        Some((*name, method, item.get(name)?))
    });
    let additional = members(item, ADDITIONAL).into_iter().flatten().filter_map(|(name, operation)| {
        let method = Method::from_bytes(name.as_bytes()).ok()?;
        Some((&**name, method, operation))
    });
    // A tunnel is no call, and neither is an echo.
    let is_call = |(_, method, operation): &(&str, Method, &Value)| {
        ![Method::CONNECT, Method::TRACE].contains(method) && operation.is_object()
    };
    fixed.chain(additional).filter(is_call)
}

fn operation_id(tree: Tree<'_>, operation: &Operation) -> Option<String> {
    let (_, written) = operation.place.find(tree);
    let id = written.get("operationId")?.as_str()?;
    (!id.trim().is_empty()).then(|| id.to_owned())
}

fn read_operation(
    dialect: &dyn Dialect,
    at: &At<'_>,
    place: OperationPlace,
    method: Method,
    url: &TargetUrl,
) -> Operation {
    let mut operation = Operation {
        name: String::new(),
        method,
        path: path::Path::default(),
        server: Ok(url.clone()),
        parameters: Vec::new(),
        body: None,
        accept: None,
        security: Arc::default(),
        fault: None,
        place,
    };
    operation.fault = fill(dialect, at, url, &mut operation).err();
    operation
}

fn fill(dialect: &dyn Dialect, at: &At<'_>, url: &TargetUrl, operation: &mut Operation) -> Result<(), Fault> {
    operation.server = dialect.server(at, url)?.and_then(whole);
    operation.path = path::read(&operation.place.path)?;
    operation.parameters = parameters(dialect, at)?;
    dialect.complete(at, operation)
}

/// Collects the operation's own parameters and those of its path: of two of one name and place the operation's counts.
fn parameters(dialect: &dyn Dialect, at: &At<'_>) -> Result<Vec<Parameter>, Fault> {
    let (mut all, mut known) = (Vec::new(), HashSet::new());
    for value in declared(at) {
        at.shared.work.step()?;
        let Some(parameter) = dialect.parameter(at, at.tree.follow(value)?) else { continue };
        if known.insert((std::mem::discriminant(&parameter.place), parameter.name.clone())) {
            all.push(parameter);
        }
    }
    Ok(all)
}

/// Lists the parameters as they are declared: the operation's, then the path's.
fn declared<'doc>(at: &At<'doc>) -> impl Iterator<Item = &'doc Value> {
    items(at.operation, "parameters").iter().chain(items(at.item, "parameters"))
}

/// Reads security requirements: the operation's, else the document's.
fn security(at: &At<'_>) -> Result<Arc<Security>, Fault> {
    let Some(own) = at.operation.get("security") else { return Ok(Arc::clone(&at.shared.security)) };
    at.shared.work.look_over(own)?;
    Ok(requirements(own).into())
}

fn requirements(declared: &Value) -> Vec<Vec<Requirement>> {
    let alternatives = declared.as_array().map(Vec::as_slice).unwrap_or_default();
    let requirement = |(scheme, scopes): (&String, &Value)| {
        let scopes = scopes.as_array().into_iter().flatten().filter_map(Value::as_str);
        Requirement { scheme: scheme.clone(), scopes: scopes.map(str::to_owned).collect() }
    };
    let alternatives = alternatives.iter().filter_map(Value::as_object);
    alternatives.map(|schemes| schemes.iter().map(requirement).collect()).collect()
}
