//! A plugin that fails in every way a plugin can fail, and answers in every way it can answer.

use std::collections::BTreeMap;
use std::io;

use futures_util::{StreamExt, stream};
use lobe_plugin_sdk::schema::Schema;
use lobe_plugin_sdk::{
    Args, Binary, Caller, Context, ErrorType, File, Image, IntoPluginError, Link, Markdown, MarkdownStream,
    Page, PluginError, Secret, Settings, State, TextStream, lobe_plugin,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A colour.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Colour {
    /// Like blood.
    Red,
    /// Like grass.
    Green,
}

/// A thing with things in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Thing {
    /// What it is called.
    pub name: String,
    /// How many there are.
    pub count: u8,
    /// What it looks like.
    pub colour: Option<Colour>,
    /// What is in it.
    #[serde(default)]
    pub parts: Vec<Part>,
    /// What else is known.
    #[serde(default)]
    pub notes: BTreeMap<String, String>,
}

/// A part of a thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Part {
    /// What it weighs, in grams.
    pub weight: f64,
}

/// An error that explains itself.
#[derive(Debug)]
pub enum ShelfError {
    /// There is nothing on it.
    Empty(u8),
}

impl IntoPluginError for ShelfError {
    fn into_plugin_error(self) -> PluginError {
        match self {
            Self::Empty(number) => PluginError::not_found(format!("shelf {number} is empty")),
        }
    }
}

/// How a stream fails.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// By an error that explains itself.
    Explained,
    /// By any other error.
    Hidden,
    /// By a panic.
    Panic,
    /// By never going on.
    Stall,
}

/// Is the end of a stream that fails.
async fn failure(way: Way) -> Result<String, PluginError> {
    match way {
        Way::Explained => Err(ShelfError::Empty(7).into_plugin_error()),
        Way::Hidden => Err(io::Error::other("marked-secret-path").into()),
        Way::Panic => panic!("marked-secret-panic"),
        Way::Stall => std::future::pending().await,
    }
}

/// What the plugin's functions share.
#[derive(Clone, Debug)]
pub struct Shelf(pub &'static str);

/// Answers and fails in every way there is.
#[lobe_plugin(identifier = "parity", title = "Parity", avatar = "⚖️", tags("test"))]
pub mod operations {
    use super::*;

    /// Say a text.
    #[lobe_plugin]
    pub fn say(
        /// What to say.
        text: String,
    ) -> String {
        text
    }

    /// Say a text as Markdown.
    #[lobe_plugin]
    pub async fn say_markdown(
        /// What to say.
        text: String,
    ) -> Markdown {
        Markdown(format!("**{text}**"))
    }

    /// Say the same many times.
    #[lobe_plugin]
    pub fn repeat(
        /// What to say.
        text: String,
        /// How often.
        times: u32,
    ) -> String {
        text.repeat(times as usize)
    }

    /// Add two numbers.
    #[lobe_plugin]
    pub fn add(
        /// The first.
        left: i64,
        /// The second.
        right: i64,
    ) -> Option<i64> {
        left.checked_add(right)
    }

    /// Look at a thing.
    #[lobe_plugin]
    pub fn look(
        /// The thing.
        thing: Thing,
    ) -> Thing {
        thing
    }

    /// Look at a thing that is all there is.
    #[lobe_plugin]
    pub async fn look_at_all(Args(thing): Args<Thing>) -> Thing {
        thing
    }

    /// What was given and what was not.
    #[derive(Debug, Serialize, JsonSchema)]
    pub struct Given {
        word: Option<String>,
        limit: u8,
        tags: Vec<String>,
    }

    /// Show what was given.
    #[lobe_plugin]
    pub fn given(
        /// A word, or none.
        word: Option<String>,
        /// A limit.
        #[lobe(default = 3)]
        limit: u8,
        /// Some tags.
        #[lobe(default)]
        tags: Vec<String>,
    ) -> Given {
        Given { word, limit, tags }
    }

    /// Draw a line.
    #[lobe_plugin]
    pub fn draw(
        /// Its name.
        #[lobe(length(min = 2, max = 4), pattern = "^[a-zäöü]+$", example = "ab")]
        name: String,
        /// Its width.
        #[lobe(range(min = 0.5, max = 2.5))]
        width: Option<f32>,
        /// The points.
        #[lobe(length(max = 2), default)]
        points: Vec<i8>,
        /// How strong.
        #[lobe(default = 5, range(min = 1, max = 10))]
        strength: u8,
    ) -> String {
        format!("{name} {width:?} {points:?} {strength}")
    }

    /// Say nothing.
    #[lobe_plugin]
    pub fn silence() -> &'static str {
        ""
    }

    /// Do nothing.
    #[lobe_plugin]
    pub fn nothing() {}

    /// Say which shelf this is.
    #[lobe_plugin(name = "get-shelf")]
    pub async fn get_shelf(State(Shelf(name)): State<Shelf>) -> String {
        name.to_owned()
    }

    /// Fail with a name of LobeHub's protocol, or a status.
    #[lobe_plugin]
    pub async fn fail(
        /// The name, or the status as text.
        kind: String,
    ) -> Result<String, PluginError> {
        let kind = kind.parse::<u16>().map(ErrorType::from_status).or_else(|_| {
            let named = ErrorType::NAMED.into_iter().find(|known| known.name() == Some(&kind));
            named.ok_or_else(|| PluginError::bad_arguments(format!("there is no error `{kind}`")))
        })?;
        Err(PluginError::new(kind, format!("failed with {kind}")).caused_by("marked-secret-cause"))
    }

    /// Fail with an ordinary error.
    #[lobe_plugin]
    pub async fn fail_io() -> Result<String, PluginError> {
        Err(io::Error::other("marked-secret-path"))?;
        Ok(String::new())
    }

    /// Fail with an ordinary error as the error type.
    #[lobe_plugin]
    pub fn fail_plain() -> io::Result<String> {
        Err(io::Error::other("marked-secret-path"))
    }

    /// Fail with an error that explains itself.
    #[lobe_plugin]
    pub fn fail_explained() -> Result<String, ShelfError> {
        Err(ShelfError::Empty(7))
    }

    /// Panic at once.
    #[lobe_plugin]
    pub fn panic_now() -> String {
        panic!("marked-secret-panic")
    }

    /// Panic after a pause.
    #[lobe_plugin]
    pub async fn panic_later() -> String {
        tokio::task::yield_now().await;
        panic!("marked-secret-panic")
    }

    /// Show a picture.
    #[lobe_plugin]
    pub fn picture() -> Image {
        Image::png(b"\x89PNG\r\n\x1a\n".as_slice()).alt("a [tiny] dot")
    }

    /// Show a picture of a type that is none.
    #[lobe_plugin]
    pub fn broken_picture() -> Image {
        Image::new("marked-secret\r\ntype", "")
    }

    /// Hand out a file.
    #[lobe_plugin]
    pub async fn export(
        /// What it is called.
        name: String,
    ) -> Result<File, PluginError> {
        Ok(File::new(name, "text/csv; charset=utf-8", "shelf,things\n1,7\n"))
    }

    /// Lead to a page.
    #[lobe_plugin]
    pub fn page(
        /// Its title, if it has one.
        title: Option<String>,
    ) -> Link {
        let link = Link::new("https://example.org/a (b)").description("Where **all** is.");
        match title {
            Some(title) => link.title(title),
            None => link,
        }
    }

    /// Hand out bytes that are no text.
    #[lobe_plugin]
    pub fn bytes() -> Binary {
        Binary::new("application/x-bytes", b"a\xff\x00b".as_slice())
    }

    /// List the numbers up to another one.
    #[lobe_plugin]
    pub fn list(
        /// The last number.
        to: u8,
    ) -> Page<u8> {
        Page::of(1..=to).at_most(3)
    }

    /// Count, one number after the other.
    #[lobe_plugin]
    pub async fn count(
        /// The last number.
        to: u8,
    ) -> TextStream {
        TextStream::new(stream::iter((1..=to).map(|number| format!("{number} "))))
    }

    /// Count in bold letters, and break letters in two.
    #[lobe_plugin]
    pub fn count_markdown() -> Result<MarkdownStream, PluginError> {
        let pieces: [&[u8]; 4] = [b"**1** ", b"\xc3", b"\xbc", b" \xff"];
        Ok(MarkdownStream::new(stream::iter(pieces)))
    }

    /// Count, and fail.
    #[lobe_plugin]
    pub async fn count_and_fail(
        /// The last number.
        to: u8,
        /// How to fail.
        way: Way,
    ) -> TextStream {
        let numbers = stream::iter((1..=to).map(|number| Ok(format!("{number} "))));
        TextStream::new(numbers.chain(stream::once(failure(way))))
    }

    /// Say who asks.
    #[lobe_plugin]
    pub fn who(Caller(caller): Caller) -> String {
        caller.subject().unwrap_or("somebody").to_owned()
    }

    /// Say whether there is time left.
    #[lobe_plugin]
    pub fn is_in_time(Context(context): Context) -> bool {
        !context.is_cancelled()
    }

    /// Take longer than anybody waits.
    #[lobe_plugin]
    pub async fn sleep() -> String {
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        String::new()
    }
}

/// Makes the plugin, with its state.
#[must_use]
pub fn plugin() -> lobe_plugin_sdk::Plugin {
    operations::plugin().with_state(Shelf("the top shelf"))
}

/// Needs a key before it says anything.
#[lobe_plugin(identifier = "parity-settings", title = "Parity with settings", avatar = "🔑")]
pub mod with_settings {
    use super::{Keys, Settings, lobe_plugin};

    /// Say a text.
    #[lobe_plugin]
    pub fn say(
        /// What to say.
        text: String,
        Settings(keys): Settings<Keys>,
    ) -> String {
        if keys.api_key.expose().is_empty() { String::new() } else { text }
    }
}

/// The settings of the second plugin.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Keys {
    /// The key.
    #[schemars(length(min = 3))]
    pub api_key: Secret<String>,
    /// Where.
    pub region: Option<Colour>,
}

/// Returns the raw schema of [`Thing`], for tests of documents.
#[must_use]
pub fn thing_schema() -> Schema {
    Schema::input_of::<Thing>()
}
