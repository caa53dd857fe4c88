//! The operations of a target, in their order and by name: a call looks at one, however many there are.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::api::Api;

/// Operations in LobeChat's words.
#[derive(Debug)]
pub(super) struct Apis {
    list: Vec<Api>,
    /// Where each stands.
    places: HashMap<String, usize>,
}

impl FromIterator<Api> for Apis {
    /// Of two of one name the first one is meant, as in LobeHub's gateway, and the other one by nobody.
    fn from_iter<T: IntoIterator<Item = Api>>(apis: T) -> Self {
        let (mut list, mut places) = (Vec::new(), HashMap::new());
        for api in apis {
            if let Entry::Vacant(place) = places.entry(api.name.clone()) {
                place.insert(list.len());
                list.push(api);
            }
        }
        Self { list, places }
    }
}

impl Apis {
    pub(super) fn as_slice(&self) -> &[Api] {
        &self.list
    }

    pub(super) fn get(&self, name: &str) -> Option<&Api> {
        self.list.get(*self.places.get(name)?)
    }

    /// Keeps those that `keep` wants.
    pub(super) fn keeping(self, keep: impl Fn(&Api) -> bool) -> Self {
        self.list.into_iter().filter(keep).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Endpoint;
    use super::*;

    fn api(name: &str, description: &str) -> Api {
        Api::described(name, json!({ "description": description }), Endpoint::Unsaid)
    }

    #[test]
    fn of_two_of_one_name_the_first_one_is_meant() {
        let apis = Apis::from_iter([api("b", "1"), api("a", "2"), api("b", "3")]);
        assert_eq!(apis.get("b").unwrap().text("description"), "1");
        assert!(apis.get("c").is_none());
        let names: Vec<_> = apis.as_slice().iter().map(|api| &*api.name).collect();
        assert_eq!(names, ["b", "a"]);
        let apis = apis.keeping(|api| api.text("description") != "1");
        assert!(apis.get("b").is_none(), "one that is left out uncovers no other");
        assert_eq!(apis.get("a").unwrap().text("description"), "2");
    }

    /// If one looked at all others, this would take minutes.
    #[test]
    fn many_are_found_as_fast_as_few() {
        const MANY: usize = 100_000;
        let name = |number: usize| format!("operation-number-{number:06}");
        let apis: Apis = (0..MANY).map(|number| api(&name(number), "")).collect();
        assert!((0..MANY).all(|number| apis.get(&name(number)).is_some_and(|api| api.name == name(number))));
    }
}
