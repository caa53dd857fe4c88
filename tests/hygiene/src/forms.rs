//! All three forms of the annotation in a module without the prelude, in which the names of the prelude, of `core` and
//! of Rust's own types mean something else.
#![no_implicit_prelude]
#![deny(
    warnings,
    let_underscore,
    missing_docs,
    missing_debug_implementations,
    nonstandard_style,
    rust_2018_idioms,
    keyword_idents_2024,
    tail_expr_drop_order,
    if_let_rescope,
    impl_trait_overcaptures,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unused,
    unused_import_braces,
    unused_lifetimes,
    unused_qualifications,
    unused_results,
    variant_size_differences,
    clippy::all,
    clippy::pedantic,
    clippy::use_self,
    clippy::missing_const_for_fn,
    clippy::option_if_let_else,
    clippy::redundant_clone,
    clippy::significant_drop_tightening,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

/// Takes the names that generated code might mean.
pub mod taken {
    macro_rules! nothing {
        ($($name:ident)*) => { $(
            #[doc = "Is not what it is called."]
            #[derive(Clone, Copy, Debug)]
            #[allow(dead_code, non_camel_case_types)]
            pub struct $name;
        )* };
    }
    nothing! {
        Arc Box Call Clone Default Err From Function Future Into None Ok Operation Option Parameters Plugin Result Rules
        Schema Send Some State String Sync Vec bool str u8 usize
    }

    /// Is not what it is called.
    pub mod core {}
    /// Is not what it is called.
    pub mod std {}
    /// Is not what it is called.
    pub mod alloc {}
}

#[allow(unused_imports, clippy::wildcard_imports, reason = "what generated code might mean is taken")]
use self::taken::*;

/// Measure.
#[::lobe::lobe_plugin(crate = ::lobe)]
#[must_use]
pub fn measure(
    /// What to measure.
    #[lobe(length(max = 9), pattern = "^[a-z]*$", example = "word")]
    text: ::std::string::String,
    /// How often.
    #[lobe(default = 2, range(min = 1, max = 9))]
    times: ::std::primitive::usize,
    /// What to add.
    more: ::std::option::Option<::std::primitive::usize>,
) -> ::std::primitive::usize {
    text.len() * times + more.unwrap_or(0)
}

/// Measures.
#[::lobe::lobe_plugin(
    identifier = "measures",
    title = "Measures",
    tags("size"),
    type = "default",
    ui(url = "/ui"),
    settings = super::super::whole::Whole,
    crate = ::lobe
)]
pub mod measures {
    #[allow(clippy::wildcard_imports, reason = "what generated code might mean is taken")]
    use super::taken::*;

    /// Weigh.
    ///
    /// # Errors
    ///
    /// When it is nothing.
    #[::lobe::lobe_plugin]
    pub async fn weigh(
        ::lobe::Args(whole): ::lobe::Args<super::super::whole::Whole>,
    ) -> ::std::result::Result<::std::primitive::u8, ::lobe::PluginError> {
        if whole.size == 0 {
            return ::std::result::Result::Err(::lobe::PluginError::not_found("nothing"));
        }
        ::std::result::Result::Ok(whole.size)
    }

    /// Measure in private.
    #[::lobe::lobe_plugin]
    pub(crate) fn measure_here(
        /// What to measure.
        text: ::std::string::String,
    ) -> ::std::primitive::usize {
        text.len()
    }

    /// Says that the names above are taken here, too.
    #[allow(dead_code)]
    #[must_use]
    pub const fn taken() -> (Option, Result, String) {
        (Option, Result, String)
    }
}

/// What can be done to a number.
#[derive(Debug)]
pub struct Number(
    /// The number.
    pub ::std::primitive::u8,
);

/// Numbers.
#[::lobe::lobe_plugin(identifier = "numbers", rename_all = "camelCase", crate = ::lobe)]
impl Number {
    /// Add.
    #[lobe_plugin]
    #[must_use]
    pub fn add_number(
        &self,
        /// What to add.
        #[lobe(default)]
        other: ::std::primitive::u8,
    ) -> ::std::primitive::u8 {
        self.0 + other
    }

    /// Say how many.
    #[lobe_plugin]
    #[must_use]
    pub fn taken() -> ::std::option::Option<::std::primitive::u8> {
        ::std::option::Option::None
    }
}

/// Makes a plugin of a function that stands in another one.
#[must_use]
pub fn inside() -> ::lobe::Plugin {
    /// Say nothing.
    #[::lobe::lobe_plugin(crate = ::lobe)]
    fn nothing() {}

    nothing();
    ::lobe::Plugin::new("inside").with::<nothing>()
}

macro_rules! operation {
    ($name:ident, $argument:ident: $ty:ty, $default:expr) => {
        /// Echo.
        #[::lobe::lobe_plugin(crate = ::lobe)]
        #[must_use]
        pub fn $name(
            /// What to say.
            #[lobe(default = $default)]
            $argument: $ty,
        ) -> $ty {
            $argument
        }
    };
}

operation!(echo, number: ::std::primitive::u8, 7);
