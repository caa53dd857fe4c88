//! The macro judges names before the library is there to be asked. Both are held against one table, here and in
//! `sdk-macros`.

#[test]
fn names_are_legal_in_the_library_as_in_the_macro() {
    for line in include_str!("../data/names.txt").lines() {
        let (verdict, name) = line.split_once(' ').unwrap();
        assert_eq!(lobe_plugin_sdk::name::fault(name).is_none(), verdict == "ok", "{name:?}");
    }
}
