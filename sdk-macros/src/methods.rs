//! An `impl` block as a plugin: the annotated methods become its operations, and what they share as `self` its state.
//!
//! No type can stand inside of an `impl` block, so here no hidden types state facts, and the operations are made in
//! `fn plugin()` itself.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{ImplItem, ImplItemFn, ItemImpl, parse_quote};

use crate::args::{self, FunctionArgs, PluginArgs};
use crate::diag::{self, Mistakes};
use crate::function::excused;
use crate::model::Function;
use crate::operation::{self, local};
use crate::plugin::{self, Named, Rename};
use crate::{check, names};

/// Expands the annotation of an `impl` block.
pub(crate) fn expand(attribute: TokenStream, mut block: ItemImpl) -> TokenStream {
    let mut mistakes = Mistakes::default();
    whole(&block, &mut mistakes);
    clashes(&block, &mut mistakes);
    let has_room = mistakes.none();
    let args = PluginArgs::parse(attribute, &mut mistakes);
    let rule = Rename::rule(&args, &mut mistakes);
    names::identifier(args.identifier.as_ref(), block.impl_token.span, &mut mistakes);
    let functions = functions(&mut block, &args, rule, &mut mistakes);
    if functions.is_empty() {
        mistakes.at(
            &block.self_ty,
            "nothing can be called: write `#[lobe_plugin]` on the methods that callers may call",
        );
    }
    let operations: Vec<Named> = functions.iter().map(named).collect();
    plugin::distinct(&operations, &mut mistakes);
    // Where mistakes leave nothing to say, no second error shall follow from them.
    let certain = if mistakes.none() { operations.as_slice() } else { &[] };
    let plugin = plugin::function(&args, &block.attrs, certain, &mut mistakes);
    if has_room {
        let shared = functions.iter().any(|function| function.receiver().is_some());
        block.items.extend(makers(&args, &plugin, shared));
    }
    diag::beside(&block, mistakes)
}

/// Judges the block as a whole.
fn whole(block: &ItemImpl, mistakes: &mut Mistakes) {
    if let Some((path, _)) = &block.trait_ {
        let message = "the methods of a trait are not the type's own: annotate an `impl` block without a trait, \
            which may call them";
        mistakes.at(path, message);
    }
    for generic in &block.generics.params {
        let message = "a plugin is one plugin, so its `impl` block cannot be generic: write it for one type, as in \
            `impl Store<Postgres>`";
        mistakes.at(generic, message);
    }
}

/// Notes functions that stand where the annotation writes its own.
fn clashes(block: &ItemImpl, mistakes: &mut Mistakes) {
    for item in &block.items {
        let ImplItem::Fn(ImplItemFn { sig, .. }) = item else { continue };
        if sig.ident == "plugin" || sig.ident == "into_plugin" {
            let name = &sig.ident;
            mistakes.at(
                name,
                format!("the annotation of the `impl` block writes `fn {name}` itself: choose another name"),
            );
        }
    }
}

/// Reads the annotated functions, and takes from the block what only the annotation understands.
fn functions(
    block: &mut ItemImpl,
    plugin: &PluginArgs,
    rule: Rename,
    mistakes: &mut Mistakes,
) -> Vec<Function> {
    let owner = &block.self_ty;
    let mut functions = Vec::new();
    for item in &mut block.items {
        let ImplItem::Fn(method) = item else { continue };
        let Some(position) = method.attrs.iter().position(plugin::is_annotation) else { continue };
        let annotation = method.attrs.remove(position);
        let mut args = FunctionArgs::parse(plugin::said_in(&annotation), mistakes);
        args.name = Some(rule.wire_name(args.name.as_ref(), &method.sig.ident));
        args.allowed.missing_descriptions |= plugin.allowed.missing_descriptions;
        args.sdk = args.sdk.or_else(|| plugin.sdk.clone());
        let mut function = Function::read(&method.attrs, &mut method.sig, args, mistakes);
        function.owner = Some((**owner).clone());
        check::function(&function, mistakes);
        let excused = excused(method);
        *item = ImplItem::Verbatim(excused);
        functions.push(function);
    }
    functions
}

fn named(function: &Function) -> Named {
    let [plugin, made] = ["plugin", "made"].map(local);
    let imports = operation::imports(function.args.sdk.as_ref());
    let allowed = function.allowances();
    let operation = operation::expression(function);
    Named {
        wire_name: function.wire_name(),
        conditions: function.conditions().cloned().collect(),
        adding: quote!(#plugin.operation({ #imports #[allow(clippy::let_and_return)] #(#allowed)* let #made = { #operation }; #made })),
    }
}

/// Writes `fn plugin()`, and where methods share a state the shorter way for who has it already.
fn makers(args: &PluginArgs, plugin: &TokenStream, shared: bool) -> Vec<ImplItem> {
    let sdk = args::sdk(args.sdk.as_ref());
    if !shared {
        return vec![parse_quote! {
            /// Makes the plugin of these functions.
            #plugin
        }];
    }
    let documented = parse_quote! {
        /// Makes the plugin of these methods, without what they share: give it an `Arc<Self>` by `with_state` or by
        /// `with_state_from`. Its documents can be written at once.
        #plugin
    };
    let with_state = parse_quote! {
        /// Makes the plugin of these methods, which share this value.
        #[must_use]
        #[allow(dead_code, unreachable_pub)]
        pub fn into_plugin(self) -> #sdk::Plugin {
            Self::plugin().with_state(#sdk::__private::Arc::new(self))
        }
    };
    vec![documented, with_state]
}
