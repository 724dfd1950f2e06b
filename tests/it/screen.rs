//! A clinic that gets its sheets by mail fills them in on its screen and mails them back: what is recorded, and everything
//! that a person sees instead, with its reason.

mod clinic;
mod locked;
mod mutants;
mod refused;

use crate::attachments;
use crate::letters::{FAX, MAIL, Region, at};
use clinic::{Clinic, call, mail_from, mail_with_both, opinion};
use lopdf::dictionary;
use renraku::domain::directory::RouteKind;
use renraku::domain::reading::{FoundBy, ReasonCode};
use renraku::domain::request::ReplySource;
use renraku::domain::state::RequestState;
use renraku::flow::attach;
use renraku::pool::{Pool, PoolLimits};
use renraku::practice::clinic::{Sending, answer, fax_service_mail};
use renraku::practice::damage::Resolution;
use renraku::read::fillable::read_fields;
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_goes_out_by_mail_is_filled_on_a_screen_and_comes_back() {
    let clinic = Clinic::new().await;
    let words = clinic.mail.text.replace("\r\n", "\n");
    for expected in ["開きます", "四角を押して", "保存します", "返信", "FAX 03-0000-0009", "Please answer by"]
    {
        assert!(words.contains(expected), "{expected}: {words}");
    }
    let number = clinic.request().number;
    assert_eq!(clinic.mail.subject.as_deref(), Some(format!("連絡票 {number}").as_str()));
    let name = clinic.mail.attachments[0].declared_name.clone();
    assert_eq!(name, Some(format!("renraku-{number}.pdf")));

    let filed = clinic.reads(&clinic.reply(&clinic.filled(&opinion())));
    assert_eq!((filed.answered.as_slice(), filed.reviews.len()), (&[clinic.request][..], 0), "{filed:?}");
    let [reply] = &clinic.replies()[..] else { panic!("one reply") };
    assert_eq!(reply.answers, opinion().answers);
    assert_eq!(reply.texts, opinion().texts);
    assert!(reply.handwriting.is_empty(), "the words are kept as words");
    assert!(matches!(&reply.source, ReplySource::Paper { found_by: FoundBy::Fields, page_number: 1, .. }));
    assert_eq!(clinic.request().state, RequestState::Answered);

    // The same once more, from another save.
    let again = clinic.reads(&clinic.reply_at(&clinic.filled(&opinion()), 5));
    assert_eq!((again.repeated.as_slice(), again.reviews.len()), (&[clinic.request][..], 0));
    // The same ticks and other words, and other ticks: a person sees both.
    let mut more = opinion();
    more.texts.insert("comment".to_owned(), "夕方にお電話ください".to_owned());
    for (filled, reason) in [(more, ReasonCode::Handwriting), (call(), ReasonCode::SecondAnswer)] {
        let filed = clinic.reads(&clinic.reply(&clinic.filled(&filled)));
        let codes: Vec<_> = filed.reviews[0].reasons.iter().map(|one| one.code).collect();
        assert_eq!(codes, [reason]);
        assert_eq!(filed.reviews[0].request_id, Some(clinic.request));
    }
    assert_eq!(clinic.replies().len(), 1);
}

/// What went along comes back in the same file and says nothing; an annotation on it does.
#[tokio::test(flavor = "multi_thread")]
async fn papers_that_went_along_are_no_pages_to_clear() {
    let pool = Pool::new(env!("CARGO_BIN_EXE_renraku").into(), PoolLimits::default());
    let two = attachments::paper(&vec![attachments::table(297.0, 210.0, 15.0); 2]);
    let paper = attach::open(&pool, "第2表.pdf", &two, at(0)).unwrap();
    let clinic = Clinic::with(|_| {}, vec![Arc::new(paper)]).await;
    let own = clinic.layout.pages.len();
    assert_eq!(clinic.open().get_pages().len(), own + 2);
    let mut drawn = lopdf::Document::load_mem(&clinic.filled(&call())).unwrap();
    let page = drawn.get_pages()[&(own as u32 + 1)];
    let note = drawn.add_object(dictionary! {
        "Type" => "Annot", "Subtype" => "FreeText", "Rect" => vec![100.into(), 100.into(), 300.into(), 200.into()],
        "Contents" => lopdf::text_string("週2回に"), "DA" => lopdf::Object::string_literal("/Helv 12 Tf 0 g"),
    });
    drawn.get_dictionary_mut(page).unwrap().set("Annots", vec![lopdf::Object::Reference(note)]);
    let mut bytes = Vec::new();
    drawn.save_to(&mut bytes).unwrap();
    let filed = clinic.reads(&clinic.reply(&bytes));
    assert!(filed.answered.is_empty(), "a note on a paper is for a person: {filed:?}");
    assert_eq!(filed.reviews.len(), 3, "the answered page and both papers: {filed:?}");
    let filed = clinic.reads(&clinic.reply(&clinic.filled(&call())));
    assert_eq!((filed.answered.as_slice(), filed.reviews.len()), (&[clinic.request][..], 0), "{filed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fax_never_carries_fields() {
    let region = Region::new().await;
    region.verify(RouteKind::FaxByMail, FAX);
    region.submit(None);
    let mails = region.send_all().await;
    let (form, _) = read_fields(&mails[0].1.attachments[0].bytes);
    assert_eq!(form, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_somebody_lays_down_has_no_sender_and_counts() {
    let clinic = Clinic::new().await;
    let filed = clinic.reads(&clinic.filled(&call()));
    assert_eq!(filed.answered, [clinic.request]);
    assert_eq!(clinic.replies()[0].answers, call().answers);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_different_answers_in_one_mail_wait_both() {
    let clinic = Clinic::new().await;
    let (one, other) = (clinic.filled(&call()), clinic.filled(&opinion()));
    let filed = clinic.reads(&mail_with_both(&one, &other));
    assert!(filed.answered.is_empty() && clinic.replies().is_empty(), "{filed:?}");
    let codes: Vec<_> = filed.reviews.iter().map(|item| item.reasons[0].code).collect();
    assert_eq!(codes, [ReasonCode::SecondAnswer; 2]);
    // The same answer twice is one.
    let filed = clinic.reads(&mail_with_both(&one, &one));
    assert_eq!((filed.answered.as_slice(), filed.reviews.len()), (&[clinic.request][..], 0), "{filed:?}");
    assert_eq!(clinic.replies().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_that_was_printed_is_read_as_paper() {
    let clinic = Clinic::new().await;
    let mut rng = <rand_chacha::ChaCha8Rng as rand::SeedableRng>::seed_from_u64(5);
    let manner = Sending { resolution: Resolution::Fine, damage: 0.0 };
    let mut ticked = answer(&clinic.pdf, &clinic.layout, manner, &mut rng).unwrap();
    ticked.ticked.answers.values_mut().for_each(|chosen| chosen.sort());
    let filed = clinic.reads(&fax_service_mail(&ticked.tiff, "03-0000-0001", 1));
    assert_eq!(filed.answered, [clinic.request], "{filed:?}");
    let mut reply = clinic.replies().remove(0);
    assert!(matches!(reply.source, ReplySource::Paper { found_by: FoundBy::Code, .. }));
    reply.answers.values_mut().for_each(|chosen| chosen.sort());
    assert_eq!(reply.answers, ticked.ticked.answers);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_confirms_with_the_words_that_were_typed() {
    let clinic = Clinic::new().await;
    let filed = clinic.reads(&mail_from("other@clinic.example", &clinic.filled(&opinion()), 1));
    let item = &filed.reviews[0];
    assert_eq!(item.reasons.iter().map(|one| one.code).collect::<Vec<_>>(), [ReasonCode::SenderUnknown]);
    assert_eq!(item.request_id, Some(clinic.request));
    let by = renraku::domain::account::By::console();
    let store = clinic.region.store.as_ref();
    let reply = renraku::flow::review::confirm(store, item.id, None, &by, at(9)).unwrap();
    assert_eq!((reply.answers, reply.texts), (opinion().answers, opinion().texts));
    assert_eq!(clinic.request().state, RequestState::Answered);
    assert_eq!(MAIL, "desk@clinic.example");
}
