//! The types that are asked: every attribute of serde alone and in pairs, every kind of collection, every integer.
#![allow(dead_code, reason = "they are read, and nothing is done with them")]

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::marker::PhantomData;
use std::num::{NonZeroI16, NonZeroU64};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::Sample;
use super::disagreements::*;

/// Derives for each type what is asked of it.
macro_rules! types {
    ($($item:item)*) => { $(#[derive(Deserialize, JsonSchema)] $item)* };
}

types! {
    struct Plain { text: String, number: u8, flag: bool, share: f64 }
    struct Optional { text: Option<String>, list: Option<Vec<u8>>, twice: Option<Option<bool>> }
    struct Signed { a: i8, b: i16, c: i32, d: i64, e: isize }
    struct Unsigned { a: u8, b: u16, c: u32, d: u64, e: usize }
    struct Wide { a: i128, b: u128 }
    struct NonZero { a: NonZeroU64, b: NonZeroI16 }
    struct Floats { a: f32, b: f64 }
    struct Letter { letter: char }
    struct Anything { value: Value, object: Map<String, Value> }
    struct Nothing { unit: (), marker: PhantomData<u8> }
    struct Unit;
    struct Newtype(u16);
    struct Pair(u8, String);
    struct Tuples { pair: (u8, String), triple: (bool, Option<u8>, i32), nested: ((u8, u8), [i8; 2]) }
    struct Lists { list: Vec<i16>, queue: VecDeque<bool>, array: [u8; 3], nested: Vec<Vec<Option<u8>>> }
    struct Sets { sorted: BTreeSet<u8>, hashed: HashSet<String> }
    struct Maps {
        sorted: BTreeMap<String, u8>,
        hashed: HashMap<String, Option<bool>>,
        deep: BTreeMap<String, Vec<Plain>>,
    }
    struct NumberedMap { map: BTreeMap<u32, u8> }
    struct SignedMap { map: BTreeMap<i64, bool> }
    struct NamedMap { map: BTreeMap<Mood, u8> }
    struct Boxed { text: Box<str>, cow: std::borrow::Cow<'static, str>, inner: Box<Plain> }
    struct Outcome { result: Result<u8, String> }
    struct Span { range: std::ops::Range<u8>, duration: Duration }
    struct Nested { inner: Plain, list: Vec<Optional>, maybe: Option<Plain> }
    struct Empty {}
    #[derive(PartialEq, Eq, PartialOrd, Ord)]
    pub(super) enum Mood { Happy, Sad }
    struct Tree { value: u8, #[serde(default)] children: Vec<Tree>, parent: Option<Box<Tree>> }
    struct Chicken { egg: Option<Box<Egg>> }
    struct Egg { chicken: Chicken, weight: u8 }

    #[serde(transparent)] struct Transparent { only: Vec<u8> }
    struct Renamed {
        #[serde(rename = "other-name")] name: u8,
        #[serde(rename(deserialize = "read"))] written: bool,
    }
    #[serde(rename_all = "camelCase")] struct RenamedAll { first_name: String, last_name: Option<String> }
    #[serde(rename_all = "kebab-case")] enum RenamedVariants { VeryHappy, NotSoSad { how_much: u8 } }
    #[serde(rename_all_fields = "UPPERCASE")] enum RenamedFields { One { first: u8 }, Two { second: bool } }
    pub(super) struct Aliased {
        #[serde(alias = "nickname")] name: String,
        #[serde(default, alias = "years")] age: u8,
    }
    struct Defaulted { #[serde(default)] a: u8, #[serde(default = "seven")] b: u8, c: bool }
    #[serde(default)] #[derive(Default)] struct AllDefaulted { a: u8, b: String, c: Option<bool> }
    struct Skipped {
        a: u8,
        #[serde(skip)] b: u8,
        #[serde(skip_deserializing)] c: u8,
        #[serde(skip_serializing)] d: u8,
    }
    #[serde(deny_unknown_fields)] struct Closed { a: u8, b: Option<u8> }
    struct With { #[serde(deserialize_with = "from_text")] #[schemars(with = "String")] length: usize }
    struct WithModule { #[serde(with = "flag")] #[schemars(with = "Flag")] flag: bool }
    #[serde(from = "u8")] struct Widened(u16);
    #[serde(try_from = "Pair")] pub(super) struct ByTrial(String);

    struct Flat { own: u8, #[serde(flatten)] inner: Renamed }
    struct FlatMap { own: u8, #[serde(flatten)] rest: BTreeMap<String, u8> }
    struct FlatAnything { own: u8, #[serde(flatten)] rest: Map<String, Value> }
    struct FlatTwice { #[serde(flatten)] one: Defaulted, #[serde(flatten)] two: RenamedAll }
    struct FlatDeep { #[serde(flatten)] inner: Flat, last: bool }
    struct FlatInternal { own: u8, #[serde(flatten)] shape: Internal }
    struct FlatAdjacent { own: u8, #[serde(flatten)] shape: AdjacentFields }
    struct FlatExternal { own: u8, #[serde(flatten)] shape: ExternalFields }
    struct FlatUntagged { own: u8, #[serde(flatten)] shape: UntaggedFields }
    pub(super) struct FlatOptional { own: u8, #[serde(flatten)] inner: Option<Newer> }
    pub(super) struct Newer { since: u8 }

    enum External { Stop, Wait(u8), Pair(u8, String), Move { by: i8, far: Option<bool> } }
    enum ExternalFields { Wait { seconds: u8 }, Move { by: i8 } }
    #[serde(deny_unknown_fields)] enum ExternalClosed { Wait { seconds: u8 }, Move { by: i8 } }
    #[serde(tag = "kind")] pub(super) enum Internal { Nothing, Circle { radius: u8 }, Plain(Newer) }
    #[serde(tag = "kind", rename_all = "snake_case")]
    enum InternalRenamed { VeryRound { radius: u8 }, NotRound { side: Option<u8> } }
    #[serde(tag = "kind", deny_unknown_fields)]
    enum InternalClosed { Circle { radius: u8 }, Square { side: u8 } }
    #[serde(tag = "kind")] struct TaggedStruct { a: u8 }
    #[serde(tag = "type", content = "content")]
    pub(super) enum Adjacent { Empty, Number(u8), Pair(u8, bool), Named { name: String } }
    #[serde(tag = "type", content = "content")] enum AdjacentFields { Number(u8), Named { name: String } }
    #[serde(tag = "type", content = "content", deny_unknown_fields)]
    enum AdjacentClosed { Number(u8), Named { name: String } }
    #[serde(tag = "type", content = "content", rename_all = "lowercase")]
    enum AdjacentRenamed { Number(u8), Text(String) }
    #[serde(untagged)] enum Untagged { Number(u8), Flag(bool), Name { name: String }, Nothing }
    #[serde(untagged)] enum UntaggedFields { Named { name: String }, Numbered { number: u8 } }
    #[serde(untagged)] enum UntaggedLists { Pair(u8, bool), Texts(Vec<String>) }
    #[serde(untagged)]
    enum Document { Null, Flag(bool), Text(String), List(Vec<Document>), Map(BTreeMap<String, Document>) }
    enum PartlyUntagged { Known, #[serde(untagged)] Other(u8) }
    enum Skipping { Kept, #[serde(skip)] Gone, #[serde(skip_deserializing)] Unread }
    pub(super) enum AliasedVariants { #[serde(alias = "glad")] Happy, Sad }
    #[serde(tag = "kind")] pub(super) enum CatchAll { Known { a: u8 }, #[serde(other)] Unknown }

    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct RenamedClosed { first_name: u8, last_name: Option<u8> }
    #[serde(deny_unknown_fields, default)] #[derive(Default)]
    struct DefaultedClosed { a: u8, b: Option<bool> }
    #[serde(deny_unknown_fields)]
    pub(super) struct AliasedClosed { #[serde(alias = "nickname")] name: Option<u8> }
    #[serde(deny_unknown_fields)] struct SkippedClosed { a: u8, #[serde(skip)] b: u8 }
    #[serde(deny_unknown_fields)] struct FlatClosed { own: u8, #[serde(flatten)] inner: Newer }
    #[serde(rename_all = "UPPERCASE")]
    struct RenamedDefaulted { #[serde(default)] one: u8, #[serde(rename = "two")] other: Option<u8> }
    struct DefaultWith {
        #[serde(default, deserialize_with = "from_text")] #[schemars(with = "String")] length: usize,
    }
    pub(super) struct PairDefaulted(u8, #[serde(default)] u8);
    struct HoldsEnums {
        mood: Mood,
        external: Option<External>,
        internal: Vec<Internal>,
        untagged: BTreeMap<String, Untagged>,
    }
    pub(super) struct AliasedOptional { #[serde(alias = "nickname")] name: Option<u8> }
    #[serde(untagged)] pub(super) enum UntaggedNumbers { Map(BTreeMap<u8, u8>) }
    pub(super) struct Ruled(#[schemars(range(max = 10))] u8);
    struct ALittleTooWide { number: TooWide, other: bool }
    struct ALittleTooNarrow { number: Ruled, other: bool }
    struct ForgetsARequired { #[schemars(default)] number: u8 }
    struct TooWide(#[schemars(range(max = 256))] u8);
    struct Generic<T> { one: T, many: Vec<T> }
    struct OfGeneric { numbers: Generic<u8>, maybe: Generic<Option<Mood>> }
}

/// Says that it is a text.
#[derive(Deserialize)]
struct SaysText(u8);

impl JsonSchema for SaysText {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SaysText".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string"})
    }
}

fn seven() -> u8 {
    7
}

fn from_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    String::deserialize(deserializer).map(|text| text.len())
}

mod flag {
    use super::{Deserialize, Deserializer, Flag};

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
        Ok(matches!(Flag::deserialize(deserializer)?, Flag::Yes))
    }
}

types! {
    #[serde(rename_all = "lowercase")] enum Flag { Yes, No }
}

impl From<u8> for Widened {
    fn from(number: u8) -> Self {
        Self(number.into())
    }
}

impl TryFrom<Pair> for ByTrial {
    type Error = &'static str;

    fn try_from(pair: Pair) -> Result<Self, Self::Error> {
        if pair.1.is_empty() { Err("empty") } else { Ok(Self(pair.1)) }
    }
}

macro_rules! samples {
    ($($name:ty $(, except $excused:path)?;)*) => {
        vec![$(Sample::of::<$name>(stringify!($name)) $(.except($excused))?),*]
    };
}

pub(super) fn samples() -> Vec<Sample> {
    [values(), structs(), enums(), pairs()].into_iter().flatten().collect()
}

fn values() -> Vec<Sample> {
    samples![
        bool; String; i8; u8; i16; u16; i32; u32; i64; u64; isize; usize; f32; f64; char; (); Value;
        Vec<u8>; Option<u8>; Plain; Optional; Signed; Unsigned; Wide; NonZero; Floats; Letter;
        Anything, except null_map; Nothing; Unit; Newtype; Pair; Tuples; Lists; Sets, except
        item_twice; Maps; NumberedMap; SignedMap; NamedMap; Boxed; Outcome; Span, except
        member_of_std; Nested; Empty; Mood, except unit_as_object; Tree; Chicken;
    ]
}

fn structs() -> Vec<Sample> {
    samples![
        Transparent; Renamed; RenamedAll; Aliased, except by_alias; Defaulted; AllDefaulted;
        Skipped; Closed; With; WithModule, except unit_as_object; Widened; ByTrial, except empty_text;
        Flat; FlatMap; FlatAnything; FlatTwice;
        FlatDeep; FlatInternal, except tag_as_number; FlatAdjacent; FlatExternal; FlatUntagged;
        FlatOptional, except misfit;
    ]
}

fn enums() -> Vec<Sample> {
    samples![
        RenamedVariants, except unit_as_object; RenamedFields; External, except enum_forms;
        ExternalFields; ExternalClosed; Internal, except tag_as_number; InternalRenamed, except
        tag_as_number; InternalClosed, except tag_as_number; TaggedStruct; Adjacent, except
        unit_with_content; AdjacentFields; AdjacentClosed; AdjacentRenamed; Untagged;
        UntaggedFields; UntaggedLists; Document; PartlyUntagged, except unit_as_object; Skipping,
        except unit_as_object; AliasedVariants, except alias_or_unit; CatchAll, except unknown_tag;
    ]
}

fn pairs() -> Vec<Sample> {
    samples![
        RenamedClosed; DefaultedClosed; AliasedClosed, except by_alias; SkippedClosed; FlatClosed;
        RenamedDefaulted; DefaultWith; PairDefaulted, except short_tuple; HoldsEnums, except
        enum_forms; OfGeneric;
    ]
}

/// Types whose schemas are wrong.
pub(super) fn liars() -> Vec<Sample> {
    samples![
        TooWide; ALittleTooWide; ALittleTooNarrow; ForgetsARequired; SaysText;
    ]
}
