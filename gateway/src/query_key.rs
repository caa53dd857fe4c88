//! Keys in the query of the gateway's URL: `/api/gateway?key=lgw_…`.
//!
//! For LobeChat 1.x alone, whose browser sends no `Authorization` but posts to whatever URL a manifest names. It is the
//! weaker choice, since URLs are written into histories and logs of others, so only keys that were made for it are taken.

use http::request::Parts;
use lobe_plugin_sdk::serve::{Credential, Judgement, Judging, Keys};

use crate::grant::Grant;

const PARAMETER: &str = "key=";

/// Judges keys in the query of the gateway's URL, `?key=lgw_…`: those whose [`Grant`] says so.
#[derive(Clone, Debug)]
pub struct QueryKey(pub Keys);

impl Credential for QueryKey {
    fn judge<'a>(&'a self, head: &'a Parts) -> Judging<'a> {
        let judgement = presented(head).map_or(Judgement::Absent, |key| match self.0.judge_text(key) {
            Judgement::Admitted(admitted)
                if !admitted.extensions.get::<Grant>().is_some_and(|grant| grant.in_query) =>
            {
                Judgement::Refused
            }
            judgement => judgement,
        });
        Box::pin(std::future::ready(judgement))
    }
}

/// Returns the key in the query. It has no character that would be written otherwise there.
fn presented(head: &Parts) -> Option<&str> {
    head.uri.query()?.split('&').find_map(|parameter| parameter.strip_prefix(PARAMETER))
}

#[cfg(test)]
mod tests {
    use http::Request;
    use lobe_plugin_sdk::serve::{Key, KeyRecord};

    use super::*;

    #[tokio::test]
    async fn only_keys_that_were_made_for_it_are_taken() {
        let (open, other) = (Key::generate("open").unwrap(), Key::generate("other").unwrap());
        let mut record = KeyRecord::new(&open);
        record.extensions.insert(Grant { in_query: true, ..Grant::default() });
        let credential = QueryKey(Keys::of([record, KeyRecord::new(&other)]));
        let check = async |query: &str, expected: &str| {
            let request = Request::builder().uri(format!("/api/gateway{query}")).body(()).unwrap();
            let judgement = format!("{:?}", credential.judge(&request.into_parts().0).await);
            assert!(judgement.starts_with(expected), "{query}: {judgement}");
        };
        check("", "Absent").await;
        check("?access_token=x", "Absent").await;
        check(&format!("?key={}", open.expose()), "Admitted").await;
        check(&format!("?a=b&key={}", open.expose()), "Admitted").await;
        check(&format!("?key={}x", open.expose()), "Refused").await;
        check(&format!("?key={}", other.expose()), "Refused").await;
    }
}
