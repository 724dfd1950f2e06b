//! What the language promises: conditions, numbers and codes, prefilled values, several senders, days that a
//! reply must come before, versions.

use super::{example, forms};
use jiff::civil::{Date, date};
use renraku::domain::client::{Masking, NameMask};
use renraku::domain::directory::Office;
use renraku::domain::id::OfficeId;
use renraku::flow::submit::{Rule, due_on};
use renraku::form::answers::check_answers;
use renraku::form::catalogue::{BUILT_IN, Catalogue};
use renraku::form::check::check;
use renraku::form::definition::{Field, FieldKind, FormDefinition, PartyRole};
use renraku::form::diff;
use renraku::form::prefill::{self, Known};
use serde_json::{Value, json};

fn form(id: &str) -> FormDefinition {
    Catalogue::built_in().unwrap().load(id).unwrap()
}

fn source(id: &str) -> &'static str {
    let name = format!("{id}.toml");
    BUILT_IN.iter().find(|(file, _)| *file == name).unwrap().1
}

#[test]
fn a_field_is_asked_for_only_when_its_condition_holds() {
    let form = form("conference");
    let mut json = example("conference");
    // Fixed: the time is required now, and the times offered are not sent any more.
    json["schedule"] = json!("fixed");
    let missing = check_answers(&form, &json).unwrap_err();
    assert_eq!(missing.iter().map(|mistake| mistake.field.as_str()).collect::<Vec<_>>(), ["meeting_time"]);
    json["meeting_time"] = json!([{ "date": "2026-12-08", "from": "13:00", "to": "14:00" }]);
    let answers = check_answers(&form, &json).unwrap();
    assert!(
        answers.slots("offered_slots").is_empty()
            && answers.to_json().unwrap().get("offered_slots").is_none()
    );
    assert_eq!(answers.slots("meeting_time").len(), 1);
    // A hidden field's wrong value is nobody's mistake.
    json["offered_slots"] = json!("nonsense");
    assert_eq!(check_answers(&form, &json).unwrap(), answers);
}

#[test]
fn what_depends_on_a_hidden_field_is_hidden_too() {
    let text = source("observation").replace(
        "when = { field = \"topics\", is = [\"nutrition\"] }",
        "when = { field = \"medication\", is = [\"missed\"] }",
    );
    let form = check("f.toml", &text).unwrap();
    let mut json = example("observation");
    assert!(check_answers(&form, &json).unwrap().get("weight").is_some());
    json["topics"] = json!(["skin"]);
    let answers = check_answers(&form, &json).unwrap();
    assert!(answers.get("medication").is_none() && answers.get("weight").is_none());
}

#[test]
fn numbers_codes_and_telephones_are_checked_by_their_kind() {
    let cases: Vec<(FieldKind, Value, Result<&str, ()>, usize)> = vec![
        (number(1), json!("36.5"), Ok("36.5"), 0),
        (number(1), json!(36.5), Ok("36.5"), 0),
        (number(1), json!("３６．５ kg"), Ok("36.5"), 0),
        (number(1), json!("36.55"), Err(()), 0),
        (number(0), json!("36.5"), Err(()), 0),
        (number(0), json!("9"), Err(()), 0),
        (number(0), json!("201"), Err(()), 0),
        (number(0), json!("about 50"), Err(()), 0),
        (number(0), json!(["50"]), Err(()), 0),
        (FieldKind::InsurerNumber, json!("１３０００５"), Ok("130005"), 0),
        (FieldKind::InsurerNumber, json!("130006"), Ok("130006"), 1),
        (FieldKind::InsurerNumber, json!("13000"), Err(()), 0),
        (FieldKind::InsuredNumber, json!("H123456789"), Ok("H123456789"), 0),
        (FieldKind::InsuredNumber, json!("12345"), Err(()), 0),
        (FieldKind::OfficeNumber, json!("2471300190"), Ok("2471300190"), 0),
        (FieldKind::OfficeNumber, json!("2471300191"), Ok("2471300191"), 1),
        (FieldKind::ClinicCode, json!("0110113718"), Ok("0110113718"), 1),
        (FieldKind::ClinicCode, json!("0113719"), Ok("0113719"), 0),
        (FieldKind::Fax, json!("0300000001"), Ok("03-0000-0001"), 0),
        (FieldKind::Fax, json!("050-0000-0001"), Ok("050-0000-0001"), 1),
        (FieldKind::Fax, json!("090-0000-0001"), Err(()), 0),
        (FieldKind::Telephone, json!("090 0000 0001"), Ok("090-0000-0001"), 0),
        (FieldKind::Telephone, json!("119"), Err(()), 0),
        (FieldKind::Address, json!("東京都見本区見本1-2-3"), Ok("東京都見本区見本1-2-3"), 0),
        (FieldKind::Address, json!("一行目\n二行目"), Err(()), 0),
    ];
    for (kind, value, expected, warnings) in cases {
        let mut small = form("rule_survey");
        small.also_to.clear();
        small.fields = vec![Field { kind: kind.clone(), id: "x".to_owned(), ..small.fields[3].clone() }];
        let found = check_answers(&small, &json!({ "x": value }));
        let text = found.as_ref().map(|answers| answers.text("x").unwrap()).map_err(|_| ());
        assert_eq!(text, expected, "{kind:?} {value}");
        if let Ok(answers) = found {
            assert_eq!(answers.warnings().len(), warnings, "{kind:?} {value}");
            assert!(answers.warnings().iter().all(|(place, _)| place == "x"));
            // The way back.
            assert_eq!(check_answers(&small, &answers.to_json().unwrap()).unwrap(), answers);
        }
    }
}

fn number(decimals: u8) -> FieldKind {
    let unit = renraku::form::definition::Label { ja: "kg".to_owned(), en: "kg".to_owned() };
    FieldKind::Number { unit, min: 10, max: 200, decimals }
}

#[test]
fn what_is_known_already_stands_there_before_anybody_types() {
    let office = Office {
        id: OfficeId::new_at(jiff::Timestamp::UNIX_EPOCH),
        code: "1370000000".to_owned(),
        name: "見本事業所".to_owned(),
        care_manager: "見本 太郎".to_owned(),
        tel: "03-0000-0002".to_owned(),
        fax: String::new(),
        sample: true,
    };
    let client = serde_json::from_value(example("liaison")["client"].clone()).unwrap();
    let known =
        Known { client: Some(&client), office: &office, user: "見本 春子", today: date(2026, 11, 27) };
    for (source, expected) in [
        ("client.name", Some("見本 花子")),
        ("client.birth_date", Some("1940-02-11")),
        ("client.care_level", Some("要介護2")),
        ("client.insurer_number", Some("130005")),
        ("client.valid_to", Some("2028-06-30")),
        ("office.tel", Some("03-0000-0002")),
        ("office.fax", None),
        ("user.name", Some("見本 春子")),
        ("today", Some("2026-11-27")),
        ("nothing.known", None),
    ] {
        let field = Field { default: Some(source.to_owned()), ..form("liaison").fields[5].clone() };
        assert_eq!(prefill::value(&field, &known).as_deref(), expected, "{source}");
        let nobody = Known { client: None, ..known };
        let about_client = source.starts_with("client.");
        assert!(!about_client || prefill::value(&field, &nobody).is_none(), "{source}");
    }
    // Every source has a value or a reason, and every default of every form gives something its field takes.
    for form in forms() {
        for field in form.fields.iter().filter(|field| field.default.is_some()) {
            let value = prefill::value(field, &known).unwrap();
            let mut small = form.clone();
            small.also_from.clear();
            small.also_to.clear();
            small.consent = None;
            small.fields = vec![Field { when: None, ..field.clone() }];
            check_answers(&small, &json!({ field.id.as_str(): value })).unwrap();
        }
    }
}

#[test]
fn a_form_with_several_senders_or_recipients_names_exactly_one() {
    let bed = form("bed_request");
    let mut json = example("bed_request");
    assert_eq!(check_answers(&bed, &json).unwrap().sender(&bed).unwrap().role, PartyRole::CareManager);
    json["sender_clinic"] = example("liaison")["recipient"].clone();
    let both = check_answers(&bed, &json).unwrap_err();
    assert_eq!((both.len(), both[0].field.as_str()), (1, "sender"));
    json.as_object_mut().unwrap().remove("sender");
    assert_eq!(check_answers(&bed, &json).unwrap().sender(&bed).unwrap().organization, "見本内科クリニック");
    json.as_object_mut().unwrap().remove("sender_clinic");
    assert_eq!(check_answers(&bed, &json).unwrap_err()[0].field, "sender");

    let survey = form("rule_survey");
    let mut json = example("rule_survey");
    let office = example("liaison")["sender"].clone();
    json.as_object_mut().unwrap().remove("recipient");
    json["recipient_office"] = office;
    let answers = check_answers(&survey, &json).unwrap();
    assert_eq!(answers.recipient(&survey).unwrap().role, PartyRole::CareManager);
    super::sheet(&survey, &answers).unwrap();
}

#[test]
fn a_reply_is_due_before_what_it_is_needed_for() {
    let conference = form("conference");
    let due = |earliest: &str, sent_on: Date| {
        let mut json = example("conference");
        json["offered_slots"][1]["date"] = json!(earliest);
        let answers = check_answers(&conference, &json).unwrap();
        due_on(&conference, &Rule::default(), &answers, sent_on).unwrap()
    };
    let friday = date(2026, 11, 27);
    // Five business days from Friday; the first of the times is 12-08, so nothing changes.
    assert_eq!(due("2026-12-09", friday), Some(date(2026, 12, 4)));
    // The meeting may be on Thursday: Wednesday is the last day.
    assert_eq!(due("2026-12-03", friday), Some(date(2026, 12, 2)));
    // On Monday: the business day before is the day of sending.
    assert_eq!(due("2026-11-30", friday), Some(friday));
    // Never before it was sent.
    assert_eq!(due("2026-11-27", friday), Some(friday));
}

/// A form as it was stored before the language grew.
const STORED: &str = r#"{"id":"liaison","version":1,"title":{"ja":"連絡票","en":"Liaison"},"from":"care_manager","to":"doctor",
"question":{"ja":"問い","en":"Question"},"non_clinical":false,"due":{"kind":"business_days","days":5},
"consent":{"required":true,"text":{"ja":"同意","en":"Consent"}},
"fields":[{"id":"subject","label":{"ja":"件名","en":"Subject"},"required":true,"help":null,"kind":{"kind":"text","max_chars":40}},
{"id":"urgency","label":{"ja":"緊急度","en":"Urgency"},"required":true,"help":null,"kind":{"kind":"choice","options":[{"id":"normal","label":{"ja":"通常","en":"Normal"}},{"id":"urgent","label":{"ja":"急ぎ","en":"Urgent"}}]}}],
"replies":[{"id":"answer","label":{"ja":"回答","en":"Answer"},"required":true,"kind":{"kind":"handwriting","height_mm":22}}]}"#;

#[test]
fn a_form_that_was_stored_long_ago_reads_and_writes_as_it_did() {
    let old: FormDefinition = serde_json::from_str(STORED).unwrap();
    assert!(old.masking.is_open() && !old.urgent && old.fields.iter().all(|field| field.when.is_none()));
    // Written again it is the same, key by key: nothing of the newer language appears in it.
    assert_eq!(serde_json::to_value(&old).unwrap(), serde_json::from_str::<Value>(STORED).unwrap());
    // And the liaison form, version 1, uses nothing newer.
    let liaison = serde_json::to_value(form("liaison")).unwrap();
    let mut keys: Vec<&String> = liaison.as_object().unwrap().keys().collect();
    keys.sort();
    let expected = [
        "consent",
        "due",
        "fields",
        "from",
        "id",
        "non_clinical",
        "question",
        "replies",
        "title",
        "to",
        "version",
    ];
    assert_eq!(keys, expected);
    let field_keys = |field: &Value| field.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    for field in liaison["fields"].as_array().unwrap() {
        assert_eq!(field_keys(field), ["help", "id", "kind", "label", "required"]);
    }
}

#[test]
fn a_changed_form_gets_a_new_version_and_the_old_one_stays() {
    let directory = tempfile::tempdir().unwrap();
    let changed = source("liaison")
        .replace("version = 1", "version = 2")
        .replace("max_chars = 40", "max_chars = 10")
        .replace("id = \"introduction\"", "id = \"greeting\"");
    std::fs::write(directory.path().join("liaison.toml"), &changed).unwrap();
    let catalogue = Catalogue::built_in().unwrap().with_directory(directory.path()).unwrap();
    assert_eq!(catalogue.get("liaison").unwrap().version, 2);
    let newest: Vec<u32> =
        catalogue.newest().into_iter().filter(|form| form.id == "liaison").map(|form| form.version).collect();
    assert_eq!(newest, [2]);
    // What was filled with the old version is checked by it.
    let json = example("liaison");
    check_answers(catalogue.version("liaison", 1).unwrap(), &json).unwrap();
    assert_eq!(check_answers(catalogue.get("liaison").unwrap(), &json).unwrap_err()[0].field, "subject");
    assert!(catalogue.version("liaison", 3).is_err());
}

#[test]
fn changes_are_told_in_sentences_and_the_version_must_tell_of_them() {
    let old = form("conference");
    let changed = |edits: &[(&str, &str)]| {
        let text = edits.iter().fold(source("conference").to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replacen(from, to, 1)
        });
        check("conference.toml", &text).unwrap()
    };
    assert!(diff::changes(&old, &old).is_empty());
    assert!(diff::version(&old, &old, false).1);
    for (edits, expected) in [
        (&[("days = 5", "days = 7")][..], "due rule, days: 5 became 7"),
        (&[("label.ja = \"議題\"", "label.ja = \"主題\"")], "「議題」を「主題」に変えました"),
        (&[("max_chars = 500", "max_chars = 400")], "field 'agenda', max_chars: 500 became 400"),
        (&[("    { id = \"renewal\", label.ja = \"認定の更新\", label.en = \"Certification renewed\" },\n", "")], "option 'renewal' was taken away"),
        (&[("id = \"participants\"", "id = \"people\"")], "field 'people' was added"),
        (&[("required = true\nlabel.ja = \"検討したいこと\"", "label.ja = \"検討したいこと\"")], "not required any more"),
        (&[("is = [\"fixed\"]", "is = [\"fixed\", \"offered\"]")], "when, is: fixed became fixed, offered"),
        (&[("height_mm = 22", "height_mm = 30")], "reply 'comment', height_mm: 22 became 30"),
        (&[("non_clinical", "non_clinical")], ""),
    ].iter().filter(|(_, expected)| !expected.is_empty()) {
        let new = changed(edits);
        let told = diff::changes(&old, &new);
        assert!(told.iter().any(|told| told.contains(expected)), "{expected}: {told:?}");
        assert!(told.iter().all(|told| told.contains(" / ")), "{told:?}");
        let (sentence, well) = diff::version(&old, &new, true);
        assert!(!well && sentence.contains("version を2以上に"), "{sentence}");
        let raised = FormDefinition { version: 2, ..new };
        assert!(diff::version(&old, &raised, true).1);
    }
    let moved = changed(&[]);
    let mut moved = FormDefinition { version: 2, ..moved };
    moved.fields.swap(3, 4);
    assert_eq!(diff::changes(&old, &moved).len(), 1);
}

#[test]
fn a_form_says_how_much_of_the_client_its_sheet_shows() {
    let text =
        source("liaison").replace("[due]", "[masking]\nname = \"alternate\"\nbirth = \"age_band\"\n\n[due]");
    let masked = check("f.toml", &text).unwrap();
    assert_eq!(masked.masking.name, NameMask::Alternate);
    let region = Masking { name: NameMask::Initials, ..Masking::default() };
    let both = masked.masking.stricter(region);
    let answers = check_answers(&masked, &example("liaison")).unwrap();
    let client = answers.client().unwrap();
    assert_eq!(client.shown_name(masked.masking.name), "●本 ●子");
    assert_eq!(client.shown_name(both.name), "M・H");
    assert_eq!(client.age_band(date(2026, 11, 27)).unwrap().to_string(), "80歳代");
    assert_eq!(diff::changes(&form("liaison"), &masked).len(), 2);
}
