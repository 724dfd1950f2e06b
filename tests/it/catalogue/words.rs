//! The words in the PDF are the words that were filled in: all of them, nothing else, in the order in which a person
//! reads. What copies, searches or reads a sheet aloud takes them from there.

use super::said::Said;
use super::{example, forms, order_of, sheet};
use crate::longest::longest_answers;
use lopdf::Document;
use renraku::domain::client::{AddressMask, BirthMask, Masking, NameMask};
use renraku::flow::submit::Rule;
use renraku::form::answers::{Answers, check_answers};
use renraku::form::definition::FormDefinition;
use serde_json::{Value, json};

/// The text of each page in the order of its content.
pub fn pages(pdf: &[u8]) -> Vec<String> {
    let document = Document::load_mem(pdf).unwrap();
    document.get_pages().keys().map(|page| document.extract_text(&[*page]).unwrap()).collect()
}

/// How many pages said what they must.
fn check(form: &FormDefinition, json: &Value, which: &str) -> usize {
    let answers = check_answers(form, json).unwrap_or_else(|error| panic!("{} {which}: {error:?}", form.id));
    let pages = pages(&sheet(form, &answers).unwrap().pdf);
    if let Err(error) = said(form, &answers).compare(&pages) {
        panic!("{} {which}: {error}", form.id);
    }
    pages.len()
}

fn said<'a>(form: &'a FormDefinition, answers: &'a Answers) -> Said<'a> {
    let order = order_of(form, answers);
    Said {
        form,
        answers,
        number: order.number,
        sheet_id: order.sheet_id.as_str(),
        issued_on: order.issued_on,
        due_on: order.due_on,
        return_fax: order.return_fax,
    }
}

#[test]
fn every_example_says_what_was_filled_in_and_in_order() {
    let pages: usize = forms().iter().map(|form| check(form, &example(&form.id), "example")).sum();
    println!("{pages} pages");
    assert!(pages >= forms().len());
}

#[test]
fn the_longest_answers_are_whole_over_every_turn_of_the_page() {
    let pages: usize = forms().iter().map(|form| check(form, &longest_answers(form), "longest")).sum();
    println!("{pages} pages");
    assert!(pages > 2 * forms().len(), "{pages}: the longest answers turn the page");
}

#[test]
fn a_masked_sheet_says_all_that_it_may_and_nothing_more() {
    let masking =
        Masking { name: NameMask::Alternate, birth: BirthMask::AgeBand, address: AddressMask::Municipality };
    let rule = Rule { masking, ..Rule::default() };
    for form in forms() {
        let printed = rule.printed(&form);
        check(&printed, &example(&form.id), "masked example");
        check(&printed, &longest_answers(&form), "masked longest");
    }
}

/// 𠮷 stands in another font than its neighbours.
#[test]
fn a_rare_character_of_a_name_stays_in_its_place() {
    let form = forms().into_iter().find(|form| form.id == "liaison").unwrap();
    let mut json = example("liaison");
    json["client"]["name"] = json!("見本 𠮷郎");
    json["recipient"]["person"] = json!("𠮷本 髙﨑");
    check(&form, &json, "rare characters");
}

#[test]
fn a_word_lost_added_or_moved_is_found() {
    let form = forms().into_iter().find(|form| form.id == "liaison").unwrap();
    let answers = check_answers(&form, &example("liaison")).unwrap();
    let said = said(&form, &answers);
    let whole = said.page_of_one();
    assert_eq!(said.compare(std::slice::from_ref(&whole)), Ok(()));
    let cases = [
        ("訪問介護を週2回から", "訪問介護を週回から", "content"),
        ("件名【見本】", "【見本】件名", "subject (label)"),
        ("特に問題なし意見あり(連絡欄へ)", "意見あり(連絡欄へ)特に問題なし", "answer"),
        ("特に問題なし", "", "answer"),
        ("回答者医師", "回答者", "signature"),
        ("通常", "急ぎ", "urgency"),
        ("同意者本人", "同意者長女", "consent"),
        ("連絡番号26-000042-21/1", "連絡番号26-000042-11/1", "page 1 begins"),
        ("返信先FAX03-0000-0001", "返信先FAX03-0000-0007", "return fax"),
    ];
    for (old, new, named) in cases {
        let at = whole.rfind(old).unwrap_or_else(|| panic!("no {old} in {whole}"));
        let changed = format!("{}{new}{}", &whole[..at], &whole[at + old.len()..]);
        let error = said.compare(&[changed]).unwrap_err();
        assert!(error.contains(named), "{old} → {new}: {error}");
    }
    let added =
        said.compare(&[whole.replacen("返信欄は", "", 1).replacen("発行", "余分発行", 1)]).unwrap_err();
    assert!(added.contains("date of issue"), "{added}");
    assert!(said.compare(&[format!("{whole}。")]).is_err());
    assert!(said.compare(&[]).is_err(), "no page");
}
