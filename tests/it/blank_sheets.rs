//! A sheet that a clinic keeps, through the real doors: made, filled with a pen, copied, faxed over a line, read by a
//! reader's process, and kept as a message for the one office that it is addressed to.

use crate::world::{Ran, World as Region, reading};
use jiff::Timestamp;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use renraku::domain::account::By;
use renraku::domain::directory::{Clinic, Doctor, Office};
use renraku::domain::id::{ClinicId, OfficeId};
use renraku::domain::message::Message;
use renraku::domain::reading::{BoxState, ReasonCode};
use renraku::flow::blank_sheet::{Made, keepable, make};
use renraku::flow::ingest::{Ingested, read_arrival, store_arrival};
use renraku::flow::review;
use renraku::flow::submit::Rule;
use renraku::flow::{Clock, FlowError};
use renraku::form::catalogue::Catalogue;
use renraku::form::layout::Layout;
use renraku::pool::{Pool, PoolLimits};
use renraku::practice::damage::{Damage, Resolution, fax};
use renraku::practice::fax_tiff::encode_g3;
use renraku::practice::pen::{MarkStyle, mark_box, write_in_zone};
use renraku::read::raster::{Limits, rasterize_pdf};
use renraku::seal::keyring::Keyring;
use renraku::store::{
    ArrivalStore, AuditFilter, AuditStore, BlankSheetStore, ReviewStore, SqliteStore, Store, StoreError,
};
use std::collections::BTreeSet;

const PX_PER_MM: f64 = 300.0 / 25.4;

fn now() -> Timestamp {
    "2026-07-01T00:00:00Z".parse().unwrap()
}

/// A gateway with two offices and a clinic.
struct Gateway {
    _dir: tempfile::TempDir,
    store: SqliteStore,
    keyring: Keyring,
    pool: Pool,
    rule: Rule,
    offices: [OfficeId; 2],
    clinic: ClinicId,
}

impl Gateway {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(dir.path()).unwrap();
        let offices = ["見本事業所", "見本第二事業所"].map(|name| put_office(&store, name));
        let clinic = put_clinic(&store, &["見本 一郎"]);
        Self {
            _dir: dir,
            store,
            keyring: Keyring::generate().unwrap(),
            pool: Pool::new(env!("CARGO_BIN_EXE_renraku").into(), PoolLimits::default()),
            rule: Rule { return_fax: Some("03-0000-0009".to_owned()), ..Rule::default() },
            offices,
            clinic,
        }
    }

    fn make(&self, form: &str, office: OfficeId) -> Result<Made, FlowError> {
        let catalogue = Catalogue::built_in().unwrap();
        let form = catalogue.get(form).unwrap();
        let by = By::console();
        make(&self.store, (&self.rule, &self.keyring), form, (office, self.clinic), &by, now())
    }

    fn layout(&self, made: &Made) -> Layout {
        self.store.blank_sheet(&made.sheet_id).unwrap().unwrap().layout
    }

    /// The fax arrives by `channel` and is read.
    fn arrives(&self, channel: &str, tiff: &[u8]) -> Ingested {
        let arrival = store_arrival(&self.store, channel, "fax.tif", tiff, now()).unwrap().id();
        let clock = Clock::new(now);
        let read = read_arrival(&self.store, &reading(&self.pool, &self.keyring), Some(arrival), &clock);
        read.unwrap().expect("it waited")
    }

    fn unseen(&self, nth: usize) -> Vec<Message> {
        self.store.unseen_messages(self.offices[nth], 10).unwrap()
    }
}

fn put_office(store: &dyn Store, name: &str) -> OfficeId {
    let office = Office {
        id: OfficeId::new_at(now()),
        code: "1370000014".to_owned(),
        name: name.to_owned(),
        care_manager: "見本 春子".to_owned(),
        tel: "03-0000-0003".to_owned(),
        fax: "0300000003".to_owned(),
        sample: true,
    };
    store.put_office(&office).unwrap();
    office.id
}

fn put_clinic(store: &dyn Store, doctors: &[&str]) -> ClinicId {
    let doctor = |name: &&str| Doctor { name: (*name).to_owned(), department: "内科".to_owned() };
    let clinic = Clinic {
        id: ClinicId::new_at(now()),
        code: "1312345670".to_owned(),
        name: "見本医院".to_owned(),
        doctors: doctors.iter().map(doctor).collect(),
        tel: "03-0000-0004".to_owned(),
        routes: Vec::new(),
        care_manager_hours: Vec::new(),
        sample: true,
    };
    store.put_clinic(&clinic, now()).unwrap();
    clinic.id
}

/// A copy of the sheet, filled with a pen and faxed.
struct Pen<'a> {
    ticks: &'a [(&'a str, &'a str)],
    frames: &'a [&'a str],
    style: MarkStyle,
    damage: f64,
}

const TICKED: Pen = Pen {
    ticks: &[("cautions", "food"), ("cautions", "skin")],
    frames: &["client", "condition"],
    style: MarkStyle::Tick,
    damage: 0.0,
};
const UNTOUCHED: Pen = Pen { ticks: &[], frames: &[], style: MarkStyle::Tick, damage: 0.0 };

fn faxed(pdf: &[u8], layout: &Layout, pen: &Pen, seed: u64) -> Vec<u8> {
    let dpi = PX_PER_MM * 25.4;
    let (printed, problems) = rasterize_pdf(pdf, dpi, dpi, &Limits::default());
    assert_eq!(printed.len(), layout.pages.len(), "{problems:?}");
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut pages = Vec::new();
    let mut done = 0;
    for (paper, page) in printed.into_iter().zip(&layout.pages) {
        let mut paper = paper.bitmap;
        for one in &page.boxes {
            if pen.ticks.contains(&(one.field.as_str(), one.option.as_str())) {
                mark_box(&mut paper, PX_PER_MM, one.x_mm, one.y_mm, one.size_mm, pen.style, &mut rng);
                done += 1;
            }
        }
        for zone in page.zones.iter().filter(|zone| pen.frames.contains(&zone.field.as_str())) {
            write_in_zone(&mut paper, PX_PER_MM, (zone.x_mm, zone.y_mm), (zone.w_mm, zone.h_mm), &mut rng);
            done += 1;
        }
        let damage = if pen.damage > 0.0 { Damage::random(&mut rng, pen.damage) } else { Damage::none() };
        pages.push(fax(&paper, PX_PER_MM, Resolution::Fine, &damage, &mut rng));
    }
    assert_eq!(done, pen.ticks.len() + pen.frames.len(), "something to write on is missing");
    let pages: Vec<_> = pages.iter().map(|page| (&page.bitmap, page.dpi_x, page.dpi_y)).collect();
    encode_g3(&pages)
}

/// `field.option` of the boxes in one of these states.
fn boxes(message: &Message, states: &[BoxState]) -> Vec<String> {
    let found = message.boxes.iter().filter(|one| states.contains(&one.state));
    found.map(|one| format!("{}.{}", one.field, one.option)).collect()
}

#[test]
fn what_a_clinic_writes_reaches_the_office_on_the_sheet_and_no_other() {
    let gateway = Gateway::new();
    let made = gateway.make("guidance", gateway.offices[0]).unwrap();
    assert_eq!(made.layout.pages.len(), 1);
    assert_eq!(gateway.layout(&made), made.layout, "kept as it was printed");
    let fax = faxed(&made.pdf, &gateway.layout(&made), &TICKED, 1);
    let read = gateway.arrives("maildir", &fax);
    assert_eq!(read.filed.messages.len(), 1, "{:?}", read.filed);
    assert!(read.filed.reviews.is_empty() && read.filed.answered.is_empty(), "{:?}", read.filed);
    let unseen = gateway.unseen(0);
    let message = &unseen[0];
    assert_eq!(message.id, read.filed.messages[0]);
    assert_eq!(boxes(message, &[BoxState::Marked, BoxState::Circled]), ["cautions.food", "cautions.skin"]);
    assert!(boxes(message, &[BoxState::Unsure, BoxState::Cancelled]).is_empty());
    assert_eq!(message.handwriting.keys().collect::<Vec<_>>(), ["client", "condition"]);
    assert!(gateway.store.blobs().get(&message.handwriting["client"]).unwrap().starts_with(b"\x89PNG"));
    assert_eq!((message.clinic_id, message.form_id.as_str()), (gateway.clinic, "guidance_blank"));
    assert!(gateway.unseen(1).is_empty(), "it is addressed to the first office");
}

#[test]
fn a_copied_sheet_comes_as_often_as_it_is_sent_and_one_fax_by_two_ways_is_one() {
    let gateway = Gateway::new();
    let made = gateway.make("guidance", gateway.offices[0]).unwrap();
    let layout = gateway.layout(&made);
    let first = faxed(&made.pdf, &layout, &TICKED, 1);
    let second = faxed(&made.pdf, &layout, &Pen { ticks: &[("cautions", "none")], ..TICKED }, 2);
    gateway.arrives("maildir", &first);
    gateway.arrives("maildir", &second);
    let again = store_arrival(&gateway.store, "maildir", "fax.tif", &first, now()).unwrap();
    assert!(matches!(again, renraku::store::Recorded::Known(_)));
    let said: BTreeSet<_> = gateway
        .unseen(0)
        .iter()
        .map(|message| boxes(message, &[BoxState::Marked, BoxState::Circled]))
        .collect();
    let expected = [vec!["cautions.food", "cautions.skin"], vec!["cautions.none"]];
    let expected: BTreeSet<Vec<String>> =
        expected.into_iter().map(|said| said.into_iter().map(str::to_owned).collect()).collect();
    assert_eq!(said, expected);
}

#[test]
fn what_is_not_sure_is_kept_as_not_sure() {
    let gateway = Gateway::new();
    let made = gateway.make("guidance", gateway.offices[0]).unwrap();
    let pen = Pen { style: MarkStyle::Blot, ..TICKED };
    let read = gateway.arrives("maildir", &faxed(&made.pdf, &gateway.layout(&made), &pen, 3));
    assert_eq!(read.filed.messages.len(), 1, "{:?}", read.filed);
    let message = &gateway.unseen(0)[0];
    let unsure = boxes(message, &[BoxState::Unsure, BoxState::Cancelled]);
    assert!(!unsure.is_empty(), "{:?}", message.boxes);
    assert!(!message.reasons.is_empty(), "{:?}", message.boxes);
}

#[test]
fn what_nobody_wrote_on_and_what_is_not_ours_waits_for_a_person() {
    let gateway = Gateway::new();
    let made = gateway.make("guidance", gateway.offices[0]).unwrap();
    let layout = gateway.layout(&made);
    let read = gateway.arrives("maildir", &faxed(&made.pdf, &layout, &UNTOUCHED, 4));
    assert_eq!(read.filed.reviews[0].reasons[0].code, ReasonCode::NothingWritten, "{:?}", read.filed);
    // Another gateway's sheet, or one that somebody made up: its seal is not ours.
    let stranger = Gateway::new();
    let forged = stranger.make("guidance", stranger.offices[0]).unwrap();
    let fax = faxed(&forged.pdf, &stranger.layout(&forged), &TICKED, 5);
    let read = gateway.arrives("maildir", &fax);
    let codes: Vec<_> = read.filed.reviews.iter().flat_map(|item| &item.reasons).map(|it| it.code).collect();
    assert!(codes.contains(&ReasonCode::CodeForged), "{codes:?}");
    // Our seal, but of a sheet that was never made here.
    let unknown = Gateway { keyring: gateway.keyring.clone(), ..Gateway::new() };
    let read = unknown.arrives("maildir", &faxed(&made.pdf, &layout, &TICKED, 6));
    assert_eq!(read.filed.reviews[0].reasons[0].code, ReasonCode::SheetUnknown, "{:?}", read.filed);
    for gateway in [&gateway, &unknown] {
        assert!(gateway.unseen(0).is_empty() && gateway.unseen(1).is_empty());
    }
}

/// What nobody could be sure of is not lost for the office: a person looks, and hands it on with its doubts.
#[test]
fn a_person_hands_a_doubtful_page_on_to_its_office() {
    let gateway = Gateway::new();
    let store = &gateway.store;
    let made = gateway.make("guidance", gateway.offices[0]).unwrap();
    let fax = faxed(&made.pdf, &gateway.layout(&made), &UNTOUCHED, 4);
    let item = gateway.arrives("maildir", &fax).filed.reviews.remove(0);
    let kept = review::kept_sheet(store, &item).unwrap().expect("its code says which sheet it is");
    assert_eq!((kept.office_id, kept.clinic_id), (gateway.offices[0], gateway.clinic));
    let hand_on = || review::hand_on(store, item.id, &By::console(), now());
    let undo = || review::undo(store, item.id, None, &By::console(), now());
    let conflict =
        |result| assert!(matches!(result, Err(FlowError::Store(StoreError::Conflict(_)))), "{result:?}");
    hand_on().unwrap();
    let message = gateway.unseen(0).remove(0);
    assert_eq!(message.reasons[0].code, ReasonCode::NothingWritten, "its doubts go with it");
    assert!(gateway.unseen(1).is_empty() && store.open_reviews(10).unwrap().is_empty());
    conflict(hand_on());
    // Taken back before anybody looked, and handed on after all: it is one message.
    undo().unwrap();
    assert!(gateway.unseen(0).is_empty() && store.message(message.id).is_err());
    assert_eq!(store.open_reviews(10).unwrap().len(), 1);
    hand_on().unwrap();
    assert_eq!(gateway.unseen(0), std::slice::from_ref(&message));
    store.see_message(message.id, &By::console(), now()).unwrap();
    conflict(undo());
    let changed = store.audit(&AuditFilter::default(), 20).unwrap();
    let handed = changed.iter().filter(|it| it.record_kind == "review" && it.detail == "handed_on");
    assert_eq!(handed.count(), 2);
    // A page that is nobody's, or not ours, goes to no office.
    let stranger = Gateway::new();
    let forged = stranger.make("guidance", stranger.offices[0]).unwrap();
    let fax = faxed(&forged.pdf, &stranger.layout(&forged), &TICKED, 5);
    let item = gateway.arrives("maildir", &fax).filed.reviews.remove(0);
    assert_eq!(review::kept_sheet(store, &item).unwrap(), None);
    let refused = review::hand_on(store, item.id, &By::console(), now());
    assert!(matches!(refused, Err(FlowError::Store(StoreError::Refused(_)))), "{refused:?}");
    assert!(store.review(item.id).unwrap().closed_at.is_none(), "it still waits");
}

/// Over bad lines: a page gives one message with what was ticked, says what it is not sure of, or waits for a person.
#[test]
fn no_box_is_read_wrong_without_being_said_to_be_unsure() {
    let gateway = Gateway::new();
    let mut messages = 0;
    for form in keepable(&Catalogue::built_in().unwrap()) {
        let made = gateway.make(&form.id, gateway.offices[0]).unwrap();
        let layout = gateway.layout(&made);
        let boxes_of = &layout.pages[0].boxes;
        for seed in 0..6_usize {
            let one = &boxes_of[seed * 3 % boxes_of.len()];
            let ticks = [(one.field.as_str(), one.option.as_str())];
            let pen = Pen { ticks: &ticks, frames: &["client"], style: MarkStyle::Tick, damage: 1.0 };
            let fax = faxed(&made.pdf, &layout, &pen, 940_000 + seed as u64);
            let read = gateway.arrives(&format!("{} {seed}", form.id), &fax);
            let [id] = read.filed.messages[..] else {
                assert!(!read.filed.reviews.is_empty(), "{} {seed}: it is lost", form.id);
                continue;
            };
            messages += 1;
            let message = gateway.store.message(id).unwrap();
            let chosen = boxes(&message, &[BoxState::Marked, BoxState::Circled]);
            let ticked = format!("{}.{}", one.field, one.option);
            let unsure = boxes(&message, &[BoxState::Unsure, BoxState::Cancelled]);
            assert!(chosen.iter().all(|box_| *box_ == ticked), "{} {seed}: {chosen:?}", form.id);
            let noticed = chosen.contains(&ticked) || unsure.contains(&ticked);
            assert!(noticed || !message.reasons.is_empty(), "{} {seed}: a tick is lost in silence", form.id);
        }
    }
    println!("{messages} messages of 12 pages");
    assert!(messages >= 8, "{messages} of 12");
}

#[test]
fn a_sheet_names_the_doctor_only_where_there_is_one_and_the_codes_by_their_names() {
    let mut gateway = Gateway::new();
    for (doctors, named) in
        [(vec!["見本 一郎"], true), (vec!["見本 一郎", "見本 二郎"], false), (vec![], false)]
    {
        gateway.clinic = put_clinic(&gateway.store, &doctors);
        for form in keepable(&Catalogue::built_in().unwrap()) {
            let made = gateway.make(&form.id, gateway.offices[0]).unwrap();
            if let Ok(dir) = std::env::var("RENRAKU_SHOW") {
                let name = format!("{}-{}.pdf", form.id, doctors.len());
                std::fs::write(std::path::Path::new(&dir).join(name), &made.pdf).unwrap();
            }
            let words = words(&made.pdf);
            assert_eq!(words.contains("一郎"), named, "{doctors:?}: {words}");
            for expected in
                ["医療機関コード", "記入欄", "備え置き用紙", "下の番号へFAXしてください", "03-0000-0009"]
            {
                assert!(words.contains(expected), "{}: no {expected} in {words}", form.id);
            }
            for wrong in ["返信欄", "事業所番号", "返信先", "期日", "連絡番号"] {
                assert!(!words.contains(wrong), "{}: {wrong} in {words}", form.id);
            }
        }
    }
}

/// The words of a PDF without spaces.
fn words(pdf: &[u8]) -> String {
    let document = lopdf::Document::load_mem(pdf).unwrap();
    let pages: Vec<u32> = document.get_pages().keys().copied().collect();
    document.extract_text(&pages).unwrap().split_whitespace().collect()
}

#[test]
fn what_cannot_be_kept_blank_is_refused_with_a_sentence() {
    let mut gateway = Gateway::new();
    assert!(matches!(gateway.make("liaison", gateway.offices[0]), Err(FlowError::Missing(_))));
    let nobody = OfficeId::new_at(now());
    let refused = gateway.make("guidance", nobody);
    assert!(matches!(refused, Err(FlowError::Store(StoreError::NotFound { .. }))), "{refused:?}");
    gateway.rule.return_fax = None;
    assert!(matches!(gateway.make("guidance", gateway.offices[0]), Err(FlowError::NoReturnFax)));
    assert!(gateway.store.audit(&AuditFilter::default(), 10).unwrap().is_empty(), "nothing was made");
}

#[test]
fn the_command_makes_a_sheet_and_ingest_names_the_message() {
    let region = Region::new(1, "");
    let out = region.path("blank.pdf");
    let args = |form: &'static str| {
        let out = out.to_str().unwrap();
        ["blank", "--form", form, "--office", &region.office, "--clinic", &region.clinics[0], "--out", out]
            .map(str::to_owned)
    };
    let run = |args: [String; 9]| region.run(&args.iter().map(String::as_str).collect::<Vec<_>>());
    run(args("liaison")).refused("a form that is asked for", "unsolicited");
    let made = run(args("discharge")).ok().json();
    let store = region.store();
    let sheet_id = made["sheet_id"].as_str().unwrap().parse().unwrap();
    let sheet = store.blank_sheet(&sheet_id).unwrap().unwrap();
    assert_eq!(sheet.office_id.to_string(), region.office);
    let entries = store.audit(&AuditFilter::default(), 10).unwrap();
    assert!(entries.iter().any(|it| it.record_kind == "blank_sheet" && it.record_id == sheet_id.as_str()));
    let pen = Pen { ticks: &[("method", "paper")], frames: &["life"], ..UNTOUCHED };
    let fax = faxed(&std::fs::read(&out).unwrap(), &sheet.layout, &pen, 8);
    let ingested = region.run(&["ingest", &region.file("fax.tif", fax)]).ok().json();
    let id = ingested["messages"][0].as_str().expect("a message").parse().unwrap();
    let message = store.message(id).unwrap();
    assert_eq!(boxes(&message, &[BoxState::Marked, BoxState::Circled]), ["method.paper"]);
    assert!(ingested["reviews"].as_array().unwrap().is_empty());
    let help = Ran::of(crate::world::renraku().args(["blank", "--help"])).ok().out;
    for word in ["--form", "--office", "--clinic", "--out", "sheet_id", "Copies are fine"] {
        assert!(help.contains(word), "{word}: {help}");
    }
}
