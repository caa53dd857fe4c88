//! Text within what clients show a model. LobeHub cuts at 25,000 characters, wherever that may be, and others sooner; so what
//! is longer than its budget is cut here, between two items, and says how much was left out.

use serde_json::Value;

/// Shortens prose: between paragraphs if it can be, else between lines, else between words.
pub(super) fn prose(text: String, budget: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(budget) else { return text };
    let shown = &text[..end];
    let cut = ["\n\n", "\n", " "]
        .into_iter()
        .find_map(|gap| shown.rfind(gap))
        .filter(|cut| *cut > 0)
        .unwrap_or(end);
    let all = text.chars().count();
    let shown = text[..cut].chars().count();
    format!("{}\n\n(The first {shown} of {all} characters are shown. Ask for less at a time.)", &text[..cut])
}

/// Shortens JSON: by the last items of its list, or of the longest list in its object. What has none stays whole, because
/// half a JSON text is none.
pub(super) fn json(text: String, budget: usize) -> String {
    if text.len() <= budget {
        return text;
    }
    let Ok(mut value) = serde_json::from_str::<Value>(&text) else { return text };
    let Some((name, items)) = longest_list(&mut value) else { return text };
    let all = items.len();
    let mut kept = std::mem::take(items);
    let around = value.to_string().len();
    let mut room = budget.saturating_sub(around);
    let fitting = kept.iter().take_while(|item| {
        let length = item.to_string().len() + 1;
        let fits = length <= room;
        room = room.saturating_sub(length);
        fits
    });
    let shown = fitting.count();
    kept.truncate(shown);
    if let Some((_, items)) = longest_list_named(&mut value, name.as_deref()) {
        *items = kept;
    }
    let of = name.map(|name| format!(" of `{name}`")).unwrap_or_default();
    format!("{value}\n\n(The first {shown} of {all} items{of} are shown. Ask for less at a time.)")
}

type List<'a> = (Option<String>, &'a mut Vec<Value>);

fn longest_list(value: &mut Value) -> Option<List<'_>> {
    let name = match value {
        Value::Array(_) => None,
        Value::Object(members) => {
            let lists = members.iter().filter(|(_, member)| member.is_array());
            Some(lists.max_by_key(|(_, list)| list.to_string().len())?.0.clone())
        }
        _ => return None,
    };
    longest_list_named(value, name.as_deref())
}

fn longest_list_named<'a>(value: &'a mut Value, name: Option<&str>) -> Option<List<'a>> {
    let list = match name {
        Some(name) => value.get_mut(name)?,
        None => value,
    };
    Some((name.map(str::to_owned), list.as_array_mut()?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn prose_is_cut_between_its_parts() {
        let check = |text: &str, budget, expected: &str| assert_eq!(prose(text.to_owned(), budget), expected);
        check("ünd", 3, "ünd");
        let note = |shown, all| {
            format!("\n\n(The first {shown} of {all} characters are shown. Ask for less at a time.)")
        };
        check("one\n\ntwo three", 8, &format!("one{}", note(3, 14)));
        check("one\ntwo three", 9, &format!("one{}", note(3, 13)));
        check("one two three", 9, &format!("one two{}", note(7, 13)));
        check("üüüüü", 3, &format!("üüü{}", note(3, 5)));
    }

    #[test]
    fn json_is_cut_between_items() {
        let check =
            |value: Value, budget, expected: &str| assert_eq!(json(value.to_string(), budget), expected);
        check(json!([1, 2, 3]), 7, "[1,2,3]");
        let note = "are shown. Ask for less at a time.)";
        check(json!(["aa", "bb", "cc"]), 12, &format!("[\"aa\",\"bb\"]\n\n(The first 2 of 3 items {note}"));
        let found = json!({ "found": ["aa", "bb", "cc"], "of": [3] });
        check(
            found,
            34,
            &format!("{{\"found\":[\"aa\",\"bb\"],\"of\":[3]}}\n\n(The first 2 of 3 items of `found` {note}"),
        );
        check(json!({ "text": "a".repeat(20) }), 10, &json!({ "text": "a".repeat(20) }).to_string());
    }
}
