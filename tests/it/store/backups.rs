//! A backup is made while work goes on, and what is restored equals what was there, on hold.

use super::world::{World, assert_refused, at, form, layout, lease, reply};
use renraku::domain::account::{By, Secret, Session};
use renraku::domain::attachment::{Attachment, StoredPage};
use renraku::domain::event::Subject;
use renraku::domain::id::{AttachmentId, AttemptId};
use renraku::domain::request::{Arrival, Attempt, Delivery, Reply, Request};
use renraku::domain::sheet_number::{RequestNumber, SheetNumber};
use renraku::domain::state::{DeliveryState, RequestState};
use renraku::store::sqlite::restore;
use renraku::store::{
    AccountStore, ArrivalStore, AuditStore, BlankSheetStore, DirectoryStore, GATEWAY, GatewayStore,
    NewBlankSheet, NewRequest, PageOutcome, RequestFilter, RequestStore, SqliteStore, Store,
};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

fn open(dir: &Path) -> SqliteStore {
    SqliteStore::open(dir).unwrap()
}

fn keyring() -> BTreeMap<String, Vec<u8>> {
    BTreeMap::from([
        ("keyring".to_owned(), b"secret of the keyring".to_vec()),
        ("config.toml".to_owned(), vec![]),
    ])
}

fn names_below(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A request that was sent and answered, and its sheet.
fn answered(world: &World<'_>) -> (Request, SheetNumber) {
    let (request, sheet) = world.sent("0300000001");
    world.arrive(&format!("answer on {sheet}"), vec![reply(&sheet, "yes")], at(2));
    (request, sheet)
}

/// Everything that can be asked of one request.
type Account = (Request, Vec<Delivery>, Vec<Attempt>, Vec<Reply>, Vec<Arrival>);

fn account(store: &dyn Store, request: &Request) -> Account {
    let deliveries = store.deliveries(request.id).unwrap();
    let attempts = deliveries.iter().flat_map(|delivery| store.attempts(delivery.id).unwrap()).collect();
    let replies = store.replies(request.id).unwrap();
    let arrivals =
        replies.iter().map(|reply| store.arrival(reply.source.page().unwrap().0).unwrap()).collect();
    (store.request(request.id).unwrap(), deliveries, attempts, replies, arrivals)
}

/// A backup of a store with one answered request, and the directory of both.
fn backed_up() -> (tempfile::TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir.path().join("data"));
    answered(&World::new(&store));
    let file = dir.path().join("backup");
    store.backup(&file, &keyring(), at(10)).unwrap();
    (dir, file)
}

#[test]
fn what_is_restored_equals_what_was_there_while_writing_went_on() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir.path().join("data"));
    let world = World::new(&store);
    let before: Vec<_> = (0..5).map(|_| answered(&world)).collect();
    let expected: Vec<Account> = before.iter().map(|(request, _)| account(&store, request)).collect();
    let file = dir.path().join("backup");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // Some at least are written beside the backup, and not for ever.
            for number in 0..150 {
                if number > 5 && done.load(Ordering::SeqCst) {
                    break;
                }
                answered(&world);
            }
        });
        store.backup(&file, &keyring(), at(10)).unwrap();
        done.store(true, Ordering::SeqCst);
    });
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(names_below(dir.path()), ["backup", "data"], "nothing unfinished is left");

    let small_files = restore(&file, &dir.path().join("new"), at(20)).unwrap();
    assert_eq!(small_files.into_iter().collect::<BTreeMap<_, _>>(), keyring());
    let restored = open(&dir.path().join("new"));
    for ((request, sheet_id), was) in before.iter().zip(expected) {
        assert_eq!(account(&restored, request), was);
        let sheet = restored.sheet(sheet_id).unwrap().unwrap();
        assert_eq!(restored.blobs().get(&sheet.pdf).unwrap(), store.blobs().get(&sheet.pdf).unwrap());
    }
    // A request of which the backup caught anything is there with all that it names.
    for request in restored.requests(&RequestFilter::default(), 10_000).unwrap() {
        for arrival in account(&restored, &request).4 {
            assert!(restored.blobs().get(&arrival.blob).is_ok());
        }
    }
    assert_eq!(restored.clinics().unwrap(), store.clinics().unwrap());
    assert_eq!(restored.frames().unwrap(), store.frames().unwrap());
}

#[test]
fn a_restored_store_sends_nothing_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir.path().join("data"));
    let world = World::new(&store);
    let requests =
        ["0300000001", "0300000002", "0300000003", "0300000004"].map(|address| world.submit(address));
    let begin = |minute: i64| {
        let lease = lease(&format!("worker {minute}"), at(minute));
        let (delivery, _) = world.lease_with_sheet(&lease, at(minute));
        let attempt = AttemptId::new_at(at(minute));
        (delivery, attempt, lease)
    };
    let (first, attempt, lease_1) = begin(1);
    store.attempt_started(attempt, first.id, &lease_1, at(1)).unwrap();
    store.body_started(attempt, &lease_1, at(1)).unwrap();
    let (second, attempt, lease_2) = begin(2);
    store.attempt_started(attempt, second.id, &lease_2, at(2)).unwrap();
    let (third, _, _) = begin(3);
    let reading = world.record("being read", at(3));
    store.lease_arrival(Some(reading), &lease("reader", at(3)), at(3)).unwrap().unwrap();
    let file = dir.path().join("backup");
    store.backup(&file, &BTreeMap::new(), at(4)).unwrap();
    assert_eq!(store.hold().unwrap(), None, "the store that was copied goes on");

    let into = dir.path().join("new");
    assert!(restore(&file, &into, at(20)).unwrap().is_empty());
    let restored = open(&into);
    let why = restored.hold().unwrap().expect("a hold");
    assert!(why.contains("restored from the backup of 2026-07-01T00:04"), "{why}");
    assert!(why.ends_with("release when you have looked at the outbox"), "{why}");
    let state = |request: &Request| restored.deliveries(request.id).unwrap()[0].state;
    let by_delivery = |delivery: &Delivery| restored.request(delivery.request_id().unwrap()).unwrap();
    assert_eq!(state(&by_delivery(&first)), DeliveryState::InDoubt);
    assert_eq!(by_delivery(&first).state, RequestState::InDoubt);
    assert_eq!([&second, &third].map(|delivery| state(&by_delivery(delivery))), [DeliveryState::Held; 2]);
    assert_eq!(requests.iter().filter(|request| state(request) == DeliveryState::Held).count(), 3);
    assert_eq!(restored.lease_delivery(&lease("worker", at(21)), at(21)).unwrap(), None);
    assert!(restored.lease_arrival(Some(reading), &lease("reader", at(21)), at(21)).unwrap().is_some());
    let log = restored.events(Subject::Gateway, GATEWAY).unwrap();
    assert_eq!(log.iter().map(|event| event.what.as_str()).collect::<Vec<_>>(), ["restored", "hold_set"]);

    let again = World { store: &restored, office: world.office, clinic: world.clinic }.submit("0300000009");
    assert_eq!(again.number, RequestNumber::new(2026, 1005), "no number that may stand on paper already");
    restored.set_hold(None, at(22)).unwrap();
    let mut sent = 0;
    while restored.lease_delivery(&lease(&format!("worker {sent}"), at(23)), at(23)).unwrap().is_some() {
        sent += 1;
    }
    assert_eq!(sent, 4, "all but the one in doubt, and the new one");
}

#[test]
fn a_backup_never_overwrites() {
    let (dir, file) = backed_up();
    let store = open(&dir.path().join("data"));
    let before = fs::read(&file).unwrap();
    assert_refused(store.backup(&file, &BTreeMap::new(), at(11)));
    assert_eq!(fs::read(&file).unwrap(), before);
    // An unfinished one of a program that died is not in the way.
    fs::write(dir.path().join("second.tmp"), b"half").unwrap();
    store.backup(&dir.path().join("second"), &BTreeMap::new(), at(12)).unwrap();
    assert_eq!(names_below(dir.path()), ["backup", "data", "second"]);
}

#[test]
fn a_backup_of_a_store_with_a_damaged_blob_fails_and_leaves_nothing() {
    let (dir, _) = backed_up();
    let store = open(&dir.path().join("data"));
    let request = store.requests(&RequestFilter::default(), 1).unwrap().remove(0);
    let id = account(&store, &request).4[0].blob.0.clone();
    fs::write(dir.path().join("data/blobs").join(&id[..2]).join(&id), b"rotten").unwrap();
    assert!(store.backup(&dir.path().join("second"), &BTreeMap::new(), at(12)).is_err());
    assert_eq!(names_below(dir.path()), ["backup", "data"]);
}

#[test]
fn restoring_refuses_a_used_directory() {
    let (dir, file) = backed_up();
    let used = dir.path().join("used");
    fs::create_dir(&used).unwrap();
    fs::write(used.join("note"), b"mine").unwrap();
    assert_refused(restore(&file, &used, at(20)));
    assert_refused(restore(&file, &used.join("note"), at(20)));
    assert_refused(restore(&file, &dir.path().join("data"), at(20)));
    assert_eq!(names_below(&used), ["note"]);
    let empty = dir.path().join("empty");
    fs::create_dir(&empty).unwrap();
    restore(&file, &empty, at(20)).unwrap();
    assert_eq!(names_below(&empty), ["blobs", "renraku.sqlite3"]);
    assert_eq!(fs::metadata(&empty).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(fs::metadata(empty.join("renraku.sqlite3")).unwrap().permissions().mode() & 0o777, 0o600);
    let bytes = fs::read(empty.join("renraku.sqlite3")).unwrap();
    let secret = b"secret of the keyring";
    assert!(!bytes.windows(secret.len()).any(|window| window == secret), "no key stays in the database");
}

#[test]
fn restoring_refuses_what_is_no_whole_backup_and_leaves_nothing() {
    let (dir, file) = backed_up();
    let whole = fs::read(&file).unwrap();
    let place = whole.windows(9).position(|window| window == b"answer on").expect("the bytes of the arrival");
    let mut flipped = whole.clone();
    flipped[place + 12] ^= 1;
    let bad = dir.path().join("bad");
    for (what, bytes) in [
        ("cut off", &whole[..whole.len() / 2]),
        ("a blob with one wrong bit", &flipped),
        ("no database", b"this is not a database at all, but a letter"),
        ("empty", b""),
        ("a store, but no backup", &fs::read(dir.path().join("data/renraku.sqlite3")).unwrap()),
    ] {
        fs::write(&bad, bytes).unwrap();
        let result = restore(&bad, &dir.path().join("new"), at(20));
        assert!(matches!(result, Err(renraku::store::StoreError::Refused(_))), "{what}: {result:?}");
        assert_eq!(names_below(dir.path()), ["backup", "bad", "data"], "{what}");
    }
    assert_refused(restore(&dir.path().join("missing"), &dir.path().join("new"), at(20)));
}

#[test]
fn who_was_signed_in_when_the_backup_was_made_is_not_signed_in_after_a_restore() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir.path().join("data"));
    let user = super::accounts::reviewer(&store, "first");
    let session = Session {
        token_hash: "t1".to_owned(),
        user_id: user.id,
        csrf_token: Secret::new("csrf"),
        created_at: at(1),
        last_seen_at: at(1),
    };
    store.open_session(&session, "key", "console", at(1)).unwrap();
    let file = dir.path().join("backup");
    store.backup(&file, &keyring(), at(2)).unwrap();
    let restored = dir.path().join("restored");
    restore(&file, &restored, at(3)).unwrap();
    let restored = open(&restored);
    assert_eq!(restored.session("t1").unwrap(), None);
    assert_eq!(restored.user(user.id).unwrap(), user);
    assert_eq!(restored.verify_audit().unwrap(), store.verify_audit().unwrap());
    assert!(restored.verify_audit().unwrap().is_ok_and(|end| end.number == 2));
}

#[test]
fn what_belongs_to_no_request_is_in_a_backup_too() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir.path().join("data"));
    let world = World::new(&store);
    let put = |bytes: &[u8]| store.blobs().put(bytes).unwrap();
    let (pdf, ink, paper) = (put(b"a blank sheet"), put(b"handwriting"), put(b"an attached page"));
    let sheet_id = SheetNumber::from_random([1; 7]);
    let (clinic_id, office_id, layout) = (world.clinic, world.office, layout(&sheet_id, 120.0));
    let new = NewBlankSheet {
        sheet_id: sheet_id.clone(),
        form: form(1),
        clinic_id,
        office_id,
        layout,
        pdf: pdf.clone(),
    };
    store.put_blank_sheet(&new, &By::console(), at(1)).unwrap();
    let handwriting = BTreeMap::from([("client".to_owned(), ink.clone())]);
    let message = PageOutcome::Message { sheet_id, boxes: Vec::new(), reasons: Vec::new(), handwriting };
    world.arrive("fax", vec![message], at(2));
    let page = StoredPage { width_px: 1, height_px: 1, percent: 100, g4: paper.clone() };
    let attached =
        Attachment { id: AttachmentId::new_at(at(0)), name: "a.pdf".to_owned(), pages: vec![page] };
    let request = NewRequest { attachments: vec![attached], ..world.new_request("0300000001") };
    store.submit(&request, at(3)).unwrap();
    let file = dir.path().join("backup");
    store.backup(&file, &keyring(), at(10)).unwrap();
    restore(&file, &dir.path().join("new"), at(20)).unwrap();
    let restored = open(&dir.path().join("new"));
    for blob in [&pdf, &ink, &paper] {
        assert_eq!(restored.blobs().get(blob).unwrap(), store.blobs().get(blob).unwrap());
    }
    assert_eq!(
        restored.unseen_messages(office_id, 10).unwrap(),
        store.unseen_messages(office_id, 10).unwrap()
    );
    assert_eq!(restored.unseen_messages(office_id, 10).unwrap().len(), 1);
}
