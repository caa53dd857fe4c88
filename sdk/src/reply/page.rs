//! A part of a list as an answer: as much as a model reads at once, and where to go on.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;

use super::{IntoReply, Reply, ReplyDescription, ReplyKind};
use crate::error::PluginError;
use crate::schema::Schema;

/// How many bytes of JSON one page may have: what MCP clients are shown of an answer in any case.
const PAGE: usize = 8_000;

/// What stands around the items, with the longest cursor there is.
const AROUND: usize = r#"{"items":[],"next":"18446744073709551615"}"#.len();

/// Answers with a list, page by page.
///
/// The function returns all there is. Its operation has an argument more, `cursor`, which the function knows nothing of: an
/// answer has as many items as a model reads at once (8,000 bytes of JSON, and one item in any case), and says in `next` with
/// which cursor to call again for those that follow. `next` is absent from the last page. Nothing is kept between two calls:
/// the function runs for each page, so it has to return its items in the same order.
///
/// ```
/// use lobe_plugin_sdk::{Page, Plugin, lobe_plugin};
/// use serde_json::{Value, json};
///
/// /// List the numbers up to another one.
/// #[lobe_plugin]
/// fn numbers(
///     /// The last number.
///     to: u32,
/// ) -> Page<u32> {
///     Page::of(1..=to).at_most(2)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let plugin = Plugin::new("counter").with::<numbers>();
/// let first = plugin.ask("numbers", json!({ "to": 3 })).await.unwrap();
/// assert_eq!(first.as_text(), r#"{"items":[1,2],"next":"2"}"#);
/// let last = plugin.ask("numbers", json!({ "to": 3, "cursor": "2" })).await.unwrap();
/// assert_eq!(last.as_text(), r#"{"items":[3]}"#);
/// # }
/// ```
///
/// Where all there is would be too much to fetch, the function takes an argument `cursor` of its own, and says where its list
/// goes on. Then the items are its page, whole:
///
/// ```
/// # use lobe_plugin_sdk::{Page, lobe_plugin};
/// /// List the numbers.
/// #[lobe_plugin]
/// fn all_numbers(
///     /// `next` of the answer before.
///     cursor: Option<u64>,
/// ) -> Page<u64> {
///     let first = cursor.unwrap_or(0);
///     Page::of(first..first + 10).followed_by((first + 10).to_string())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    items: Vec<T>,
    most: usize,
    next: Option<Cow<'static, str>>,
}

impl<T> Page<T> {
    /// Takes the items: all there are, or those of one page where the function has an argument `cursor`.
    pub fn of(items: impl IntoIterator<Item = T>) -> Self {
        Self { items: items.into_iter().collect(), most: usize::MAX, next: None }
    }

    /// Sets how many items a page has at most. None at all is read as one.
    #[must_use]
    pub fn at_most(mut self, items: usize) -> Self {
        self.most = items.max(1);
        self
    }

    /// Says by which cursor the items that follow are asked for. It is for functions that have an argument `cursor`; an answer
    /// of any other one fails, since nobody would read what is sent back.
    #[must_use]
    pub fn followed_by(mut self, cursor: impl Into<Cow<'static, str>>) -> Self {
        self.next = Some(cursor.into());
        self
    }
}

/// What a page is as JSON, to describe it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Page_of_{T}")]
struct Shown<T> {
    /// The items of this page.
    items: Vec<T>,
    /// The argument `cursor` for the items that follow; absent when there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl<T: Serialize + JsonSchema + 'static> IntoReply for Page<T> {
    fn into_reply(self) -> Result<Reply, PluginError> {
        let Self { items, most, next } = self;
        let unwritable = |cause| PluginError::internal(format!("an item cannot be written as JSON: {cause}"));
        let items = items.iter().map(serde_json::to_string).collect::<Result<_, _>>().map_err(unwritable)?;
        Ok(Reply::list(List { items, most, next }))
    }

    fn describe() -> ReplyDescription {
        ReplyDescription {
            kind: ReplyKind::Json,
            schema: Some(Schema::output_of::<Shown<T>>()),
            is_paged: true,
        }
    }
}

/// A list whose items are written already.
#[derive(Debug)]
pub(super) struct List {
    items: Vec<String>,
    most: usize,
    next: Option<Cow<'static, str>>,
}

impl List {
    /// Writes all that the function returned.
    pub(super) fn whole(&self) -> String {
        write(&self.items, self.next.as_deref())
    }

    /// Writes the page that begins after so many items.
    pub(super) fn page(&self, start: usize) -> Result<String, PluginError> {
        if self.next.is_some() {
            let message = "`Page::followed_by` is for functions that have an argument `cursor`";
            return Err(PluginError::internal(message));
        }
        let left = self.items.get(start..).unwrap_or_default();
        let mut room = PAGE - AROUND;
        let fitting = left.iter().take(self.most).take_while(|item| {
            let fits = item.len() < room;
            room = room.saturating_sub(item.len() + 1);
            fits
        });
        let shown = fitting.count().max(1).min(left.len());
        let next = (shown < left.len()).then(|| (start + shown).to_string());
        Ok(write(&left[..shown], next.as_deref()))
    }
}

fn write(items: &[String], next: Option<&str>) -> String {
    let next = next.map(|next| format!(r#","next":{}"#, serde_json::Value::from(next)));
    format!(r#"{{"items":[{}]{}}}"#, items.join(","), next.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(items: &[&str], most: usize) -> List {
        List { items: items.iter().map(|item| (*item).to_owned()).collect(), most, next: None }
    }

    #[test]
    fn pages_end_where_the_next_one_begins() {
        let check = |start, expected: &str| {
            assert_eq!(list(&["1", "2", "3", "4"], 3).page(start).unwrap(), expected);
        };
        check(0, r#"{"items":[1,2,3],"next":"3"}"#);
        check(1, r#"{"items":[2,3,4]}"#);
        check(3, r#"{"items":[4]}"#);
        check(4, r#"{"items":[]}"#);
        check(usize::MAX, r#"{"items":[]}"#);
    }

    #[test]
    fn a_page_is_as_long_as_a_model_reads() {
        let item = format!("{:?}", "a".repeat(98));
        let many = list(&[&*item; 200], usize::MAX);
        let first = many.page(0).unwrap();
        assert!((PAGE - 101..=PAGE).contains(&first.len()), "{}", first.len());
        let large = format!("{:?}", "a".repeat(PAGE));
        let first = list(&[&*large, "1"], usize::MAX).page(0).unwrap();
        assert_eq!(first, format!(r#"{{"items":[{large}],"next":"1"}}"#), "one item in any case");
    }

    #[test]
    fn who_says_where_it_goes_on_takes_the_cursor() {
        let own = List { next: Some("a\"b".into()), ..list(&["1"], 1) };
        assert_eq!(own.whole(), r#"{"items":[1],"next":"a\"b"}"#);
        assert!(own.page(0).is_err());
    }
}
