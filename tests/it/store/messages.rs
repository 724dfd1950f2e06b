//! Cases on blank sheets and the messages that come on them.

use super::Case;
use super::accounts::user;
use super::world::{World, assert_conflict, assert_not_found, at, form, layout, office};
use renraku::domain::account::{By, Role, Tenant};
use renraku::domain::event::Subject;
use renraku::domain::id::{MessageId, OfficeId};
use renraku::domain::reading::{BoxReading, BoxState, Reason, ReasonCode};
use renraku::domain::request::BlobId;
use renraku::domain::sheet_number::SheetNumber;
use renraku::store::{AuditFilter, NewBlankSheet, PageOutcome, Store};
use std::collections::BTreeMap;

pub const CASES: &[Case] = &[
    ("a blank sheet is kept as it was made", a_blank_sheet_is_kept),
    ("every page on a blank sheet is a message of its own", every_page_is_a_message),
    ("whoever looked at a message first stays on record", the_first_look_stays),
    ("a message on a sheet that nobody made waits for a person", an_unknown_sheet_waits),
];

fn blank(world: &World, office_id: OfficeId, seed: u8) -> NewBlankSheet {
    let sheet_id = SheetNumber::from_random([seed; 7]);
    let layout = layout(&sheet_id, 120.0);
    let pdf = world.store.blobs().put(&[seed; 10]).unwrap();
    NewBlankSheet { sheet_id, form: form(1), clinic_id: world.clinic, office_id, layout, pdf }
}

fn written(sheet_id: &SheetNumber) -> PageOutcome {
    PageOutcome::Message {
        sheet_id: sheet_id.clone(),
        boxes: vec![BoxReading {
            field: "cautions".to_owned(),
            option: "food".to_owned(),
            state: BoxState::Unsure,
            quality: 0.5,
        }],
        reasons: vec![Reason::new(ReasonCode::BoxUnsure, "cautions/food")],
        handwriting: BTreeMap::from([("client".to_owned(), BlobId("1".repeat(64)))]),
    }
}

fn a_blank_sheet_is_kept(store: &dyn Store) {
    let world = World::new(store);
    let new = blank(&world, world.office, 1);
    store.put_blank_sheet(&new, &By::console(), at(1)).unwrap();
    let kept = store.blank_sheet(&new.sheet_id).unwrap().unwrap();
    assert_eq!((kept.form_id.as_str(), kept.form_version), ("liaison", 1));
    assert_eq!((kept.office_id, kept.clinic_id), (world.office, world.clinic));
    assert_eq!((&kept.layout, &kept.pdf, kept.made_at), (&new.layout, &new.pdf, at(1)));
    assert_eq!(store.form("liaison", 1).unwrap(), new.form);
    assert_eq!(store.frames().unwrap().len(), 1, "it is looked for when it comes");
    assert!(store.sheet(&new.sheet_id).unwrap().is_none(), "no request's");
    let made = store.audit(&AuditFilter::default(), 10).unwrap();
    assert_eq!((made.len(), made[0].record_kind.as_str()), (1, "blank_sheet"));
    // The same number, another content of the form, parties that nobody knows: nothing is stored.
    assert!(store.put_blank_sheet(&new, &By::console(), at(2)).is_err());
    let mut other = blank(&world, world.office, 2);
    "別の様式".clone_into(&mut other.form.title.ja);
    assert_conflict(store.put_blank_sheet(&other, &By::console(), at(2)));
    let nobody = blank(&world, OfficeId::new_at(at(0)), 3);
    assert_not_found(store.put_blank_sheet(&nobody, &By::console(), at(2)));
    for refused in [&other.sheet_id, &nobody.sheet_id] {
        assert!(store.blank_sheet(refused).unwrap().is_none());
    }
    assert_eq!(store.audit(&AuditFilter::default(), 10).unwrap().len(), 1);
}

fn every_page_is_a_message(store: &dyn Store) {
    let world = World::new(store);
    let second = office("別の事業所");
    store.put_office(&second).unwrap();
    let [own, others] = [blank(&world, world.office, 1), blank(&world, second.id, 2)];
    for sheet in [&own, &others] {
        store.put_blank_sheet(sheet, &By::console(), at(1)).unwrap();
    }
    let pages = vec![written(&own.sheet_id), written(&others.sheet_id), written(&own.sheet_id)];
    let (arrival, filed) = world.arrive("fax", pages, at(2));
    assert_eq!((filed.messages.len(), filed.reviews.len(), filed.answered.len()), (3, 0, 0));
    let (later, _) = world.arrive("again", vec![written(&own.sheet_id)], at(3));
    let unseen = store.unseen_messages(world.office, 10).unwrap();
    let places: Vec<_> = unseen.iter().map(|message| (message.arrival_id, message.page_number)).collect();
    assert_eq!(places[0], (later, 1), "the last to arrive first");
    let mut before = places[1..].to_vec();
    before.sort_unstable();
    assert_eq!(before, [(arrival, 1), (arrival, 3)]);
    assert_eq!(store.unseen_messages(world.office, 2).unwrap().len(), 2);
    let of_second = store.unseen_messages(second.id, 10).unwrap();
    assert_eq!(of_second.len(), 1);
    let message = store.message(of_second[0].id).unwrap();
    assert_eq!(message, of_second[0]);
    assert_eq!((message.received_at, message.seen), (at(2), None));
    assert_eq!(message.boxes[0].state, BoxState::Unsure, "as it was read");
    assert_eq!(message.reasons, [Reason::new(ReasonCode::BoxUnsure, "cautions/food")]);
    assert_eq!((message.office_id, message.clinic_id), (second.id, world.clinic));
    assert_eq!(message.handwriting["client"], BlobId("1".repeat(64)));
    assert_not_found(store.message(MessageId::new_at(at(0))));
}

fn the_first_look_stays(store: &dyn Store) {
    let world = World::new(store);
    let sheet = blank(&world, world.office, 1);
    store.put_blank_sheet(&sheet, &By::console(), at(1)).unwrap();
    let (_, filed) = world.arrive("fax", vec![written(&sheet.sheet_id)], at(2));
    let id = filed.messages[0];
    let [first, second] = ["first", "second"].map(|login| {
        let user = user(login, Tenant::Office(world.office), Role::CareManager);
        store.put_user(&user, &By::console(), at(0)).unwrap();
        user
    });
    for (who, now) in [(&first, at(3)), (&second, at(4))] {
        store.see_message(id, &By::user(who.id, "192.0.2.7"), now).unwrap();
        let seen = store.message(id).unwrap().seen.unwrap();
        assert_eq!((seen.at, seen.by), (at(3), Some(first.id)));
    }
    assert!(store.unseen_messages(world.office, 10).unwrap().is_empty());
    assert_eq!(store.seen_messages(world.office, 10).unwrap().len(), 1);
    let happened = store.events(Subject::Message, &id.to_string()).unwrap();
    assert_eq!(happened.iter().map(|event| event.what.as_str()).collect::<Vec<_>>(), ["received", "seen"]);
    let of_message = AuditFilter { record: Some(("message".to_owned(), id.to_string())), who: None };
    assert_eq!(store.audit(&of_message, 10).unwrap().len(), 1);
    assert_not_found(store.see_message(MessageId::new_at(at(0)), &By::console(), at(5)));
}

fn an_unknown_sheet_waits(store: &dyn Store) {
    let world = World::new(store);
    let (_, filed) = world.arrive("fax", vec![written(&SheetNumber::from_random([9; 7]))], at(2));
    assert!(filed.messages.is_empty());
    assert_eq!(filed.reviews[0].reasons[0].code, ReasonCode::SheetUnknown);
}
