//! Every form of the program: that it is whole, that its example and its longest answers become sheets, that old
//! versions stay, and that a newcomer's form needs no Rust.

#[path = "catalogue/fonts.rs"]
mod fonts;
#[path = "catalogue/geometry.rs"]
mod geometry;
#[path = "catalogue/goldens.rs"]
mod goldens;
#[path = "catalogue/language.rs"]
mod language;
#[path = "catalogue/masking.rs"]
mod masking;
#[path = "catalogue/newcomer.rs"]
mod newcomer;
#[path = "catalogue/said.rs"]
mod said;
#[path = "catalogue/schema.rs"]
mod schema;
#[path = "catalogue/words.rs"]
mod words;

use crate::longest::{is_due, longest_answers};
use jiff::civil::date;
use renraku::domain::sheet_number::SheetNumber;
use renraku::form::answers::{Answers, check_answers};
use renraku::form::catalogue::Catalogue;
use renraku::form::check::{BOXES_MAX, box_count};
use renraku::form::definition::{
    ChoiceOption, DueRule, FieldKind, FormDefinition, Label, PartyRole, ReplyKind,
};
use renraku::seal::keyring::Keyring;
use renraku::sheet::{RenderedSheet, SheetError, SheetOrder, render};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::LazyLock;

/// The forms of the field's table.
const TABLE: [&str; 15] = [
    "admission",
    "bed_request",
    "call_request",
    "care_plan_delivery",
    "conference",
    "discharge",
    "end_of_life",
    "equipment_exception",
    "guidance",
    "liaison",
    "medical_service",
    "observation",
    "opinion_letter",
    "outpatient_visit",
    "rule_survey",
];

pub fn forms() -> Vec<FormDefinition> {
    Catalogue::built_in().unwrap().forms().to_vec()
}

pub fn example(form: &str) -> Value {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/forms").join(form).join("example.json");
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

pub fn sheet(form: &FormDefinition, answers: &Answers) -> Result<RenderedSheet, SheetError> {
    render(&order_of(form, answers))
}

/// Always the same number, day and keys, so that the same answers are the same bytes.
pub fn order_of<'a>(form: &'a FormDefinition, answers: &'a Answers) -> SheetOrder<'a> {
    static SHEET_ID: LazyLock<SheetNumber> = LazyLock::new(|| SheetNumber::from_random([7; 7]));
    static KEYRING: LazyLock<Keyring> = LazyLock::new(Keyring::sample);
    SheetOrder {
        form,
        answers,
        number: "26-000042-2",
        sheet_id: &SHEET_ID,
        keyring: &KEYRING,
        issued_on: date(2026, 11, 27),
        due_on: is_due(form).then(|| date(2026, 12, 4)),
        return_fax: "03-0000-0001",
        sample: true,
        cover: false,
        attached: &[],
    }
}

/// Every text of a form, with where it stands.
fn labels(form: &FormDefinition) -> Vec<(String, &Label)> {
    let mut all = vec![("title".to_owned(), &form.title), ("question".to_owned(), &form.question)];
    all.extend(form.consent.iter().map(|consent| ("consent".to_owned(), &consent.text)));
    for field in &form.fields {
        all.push((field.id.clone(), &field.label));
        all.extend(field.help.iter().map(|help| (format!("{}.help", field.id), help)));
        all.extend(field.kind.unit().map(|unit| (format!("{}.unit", field.id), unit)));
        all.extend(of_options(&field.id, field.kind.options()));
    }
    for reply in &form.replies {
        all.push((reply.id.clone(), &reply.label));
        if let ReplyKind::ChooseOne { options }
        | ReplyKind::ChooseMany { options }
        | ReplyKind::Signature { options } = &reply.kind
        {
            all.extend(of_options(&reply.id, options));
        }
    }
    all
}

fn of_options<'a>(id: &'a str, options: &'a [ChoiceOption]) -> impl Iterator<Item = (String, &'a Label)> {
    options.iter().map(move |option| (format!("{id}.{}", option.id), &option.label))
}

#[test]
fn every_form_of_the_table_is_there() {
    let mut ids: Vec<String> = forms().into_iter().map(|form| form.id).collect();
    ids.sort();
    assert_eq!(ids, TABLE);
}

#[test]
fn every_example_and_the_longest_answers_become_a_sheet() {
    for form in forms() {
        for (which, json) in [("example", example(&form.id)), ("longest", longest_answers(&form))] {
            let answers =
                check_answers(&form, &json).unwrap_or_else(|e| panic!("{} {which}: {e:?}", form.id));
            assert_eq!(
                check_answers(&form, &answers.to_json().unwrap()).unwrap(),
                answers,
                "{} {which}",
                form.id
            );
            let sheet = sheet(&form, &answers).unwrap_or_else(|e| panic!("{} {which}: {e}", form.id));
            let boxes: usize = sheet.layout.pages.iter().map(|page| page.boxes.len()).sum();
            let most: usize = form.replies.iter().map(|reply| box_count(reply, &form.fields)).sum();
            assert!(boxes <= most && most <= BOXES_MAX, "{} {which}: {boxes} of {most}", form.id);
            if which == "longest" {
                assert_eq!(boxes, most, "{}: the longest answers offer every time", form.id);
            }
            println!("{} {which}: {} pages, {boxes} boxes", form.id, sheet.layout.pages.len());
        }
    }
}

#[test]
fn the_english_of_every_form_is_complete() {
    for form in forms() {
        for (place, label) in labels(&form) {
            let japanese = label
                .en
                .chars()
                .find(|c| ('\u{3000}'..='\u{9fff}').contains(c) || ('\u{ff00}'..='\u{ffef}').contains(c));
            assert_eq!(japanese, None, "{} {place}: {}", form.id, label.en);
            // Only names that are the same in both languages: I, IIa, SpO2, kg.
            let same = label.ja == label.en;
            assert!(!same || label.en.len() <= 4, "{} {place}: {}", form.id, label.en);
            let kana_or_kanji = !label.ja.is_ascii();
            assert!(kana_or_kanji || same, "{} {place}: {}", form.id, label.ja);
        }
    }
}

/// What the association expects of the forms, beyond what the check of a file can know.
#[test]
fn every_form_is_as_the_field_knows_it() {
    for form in forms() {
        let id = form.id.as_str();
        let has = |kind: &FieldKind| form.fields.iter().any(|field| field.kind == *kind);
        for role in [form.from, form.to] {
            assert!(has(&FieldKind::Party { role }), "{id}: no field for {role:?}");
        }
        let about_client = id != "rule_survey";
        assert_eq!(has(&FieldKind::Client), about_client, "{id}");
        let sent_by_care_managers = form.from == PartyRole::CareManager;
        assert_eq!(
            form.consent.as_ref().is_some_and(|consent| consent.required),
            sent_by_care_managers,
            "{id}"
        );
        assert_eq!(form.unsolicited, ["guidance", "discharge"].contains(&id), "{id}");
        let no_reply = form.due == DueRule::NoReply;
        assert_eq!(no_reply, form.replies.is_empty(), "{id}");
        assert_eq!(no_reply, ["guidance", "discharge", "observation"].contains(&id), "{id}");
        if !no_reply {
            let first = form.replies.first().unwrap();
            assert!(matches!(first.kind, ReplyKind::ChooseOne { .. }), "{id}: an answer is one tick");
            assert!(form.replies.iter().any(|reply| reply.required), "{id}: an empty sheet is no answer");
            assert!(
                form.replies.iter().any(|reply| matches!(reply.kind, ReplyKind::Signature { .. })),
                "{id}"
            );
            assert!(
                form.replies.iter().any(|reply| matches!(reply.kind, ReplyKind::Handwriting { .. })),
                "{id}"
            );
        }
        if form.to == PartyRole::Doctor && sent_by_care_managers && !no_reply {
            let options = form.replies.iter().flat_map(|reply| match &reply.kind {
                ReplyKind::ChooseOne { options } | ReplyKind::ChooseMany { options } => options.as_slice(),
                _ => &[],
            });
            assert!(
                options.into_iter().any(|option| option.id == "not_mine"),
                "{id}: a wrong doctor cannot say so"
            );
        }
        assert!(example(id).to_string().contains("見本"), "{id}: the example must be marked");
    }
}

#[test]
fn the_clock_of_the_urgent_form_runs_in_hours() {
    let urgent: Vec<String> = forms().into_iter().filter(|form| form.urgent).map(|form| form.id).collect();
    assert_eq!(urgent, ["bed_request"]);
    let form = Catalogue::built_in().unwrap().load("bed_request").unwrap();
    assert!(matches!(form.due, DueRule::Hours { .. }));
    let answers = check_answers(&form, &example("bed_request")).unwrap();
    assert!(answers.is_urgent(&form));
    let liaison = Catalogue::built_in().unwrap().load("liaison").unwrap();
    let mut json = example("liaison");
    assert!(!check_answers(&liaison, &json).unwrap().is_urgent(&liaison));
    json["urgency"] = "urgent".into();
    assert!(check_answers(&liaison, &json).unwrap().is_urgent(&liaison));
}

/// The check measures a reply part by the sheet's own measures: what it lets through is laid out on one page, and
/// what the sheet refuses it has refused before.
#[test]
fn what_the_check_lets_through_fits_on_a_page() {
    let head = "id = \"f\"\nversion = 1\ntitle = { ja = \"見本\", en = \"Sample\" }\nquestion = { ja = \"問\", en = \"Q\" }\nfrom = \"care_manager\"\nto = \"doctor\"\n[due]\nkind = \"business_days\"\ndays = 5\n";
    let label = |chars: usize| "長".repeat(chars);
    let (mut fitting, mut refused) = (0, 0);
    for boxes in [2, 3, 7, 16] {
        for chars in [1, 9, 10, 11, 16, 17, 18, 24] {
            for height_mm in [10, 60, 90, 100, 110, 120] {
                let option = |nth: usize| {
                    let tail: String = char::from_digit(nth as u32, 36).into_iter().collect();
                    format!(
                        "{{ id = \"o{nth}\", label = {{ ja = \"{}{tail}\", en = \"{nth}\" }} }}",
                        label(chars - 1)
                    )
                };
                let options = (0..boxes).map(option).collect::<Vec<_>>().join(", ");
                let text = format!(
                    "{head}[[reply]]\nid = \"a\"\nkind = \"choose_many\"\nlabel = {{ ja = \"回答\", en = \"A\" }}\noptions = [{options}]\n[[reply]]\nid = \"b\"\nkind = \"handwriting\"\nheight_mm = {height_mm}\nlabel = {{ ja = \"欄\", en = \"B\" }}\n"
                );
                match renraku::form::check::check("f.toml", &text) {
                    Ok(form) => {
                        fitting += 1;
                        let answers = check_answers(&form, &serde_json::json!({})).unwrap();
                        let page = sheet(&form, &answers).unwrap().layout.pages.pop().unwrap();
                        let [top, .., foot] = page.marks.as_slice() else { panic!("four corner squares") };
                        let height = foot.y_mm + foot.size_mm - top.y_mm;
                        // Rounded up to the sheet's step of 5 mm.
                        assert!(height <= 230.0, "{boxes} {chars} {height_mm}: {height}");
                    }
                    Err(mistakes) => {
                        refused += 1;
                        assert!(mistakes[0].what.contains("does not fit on one page"), "{mistakes:?}");
                    }
                }
            }
        }
    }
    assert!(fitting > 20 && refused > 20, "{fitting} {refused}");
}
