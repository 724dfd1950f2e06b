//! The form language, its mistakes, and answers against a form. Every form of the program has an
//! example under `tests/forms/<id>/example.json`; an orphan there fails.

use renraku::form::answers::{Answers, check_answers};
use renraku::form::catalogue::{BUILT_IN, Catalogue, CatalogueError};
use renraku::form::check::{BOXES_MAX, box_count, check};
use renraku::form::definition::{FormDefinition, PartyRole};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

/// A small form without mistakes.
const GOOD: &str = r#"id = "small"
version = 1
title = { ja = "見本", en = "Sample" }
question = { ja = "レ点を付けてください。", en = "Please tick." }
from = "care_manager"
to = "doctor"

[due]
kind = "business_days"
days = 5

[consent]
required = true
text = { ja = "同意を得ています", en = "Consent is given." }

[[field]]
id = "times"
kind = "slots"
max = 3
label = { ja = "候補", en = "Times" }

[[reply]]
id = "answer"
kind = "choose_one"
required = true
label = { ja = "回答", en = "Answer" }
options = [
    { id = "yes", label = { ja = "はい", en = "Yes" } },
    { id = "no", label = { ja = "いいえ", en = "No" } },
]

[[reply]]
id = "time"
kind = "slots"
field = "times"
label = { ja = "日時", en = "Time" }
"#;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn liaison() -> FormDefinition {
    Catalogue::built_in().unwrap().get("liaison").unwrap().clone()
}

fn example(form: &str) -> Value {
    let file = root().join("tests/forms").join(form).join("example.json");
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// A piece of `GOOD`, what replaces it, and the mistakes: their lines and a piece of their texts.
type Case = (&'static str, &'static str, &'static [(usize, &'static str)]);

const MISTAKES: &[Case] = &[
    // Not TOML.
    ("version = 1", "version = ", &[(2, "TOML")]),
    ("id = \"small\"", "id = \"small", &[(1, "TOML")]),
    ("version = 1", "version = 1\nversion = 2", &[(3, "TOML")]),
    // Keys.
    ("required = true\ntext", "requird = true\ntext", &[(13, "'required'")]),
    ("max = 3", "max = 3\nmax_chars = 3", &[(20, "'max_chars'")]),
    ("max = 3", "max = 3\ncolour = \"red\"", &[(20, "id, kind, label, required, help, max")]),
    ("[due]", "[deu]", &[(1, "'due' is missing"), (8, "'due'?")]),
    ("version = 1\n", "", &[(1, "'version' is missing")]),
    ("id = \"times\"\n", "", &[(16, "'id' is missing"), (34, "'times' is no [[field]]")]),
    ("kind = \"business_days\"\n", "", &[(8, "'kind' is missing")]),
    ("days = 5\n", "", &[(8, "'days' is missing")]),
    ("field = \"times\"\n", "", &[(32, "'field' is missing")]),
    // Types.
    ("version = 1", "version = \"1\"", &[(2, "whole number")]),
    ("from = \"care_manager\"", "from = 1", &[(5, "text in quotes")]),
    ("required = true\ntext", "required = \"yes\"\ntext", &[(13, "true or false")]),
    ("title = { ja = \"見本\", en = \"Sample\" }", "title = \"見本\"", &[(3, "a table")]),
    ("[[field]]", "[field]", &[(16, "a list of tables"), (35, "'times' is no [[field]]")]),
    ("    { id = \"no\", label = { ja = \"いいえ\", en = \"No\" } },", "    \"no\",", &[(29, "a table")]),
    // Ids.
    ("id = \"small\"", "id = \"Small form\"", &[(1, "an id begins with a-z")]),
    ("id = \"time\"", "id = \"times\"", &[(33, "'times' is already taken")]),
    ("id = \"time\"", "id = \"consent\"", &[(33, "'consent' is already taken")]),
    ("id = \"no\"", "id = \"yes\"", &[(29, "'yes' is already taken")]),
    // Kinds and roles.
    ("kind = \"choose_one\"", "kind = \"chose_one\"", &[(24, "did you mean 'choose_one'?")]),
    ("kind = \"slots\"\nmax", "kind = \"picture\"\nmax", &[(18, "use one of text"), (35, "is no [[field]]")]),
    ("to = \"doctor\"", "to = \"docter\"", &[(6, "did you mean 'doctor'?")]),
    ("kind = \"business_days\"", "kind = \"weeks\"", &[(9, "business_days, hours, no_reply")]),
    // Options.
    ("    { id = \"no\", label = { ja = \"いいえ\", en = \"No\" } },\n", "", &[(27, "at least 2 options")]),
    (
        "kind = \"choose_one\"",
        "kind = \"choose_one\"\n[[reply]]\nid = \"x\"\nkind = \"choose_many\"",
        &[(22, "'label' is missing"), (22, "there are no options")],
    ),
    // Across.
    ("field = \"times\"", "field = \"time\"", &[(35, "'time' is no [[field]]")]),
    ("field = \"times\"", "field = \"times\"\nneeds = 1", &[(36, "'needs'")]),
    // Numbers.
    ("days = 5", "days = 61", &[(10, "from 1 to 60")]),
    ("days = 5", "days = 0", &[(10, "from 1 to 60")]),
    ("days = 5", "days = 99999999999999999999", &[(10, "from 1 to 60")]),
    ("max = 3", "max = 7", &[(19, "from 1 to 6")]),
    ("version = 1", "version = 0", &[(2, "from 1 to 9999")]),
    // Labels.
    ("label = { ja = \"回答\", en = \"Answer\" }", "label = { ja = \"回答\" }", &[(26, "'en' is missing")]),
    ("label = { ja = \"回答\", en = \"Answer\" }", "label = { en = \"Answer\" }", &[(26, "'ja' is missing")]),
    ("ja = \"はい\"", "ja = \" \"", &[(28, "it is empty")]),
    ("ja = \"はい\"", "ja = \"☑はい\"", &[(28, "U+2611 cannot be printed")]),
    ("ja = \"はい\"", "ja = \"は\\nい\"", &[(28, "U+000A cannot be printed")]),
    ("ja = \"はい\"", "ja = \"一二三四五六七八九十一二三四五六七八九十一二三四五\"", &[(28, "at most 24")]),
    (
        "ja = \"レ点を付けてください。\"",
        "ja = \"一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一\"",
        &[(4, "at most 40")],
    ),
    // Consent.
    ("text = { ja = \"同意を得ています\", en = \"Consent is given.\" }\n", "", &[(12, "'text' is missing")]),
    // Several at once.
    (
        "version = 1\n",
        "verson = 1\ncolour = 2\n",
        &[(1, "'version' is missing"), (2, "'version'?"), (3, "'colour'")],
    ),
    // A line that is not TOML does not hide another's mistake.
    ("days = 5", "days = 99\n= 5", &[(10, "from 1 to 60"), (11, "TOML")]),
];

#[test]
fn every_mistake_is_reported_with_its_line() {
    check("good.toml", GOOD).unwrap();
    let mut failures = Vec::new();
    for (old, new, expected) in MISTAKES {
        assert!(GOOD.contains(old), "{old}");
        let mistakes = check("bad.toml", &GOOD.replacen(old, new, 1)).expect_err(new);
        let found = mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        let fits = mistakes.len() == expected.len()
            && mistakes.iter().zip(*expected).all(|(mistake, (line, part))| {
                mistake.line == *line && mistake.what.contains(part) && mistake.file == "bad.toml"
            });
        if !fits {
            failures.push(format!("{old:?} → {new:?}: expected {expected:?}, found\n{found}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn the_example_in_the_readme_is_a_form() {
    let readme = fs::read_to_string(root().join("forms/README.md")).unwrap();
    let example = readme.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    assert_eq!(check("README.md", example).unwrap().id, "visit");
}

#[test]
fn a_form_needs_a_reply_when_one_is_due() {
    let without = &GOOD[..GOOD.find("[[reply]]").unwrap()];
    let mistakes = check("f.toml", without).unwrap_err();
    assert_eq!((mistakes.len(), mistakes[0].line), (1, 8));
    let notice = without.replace("kind = \"business_days\"\ndays = 5", "kind = \"no_reply\"");
    check("f.toml", &notice).unwrap();
}

#[test]
fn more_boxes_than_a_sheet_holds_are_refused_where_they_begin() {
    let option = |n: usize| format!("{{ id = \"o{n}\", label = {{ ja = \"{n}\", en = \"{n}\" }} }}");
    let options = |count| (0..count).map(option).collect::<Vec<_>>().join(", ");
    let with = |count| {
        format!(
            "{GOOD}[[reply]]\nid = \"many\"\nkind = \"choose_many\"\nlabel = {{ ja = \"多\", en = \"Many\" }}\noptions = [{}]\n",
            options(count)
        )
    };
    check("f.toml", &with(BOXES_MAX - 5)).unwrap();
    let mistakes = check("f.toml", &with(BOXES_MAX - 4)).unwrap_err();
    assert_eq!((mistakes.len(), mistakes[0].line), (1, GOOD.lines().count() + 1), "{mistakes:?}");
}

#[test]
fn two_parties_of_one_role_and_two_slot_replies_are_refused() {
    let party = |id: &str| {
        format!(
            "[[field]]\nid = \"{id}\"\nkind = \"party\"\nrole = \"doctor\"\nlabel = {{ ja = \"医師\", en = \"Doctor\" }}\n"
        )
    };
    let lines = GOOD.lines().count();
    let mistakes = check("f.toml", &format!("{GOOD}{}{}", party("a"), party("b"))).unwrap_err();
    assert_eq!((mistakes.len(), mistakes[0].line), (1, lines + 6), "{mistakes:?}");
    let again = GOOD[GOOD.rfind("[[reply]]").unwrap()..].replace("\"time\"", "\"time2\"");
    let mistakes = check("f.toml", &format!("{GOOD}{again}")).unwrap_err();
    assert_eq!((mistakes.len(), mistakes[0].line), (1, lines + 1), "{mistakes:?}");
}

#[test]
fn a_refused_text_always_has_a_mistake_at_one_of_its_lines() {
    for end in (0..GOOD.len()).filter(|end| GOOD.is_char_boundary(*end)) {
        let (before, after) = GOOD.split_at(end);
        let odd = ["\"", "[", "}", "=", ".", "\n", "見", "\0"].map(|odd| format!("{before}{odd}{after}"));
        for text in [before, after].into_iter().chain(odd.iter().map(String::as_str)) {
            let lines = text.matches('\n').count() + 1;
            if let Err(mistakes) = check("odd.toml", text) {
                assert!(
                    !mistakes.is_empty() && mistakes.iter().all(|m| (1..=lines).contains(&m.line)),
                    "{text}"
                );
            }
        }
    }
}

#[test]
fn every_form_of_the_program_is_right_and_has_an_example() {
    let catalogue = Catalogue::built_in().unwrap();
    assert_eq!(catalogue.forms().len(), BUILT_IN.len());
    for form in catalogue.forms() {
        let answers =
            check_answers(form, &example(&form.id)).unwrap_or_else(|e| panic!("{}: {e:?}", form.id));
        assert_eq!(answers.warnings(), [], "{}", form.id);
        assert!(form.replies.iter().map(|reply| box_count(reply, &form.fields)).sum::<usize>() <= BOXES_MAX);
        // A form is stored as JSON beside each sheet.
        let json = serde_json::to_string(form).unwrap();
        assert_eq!(&serde_json::from_str::<FormDefinition>(&json).unwrap(), form);
    }
    let ids: BTreeSet<String> = catalogue.forms().iter().map(|form| form.id.clone()).collect();
    let entries = fs::read_dir(root().join("tests/forms")).unwrap();
    let examples = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(examples.collect::<BTreeSet<_>>(), ids);
}

#[test]
fn forms_come_from_the_program_a_directory_or_a_path() {
    let directory = tempfile::tempdir().unwrap();
    let second = BUILT_IN.iter().find(|(name, _)| *name == "liaison.toml").unwrap().1;
    fs::write(directory.path().join("small.toml"), GOOD).unwrap();
    fs::write(directory.path().join("liaison.toml"), second.replace("version = 1", "version = 2")).unwrap();
    fs::write(directory.path().join("notes.txt"), "not a form").unwrap();
    let catalogue = Catalogue::built_in().unwrap();
    assert_eq!(catalogue.load("liaison").unwrap().version, 1);
    let path = directory.path().join("small.toml");
    assert_eq!(catalogue.load(path.to_str().unwrap()).unwrap().id, "small");
    let unknown = catalogue.load("liason").unwrap_err().to_string();
    assert!(unknown.contains("liaison"), "{unknown}");
    assert!(matches!(catalogue.load("none.toml"), Err(CatalogueError::Unreadable { .. })));

    let catalogue = catalogue.with_directory(directory.path()).unwrap();
    assert_eq!(catalogue.get("liaison").unwrap().version, 2);
    let twice = catalogue.clone().with_directory(directory.path());
    assert!(matches!(twice, Err(CatalogueError::Twice { .. })));
    fs::write(directory.path().join("bad.toml"), "id = 1\n").unwrap();
    let bad = catalogue.with_directory(directory.path()).unwrap_err().to_string();
    assert!(bad.contains("bad.toml:1:6"), "{bad}");
}

#[test]
fn answers_are_typed_and_come_back_the_same() {
    let form = liaison();
    let answers = check_answers(&form, &example("liaison")).unwrap();
    let order: Vec<&str> = answers.iter().map(|(id, _)| id).collect();
    let expected = form.fields.iter().map(|field| field.id.as_str()).chain(["consent"]);
    assert_eq!(order, expected.collect::<Vec<_>>());
    assert_eq!(answers.client().unwrap().masked_initial(), "M・H");
    assert_eq!(answers.party(PartyRole::CareManager).unwrap().fax.as_ref().unwrap().as_str(), "0300000001");
    assert_eq!(answers.party(PartyRole::Doctor).unwrap().department.as_deref(), Some("内科"));
    assert!(answers.party(PartyRole::Hospital).is_none());
    assert_eq!(answers.slots("offered_slots").len(), 3);
    assert_eq!(answers.chosen("purposes"), ["care_plan", "medication"]);
    let json = answers.to_json().unwrap();
    assert_eq!(json["offered_slots"][2]["from"], "17:30");
    assert_eq!(check_answers(&form, &json).unwrap(), answers);
}

#[test]
fn what_is_not_given_is_left_out() {
    let mut json = example("liaison");
    for (place, empty) in
        [("/offered_slots", json!([])), ("/conference_date", json!("")), ("/client/kana", Value::Null)]
    {
        *json.pointer_mut(place).unwrap() = empty;
    }
    let answers = check_answers(&liaison(), &json).unwrap();
    assert!(answers.get("conference_date").is_none() && answers.slots("offered_slots").is_empty());
    assert!(answers.client().unwrap().kana.is_none());
}

/// A place in the example, what is put there, and the field that the one mistake is about.
#[test]
fn every_wrong_answer_is_one_mistake_about_its_field() {
    let long = "長".repeat(601);
    let slot = |from: &str, to: &str| json!({"date": "2026-12-01", "from": from, "to": to});
    let cases: Vec<(&str, Value, &str)> = vec![
        ("/urgency", json!("soon"), "urgency"),
        ("/urgency", json!(["normal"]), "urgency"),
        ("/urgency", Value::Null, "urgency"),
        ("/purposes", json!([]), "purposes"),
        ("/purposes", json!("care_plan"), "purposes"),
        ("/purposes", json!(["care_plan", "care_plan"]), "purposes"),
        ("/purposes", json!(["money"]), "purposes"),
        ("/subject", json!("一行目\n二行目"), "subject"),
        ("/subject", json!("\u{7}鈴"), "subject"),
        ("/content", json!(long), "content"),
        ("/content", json!("  "), "content"),
        ("/content", json!(5), "content"),
        ("/conference_date", json!("2026-02-30"), "conference_date"),
        ("/conference_date", json!("12/10"), "conference_date"),
        ("/offered_slots", json!({}), "offered_slots"),
        ("/offered_slots", json!([1]), "offered_slots.1"),
        ("/offered_slots/1", slot("14:00", "13:00"), "offered_slots.2"),
        ("/offered_slots/1", slot("25:00", "26:00"), "offered_slots.2.from offered_slots.2.to"),
        ("/offered_slots/1/from", json!("13時"), "offered_slots.2.from"),
        ("/offered_slots", json!(vec![slot("13:00", "13:30"); 4]), "offered_slots"),
        ("/client", json!("見本 花子"), "client"),
        ("/client", Value::Null, "client"),
        ("/client/name", json!(""), "client.name"),
        ("/client/birth_date", json!("1940-13-01"), "client.birth_date"),
        ("/client/sex", json!("f"), "client.sex"),
        ("/client/care_level", json!("要介護2"), "client.care_level"),
        ("/client/insured_number", json!("123"), "client.insured_number"),
        ("/client/insurer_number", json!("見本"), "client.insurer_number"),
        ("/client/valid_to", json!("2026-06-30"), "client.valid_to"),
        ("/sender/fax", json!("090-0000-0000"), "sender.fax"),
        ("/sender/fax", Value::Null, "sender.fax"),
        ("/sender/tel", json!("119"), "sender.tel"),
        ("/sender/code", json!("137"), "sender.code"),
        ("/recipient/person", Value::Null, "recipient.person"),
        ("/recipient/organization", json!("あ".repeat(61)), "recipient.organization"),
        ("/recipient/code", json!("9910000000"), "recipient.code"),
        ("/consent", Value::Null, "consent"),
        ("/consent/method", json!("email"), "consent.method"),
        ("/consent/date", json!("昨日"), "consent.date"),
    ];
    for (place, value, expected) in cases {
        let mut json = example("liaison");
        *json.pointer_mut(place).unwrap() = value.clone();
        let mistakes = check_answers(&liaison(), &json).expect_err(place);
        let found: Vec<&str> = mistakes.iter().map(|mistake| mistake.field.as_str()).collect();
        assert_eq!(found.join(" "), expected, "{place} = {value}: {mistakes:?}");
        assert!(mistakes.iter().all(|mistake| mistake.what.contains(" / ")), "{mistakes:?}");
    }
}

#[test]
fn unknown_items_are_refused_and_everything_is_told_at_once() {
    let mut json = example("liaison");
    json["colour"] = json!("red");
    json["client"]["nmae"] = json!("x");
    json["client"]["見本 花子"] = json!("x");
    json["urgency"] = json!("soon");
    let mistakes = check_answers(&liaison(), &json).unwrap_err();
    let found: Vec<&str> = mistakes.iter().map(|mistake| mistake.field.as_str()).collect();
    assert_eq!(found, ["client.nmae", "client.?", "urgency", "colour"]);
    assert!(check_answers(&liaison(), &json!([])).is_err());
}

#[test]
fn no_message_and_no_debug_text_shows_what_was_filled_in() {
    const SECRET: &str = "ヒミツ0987654321";
    let places = ["urgency", "purposes", "subject", "conference_date", "offered_slots", "client", "sender"];
    let items =
        ["/client/birth_date", "/client/insured_number", "/client/sex", "/sender/fax", "/sender/mail"];
    let mut json = example("liaison");
    json["sender"]["mail"] = json!("a@example.jp");
    for place in places.iter().map(|id| format!("/{id}")).chain(items.map(str::to_owned)) {
        let mut wrong = json.clone();
        *wrong.pointer_mut(&place).unwrap() = json!(SECRET.repeat(60));
        let text = format!("{:?}", check_answers(&liaison(), &wrong).expect_err(&place));
        assert!(!text.contains("ヒミツ") && !text.contains("09876"), "{place}: {text}");
    }
    let answers: Answers = check_answers(&liaison(), &example("liaison")).unwrap();
    let text = format!("{answers:?} {:?} {:?}", answers.client(), answers.get("content"));
    assert!(!text.contains("花子") && !text.contains("ふらつき"), "{text}");
}

#[test]
fn a_wrong_check_digit_warns_and_stops_nothing() {
    let mut json = example("liaison");
    json["sender"]["code"] = json!("1370000001");
    json["client"]["insurer_number"] = json!("130006");
    let answers = check_answers(&liaison(), &json).unwrap();
    let places: Vec<String> = answers.warnings().iter().map(|(place, _)| place.clone()).collect();
    assert_eq!(places, ["sender.code", "client.insurer_number"]);
}
