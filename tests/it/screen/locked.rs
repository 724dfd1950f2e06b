//! Sheets that open with the passphrase that was agreed with the clinic: locked on their way out, opened when they come
//! back, and a secret everywhere else.

use super::clinic::{Clinic, call, opinion};
use crate::letters::{Region, at};
use lopdf::{Document, IncrementalDocument, LoadOptions};
use renraku::domain::account::By;
use renraku::domain::reading::ReasonCode;
use renraku::domain::state::AttemptEnd;
use renraku::flow::page_picture::{Pictures, page_picture};
use renraku::flow::passphrase;
use renraku::seal::keyring::Keyring;
use renraku::store::{AuditFilter, StoreError};

const PASSPHRASE: &str = "mihon 2026-ame";

fn set(region: &Region, typed: &str) {
    let (store, keyring) = (region.store.as_ref(), &region.sender.keyring);
    passphrase::set(store, keyring, region.clinic, typed, &By::console(), at(0)).unwrap();
}

fn with(passphrase: &str, pdf: &[u8]) -> Result<Document, lopdf::Error> {
    Document::load_mem_with_options(pdf, LoadOptions::with_password(passphrase))
}

/// What a viewer saves of the locked file: appended to it, and locked like it.
fn appended(clinic: &Clinic, filled: &renraku::read::fillable::FilledForm) -> Vec<u8> {
    let mut again =
        IncrementalDocument::create_from(clinic.pdf.clone(), with(PASSPHRASE, &clinic.pdf).unwrap());
    let previous = again.get_prev_documents().clone();
    for (id, key, value) in crate::fillable::changes(&previous, filled, &clinic.form) {
        again.opt_clone_object_to_new_document(id).unwrap();
        again.new_document.get_dictionary_mut(id).unwrap().set(key, value);
    }
    let mut bytes = Vec::new();
    again.save_to(&mut bytes).unwrap();
    bytes
}

/// Filled, and locked anew with `passphrase`.
fn anew(clinic: &Clinic, passphrase: &str) -> Vec<u8> {
    let mut document = with(PASSPHRASE, &clinic.pdf).unwrap();
    crate::fillable::fill(&mut document, &opinion(), &clinic.form);
    let plain = crate::fillable::saved(&mut document);
    let passphrase = renraku::domain::passphrase::Passphrase::new(passphrase).unwrap();
    passphrase::locked(&plain, &passphrase).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_sheet_goes_out_and_its_answer_is_opened() {
    let clinic = Clinic::agreed(|region| set(region, PASSPHRASE)).await;
    let words = clinic.mail.text.replace("\r\n", "\n");
    assert!(words.contains("合言葉で開きます") && words.contains("passphrase that was agreed"), "{words}");
    assert!(!words.contains(PASSPHRASE));
    assert!(Document::load_mem(&clinic.pdf).map_or(true, |document| document.is_encrypted()));
    assert!(with("mihon 2026-ama", &clinic.pdf).is_err());
    assert!(!with(PASSPHRASE, &clinic.pdf).unwrap().is_encrypted());
    let text = String::from_utf8_lossy(&clinic.pdf);
    assert!(!text.contains(&clinic.layout.pages[0].code.text), "the token is inside");

    let filed = clinic.reads(&clinic.reply(&appended(&clinic, &opinion())));
    assert_eq!(filed.answered, [clinic.request], "{filed:?}");
    let reply = clinic.replies().remove(0);
    assert_eq!((&reply.answers, &reply.texts), (&opinion().answers, &opinion().texts));
    // Somebody looks at the page: it is opened again, and only with the keys.
    let (arrival, page) = reply.source.page().unwrap();
    let (store, keyring) = (clinic.region.store.as_ref(), clinic.region.sender.keyring.as_ref());
    let picture = |keyring| {
        page_picture(store, clinic.pool(), keyring, &Pictures::default(), arrival, page.unwrap()).unwrap()
    };
    assert!(picture(Some(keyring)).is_some() && picture(None).is_none());
    assert!(picture(Some(&Keyring::generate().unwrap())).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_does_not_open_waits_and_says_so() {
    let clinic = Clinic::agreed(|region| set(region, PASSPHRASE)).await;
    for (about, bytes) in [
        ("another passphrase", anew(&clinic, "mihon 2026-yuki")),
        ("damaged", {
            // The last object's place in the table is wrong: what was saved last would be lost.
            let bytes = appended(&clinic, &call());
            let at = bytes.windows(9).rposition(|nine| nine == b"startxref").unwrap();
            [&bytes[..at], b"startxxxx", &bytes[at + 9..]].concat()
        }),
    ] {
        let filed = clinic.reads(&clinic.reply(&bytes));
        assert!(filed.answered.is_empty() && clinic.replies().is_empty(), "{about}");
        let reason = &filed.reviews[0].reasons[0];
        assert_eq!(reason.code, ReasonCode::FileProblem, "{about}");
        assert!(reason.detail.contains("合言葉") && !reason.detail.contains("mihon"), "{about}: {reason}");
    }
    // The passphrase of another clinic, or none at all, opens nothing either.
    let by = By::console();
    assert!(passphrase::remove(clinic.region.store.as_ref(), clinic.region.clinic, &by, at(1)).unwrap());
    let filed = clinic.reads(&clinic.reply(&anew(&clinic, PASSPHRASE)));
    assert!(filed.answered.is_empty());
    assert!(filed.reviews[0].reasons[0].detail.contains("パスワード"), "{filed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_locked_does_not_leave_open() {
    let region = Region::new().await;
    region.verify(renraku::domain::directory::RouteKind::PlainMail, crate::letters::MAIL);
    // Sealed under keys that are not the sender's.
    let (store, strange) = (region.store.as_ref(), Keyring::generate().unwrap());
    passphrase::set(store, &strange, region.clinic, PASSPHRASE, &By::console(), at(0)).unwrap();
    region.submit(None);
    let ended = region.deliver().await.unwrap();
    assert_eq!(ended.end, AttemptEnd::Failed);
    assert!(ended.detail.contains("合言葉"), "{}", ended.detail);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passphrase_stands_in_no_file_and_in_no_log() {
    let clinic = Clinic::agreed(|region| set(region, PASSPHRASE)).await;
    set(&clinic.region, "mihon 2027-hare");
    let store = clinic.region.store.as_ref();
    let unknown = renraku::domain::id::ClinicId::new_at(at(9));
    let keyring = &clinic.region.sender.keyring;
    let nobody = passphrase::set(store, keyring, unknown, PASSPHRASE, &By::console(), at(0));
    assert!(matches!(nobody, Err(renraku::flow::FlowError::Store(StoreError::NotFound { .. }))));
    assert!(passphrase::remove(store, clinic.region.clinic, &By::console(), at(1)).unwrap());
    assert!(!passphrase::remove(store, clinic.region.clinic, &By::console(), at(1)).unwrap());
    let audit = store.audit(&AuditFilter::default(), 50).unwrap();
    let said: Vec<&str> = audit
        .iter()
        .filter(|entry| entry.detail.starts_with("passphrase"))
        .map(|entry| entry.detail.as_str())
        .collect();
    let mut sorted = said.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, ["passphrase_changed", "passphrase_removed", "passphrase_set"]);
    for entry in walk(clinic.region.dir.path()) {
        let bytes = std::fs::read(&entry).unwrap();
        for secret in ["mihon 2026", "mihon 2027"] {
            let there = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!there, "{}", entry.display());
        }
    }
}

fn walk(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}
