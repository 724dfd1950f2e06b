//! Fillable sheets: filled as a viewer fills them, saved in every way, read back; and what must never become an answer.

#[path = "fillable/mutants.rs"]
mod mutants;

use crate::catalogue::{example, forms, sheet};
use crate::hostile::deflated;
use crate::world::{EXAMPLE, Ran, renraku};
use lopdf::{Dictionary, Document, IncrementalDocument, Object, ObjectId, Stream, StringFormat, text_string};
use renraku::domain::reading::ProblemCode;
use renraku::form::answers::check_answers;
use renraku::form::definition::{FormDefinition, ReplyField, ReplyKind};
use renraku::form::layout::Layout;
use renraku::read::fillable::{FilledForm, read_fields};
use renraku::seal::code::{self, NotOurCode};
use renraku::seal::keyring::Keyring;
use renraku::sheet::fillable::{FillableError, make};
use std::collections::BTreeMap;

/// Characters of both planes, half-width kana, brackets that a string must escape, and two lines.
const COMMENT: &str = "薬を変更しました。𠮷田 髙橋 ﾊﾝｶｸ (1) \\ A\nつぎの行";

/// A form's example with fields.
struct Sample {
    form: FormDefinition,
    layout: Layout,
    plain: Vec<u8>,
    pdf: Vec<u8>,
}

fn sample(form: FormDefinition) -> Option<Sample> {
    let answers = check_answers(&form, &example(&form.id)).unwrap();
    let sheet = sheet(&form, &answers).unwrap();
    match make(&sheet, &form, &answers) {
        Ok(pdf) => {
            assert_eq!(pdf, make(&sheet, &form, &answers).unwrap(), "{}: the same bytes", form.id);
            Some(Sample { form, layout: sheet.layout, plain: sheet.pdf, pdf })
        }
        Err(error) => {
            assert_eq!(error, FillableError::NothingToFill, "{}", form.id);
            assert!(form.replies.is_empty(), "{}", form.id);
            None
        }
    }
}

fn samples() -> Vec<Sample> {
    forms().into_iter().filter_map(sample).collect()
}

fn liaison() -> Sample {
    sample(forms().into_iter().find(|form| form.id == "liaison").unwrap()).unwrap()
}

fn takes_one(field: &ReplyField) -> bool {
    matches!(field.kind, ReplyKind::ChooseOne { .. } | ReplyKind::Signature { .. })
}

impl Sample {
    /// The options of every field with boxes.
    fn options(&self) -> BTreeMap<String, Vec<String>> {
        let mut options: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for one in self.layout.pages.iter().flat_map(|page| &page.boxes) {
            options.entry(one.field.clone()).or_default().push(one.option.clone());
        }
        options
    }

    fn blank(&self) -> FilledForm {
        let zones = self.layout.pages.iter().flat_map(|page| &page.zones);
        FilledForm {
            token: self.layout.pages.last().unwrap().code.text.clone(),
            boxes: self
                .options()
                .into_iter()
                .map(|(field, all)| (field, all.into_iter().collect()))
                .collect(),
            answers: self.options().into_keys().map(|field| (field, Vec::new())).collect(),
            texts: zones.map(|zone| (zone.field.clone(), String::new())).collect(),
            drawn_over: false,
        }
    }

    /// Another answer for every `turn`.
    fn answer(&self, turn: usize) -> FilledForm {
        let mut filled = self.blank();
        for field in &self.form.replies {
            let Some(options) = self.options().remove(&field.id) else { continue };
            let chosen = filled.answers.get_mut(&field.id).unwrap();
            if takes_one(field) {
                chosen.push(options[turn % options.len()].clone());
            } else {
                chosen.extend(options.iter().skip(turn % 2).step_by(2).cloned());
            }
        }
        for (field, text) in &mut filled.texts {
            *text = format!("{COMMENT} {field}");
        }
        filled
    }
}

/// The dictionary of the field with this name, found through the form's list.
pub fn field_id(document: &Document, name: &str) -> ObjectId {
    let form = document.catalog().unwrap().get_deref(b"AcroForm", document).unwrap().as_dict().unwrap();
    let mut level = form.get(b"Fields").unwrap().as_array().unwrap().clone();
    let mut found = None;
    for part in name.split('.') {
        let is = |object: &&Object| {
            let dict = document.get_dictionary(object.as_reference().unwrap()).unwrap();
            lopdf::decode_text_string(dict.get(b"T").unwrap()).unwrap() == part
        };
        let id = level.iter().find(is).unwrap_or_else(|| panic!("{name}")).as_reference().unwrap();
        let kids = document.get_dictionary(id).unwrap().get(b"Kids").and_then(Object::as_array).cloned();
        level = kids.unwrap_or_default();
        found = Some(id);
    }
    found.unwrap()
}

pub fn kids(document: &Document, id: ObjectId) -> Vec<ObjectId> {
    let kids = document.get_dictionary(id).unwrap().get(b"Kids").and_then(Object::as_array);
    kids.map(|kids| kids.iter().map(|kid| kid.as_reference().unwrap()).collect()).unwrap_or_default()
}

fn is_state_of(document: &Document, widget: ObjectId, state: &str) -> bool {
    let looks = document.get_dictionary(widget).unwrap().get(b"AP").unwrap().as_dict().unwrap();
    looks.get(b"N").unwrap().as_dict().unwrap().has(state.as_bytes())
}

pub fn name(text: &str) -> Object {
    Object::Name(text.as_bytes().to_vec())
}

/// What has to change, as a viewer would change it: values, and the states that are shown.
pub fn changes(
    document: &Document,
    filled: &FilledForm,
    form: &FormDefinition,
) -> Vec<(ObjectId, &'static str, Object)> {
    let mut changes = Vec::new();
    for (field, chosen) in &filled.answers {
        let one_only = form.replies.iter().find(|one| one.id == *field).is_some_and(takes_one);
        for option in chosen {
            let id = field_id(
                document,
                &if one_only { format!("r.{field}") } else { format!("r.{field}.{option}") },
            );
            changes.push((id, "V", name(option)));
            let widgets = if one_only { kids(document, id) } else { vec![id] };
            let widget = widgets.into_iter().find(|widget| is_state_of(document, *widget, option)).unwrap();
            changes.push((widget, "AS", name(option)));
        }
    }
    for (field, text) in &filled.texts {
        changes.push((field_id(document, &format!("t.{field}")), "V", text_string(text)));
    }
    changes
}

pub fn fill(document: &mut Document, filled: &FilledForm, form: &FormDefinition) {
    for (id, key, value) in changes(document, filled, form) {
        document.get_dictionary_mut(id).unwrap().set(key, value);
    }
}

pub fn set(document: &mut Document, field: &str, key: &str, value: Object) {
    let id = field_id(document, field);
    document.get_dictionary_mut(id).unwrap().set(key, value);
}

pub fn saved(document: &mut Document) -> Vec<u8> {
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}

fn open(sample: &Sample) -> Document {
    Document::load_mem(&sample.pdf).unwrap()
}

/// Read without any problem.
fn read(bytes: &[u8]) -> FilledForm {
    let (form, problems) = read_fields(bytes);
    assert!(problems.is_empty(), "{problems:?}");
    form.unwrap()
}

#[test]
fn every_form_is_filled_and_read_back() {
    let samples = samples();
    assert_eq!(samples.len(), forms().iter().filter(|form| !form.replies.is_empty()).count());
    for sample in samples {
        assert_eq!(read(&sample.pdf), sample.blank(), "{}", sample.form.id);
        for turn in 0..8 {
            let mut document = open(&sample);
            fill(&mut document, &sample.answer(turn), &sample.form);
            let mut modern = Vec::new();
            document.clone().save_modern(&mut modern).unwrap();
            for bytes in [saved(&mut document), modern] {
                let back = read(&bytes);
                assert_eq!(sorted(back), sorted(sample.answer(turn)), "{} {turn}", sample.form.id);
            }
        }
    }
}

fn sorted(mut form: FilledForm) -> FilledForm {
    form.answers.values_mut().for_each(|chosen| chosen.sort());
    form
}

#[test]
fn fields_stand_where_the_boxes_are_and_cost_little() {
    for sample in samples() {
        let added = sample.pdf.len() - sample.plain.len();
        println!("{}: {} bytes, {added} more", sample.form.id, sample.pdf.len());
        assert!(added <= 15_000, "{}: {added}", sample.form.id);
        let document = open(&sample);
        for page in &sample.layout.pages {
            let boxes = page.boxes.iter().map(|one| (one.x_mm, one.y_mm, one.size_mm, one.size_mm));
            let zones = page.zones.iter().map(|zone| (zone.x_mm, zone.y_mm, zone.w_mm, zone.h_mm));
            let mut printed: Vec<_> = boxes.chain(zones).collect();
            for (x_mm, y_mm, w_mm, h_mm) in rects(&document, u32::from(page.page), page.height_mm) {
                let near = |place: &(f64, f64, f64, f64)| {
                    let off = [place.0 - x_mm, place.1 - y_mm, place.2 - w_mm, place.3 - h_mm];
                    off.iter().all(|mm| mm.abs() < 0.02)
                };
                let at = printed.iter().position(near);
                printed.remove(at.unwrap_or_else(|| panic!("{} {x_mm} {y_mm}", sample.form.id)));
            }
            assert!(printed.is_empty(), "{}: without a field: {printed:?}", sample.form.id);
        }
    }
}

/// The visible widgets of a page, in millimetres from its top left.
fn rects(document: &Document, page: u32, height_mm: f64) -> Vec<(f64, f64, f64, f64)> {
    const MM: f64 = 25.4 / 72.0;
    let widgets = document.get_page_annotations(document.get_pages()[&page]).unwrap();
    let visible = widgets.into_iter().filter(|widget| widget.get(b"F").unwrap().as_i64().unwrap() & 2 == 0);
    visible
        .map(|widget| {
            let rect = widget.get(b"Rect").unwrap().as_array().unwrap();
            let at: Vec<f64> = rect.iter().map(|pt| f64::from(pt.as_float().unwrap()) * MM).collect();
            (at[0], height_mm - at[3], at[2] - at[0], at[3] - at[1])
        })
        .collect()
}

#[test]
fn the_token_proves_the_sheet_and_a_changed_one_does_not() {
    for sample in samples() {
        let token = read(&sample.pdf).token;
        let code = code::verify(&Keyring::sample(), &token).unwrap();
        assert_eq!(code.sheet_id, sample.layout.sheet_id);
        assert_eq!(usize::from(code.page), sample.layout.pages.len(), "{}", sample.form.id);
        assert!(code::verify(&Keyring::generate().unwrap(), &token).is_err());
        let mut document = open(&sample);
        let changed = if token.ends_with('0') { '1' } else { '0' };
        let forged = format!("{}{changed}", &token[..token.len() - 1]);
        set(&mut document, "seal", "V", text_string(&forged));
        let read = read(&saved(&mut document));
        assert_eq!(read.token, forged);
        assert_eq!(code::verify(&Keyring::sample(), &read.token), Err(NotOurCode::Forged));
    }
}

#[test]
fn the_last_of_several_saves_counts() {
    let sample = liaison();
    let mut bytes = sample.pdf.clone();
    for turn in 0..3 {
        let mut again = IncrementalDocument::load_from(&bytes[..]).unwrap();
        let mut wiped = sample.blank();
        wiped.answers = BTreeMap::new();
        let previous = again.get_prev_documents().clone();
        let off = hidden(&previous);
        for (id, key, value) in off.into_iter().chain(changes(&previous, &sample.answer(turn), &sample.form))
        {
            again.opt_clone_object_to_new_document(id).unwrap();
            again.new_document.get_dictionary_mut(id).unwrap().set(key, value);
        }
        let before = bytes.len();
        bytes.clear();
        again.save_to(&mut bytes).unwrap();
        assert!(bytes.len() > before, "appended");
        assert_eq!(sorted(read(&bytes)), sorted(sample.answer(turn)), "save {turn}");
    }
}

/// Filled in as `before`, and then as `filled` in what a viewer appends.
pub fn appended(sample: &[u8], form: &FormDefinition, before: &FilledForm, filled: &FilledForm) -> Vec<u8> {
    let mut document = Document::load_mem(sample).unwrap();
    fill(&mut document, before, form);
    let mut again = IncrementalDocument::load_from(&saved(&mut document)[..]).unwrap();
    let previous = again.get_prev_documents().clone();
    for (id, key, value) in hidden(&previous).into_iter().chain(changes(&previous, filled, form)) {
        again.opt_clone_object_to_new_document(id).unwrap();
        again.new_document.get_dictionary_mut(id).unwrap().set(key, value);
    }
    let mut bytes = Vec::new();
    again.save_to(&mut bytes).unwrap();
    bytes
}

/// Every box shown and valued as not ticked.
pub fn hidden(document: &Document) -> Vec<(ObjectId, &'static str, Object)> {
    let mut off = Vec::new();
    for (id, object) in &document.objects {
        let Ok(dict) = object.as_dict() else { continue };
        off.extend(dict.has(b"AS").then(|| (*id, "AS", name("Off"))));
        let is_box = dict.get(b"FT").and_then(Object::as_name).is_ok_and(|kind| kind == b"Btn");
        off.extend(is_box.then(|| (*id, "V", name("Off"))));
    }
    off
}

#[test]
fn a_file_that_lost_its_list_of_fields_is_read_from_its_pages() {
    let sample = liaison();
    let mut document = open(&sample);
    fill(&mut document, &sample.answer(1), &sample.form);
    document.catalog_mut().unwrap().remove(b"AcroForm").unwrap();
    assert_eq!(sorted(read(&saved(&mut document))), sorted(sample.answer(1)));
}

#[test]
fn a_flattened_file_and_a_plain_one_have_no_answer_and_say_so() {
    let sample = liaison();
    let mut document = open(&sample);
    fill(&mut document, &sample.answer(1), &sample.form);
    document.catalog_mut().unwrap().remove(b"AcroForm").unwrap();
    for page in document.get_pages().into_values() {
        document.get_dictionary_mut(page).unwrap().remove(b"Annots");
    }
    for bytes in [saved(&mut document), sample.plain.clone()] {
        let (form, problems) = read_fields(&bytes);
        assert_eq!(form, None);
        assert_eq!(problems.iter().map(|one| one.code).collect::<Vec<_>>(), [ProblemCode::SheetNotFound]);
    }
}

/// Filled, then spoilt by `spoil`; what is left of `answer`, and how many problems there are.
fn spoilt(spoil: impl Fn(&mut Document)) -> (Option<FilledForm>, usize) {
    let sample = liaison();
    let mut document = open(&sample);
    fill(&mut document, &sample.answer(1), &sample.form);
    spoil(&mut document);
    let (form, problems) = read_fields(&saved(&mut document));
    (form, problems.len())
}

#[test]
fn what_contradicts_itself_is_no_answer() {
    let lost = |field: &str, spoil: &dyn Fn(&mut Document)| {
        let (form, problems) = spoilt(spoil);
        let form = form.unwrap();
        assert_eq!(form.answers.get(field), None, "{form:?}");
        assert_eq!(problems, 1);
        assert!(!form.answers.is_empty(), "the other fields stay");
    };
    // Seen as ticked, but the value says another or none.
    lost("answer", &|document| set(document, "r.answer", "V", name("meeting")));
    lost("answer", &|document| set(document, "r.answer", "V", name("Off")));
    lost("slots", &|document| set(document, "r.slots.slot_1", "AS", name("slot_1")));
    // Values that the sheet does not have.
    lost("slots", &|document| set(document, "r.slots.slot_1", "V", name("Yes")));
    lost("answer", &|document| set(document, "r.answer", "V", Object::Integer(1)));
    lost("answer", &|document| set(document, "r.answer", "V", name("No Problem")));
    // Two values of one field: the field's and a widget's.
    lost("answer", &|document| {
        let id = kids(document, field_id(document, "r.answer"))[0];
        document.get_dictionary_mut(id).unwrap().set("V", name("meeting"));
    });
}

#[test]
fn a_lost_box_or_area_is_missed() {
    let page = liaison().layout.pages.pop().unwrap();
    let lacks = |spoil: &dyn Fn(&mut Document)| spoilt(spoil).0.unwrap().lacks(&page);
    assert_eq!(lacks(&|_| {}), Vec::<String>::new());
    let remove = |document: &mut Document, id: ObjectId| drop(document.objects.remove(&id));
    let lost = lacks(&|document| remove(document, field_id(document, "r.slots.slot_2")));
    assert_eq!(lost, ["slots.slot_2"]);
    let lost = lacks(&|document| remove(document, kids(document, field_id(document, "r.answer"))[0]));
    assert_eq!(lost, ["answer.no_problem"]);
    assert_eq!(lacks(&|document| remove(document, field_id(document, "t.comment"))), ["comment"]);
}

#[test]
fn a_value_that_a_tool_wrote_into_every_box_counts() {
    let (form, problems) = spoilt(|document| {
        for widget in kids(document, field_id(document, "r.answer")) {
            let shown = document.get_dictionary(widget).unwrap().get(b"AS").unwrap().clone();
            document.get_dictionary_mut(widget).unwrap().set("V", shown);
        }
    });
    assert_eq!((form.unwrap().answers["answer"].as_slice(), problems), (&["opinion".to_owned()][..], 0));
}

#[test]
fn a_value_that_a_tool_wrote_as_a_string_counts() {
    for written in ["opinion", "/opinion"] {
        let string = Object::String(written.into(), StringFormat::Literal);
        let (form, problems) = spoilt(|document| set(document, "r.answer", "V", string.clone()));
        assert_eq!((form.unwrap().answers["answer"].as_slice(), problems), (&["opinion".to_owned()][..], 0));
    }
}

#[test]
fn a_second_or_a_lost_token_is_no_sheet() {
    let second = |document: &mut Document| {
        let id = field_id(document, "seal");
        let mut copy = document.get_dictionary(id).unwrap().clone();
        copy.set("V", text_string("0123456789ABCDEFGHJKMNPQRS"));
        let copy = document.add_object(copy);
        let page = document.get_pages()[&1];
        document
            .get_dictionary_mut(page)
            .unwrap()
            .get_mut(b"Annots")
            .unwrap()
            .as_array_mut()
            .unwrap()
            .push(copy.into());
    };
    let lost = |document: &mut Document| set(document, "seal", "T", text_string("else"));
    assert_eq!(spoilt(second), (None, 1));
    assert_eq!(spoilt(lost), (None, 1));
    assert_eq!(spoilt(|document| set(document, "seal", "V", text_string(""))), (None, 1));
}

fn refused(bytes: &[u8]) -> ProblemCode {
    let (form, problems) = read_fields(bytes);
    assert_eq!(form, None);
    problems[0].code
}

#[test]
fn what_is_larger_than_any_sheet_is_refused() {
    let sample = liaison();
    assert_eq!(refused(&[sample.pdf.clone(), vec![b' '; 8 << 20]].concat()), ProblemCode::TooLarge);
    assert_eq!(refused(b""), ProblemCode::Broken);
    assert_eq!(refused(b"II*\0"), ProblemCode::Broken);
    let mut many_streams = sample.pdf.clone();
    many_streams.extend(b"\n1 0 obj<</Length 1>>stream\na\nendstream endobj".repeat(600));
    assert_eq!(refused(&many_streams), ProblemCode::TooLarge);
    let mut document = open(&sample);
    let kids = (0..3_000).map(|nth| {
        let mut dict = Dictionary::new();
        dict.set("T", text_string(&format!("f{nth}")));
        Object::Reference(document.add_object(dict))
    });
    let kids: Vec<_> = kids.collect();
    set(&mut document, "t", "Kids", kids.into());
    assert_eq!(refused(&saved(&mut document)), ProblemCode::TooLarge);
}

/// 64 MB of text in 64 kB.
#[test]
fn a_text_that_unpacks_to_megabytes_is_not_unpacked() {
    let (form, problems) = spoilt(|document| {
        let dict = lopdf::dictionary! { "Filter" => "FlateDecode" };
        let bomb = Stream::new(dict, deflated(b"", 64 << 20, b""));
        let bomb = document.add_object(bomb);
        set(document, "t.comment", "V", bomb.into());
    });
    assert_eq!((form.unwrap().texts["comment"].as_str(), problems), ("", 1));
}

#[test]
fn a_field_that_is_its_own_parent_ends() {
    let (form, _) = spoilt(|document| {
        let root = field_id(document, "r");
        let child = field_id(document, "r.answer");
        document.get_dictionary_mut(child).unwrap().set("Kids", vec![Object::Reference(root)]);
        document.get_dictionary_mut(root).unwrap().set("Parent", child);
    });
    assert!(form.is_some_and(|form| !form.answers.contains_key("answer")));
}

#[test]
fn the_commands_write_fields_and_read_them() {
    let desk = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| Ran::of(renraku().current_dir(desk.path()).args(args)).ok();
    std::fs::write(desk.path().join("other.toml"), Keyring::generate().unwrap().to_toml()).unwrap();
    let make = ["sheet", "--fillable", "--form", "liaison", "--answers", EXAMPLE];
    run(&[&make[..], &["--out", "f.pdf", "--layout", "f.json"]].concat());
    let layout: Layout = serde_json::from_slice(&std::fs::read(desk.path().join("f.json")).unwrap()).unwrap();
    let sample = Sample { layout, pdf: std::fs::read(desk.path().join("f.pdf")).unwrap(), ..liaison() };
    let filled = sample.answer(3);
    let mut document = open(&sample);
    fill(&mut document, &filled, &sample.form);
    std::fs::write(desk.path().join("filled.pdf"), saved(&mut document)).unwrap();

    let line = run(&["read", "--fields", "filled.pdf"]).json();
    assert_eq!(line["token_valid"], true);
    assert_eq!(line["sheet_id"], serde_json::to_value(&sample.layout.sheet_id).unwrap());
    assert_eq!(line["page"], 1);
    assert_eq!(line["answers"], serde_json::to_value(&filled.answers).unwrap());
    assert_eq!(line["texts"], serde_json::to_value(&filled.texts).unwrap());
    assert_eq!(line["problems"], serde_json::json!([]));

    let strange = run(&["read", "--fields", "--key-file", "other.toml", "filled.pdf", "nowhere.pdf"]).lines();
    let problem = |line: &serde_json::Value| line["problems"][0].as_str().unwrap().to_owned();
    assert_eq!(
        (&strange[0]["token_valid"], &strange[0]["sheet_id"]),
        (&false.into(), &serde_json::Value::Null)
    );
    assert!(problem(&strange[0]).starts_with("code_forged"), "{strange:?}");
    assert!(problem(&strange[1]).starts_with("broken"), "{strange:?}");
}
