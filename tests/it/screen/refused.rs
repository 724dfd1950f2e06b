//! What a person decides: nothing of it is recorded, and each waits with its reason.

use super::clinic::{Clinic, call, mail_from, opinion};
use crate::fillable::{field_id, fill, kids, name, saved, set};
use crate::hostile::deflated;
use crate::letters::MAIL;
use lopdf::{Document, Object, Stream, dictionary, text_string};
use renraku::domain::reading::ReasonCode as Code;
use renraku::domain::sheet_number::SheetNumber;
use renraku::seal::code;
use renraku::seal::keyring::Keyring;

/// Millimetres to points, from the bottom of the page.
fn place(clinic: &Clinic, field: &str, option: &str) -> [f32; 4] {
    let page = &clinic.layout.pages[0];
    let one = page.boxes.iter().find(|one| one.field == field && one.option == option).unwrap();
    let pt = |mm: f64| (mm * 72.0 / 25.4) as f32;
    let (left, bottom) = (pt(one.x_mm), pt(page.height_mm - one.y_mm - one.size_mm));
    [left, bottom, left + pt(one.size_mm), bottom + pt(one.size_mm)]
}

/// A cross in the box, as drawing instructions of the page.
fn cross([left, bottom, right, top]: [f32; 4]) -> Vec<u8> {
    format!("q 1.5 w {left} {bottom} m {right} {top} l {left} {top} m {right} {bottom} l S Q\n").into_bytes()
}

fn first_page(document: &Document) -> lopdf::ObjectId {
    document.get_pages()[&1]
}

fn annotate(document: &mut Document, annotation: lopdf::Dictionary) {
    let page = first_page(document);
    let id = document.add_object(annotation);
    let page = document.get_dictionary_mut(page).unwrap();
    page.get_mut(b"Annots").unwrap().as_array_mut().unwrap().push(id.into());
}

/// A line of a finger, with or without its look.
fn ink(document: &mut Document, rect: [f32; 4], seen: bool) {
    let [left, bottom, right, top] = rect;
    let rect: Vec<Object> = rect.iter().map(|pt| (*pt).into()).collect();
    let line: Vec<Object> = [left, bottom, right, top].iter().map(|pt| (*pt).into()).collect();
    let mut dict = dictionary! {
        "Type" => "Annot", "Subtype" => "Ink", "F" => 4, "Rect" => rect.clone(), "InkList" => vec![Object::from(line)],
    };
    if seen {
        let look = dictionary! { "Type" => "XObject", "Subtype" => "Form", "BBox" => rect };
        let look = document.add_object(Stream::new(look, cross([left, bottom, right, top])));
        dict.set("AP", dictionary! { "N" => look });
    }
    annotate(document, dict);
}

fn draw(document: &mut Document, instructions: Vec<u8>) {
    let page = first_page(document);
    document.add_page_contents(page, instructions).unwrap();
}

/// What is done to a sheet that was filled in, and why it waits.
type Case = (&'static str, fn(&Clinic, &mut Document), &'static [Code]);

const FILLED: &[Case] = &[
    (
        "a forged token",
        |_, document| set(document, "seal", "V", text_string("0123456789ABCDEFGHJKMNPQRS")),
        &[Code::CodeForged],
    ),
    (
        "another gateway's key",
        |clinic, document| {
            let other = code::seal(&Keyring::generate().unwrap(), &clinic.layout.sheet_id, 1);
            set(document, "seal", "V", text_string(&other));
        },
        &[Code::CodeForged],
    ),
    (
        "a sheet that nobody knows",
        |clinic, document| {
            let strange = SheetNumber::from_random([9; 7]);
            let token = code::seal(&clinic.region.sender.keyring, &strange, 1);
            set(document, "seal", "V", text_string(&token));
        },
        &[Code::SheetUnknown],
    ),
    ("no token", |_, document| set(document, "seal", "V", text_string("")), &[Code::CodeForged]),
    (
        "another value than is seen",
        |_, document| set(document, "r.answer", "V", name("call")),
        &[Code::FieldsUnclear, Code::BoxUnsure],
    ),
    (
        "another value in every place but the looks",
        |_, document| {
            // The look of "opinion" is that of an empty box, and that of "call" a tick.
            set(document, "r.answer", "V", name("call"));
            for widget in kids(document, field_id(document, "r.answer")) {
                let looks = document.get_dictionary(widget).unwrap().get(b"AP").unwrap().as_dict().unwrap();
                let states = looks.get(b"N").unwrap().as_dict().unwrap();
                let (is_call, is_opinion) = (states.has(b"call"), states.has(b"opinion"));
                let empty = states.get(b"Off").unwrap().clone();
                let dict = document.get_dictionary_mut(widget).unwrap();
                if is_call {
                    dict.set("AS", name("call"));
                    let states = dictionary! { "call" => empty.clone(), "Off" => empty };
                    dict.set("AP", dictionary! { "N" => states });
                } else if is_opinion {
                    dict.set("AS", name("Off"));
                }
            }
        },
        &[Code::FieldsDiffer],
    ),
    (
        "no answer, though there are words",
        |_, document| {
            set(document, "r.answer", "V", name("Off"));
            for widget in kids(document, field_id(document, "r.answer")) {
                document.get_dictionary_mut(widget).unwrap().set("AS", name("Off"));
            }
        },
        &[Code::NothingChosen],
    ),
    (
        "a box is gone",
        |_, document| drop(document.objects.remove(&field_id(document, "r.slots.slot_1"))),
        &[Code::FieldsMissing, Code::BoxUnsure, Code::FieldsDiffer],
    ),
    (
        "a text that cannot be read",
        |_, document| set(document, "t.comment", "V", Object::Integer(1)),
        &[Code::FieldsUnclear],
    ),
    (
        "a line of a finger over it",
        |clinic, document| ink(document, place(clinic, "answer", "call"), false),
        &[Code::DrawnOver],
    ),
    (
        "a note",
        |_, document| {
            let rect: Vec<Object> = [10, 10, 30, 30].map(Object::from).to_vec();
            let contents = text_string("至急");
            annotate(
                document,
                dictionary! { "Type" => "Annot", "Subtype" => "Text", "Rect" => rect, "Contents" => contents },
            );
        },
        &[Code::DrawnOver],
    ),
    (
        "another's field with words",
        |_, document| {
            let rect: Vec<Object> = [10, 10, 90, 30].map(Object::from).to_vec();
            let (text, title) = (text_string("中止"), text_string("memo"));
            annotate(
                document,
                dictionary! {
                    "Type" => "Annot", "Subtype" => "Widget", "Rect" => rect, "FT" => "Tx", "T" => title, "V" => text,
                },
            );
        },
        &[Code::DrawnOver],
    ),
    (
        "a tick drawn into the page beside the fields",
        |clinic, document| draw(document, cross(place(clinic, "answer", "call"))),
        &[Code::FieldsDiffer],
    ),
];

const UNTOUCHED: &[Case] = &[
    ("nothing", |_, _| {}, &[Code::NothingChosen]),
    (
        "a line of a finger that only some viewers show",
        |clinic, document| ink(document, place(clinic, "answer", "call"), false),
        &[Code::DrawnOver],
    ),
    (
        "a line of a finger",
        |clinic, document| ink(document, place(clinic, "answer", "call"), true),
        &[Code::DrawnOver, Code::FieldsEmpty],
    ),
    (
        "a tick in the page itself",
        |clinic, document| draw(document, cross(place(clinic, "answer", "call"))),
        &[Code::FieldsEmpty],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_beyond_doubt_waits_for_a_person() {
    let clinic = Clinic::new().await;
    for (about, spoil, expected) in FILLED {
        let mut document = clinic.open();
        fill(&mut document, &opinion(), &clinic.form);
        spoil(&clinic, &mut document);
        waits(&clinic, about, &clinic.reply(&saved(&mut document)), expected);
    }
    for (about, spoil, expected) in UNTOUCHED {
        let mut document = clinic.open();
        spoil(&clinic, &mut document);
        waits(&clinic, about, &clinic.reply(&saved(&mut document)), expected);
    }
    let good = clinic.filled(&call());
    waits(&clinic, "a stranger", &mail_from("x@other.example", &good, 1), &[Code::SenderUnknown]);
    let nobody = String::from_utf8(clinic.reply(&good)).unwrap().replacen(MAIL, "nobody", 1);
    waits(&clinic, "no sender", nobody.as_bytes(), &[Code::SenderUnknown]);
    // The same file from the clinic itself is an answer: nothing else was wrong with it.
    assert_eq!(clinic.reads(&clinic.reply(&good)).answered, [clinic.request]);
}

#[track_caller]
fn waits(clinic: &Clinic, about: &str, bytes: &[u8], expected: &[Code]) {
    let filed = clinic.reads(bytes);
    assert!(filed.answered.is_empty() && filed.repeated.is_empty(), "{about}: {filed:?}");
    assert!(clinic.replies().is_empty(), "{about}");
    let found: Vec<Code> =
        filed.reviews.iter().flat_map(|item| &item.reasons).map(|reason| reason.code).collect();
    for code in expected {
        assert!(found.contains(code), "{about}: {code:?} in {:?}", filed.reviews);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_that_is_not_verified_any_more_is_a_strangers() {
    let clinic = Clinic::new().await;
    let store = clinic.region.store.as_ref();
    let mut on_file = store.clinic(clinic.region.clinic).unwrap();
    for route in &mut on_file.routes {
        route.verified_at = None;
    }
    store.put_clinic(&on_file, clinic.region.clock.now()).unwrap();
    waits(&clinic, "not verified", &clinic.reply(&clinic.filled(&call())), &[Code::SenderUnknown]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_costs_too_much_is_a_problem_and_no_answer() {
    let clinic = Clinic::new().await;
    // 64 MB of text in one field, 3,000 fields, 9 MB of blanks, and an instruction stream of 200 MB.
    let mut text = clinic.open();
    fill(&mut text, &call(), &clinic.form);
    let bomb = Stream::new(dictionary! { "Filter" => "FlateDecode" }, deflated(b"", 64 << 20, b""));
    let bomb = text.add_object(bomb);
    set(&mut text, "t.comment", "V", bomb.into());
    waits(&clinic, "a text of 64 MB", &clinic.reply(&saved(&mut text)), &[Code::FieldsUnclear]);

    let mut many = clinic.open();
    fill(&mut many, &call(), &clinic.form);
    let more: Vec<Object> = (0..3_000)
        .map(|nth| many.add_object(dictionary! { "T" => text_string(&format!("f{nth}")) }).into())
        .collect();
    set(&mut many, "t", "Kids", more.into());
    waits(&clinic, "3,000 fields", &clinic.reply(&saved(&mut many)), &[Code::FieldsUnclear]);

    let large = [clinic.filled(&call()), vec![b' '; 9 << 20]].concat();
    waits(&clinic, "9 MB", &clinic.reply(&large), &[Code::FieldsUnclear]);

    let mut drawn = clinic.open();
    fill(&mut drawn, &call(), &clinic.form);
    let page = first_page(&drawn);
    let bomb = Stream::new(dictionary! { "Filter" => "FlateDecode" }, deflated(b"", 200 << 20, b""));
    let bomb = drawn.add_object(bomb);
    drawn.get_dictionary_mut(page).unwrap().set("Contents", bomb);
    waits(&clinic, "200 MB to draw", &clinic.reply(&saved(&mut drawn)), &[Code::FileProblem]);
}
