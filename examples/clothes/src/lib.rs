//! The plugin of LobeHub's own template, in Rust: clothes that suit the user's mood.
//!
//! Run with `cargo run -p clothes`, which serves the plugin and a gateway, and says what to paste where.

use lobe_plugin_sdk::lobe_plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the user feels.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mood {
    /// Cheerful.
    Happy,
    /// Down.
    Sad,
    /// Furious.
    Anger,
    /// Afraid.
    Fear,
    /// Taken unawares.
    Surprise,
    /// Put off.
    Disgust,
}

/// Whom the clothes are for.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "they say it themselves")]
pub enum Gender {
    Man,
    Woman,
}

/// Clothes for one mood.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Outfit {
    /// The mood they suit.
    pub mood: Mood,
    /// The clothes, the most suitable first.
    pub clothes: Vec<Garment>,
}

/// One piece of clothing.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Garment {
    /// What it is.
    pub name: String,
    /// Why it suits the mood.
    pub description: String,
}

/// Recommends clothes that suit the user's mood.
#[lobe_plugin(title = "Clothes", avatar = "👕", tags("clothes", "fashion"), created_at = "2026-11-22")]
pub mod clothes {
    use lobe_plugin_sdk::Markdown;

    use super::{Garment, Gender, Mood, Outfit, lobe_plugin, wardrobe};

    /// Recommend clothes that suit the user's mood.
    #[lobe_plugin]
    pub async fn recommend_clothes(
        /// The user's mood right now.
        mood: Mood,
        /// The user's gender. Ask for it rather than guess.
        gender: Gender,
        /// The most pieces to recommend.
        #[lobe(default = 3, range(min = 1, max = 10))]
        limit: usize,
    ) -> Outfit {
        let clothes = wardrobe(gender).iter().filter(|(suits, _, _)| suits.contains(&mood)).take(limit);
        let garment = |(_, name, description): &(_, &str, &str)| Garment {
            name: (*name).to_owned(),
            description: (*description).to_owned(),
        };
        Outfit { mood, clothes: clothes.map(garment).collect() }
    }

    /// Describe clothes that suit the user's mood, as a Markdown list.
    #[lobe_plugin]
    pub async fn describe_clothes(
        /// The user's mood right now.
        mood: Mood,
        /// The user's gender. Ask for it rather than guess.
        gender: Gender,
    ) -> Markdown {
        let outfit = recommend_clothes(mood, gender, usize::MAX).await;
        let lines =
            outfit.clothes.iter().map(|Garment { name, description }| format!("- **{name}**: {description}"));
        Markdown(lines.collect::<Vec<_>>().join("\n"))
    }
}

type Piece = (&'static [Mood], &'static str, &'static str);

const MEN: &[Piece] = &[
    (&[Mood::Happy, Mood::Surprise], "Yellow shirt", "as bright as the day"),
    (&[Mood::Happy, Mood::Disgust], "Linen trousers", "light, and nothing that rubs"),
    (&[Mood::Sad, Mood::Fear], "Thick wool jumper", "like being held"),
    (&[Mood::Sad, Mood::Anger], "Dark blue jeans", "calm, and hard-wearing"),
    (&[Mood::Anger, Mood::Surprise], "Running shoes", "to walk it off"),
    (&[Mood::Fear, Mood::Disgust], "Long coat", "between you and the world"),
];

const WOMEN: &[Piece] = &[
    (&[Mood::Happy, Mood::Surprise], "Floral dress", "it dances by itself"),
    (&[Mood::Happy, Mood::Disgust], "White blouse", "fresh from the line"),
    (&[Mood::Sad, Mood::Fear], "Cashmere cardigan", "soft and long enough to hide in"),
    (&[Mood::Sad, Mood::Anger], "Black trousers", "no questions asked"),
    (&[Mood::Anger, Mood::Surprise], "Boots", "they make an entrance"),
    (&[Mood::Fear, Mood::Disgust], "Trench coat", "collar up, gone"),
];

fn wardrobe(gender: Gender) -> &'static [Piece] {
    match gender {
        Gender::Man => MEN,
        Gender::Woman => WOMEN,
    }
}

#[cfg(test)]
mod tests {
    use lobe_plugin_sdk::{Site, testing};
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn the_function_is_a_function() {
        let outfit = clothes::recommend_clothes(Mood::Happy, Gender::Man, 1).await;
        assert_eq!(outfit.clothes.len(), 1);
        assert_eq!(outfit.clothes[0].name, "Yellow shirt");
    }

    #[test]
    fn the_committed_manifest_is_current() {
        let site = Site::at("https://plugins.example.org".parse().unwrap())
            .behind_gateway("https://plugins.example.org/api/gateway");
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/manifest.json");
        testing::assert_manifest(&clothes::plugin(), &site, file);
    }

    #[test]
    fn every_client_takes_it() {
        testing::assert_accepted(&clothes::plugin());
    }

    #[tokio::test]
    async fn and_the_plugin_calls_it() {
        let plugin = clothes::plugin();
        let reply =
            plugin.ask("recommend_clothes", json!({ "mood": "sad", "gender": "woman" })).await.unwrap();
        let outfit: serde_json::Value = serde_json::from_str(reply.as_text()).unwrap();
        assert_eq!(outfit["clothes"][0]["name"], "Cashmere cardigan");

        let error = plugin.ask("recommend_clothes", json!({ "mood": "bored" })).await.unwrap_err();
        let faults: Vec<_> = error.faults().iter().map(ToString::to_string).collect();
        assert_eq!(
            faults,
            [
                "/mood: expected one of \"happy\", \"sad\", \"anger\", \"fear\", \"surprise\", \"disgust\", got string",
                "/gender: expected one of \"man\", \"woman\", got nothing",
            ]
        );
    }
}
