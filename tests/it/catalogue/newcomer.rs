//! A form that somebody adds while the program runs: a file in a folder, and nothing else. It goes through
//! check, sheet, pen, fax and reader like the program's own. So does the blank sheet of an unsolicited form.

use super::{example, sheet};
use crate::sheets::{OneSheet, read};
use rand::SeedableRng;
use renraku::form::answers::check_answers;
use renraku::form::catalogue::Catalogue;
use renraku::form::definition::{FormDefinition, ReplyKind};
use renraku::form::reply::decide;
use renraku::practice::clinic::{Sending, answer};
use renraku::practice::damage::Resolution;
use renraku::seal::keyring::Keyring;
use serde_json::{Value, json};

const NEW_FORM: &str = r#"id = "pharmacy_visit"
version = 1
title = { ja = "薬剤師 訪問の照会", en = "Asking for a pharmacist's visit" }
question = { ja = "あてはまるもの1つにレ点を付けてください。", en = "Please tick the one that applies." }
from = "care_manager"
to = "doctor"

[due]
kind = "business_days"
days = 3

[[field]]
id = "sender"
kind = "party"
role = "care_manager"
required = true
label = { ja = "差出人", en = "From" }

[[field]]
id = "recipient"
kind = "party"
role = "doctor"
required = true
label = { ja = "宛先", en = "To" }

[[field]]
id = "client"
kind = "client"
required = true
label = { ja = "利用者", en = "Client" }

[[field]]
id = "trouble"
kind = "choices"
required = true
label = { ja = "困りごと", en = "Trouble" }
options = [
    { id = "missed", label = { ja = "飲み忘れ", en = "Doses missed" } },
    { id = "many", label = { ja = "薬が多い", en = "Too many drugs" } },
]

[[field]]
id = "count"
kind = "number"
unit = { ja = "種類", en = "kinds" }
min = 1
max = 50
when = { field = "trouble", is = ["many"] }
label = { ja = "薬の数", en = "How many" }

[[field]]
id = "times"
kind = "slots"
max = 2
label = { ja = "候補日時", en = "Times offered" }

[[reply]]
id = "decision"
kind = "choose_one"
required = true
label = { ja = "ご判断", en = "Decision" }
options = [
    { id = "order", label = { ja = "訪問を指示する", en = "I order the visit" } },
    { id = "later", label = { ja = "診察後に判断", en = "I decide after examining" } },
    { id = "no", label = { ja = "不要", en = "Not needed" } },
]

[[reply]]
id = "chosen_time"
kind = "slots"
field = "times"
label = { ja = "ご都合のよい日時", en = "Times that suit" }

[[reply]]
id = "remarks"
kind = "handwriting"
height_mm = 20
label = { ja = "連絡欄", en = "Remarks" }
"#;

fn filled() -> Value {
    let liaison = example("liaison");
    json!({
        "sender": liaison["sender"], "recipient": liaison["recipient"], "client": liaison["client"],
        "trouble": ["many"], "count": "14種類", "times": liaison["offered_slots"].as_array().unwrap()[..2],
    })
}

/// Answered by hand, faxed and read: whatever is sure is what was ticked. Gives how many were sure.
fn goes_round(form: &FormDefinition, json: &Value, slots: usize, seeds: std::ops::Range<u64>) -> u64 {
    let answers = check_answers(form, json).unwrap();
    let sheet = sheet(form, &answers).unwrap();
    let keyring = Keyring::sample();
    let book = OneSheet { layout: &sheet.layout, keyring: &keyring };
    let mut sure = 0;
    for seed in seeds {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let manner = Sending { resolution: Resolution::Fine, damage: 1.0 };
        let answered = answer(&sheet.pdf, &sheet.layout, manner, &mut rng).unwrap();
        let pages = read(&answered.tiff, &book);
        let boxes: Vec<_> = pages.iter().flat_map(|page| page.reading.boxes.clone()).collect();
        let zones: Vec<_> = pages.iter().flat_map(|page| page.reading.zones.clone()).collect();
        let decision = decide(form, &boxes, &zones, slots);
        if decision.is_sure() && pages.iter().all(|page| !page.reading.needs_person) {
            sure += 1;
            assert_eq!(decision.answers.0, answered.ticked.answers, "{} seed {seed}", form.id);
        }
    }
    sure
}

#[test]
fn a_form_from_a_folder_goes_through_check_sheet_and_reader() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("pharmacy_visit.toml"), NEW_FORM).unwrap();
    let catalogue = Catalogue::built_in().unwrap().with_directory(folder.path()).unwrap();
    let form = catalogue.get("pharmacy_visit").unwrap();
    let sure = goes_round(form, &filled(), 2, 910_000..910_006);
    assert!(sure > 3, "only {sure} of 6 without a person");
}

#[test]
fn every_form_of_the_program_is_answered_and_read() {
    let forms: Vec<FormDefinition> =
        super::forms().into_iter().filter(|form| !form.replies.is_empty()).collect();
    let mut sure = 0;
    for form in &forms {
        let json = example(&form.id);
        let answers = check_answers(form, &json).unwrap();
        let offered = form.replies.iter().find_map(|reply| match &reply.kind {
            ReplyKind::Slots { field } => Some(answers.slots(field).len()),
            _ => None,
        });
        sure += goes_round(form, &json, offered.unwrap_or(0), 920_000..920_001);
    }
    assert!(sure * 2 > forms.len() as u64, "only {sure} of {} without a person", forms.len());
}

#[test]
fn the_blank_sheet_of_an_unsolicited_form_is_addressed_filled_by_hand_and_read() {
    let mut seen = 0;
    for form in super::forms() {
        let Some(blank) = form.as_blank() else { continue };
        seen += 1;
        assert_ne!(blank.id, form.id, "the blank sheet is stored as a form of its own");
        let filled = example(&form.id);
        let address = json!({ "sender": filled["sender"], "recipient": filled["recipient"] });
        let sheet = sheet(&blank, &check_answers(&blank, &address).unwrap()).unwrap();
        assert_eq!(sheet.layout.pages.len(), 1, "{}", form.id);
        let by_hand = form.fields.len() - 2;
        assert_eq!(
            blank.replies.len(),
            by_hand,
            "{}: everything but the parties is written by hand",
            form.id
        );
        let page = &sheet.layout.pages[0];
        for reply in &blank.replies {
            let is_there = page.zones.iter().any(|zone| zone.field == reply.id)
                || page.boxes.iter().any(|tick| tick.field == reply.id);
            assert!(is_there, "{}: no place for {}", form.id, reply.id);
        }
        goes_round(&blank, &address, 0, 930_000..930_002);
    }
    assert_eq!(seen, 2);
}
