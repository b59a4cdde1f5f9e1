//! Users as a whole: what their rules make of them, and that what is shown makes the same user again.

use proptest::prelude::*;

use super::rule::RuleError;
use super::users::{NewChannels, SetError, Users};

fn users() -> Users {
    crate::commands::register();
    Users::new(None)
}

fn set(users: &mut Users, name: &str, rules: &str) -> Result<(), SetError> {
    let words: Vec<&[u8]> = rules.split(' ').map(str::as_bytes).collect();
    users.set(name.as_bytes(), &words, NewChannels::None)
}

fn line(users: &Users, name: &str) -> String {
    let user = users.find(name.as_bytes()).expect(name);
    String::from_utf8(user.line()).expect("text")
}

#[test]
fn lines_are_those_of_redis() {
    let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    for (rules, shown) in [
        ("", "off sanitize-payload resetchannels -@all"),
        (
            "on nopass allkeys allchannels allcommands",
            "on nopass sanitize-payload ~* &* +@all",
        ),
        (
            "on >abc skip-sanitize-payload ~a %R~b %W~b %W~c resetchannels &x -@all +get",
            &format!("on skip-sanitize-payload #{hash} ~a ~b %W~c resetchannels &x -@all +get"),
        ),
        (
            "(+get ~a) (allkeys allchannels allcommands) ( )",
            "off sanitize-payload resetchannels -@all (~a resetchannels -@all +get) (~* &* +@all) (resetchannels -@all)",
        ),
        (
            "on (+get) ~a >x reset",
            "off sanitize-payload resetchannels -@all",
        ),
        (
            "(+get) clearselectors ~a resetkeys >x resetpass",
            "off sanitize-payload resetchannels -@all",
        ),
        (
            "%RW~* ~b",
            "off sanitize-payload %RW~* ~b resetchannels -@all",
        ),
    ] {
        let mut users = users();
        set(&mut users, "u", rules).expect(rules);
        assert_eq!(line(&users, "u"), format!("user u {shown}"), "{rules}");
    }
}

#[test]
fn wrong_rules_are_told() {
    let mut users = users();
    let error = |users: &mut Users, rules| set(users, "u", rules).expect_err(rules).to_string();
    assert_eq!(
        error(&mut users, "on (on)"),
        "Error in ACL SETUSER modifier '(on)': Syntax error"
    );
    assert_eq!(
        error(&mut users, "on (&* &a)"),
        format!(
            "Error in ACL SETUSER modifier '(&* &a)': {}",
            RuleError::AllChannelsAlready
        )
    );
    assert_eq!(
        error(&mut users, "on (+get"),
        "Unmatched parenthesis in acl selector starting at '(+get'."
    );
    for rules in ["on foo", ")", "%X~a", "~* ~a", "!12", "(+get ~a) )"] {
        assert!(set(&mut users, "u", rules).is_err(), "{rules}");
    }
    assert!(users.set(b"u", &[b"(~a) ~b)"], NewChannels::None).is_err());
    assert!(users.find(b"u").is_none());
    assert!(set(&mut users, "a b", "on").is_err());
}

#[test]
fn the_default_user_stays() {
    let mut users = users();
    set(&mut users, "default", "off resetkeys").expect("fine");
    assert!(!users.default_user().is_enabled());
    assert!(!users.remove(b"default") && users.find(b"default").is_some());
    set(&mut users, "u", "on").expect("fine");
    let before = users.find(b"u").expect("set").clone();
    users.replace(&{
        let mut others = Users::new(Some(b"x"));
        set(&mut others, "u", "on").expect("fine");
        others
    });
    assert!(users.default_user().admits(b"x") && !users.default_user().is_open());
    assert!(!users.find(b"u").expect("there").is_same_as(&before));
    assert!(users.remove(b"u") && !users.remove(b"u"));
}

#[test]
fn kept_channels_are_known() {
    let keeps = |before: &str, now: &str| {
        let mut users = users();
        set(&mut users, "u", before).expect(before);
        let user = users.find(b"u").expect("set").clone();
        set(
            &mut users,
            "u",
            &format!("clearselectors resetchannels {now}"),
        )
        .expect(now);
        users.find(b"u").expect("set").keeps_channels_of(&user)
    };
    assert!(keeps("&a &b", "&a &b &c") && keeps("&a", "allchannels") && keeps("", ""));
    assert!(!keeps("&a &b", "&b") && !keeps("allchannels", "&*a") && !keeps("(&a)", "&b"));
    assert!(keeps("(&a) &b", "&a (&b)"));
}

/// A word that is a rule, or almost one.
fn word() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "get",
        "set",
        "config",
        "config|get",
        "client|kill",
        "select|0",
        "debug|object",
        "@read",
        "@all",
        "@nope",
        "config|get|x",
        "nope",
        "acl",
        "",
    ]);
    prop_oneof![
        prop::sample::select(vec![
            "on",
            "off",
            "nopass",
            "resetpass",
            "reset",
            "resetkeys",
            "resetchannels",
            "allkeys",
            "allchannels",
            "allcommands",
            "nocommands",
            "clearselectors",
            "sanitize-payload",
            "skip-sanitize-payload",
            "(",
            ")",
            "()",
        ])
        .prop_map(str::to_owned),
        ("[-+]", name).prop_map(|(sign, name)| format!("{sign}{name}")),
        "(~|&|%R~|%W~|%RW~|%|>|<)[a-c*?(){}\"'\\\\~]{0,3}",
        "\\((~[a-c)]|\\+get| |&x|-@all|%R~[*]){0,4}\\)?",
        "\\PC{0,6}",
    ]
}

proptest! {
    #[test]
    fn what_is_shown_makes_the_same_user(words in prop::collection::vec(word(), 0..12)) {
        let mut users = users();
        for word in &words {
            // Words of a selector stay together, as one argument.
            let _ = users.set(b"u", &[word.as_bytes()], NewChannels::None);
        }
        let _ = users.set(b"u", &[], NewChannels::None);
        let line = users.find(b"u").expect("set").line();
        let shown: Vec<&[u8]> = line.split(|byte| *byte == b' ').skip(2).collect();
        for channels in [NewChannels::All, NewChannels::None] {
            users.set(b"v", &[b"reset"], channels).expect("fine");
            users.set(b"v", &shown, channels).expect("its own rules");
            let again = users.find(b"v").expect("set").rules().join(&b' ');
            prop_assert_eq!(&again, &shown.join(&b' '));
            let (one, two) = (users.find(b"u").expect("set"), users.find(b"v").expect("set"));
            for (one, two) in one.selectors().zip(two.selectors()) {
                prop_assert_eq!(one.commands(), two.commands());
            }
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(name: Vec<u8>, words: Vec<Vec<u8>>) {
        let mut users = users();
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        let _ = users.set(&name, &words, NewChannels::All);
    }
}
