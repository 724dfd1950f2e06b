//! What a region or a form masks stands nowhere on the paper; what is urgent, and a clock in hours, stand where they are seen.

use super::{example, forms, sheet};
use renraku::domain::client::{AddressMask, BirthMask, Masking, NameMask};
use renraku::flow::submit::Rule;
use renraku::form::answers::check_answers;
use renraku::form::definition::FormDefinition;

fn form(id: &str) -> FormDefinition {
    forms().into_iter().find(|form| form.id == id).unwrap()
}

/// The words of the form's example as it is printed, without blanks.
fn printed(form: &FormDefinition) -> String {
    let answers = check_answers(form, &example(&form.id)).unwrap();
    let pdf = sheet(form, &answers).unwrap().pdf;
    let document = lopdf::Document::load_mem(&pdf).unwrap();
    let pages: Vec<u32> = document.get_pages().keys().copied().collect();
    document.extract_text(&pages).unwrap().split_whitespace().collect()
}

#[test]
fn a_regions_masking_hides_on_every_form_what_it_names() {
    let masking =
        Masking { name: NameMask::Alternate, birth: BirthMask::AgeBand, address: AddressMask::Municipality };
    let rule = Rule { masking, ..Rule::default() };
    for form in forms() {
        let (open, masked) = (printed(&form), printed(&rule.printed(&form)));
        // 見本 花子, ミホン ハナコ, 1940-02-11: of the examples that are about a client.
        for word in ["花子", "ハナコ", "昭和15年", "被保険者番号0"] {
            assert!(!masked.contains(word), "{}: {word}: {masked}", form.id);
        }
        if open.contains("見本花子様") {
            assert!(masked.contains("●本●子様") && masked.contains("80歳代"), "{}: {masked}", form.id);
        }
    }
    let admission = form("admission");
    assert!(printed(&admission).contains("一丁目2番3号"));
    assert!(!printed(&rule.printed(&admission)).contains("一丁目2番3号"));
}

#[test]
fn of_a_forms_masking_and_the_regions_the_stricter_counts() {
    let mut form = form("liaison");
    form.masking.name = NameMask::Initials;
    let rule =
        Rule { masking: Masking { name: NameMask::Alternate, ..Masking::default() }, ..Rule::default() };
    let words = printed(&rule.printed(&form));
    assert!(words.contains("M・H様") && !words.contains("●本"), "{words}");
}

#[test]
fn what_is_urgent_says_so_and_hours_are_hours() {
    let words = printed(&form("bed_request"));
    assert!(words.contains("緊急時はお電話ください(TEL03-0000-0002)"), "{words}");
    assert!(words.contains("送信から4時間以内"), "{words}");
    assert!(!printed(&form("conference")).contains("緊急時は"));
    let notice = printed(&form("observation"));
    assert!(notice.contains("ご返信は不要です") && !notice.contains("返信先FAX"), "{notice}");
}
