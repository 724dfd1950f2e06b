//! A small world to store: one office, clinics, a form, requests, sheets and pages. All invented.

use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;
use renraku::domain::directory::{Clinic, Office, Route, RouteKind};
use renraku::domain::id::{ArrivalId, AttemptId, ClinicId, DeliveryId, OfficeId, RequestId};
use renraku::domain::reading::{FoundBy, PageReading, Reason, ReasonCode};
use renraku::domain::request::{ArrivalPage, BlobId, Delivery, ReplyAnswers, Request};
use renraku::domain::sheet_number::SheetNumber;
use renraku::domain::state::{AttemptEnd, RequestState};
use renraku::form::definition::{DueRule, FormDefinition, Label, PartyRole};
use renraku::form::layout::{CodePlace, Layout, Mark, PageLayout};
use renraku::store::{
    ArrivalOutcome, AttemptOutcome, Filed, Lease, NewArrival, NewRequest, PageOutcome, Sheet, Store,
    StoreError,
};
use std::collections::BTreeMap;

/// Minutes after nine in the morning of Wednesday 1 July 2026 in Japan.
pub fn at(minutes: i64) -> Timestamp {
    let nine: Timestamp = "2026-07-01T00:00:00.123456Z".parse().expect("a time");
    nine + minutes.minutes()
}

pub fn day(text: &str) -> Date {
    text.parse().expect("a day")
}

/// A lease of ten minutes.
pub fn lease(token: &str, now: Timestamp) -> Lease {
    Lease { token: token.to_owned(), until: now + 10.minutes() }
}

pub fn form(version: u32) -> FormDefinition {
    let label = |text: &str| Label { ja: text.to_owned(), en: text.to_owned() };
    FormDefinition {
        id: "liaison".to_owned(),
        version,
        title: label("主治医・ケアマネ連絡票"),
        from: PartyRole::CareManager,
        also_from: Vec::new(),
        to: PartyRole::Doctor,
        also_to: Vec::new(),
        question: label("ご都合をお知らせください"),
        non_clinical: true,
        attachments: false,
        urgent: false,
        unsolicited: false,
        dates: renraku::domain::calendar::wareki::DateStyle::Wareki,
        masking: renraku::domain::client::Masking::default(),
        due: DueRule::BusinessDays { days: 3 },
        due_before: Vec::new(),
        consent: None,
        fields: Vec::new(),
        replies: Vec::new(),
    }
}

pub fn fax(address: &str) -> Route {
    let kind = RouteKind::FaxByMail;
    Route { kind, address: address.to_owned(), verified_at: None, verified_how: None }
}

pub fn clinic(name: &str, routes: Vec<Route>) -> Clinic {
    Clinic {
        id: ClinicId::new_at(at(0)),
        code: String::new(),
        name: name.to_owned(),
        doctors: Vec::new(),
        tel: "03-0000-0000".to_owned(),
        routes,
        care_manager_hours: Vec::new(),
        sample: true,
    }
}

pub fn office(name: &str) -> Office {
    Office {
        id: OfficeId::new_at(at(0)),
        code: String::new(),
        name: name.to_owned(),
        care_manager: "見本 花子".to_owned(),
        tel: String::new(),
        fax: String::new(),
        sample: true,
    }
}

/// One office and one clinic, and requests from the one to the other.
pub struct World<'a> {
    pub store: &'a dyn Store,
    pub office: OfficeId,
    pub clinic: ClinicId,
}

impl<'a> World<'a> {
    pub fn new(store: &'a dyn Store) -> Self {
        let (office, clinic) = (office("見本事業所"), clinic("見本医院", vec![fax("0300000001")]));
        store.put_office(&office).expect("an office");
        store.put_clinic(&clinic, at(0)).expect("a clinic");
        World { store, office: office.id, clinic: clinic.id }
    }

    /// A request due on 3 July, to the address.
    pub fn new_request(&self, address: &str) -> NewRequest {
        NewRequest {
            not_before: None,
            id: RequestId::new_at(at(0)),
            delivery_id: DeliveryId::new_at(at(0)),
            form: form(1),
            office_id: self.office,
            clinic_id: self.clinic,
            answers: serde_json::json!({"purpose": "面談", "wish": ["visit", "phone"]}),
            year: 2026,
            due_on: Some(day("2026-07-03")),
            route: RouteKind::FaxByMail,
            address: address.to_owned(),
            asked_by: None,
            attachments: Vec::new(),
        }
    }

    pub fn submit(&self, address: &str) -> Request {
        self.store.submit(&self.new_request(address), at(0)).expect("a request")
    }

    /// Takes the only delivery that is due and renders its sheet.
    pub fn lease_with_sheet(&self, lease: &Lease, now: Timestamp) -> (Delivery, SheetNumber) {
        let delivery = self.store.lease_delivery(lease, now).expect("a lease").expect("a delivery");
        let mut sheet = sheet_for(&delivery, now);
        sheet.pdf = self.store.blobs().put(sheet.sheet_id.as_str().repeat(300).as_bytes()).expect("a blob");
        self.store.put_sheet(&sheet, lease).expect("a sheet");
        (delivery, sheet.sheet_id)
    }

    /// Sends the only delivery that is due until the attempt ends as told.
    pub fn send(&self, end: AttemptEnd) -> (Delivery, SheetNumber) {
        self.send_to(&outcome(end, None), at(1))
    }

    pub fn send_to(&self, outcome: &AttemptOutcome, now: Timestamp) -> (Delivery, SheetNumber) {
        let lease = lease("sender", now);
        let (delivery, sheet) = self.lease_with_sheet(&lease, now);
        let attempt = AttemptId::new_at(now);
        self.store.attempt_started(attempt, delivery.id, &lease, now).expect("an attempt");
        self.store.body_started(attempt, &lease, now).expect("a text that leaves");
        self.store.attempt_ended(attempt, outcome, &lease, now).expect("an end");
        (delivery, sheet)
    }

    /// Ends whatever is due as failed.
    pub fn clear_outbox(&self, now: Timestamp) {
        let lease = lease("clears", now);
        while let Some(delivery) = self.store.lease_delivery(&lease, now).expect("a lease") {
            let attempt = AttemptId::new_at(now);
            self.store.attempt_started(attempt, delivery.id, &lease, now).expect("an attempt");
            self.store
                .attempt_ended(attempt, &outcome(AttemptEnd::Failed, None), &lease, now)
                .expect("an end");
        }
    }

    /// A request that was sent, with its sheet.
    pub fn sent(&self, address: &str) -> (Request, SheetNumber) {
        let request = self.submit(address);
        let (_, sheet) = self.send(AttemptEnd::Submitted);
        (request, sheet)
    }

    /// Records an arrival, reads it and files the pages.
    pub fn arrive(&self, key: &str, pages: Vec<PageOutcome>, now: Timestamp) -> (ArrivalId, Filed) {
        let id = self.record(key, now);
        let lease = lease(key, now);
        self.store.lease_arrival(Some(id), &lease, now).expect("a lease").expect("a waiting arrival");
        let pages = pages.into_iter().zip(1..).map(|(outcome, number)| (page(id, number), outcome)).collect();
        let outcome = ArrivalOutcome { pages, whole: Vec::new(), told: Vec::new() };
        (id, self.store.finish_arrival(id, &outcome, &lease, now).expect("filed"))
    }

    pub fn record(&self, key: &str, now: Timestamp) -> ArrivalId {
        let id = ArrivalId::new_at(now);
        let blob = self.store.blobs().put(key.as_bytes()).expect("a blob");
        let new = NewArrival { id, source_key: key.to_owned(), name: "fax.tif".to_owned(), blob };
        self.store.record_arrival(&new, now).expect("recorded").id()
    }

    pub fn state(&self, id: RequestId) -> RequestState {
        self.store.request(id).expect("the request").state
    }

    pub fn delivery(&self, request: RequestId) -> Delivery {
        self.store.deliveries(request).expect("deliveries").pop().expect("one delivery")
    }
}

pub fn outcome(end: AttemptEnd, next_try_at: Option<Timestamp>) -> AttemptOutcome {
    AttemptOutcome {
        end,
        detail: "250 taken".to_owned(),
        next_try_at,
        result_due_at: None,
        wrong_number: false,
    }
}

/// A sheet of the delivery with a number of its own.
pub fn sheet_for(delivery: &Delivery, now: Timestamp) -> Sheet {
    let id = AttemptId::new_at(now).to_string();
    let random: Vec<u8> = id.bytes().rev().take(7).collect();
    let sheet_id = SheetNumber::from_random(random.try_into().expect("seven bytes"));
    let layout = layout(&sheet_id, 120.0);
    let pdf = BlobId("0".repeat(64));
    let (request_id, delivery_id) = (delivery.request_id().unwrap(), delivery.id);
    Sheet { sheet_id, request_id, delivery_id, layout, pdf, rendered_at: now }
}

pub fn layout(sheet_id: &SheetNumber, code_x_mm: f64) -> Layout {
    let mark = |x_mm, y_mm| Mark { x_mm, y_mm, size_mm: 5.0 };
    let marks = vec![mark(10.0, 150.0), mark(195.0, 150.0), mark(10.0, 280.0), mark(195.0, 280.0)];
    let code = CodePlace { text: "0".repeat(26), x_mm: code_x_mm, y_mm: 155.0, size_mm: 20.0 };
    let (boxes, zones) = (Vec::new(), Vec::new());
    let page = PageLayout {
        page: 1,
        width_mm: 210.0,
        height_mm: 297.0,
        marks,
        code,
        boxes,
        zones,
        printed: Vec::new(),
    };
    Layout { sheet_id: sheet_id.clone(), pages: vec![page] }
}

pub fn page(arrival_id: ArrivalId, number: u32) -> ArrivalPage {
    let reading = PageReading {
        file: "fax.tif".to_owned(),
        page_in_file: number,
        sheet_id: None,
        page: Some(1),
        found_by: FoundBy::Code,
        rotation_deg: 0.25,
        dpi: [204.0, 196.0],
        quality: 0.9,
        needs_person: false,
        reasons: Vec::new(),
        boxes: Vec::new(),
        zones: Vec::new(),
        texts: BTreeMap::new(),
        proposals: BTreeMap::new(),
        problems: Vec::new(),
    };
    ArrivalPage { arrival_id, number, reading, crops: BTreeMap::new() }
}

pub fn says(option: &str) -> ReplyAnswers {
    BTreeMap::from([("meeting".to_owned(), vec![option.to_owned()])])
}

/// A sure reply that ticks one option.
pub fn reply(sheet_id: &SheetNumber, option: &str) -> PageOutcome {
    PageOutcome::Reply {
        sheet_id: sheet_id.clone(),
        answers: says(option),
        handwriting: BTreeMap::new(),
        texts: BTreeMap::new(),
        found_by: FoundBy::Code,
    }
}

/// A page that a person must look at.
pub fn unsure(sheet_id: Option<&SheetNumber>) -> PageOutcome {
    let reasons = vec![Reason::new(ReasonCode::BoxUnsure, "meeting")];
    PageOutcome::Review { sheet_id: sheet_id.cloned(), reasons }
}

#[track_caller]
pub fn assert_conflict<T: std::fmt::Debug>(result: Result<T, StoreError>) {
    match result {
        Err(StoreError::Conflict(_)) => {}
        other => panic!("{other:?} is no conflict"),
    }
}

#[track_caller]
pub fn assert_not_found<T: std::fmt::Debug>(result: Result<T, StoreError>) {
    match result {
        Err(StoreError::NotFound { .. }) => {}
        other => panic!("{other:?} was found"),
    }
}

#[track_caller]
pub fn assert_refused<T: std::fmt::Debug>(result: Result<T, StoreError>) {
    match result {
        Err(StoreError::Refused(_)) => {}
        other => panic!("{other:?} was not refused"),
    }
}
