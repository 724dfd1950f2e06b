//! Answers by fillable PDF on the pages: what the care manager and the reviewer see of one, and the administrator's page
//! for the passphrase.

use super::desks::Desk;
use super::world::World;
use crate::fillable::{fill, saved};
use lopdf::{Document, Object, dictionary, text_string};
use renraku::domain::state::AttemptEnd;
use renraku::form::answers::check_answers;
use renraku::read::fillable::FilledForm;
use renraku::sheet::RenderedSheet;
use renraku::sheet::fillable::make;
use renraku::store::AuditFilter;

const WORDS: &str = "薬を変更しました。<b>";

/// A new sheet, filled in; with a note on it, if asked for.
fn filled(desk: &Desk, with_note: bool) -> Vec<u8> {
    let (pdf, layout) = desk.send(AttemptEnd::Submitted);
    let store = desk.world.store.as_ref();
    let sheet = store.sheet(&layout.sheet_id).unwrap().unwrap();
    let request = store.request(sheet.request_id).unwrap();
    let form = store.form(&request.form_id, request.form_version).unwrap();
    let answers = check_answers(&form, &request.answers).unwrap();
    let mut document =
        Document::load_mem(&make(&RenderedSheet { pdf, layout }, &form, &answers).unwrap()).unwrap();
    let chosen = |option: &str| vec![option.to_owned()];
    let given = FilledForm {
        answers: [("answer".to_owned(), chosen("opinion")), ("signature".to_owned(), chosen("doctor"))]
            .into(),
        texts: [("comment".to_owned(), WORDS.to_owned())].into(),
        ..FilledForm::default()
    };
    fill(&mut document, &given, &form);
    if with_note {
        let rect: Vec<Object> = [10, 10, 30, 30].map(Object::from).to_vec();
        let note = document.add_object(dictionary! {
            "Type" => "Annot", "Subtype" => "Text", "Rect" => rect, "Contents" => text_string("至急"),
        });
        let page = document.get_pages()[&1];
        let annotations = document.get_dictionary_mut(page).unwrap().get_mut(b"Annots").unwrap();
        annotations.as_array_mut().unwrap().push(note.into());
    }
    saved(&mut document)
}

#[test]
fn a_care_manager_reads_what_was_typed_and_how_it_came() {
    let desk = Desk::new();
    assert!(desk.arrive(&filled(&desk, false), 2).is_empty(), "nobody has to look");
    let mut manager = desk.world.signed_in("care_manager");
    let page = manager.get(&format!("/requests/{}", desk.world.requests[0])).text();
    for expected in ["薬を変更しました。&lt;b&gt;", "入力できるPDFで回答されました", "届いた用紙を見る"]
    {
        assert!(page.contains(expected), "{expected}: {page}");
    }
    let place = page.split("<img class=\"sheet\"").nth(1).unwrap().split("src=\"").nth(1).unwrap();
    assert_eq!(manager.get(place.split('"').next().unwrap()).header("content-type"), "image/png");
}

#[test]
fn a_reviewer_reads_the_words_and_confirms_with_them() {
    let desk = Desk::new();
    let item = desk.arrive(&filled(&desk, true), 2)[0];
    let mut reviewer = desk.world.signed_in("reviewer");
    let place = format!("/review/{item}");
    let page = reviewer.get(&place).text();
    for expected in
        ["書き込みやスタンプ、メモがあります", "薬を変更しました。&lt;b&gt;", "(画面で入力された文字)"]
    {
        assert!(page.contains(expected), "{expected}: {page}");
    }
    let ticks = [("r.answer", "opinion".to_owned()), ("r.signature", "doctor".to_owned())];
    assert_eq!(reviewer.send(&format!("{place}/confirm"), &ticks).status, 303);
    let reply = desk.world.store.replies(desk.world.requests[0]).unwrap().remove(0);
    assert_eq!(reply.texts["comment"], WORDS);
}

#[test]
fn the_administrator_sets_a_passphrase_that_no_page_shows() {
    let world = World::new();
    let mut admin = world.signed_in("administrator");
    let clinic = world.clinics[0];
    let place = format!("/admin/clinics/{clinic}/passphrase");
    let set = |typed: &str| vec![("new_passphrase", typed.to_owned())];
    assert!(admin.get(&place).text().contains("設定されていません"));
    for (typed, sentence) in [
        ("", "12文字以上"),
        ("mihon 2026", "12文字以上"),
        ("みほんのあいことばです。", "半角の"),
        ("aaaaaaaaaaaaa", "5種類"),
    ] {
        let seen = admin.send(&place, &set(typed));
        assert!(seen.status == 422 && seen.text().contains(sentence), "{typed}: {}", seen.text());
        assert!(typed.is_empty() || !seen.text().contains(typed), "{typed} is sent back");
    }
    assert!(world.store.passphrase(clinic).unwrap().is_none());
    for _ in 0..2 {
        let seen = admin.send(&place, &set("mihon 2026-ame"));
        assert_eq!((seen.status, seen.header("location")), (303, "/admin/clinics?notice=passphrase-set"));
    }
    let said = admin.get("/admin/clinics?notice=passphrase-set").text();
    let page = admin.get(&place).text();
    assert!(said.contains("合言葉を設定しました") && page.contains("設定されています"), "{page}");
    assert!(!page.contains("mihon") && !said.contains("mihon"));
    let kept = world.store.passphrase(clinic).unwrap().unwrap();
    assert!(!kept.sealed.contains("mihon"));
    let removed = admin.send(&format!("{place}/remove"), &[]);
    assert_eq!(removed.header("location"), "/admin/clinics?notice=passphrase-removed");
    assert!(world.store.passphrase(clinic).unwrap().is_none());
    let details: Vec<String> = world
        .store
        .audit(&AuditFilter::default(), 50)
        .unwrap()
        .into_iter()
        .filter(|entry| entry.record_id == clinic.to_string())
        .map(|entry| entry.detail)
        .collect();
    for act in ["passphrase_set", "passphrase_changed", "passphrase_removed"] {
        assert_eq!(details.iter().filter(|detail| *detail == act).count(), 1, "{act}: {details:?}");
    }
}
