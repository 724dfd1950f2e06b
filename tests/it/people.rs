//! The verbs of people, on a real store and the program's own form: signing in, deciding what waits,
//! answers by telephone, doubts, and what a page learns of it.

use jiff::{SignedDuration, Timestamp, ToSpan};
use renraku::domain::account::{By, Password, Role, Tenant, User};
use renraku::domain::audit::Act;
use renraku::domain::directory::{Clinic, Doctor, Office, Route, RouteKind};
use renraku::domain::id::{ArrivalId, AttemptId, ClinicId, OfficeId, ReplyId, RequestId, ReviewId};
use renraku::domain::reading::{BoxReading, BoxState, FoundBy, PageReading, Reason, ReasonCode, ZoneReading};
use renraku::domain::request::{
    ArrivalPage, BlobId, DoubtDecision, ReplyAnswers, ReplySource, Request, ReviewItem,
};
use renraku::domain::state::{AttemptEnd, DeliveryState, RequestState};
use renraku::flow::candidates::{Why, candidates};
use renraku::flow::submit::{Filled, Rule, Way, submit};
use renraku::flow::{FlowError, changes, decide_in_doubt, phone_answer, review, sign_in, users};
use renraku::form::catalogue::Catalogue;
use renraku::form::reply::ReplyMistake;
use renraku::store::{
    ArrivalOutcome, AttemptOutcome, AuditFilter, Lease, NewArrival, PageOutcome, Sheet, SqliteStore, Store,
    StoreError,
};
use std::collections::BTreeMap;

const PASSWORD: &str = "三年前の夏に海へ行きました";

fn at(minutes: i64) -> Timestamp {
    let nine: Timestamp = "2026-07-01T00:00:00Z".parse().unwrap();
    nine + minutes.minutes()
}

/// An office and a clinic whose fax number is verified, on an empty store.
struct Region {
    _dir: tempfile::TempDir,
    store: SqliteStore,
    office: OfficeId,
    clinic: ClinicId,
}

impl Region {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(dir.path()).unwrap();
        let region =
            Self { _dir: dir, store, office: OfficeId::new_at(at(0)), clinic: ClinicId::new_at(at(0)) };
        region.fill();
        region
    }

    fn store(&self) -> &dyn Store {
        &self.store
    }

    fn fill(&self) {
        let office = Office {
            id: self.office,
            code: String::new(),
            name: "見本居宅介護支援事業所".to_owned(),
            care_manager: "見本 花子".to_owned(),
            tel: "03-0000-0003".to_owned(),
            fax: "0300000003".to_owned(),
            sample: true,
        };
        let clinic = Clinic {
            id: self.clinic,
            code: String::new(),
            name: "見本医院".to_owned(),
            doctors: vec![Doctor { name: "見本 太郎".to_owned(), department: String::new() }],
            tel: String::new(),
            routes: vec![Route {
                kind: RouteKind::FaxByMail,
                address: "0300000001".to_owned(),
                verified_at: None,
                verified_how: None,
            }],
            care_manager_hours: Vec::new(),
            sample: true,
        };
        self.store().put_office(&office).unwrap();
        self.store().put_clinic(&clinic, at(0)).unwrap();
        let kind = RouteKind::FaxByMail;
        self.store().verify_route(self.clinic, kind, "0300000001", "test page", at(0)).unwrap();
    }

    /// A request of the form `liaison`, and how the try to send it ended.
    fn request(&self, end: AttemptEnd) -> (Request, Sheet) {
        let example = include_str!("../forms/liaison/example.json");
        let catalogue = Catalogue::built_in().unwrap();
        let filled = Filled {
            form: catalogue.get("liaison").unwrap(),
            answers: serde_json::from_str(example).unwrap(),
            office_id: self.office,
            clinic_id: self.clinic,
            asked_by: None,
            papers: Vec::new(),
            way: Way::Verified,
        };
        let rule = Rule { return_fax: Some("03-0000-0009".to_owned()), ..Rule::default() };
        let request = submit(self.store(), &rule, filled, RequestId::new_at(at(0)), at(0)).unwrap();
        (request.clone(), self.send(&request, end))
    }

    fn send(&self, request: &Request, end: AttemptEnd) -> Sheet {
        let lease = Lease { token: "sender".to_owned(), until: at(60) };
        let delivery = self.store().lease_delivery(&lease, at(1)).unwrap().unwrap();
        let sheet_id = renraku::seal::random::sheet_number().unwrap();
        let sheet = Sheet {
            layout: renraku::form::layout::Layout { sheet_id: sheet_id.clone(), pages: Vec::new() },
            sheet_id,
            request_id: request.id,
            delivery_id: delivery.id,
            pdf: BlobId("0".repeat(64)),
            rendered_at: at(1),
        };
        self.store().put_sheet(&sheet, &lease).unwrap();
        let attempt = AttemptId::new_at(at(1));
        self.store().attempt_started(attempt, delivery.id, &lease, at(1)).unwrap();
        self.store().body_started(attempt, &lease, at(1)).unwrap();
        let outcome = AttemptOutcome {
            end,
            detail: String::new(),
            next_try_at: None,
            result_due_at: None,
            wrong_number: false,
        };
        self.store().attempt_ended(attempt, &outcome, &lease, at(1)).unwrap();
        sheet
    }

    /// A page that could not be filed by itself, with its boxes as they were read.
    fn wait(&self, sheet: Option<&Sheet>, boxes: &[(&str, &str, BoxState)]) -> ReviewItem {
        let id = ArrivalId::new_at(at(2));
        let blob = self.store().blobs().put(id.to_string().as_bytes()).unwrap();
        let new = NewArrival { id, source_key: id.to_string(), name: "fax.tif".to_owned(), blob };
        self.store().record_arrival(&new, at(2)).unwrap();
        let lease = Lease { token: "reader".to_owned(), until: at(60) };
        self.store().lease_arrival(Some(id), &lease, at(2)).unwrap().unwrap();
        let page =
            ArrivalPage { arrival_id: id, number: 1, reading: reading(sheet, boxes), crops: BTreeMap::new() };
        let reasons = vec![Reason::new(ReasonCode::BoxUnsure, "answer")];
        let outcome = PageOutcome::Review { sheet_id: sheet.map(|sheet| sheet.sheet_id.clone()), reasons };
        let outcome = ArrivalOutcome { pages: vec![(page, outcome)], whole: Vec::new(), told: Vec::new() };
        self.store().finish_arrival(id, &outcome, &lease, at(2)).unwrap().reviews.remove(0)
    }

    fn state(&self, request: &Request) -> RequestState {
        self.store().request(request.id).unwrap().state
    }

    fn user(&self, login: &str) -> User {
        let new = users::NewUser {
            login: login.parse().unwrap(),
            name: "見本 花子".to_owned(),
            mail: None,
            tenant: Tenant::Office(self.office),
            roles: [Role::CareManager].into(),
            password: Password::new(PASSWORD).unwrap(),
            sample: true,
        };
        users::add(self.store(), new, &By::console(), at(0)).unwrap()
    }
}

/// Every box of the form, empty but those that are named.
fn reading(sheet: Option<&Sheet>, marks: &[(&str, &str, BoxState)]) -> PageReading {
    let answer = ["no_problem", "opinion", "meeting", "call", "attend_visit", "by_letter", "not_mine"];
    let all = answer.iter().map(|option| ("answer", *option));
    let all = all.chain([("signature", "doctor"), ("signature", "on_behalf")]);
    let mut boxes: Vec<BoxReading> = Vec::new();
    for (field, option) in all {
        let mark = marks.iter().find(|mark| (mark.0, mark.1) == (field, option));
        let state = mark.map_or(BoxState::Empty, |mark| mark.2);
        boxes.push(BoxReading { field: field.to_owned(), option: option.to_owned(), state, quality: 0.5 });
    }
    PageReading {
        file: "fax.tif".to_owned(),
        page_in_file: 1,
        sheet_id: sheet.map(|sheet| sheet.sheet_id.clone()),
        page: Some(1),
        found_by: if sheet.is_some() { FoundBy::Code } else { FoundBy::None },
        rotation_deg: 0.0,
        dpi: [204.0, 196.0],
        quality: 0.5,
        needs_person: true,
        reasons: Vec::new(),
        boxes,
        zones: vec![ZoneReading { field: "comment".to_owned(), ink: false }],
        texts: BTreeMap::new(),
        proposals: BTreeMap::new(),
        problems: Vec::new(),
    }
}

fn says(option: &str) -> ReplyAnswers {
    [("answer".to_owned(), vec![option.to_owned()])].into()
}

fn console() -> By {
    By::console()
}

#[test]
fn who_knows_the_password_is_in_until_signing_out() {
    let region = Region::new();
    let (store, user) = (region.store(), region.user("hanako"));
    let first = sign_in::sign_in(store, " Hanako ", PASSWORD, "192.0.2.7", at(1)).unwrap();
    let second = sign_in::sign_in(store, "hanako", PASSWORD, "192.0.2.7", at(1)).unwrap();
    assert_eq!(first.user, user);
    assert_ne!(first.token, second.token, "every sign-in has its own token");
    assert_ne!(first.session.token_hash, first.token.expose(), "the token itself is not kept");
    let live = |token: &str, minutes: i64| sign_in::resume(store, token, at(minutes)).unwrap().is_some();
    assert!(live(first.token.expose(), 2));
    assert!(!live(&first.session.token_hash, 2) && !live("", 2), "what is kept opens nothing");
    assert!(live(first.token.expose(), 31), "used at 2, so not idle at 31");
    assert!(!live(second.token.expose(), 31), "idle since 1");
    assert!(!live(first.token.expose(), 62));
    sign_in::sign_out(store, first.token.expose(), "192.0.2.7", at(32)).unwrap();
    assert!(!live(first.token.expose(), 33));
    // Used all the time, it ends after twelve hours.
    let long = sign_in::sign_in(store, "hanako", PASSWORD, "192.0.2.7", at(100)).unwrap();
    let last = (0..40).take_while(|step| live(long.token.expose(), 100 + step * 20)).last().unwrap();
    assert_eq!(last * 20, 700);
    assert_eq!(sign_in::forget_old_sessions(store, at(2000)).unwrap(), 2);
}

#[test]
fn wrong_and_unknown_are_told_alike_and_throttled() {
    let region = Region::new();
    let (store, user) = (region.store(), region.user("hanako"));
    let try_in = |login: &str, password: &str, minutes: i64| {
        sign_in::sign_in(store, login, password, "192.0.2.7", at(minutes)).map(drop)
    };
    for login in ["hanako", "nobody", "花子", ""] {
        for attempt in 0..5 {
            let wrong = try_in(login, "wrong wrong wrong", attempt);
            assert!(matches!(wrong, Err(FlowError::WrongSignIn)), "{login} {attempt}");
        }
        let refused = try_in(login, PASSWORD, 5);
        let Err(FlowError::TooManySignIns { minutes }) = refused else { panic!("{login}: {refused:?}") };
        assert!(refused.unwrap_err().to_string().contains(&minutes.to_string()));
        assert_eq!(minutes, 11, "the first try was at 0");
    }
    assert!(try_in("hanako", PASSWORD, 16).is_ok(), "who comes back when told is let in");
    // The log names the user where there is one, and never what was typed.
    let all = store.audit(&AuditFilter::default(), 100).unwrap();
    let failed: Vec<_> = all.iter().filter(|entry| entry.what == Act::SignInFailed).collect();
    assert_eq!(failed.len(), 24);
    assert_eq!(failed.iter().filter(|entry| entry.record_id == user.id.to_string()).count(), 6);
    assert!(all.iter().all(|entry| !format!("{entry:?}").contains("nobody")));
    assert!(store.verify_audit().unwrap().is_ok());
}

#[test]
fn a_changed_password_closes_the_other_sessions() {
    let region = Region::new();
    let (store, user) = (region.store(), region.user("hanako"));
    let enter = |password: &str| sign_in::sign_in(store, "hanako", password, "192.0.2.7", at(1));
    let (mine, other) = (enter(PASSWORD).unwrap(), enter(PASSWORD).unwrap());
    let change = |old: &str, new: &str| {
        sign_in::change_password(store, (&mine.session, &mine.user), old, new, "192.0.2.7", at(2))
    };
    assert!(matches!(change(PASSWORD, "too short"), Err(FlowError::Account(_))));
    assert!(matches!(change("not the old one", "correct horse battery"), Err(FlowError::WrongSignIn)));
    change(PASSWORD, "correct horse battery").unwrap();
    assert!(sign_in::resume(store, mine.token.expose(), at(3)).unwrap().is_some());
    assert!(sign_in::resume(store, other.token.expose(), at(3)).unwrap().is_none());
    assert!(matches!(enter(PASSWORD), Err(FlowError::WrongSignIn)));
    assert!(enter("correct horse battery").is_ok());
    users::deactivate(store, user.id, &console(), at(4)).unwrap();
    assert!(matches!(enter("correct horse battery"), Err(FlowError::WrongSignIn)));
    assert!(sign_in::resume(store, mine.token.expose(), at(5)).unwrap().is_none());
}

#[test]
fn a_user_fits_the_party() {
    let region = Region::new();
    let user = region.user("hanako");
    let administrator = User { roles: [Role::Administrator].into(), ..user.clone() };
    let nothing = User { roles: [].into(), ..user };
    for wrong in [administrator, nothing] {
        let refused = users::change(region.store(), &wrong, &console(), at(1));
        assert!(matches!(refused, Err(FlowError::Account(_))), "{refused:?}");
    }
}

#[test]
fn the_reading_is_confirmed_as_it_was_read() {
    let region = Region::new();
    let (request, sheet) = region.request(AttemptEnd::Submitted);
    let item = region.wait(Some(&sheet), &[("answer", "call", BoxState::Marked)]);
    let proposal = review::proposal(region.store(), &item).unwrap().unwrap();
    assert_eq!(
        (proposal.answers["answer"].as_slice(), proposal.mistake),
        (["call".to_owned()].as_slice(), None)
    );
    let reply = review::confirm(region.store(), item.id, None, &console(), at(3)).unwrap();
    assert_eq!(reply.answers["answer"], ["call"]);
    assert!(matches!(&reply.source, ReplySource::PaperConfirmed { sheet_id: Some(id), corrected: false, .. }
        if *id == sheet.sheet_id));
    assert_eq!(region.state(&request), RequestState::Answered);
    review::undo(region.store(), item.id, None, &console(), at(4)).unwrap();
    assert_eq!(region.state(&request), RequestState::NeedsReview);
}

#[test]
fn a_reading_that_is_no_answer_is_not_confirmed() {
    let region = Region::new();
    let (request, sheet) = region.request(AttemptEnd::Submitted);
    for (boxes, expected) in [
        (&[][..], ReplyMistake::NothingChosen("answer".to_owned())),
        (&[("answer", "call", BoxState::Unsure)], ReplyMistake::NothingChosen("answer".to_owned())),
        (
            &[("answer", "call", BoxState::Marked), ("answer", "opinion", BoxState::Circled)],
            ReplyMistake::SeveralChosen("answer".to_owned()),
        ),
    ] {
        let item = region.wait(Some(&sheet), boxes);
        let proposal = review::proposal(region.store(), &item).unwrap().unwrap();
        assert_eq!(proposal.mistake.as_ref(), Some(&expected));
        let refused = review::confirm(region.store(), item.id, None, &console(), at(3));
        assert!(matches!(refused, Err(FlowError::Reply(mistake)) if mistake == expected));
        // Nor is a corrected answer that is none.
        for wrong in [says("maybe"), BTreeMap::new(), [("colour".to_owned(), vec![])].into()] {
            let refused = review::confirm(region.store(), item.id, Some(wrong), &console(), at(3));
            assert!(matches!(refused, Err(FlowError::Reply(_))), "{refused:?}");
        }
        assert_eq!(region.store().review(item.id).unwrap().closed_at, None);
    }
    assert!(region.store().replies(request.id).unwrap().is_empty());
    let item = region.wait(Some(&sheet), &[]);
    let reply = review::confirm(region.store(), item.id, Some(says("opinion")), &console(), at(4)).unwrap();
    assert!(matches!(reply.source, ReplySource::PaperConfirmed { corrected: true, .. }));
    assert_eq!(reply.answers["signature"], Vec::<String>::new(), "written like what is read");
}

#[test]
fn an_unmatched_page_needs_a_request_and_answers() {
    let region = Region::new();
    let (request, _) = region.request(AttemptEnd::Submitted);
    let item = region.wait(None, &[("answer", "call", BoxState::Marked)]);
    assert_eq!(review::proposal(region.store(), &item).unwrap(), None);
    let refused = review::confirm(region.store(), item.id, Some(says("call")), &console(), at(3));
    assert!(matches!(refused, Err(FlowError::Missing(_))));
    let assign =
        |answers| review::assign(region.store(), item.id, request.id, Some(answers), &console(), at(3));
    assert!(matches!(assign(says("maybe")), Err(FlowError::Reply(_))));
    assert_eq!(assign(says("call")).unwrap().request_id, request.id);
    assert!(matches!(assign(says("call")), Err(FlowError::Store(StoreError::Conflict(_)))));
}

/// What the reader saw is read by the form of the request that the person names, and it must be a whole answer.
#[test]
fn a_page_is_assigned_as_it_was_read() {
    let region = Region::new();
    let (request, sheet) = region.request(AttemptEnd::Submitted);
    let assign = |item: &ReviewItem, minute| {
        review::assign(region.store(), item.id, request.id, None, &console(), at(minute))
    };
    let unread = region.wait(None, &[]);
    assert!(matches!(assign(&unread, 3), Err(FlowError::Reply(_))));
    let unclear = region.wait(None, &[("answer", "call", BoxState::Unsure)]);
    assert!(matches!(assign(&unclear, 3), Err(FlowError::Reply(_))));
    let clear = region.wait(None, &[("answer", "call", BoxState::Marked)]);
    let reply = assign(&clear, 4).unwrap();
    assert_eq!(reply.answers["answer"], ["call"]);
    assert!(matches!(reply.source, ReplySource::PaperConfirmed { corrected: false, sheet_id: None, .. }));
    // A split page with two replies on it: the first one's ticks are not the second one's answer.
    let (second, _) = region.request(AttemptEnd::Submitted);
    let both = region.wait(Some(&sheet), &[("answer", "call", BoxState::Marked)]);
    let parts = review::split(region.store(), both.id, &console(), at(5)).unwrap();
    let give = |answers| review::assign(region.store(), parts[1].id, second.id, answers, &console(), at(5));
    assert!(matches!(give(None), Err(FlowError::Missing(_))), "nobody has looked at what it says");
    assert_eq!(give(Some(says("no_problem"))).unwrap().answers["answer"], ["no_problem"]);
    // The code says whose it is: nobody can give it to another request.
    let other = region.request(AttemptEnd::Submitted).0;
    let its = region.wait(Some(&sheet), &[("answer", "call", BoxState::Marked)]);
    let refused = review::assign(region.store(), its.id, other.id, None, &console(), at(5));
    assert!(matches!(refused, Err(FlowError::Store(StoreError::Refused(_)))), "{refused:?}");
}

/// Another page of the fax tells whose it may be.
#[test]
fn what_lost_its_code_may_be_of_the_clinic_whose_sheet_came_with_it() {
    let region = Region::new();
    let (request, sheet) = region.request(AttemptEnd::Submitted);
    let (other, _) = region.request(AttemptEnd::Submitted);
    let item = region.wait(Some(&sheet), &[("answer", "call", BoxState::Marked)]);
    assert_eq!(candidates(region.store(), &item).unwrap(), [], "its request is known");
    let parts = review::split(region.store(), item.id, &console(), at(3)).unwrap();
    let found = candidates(region.store(), &parts[1]).unwrap();
    let found: Vec<_> = found.iter().map(|one| (one.request.id, one.why)).collect();
    assert_eq!(found, [(other.id, Why::SameFax)], "{} waits for this very page", request.id);
    let alone = region.wait(None, &[]);
    assert_eq!(candidates(region.store(), &alone).unwrap(), []);
}

#[test]
fn rejecting_needs_a_reason() {
    let region = Region::new();
    let item = region.wait(None, &[]);
    let refused = review::reject(region.store(), item.id, "  ", &console(), at(3));
    assert!(matches!(refused, Err(FlowError::Missing(_))));
    let decision = review::reject(region.store(), item.id, " 広告 ", &console(), at(3)).unwrap();
    assert_eq!(decision.why, "広告");
    assert!(matches!(
        review::undo(region.store(), ReviewId::new_at(at(0)), None, &console(), at(4)),
        Err(FlowError::Store(StoreError::NotFound { .. }))
    ));
}

#[test]
fn an_answer_by_telephone_says_who_said_it() {
    let region = Region::new();
    let (request, _) = region.request(AttemptEnd::Failed);
    let id = ReplyId::new_at(at(3));
    let call = |answers, said_by: &str| {
        let heard = phone_answer::Heard { answers, said_by: said_by.to_owned(), ..Default::default() };
        phone_answer::phone_answer(region.store(), id, request.id, &heard, &console(), at(3))
    };
    assert!(matches!(call(says("call"), " "), Err(FlowError::Missing(_))));
    assert!(matches!(call(says("maybe"), "受付"), Err(FlowError::Reply(_))));
    // 意見あり without the opinion would lose the answer.
    assert!(matches!(call(says("opinion"), "受付"), Err(FlowError::Missing(_))));
    assert_eq!(region.state(&request), RequestState::Undelivered);
    assert_eq!(call(says("call"), "受付 見本様").unwrap(), call(says("call"), "受付 見本様").unwrap());
    assert_eq!(region.state(&request), RequestState::Answered);
    phone_answer::take_back(region.store(), id, &console(), at(4)).unwrap();
    assert_eq!(region.state(&request), RequestState::Undelivered);
}

#[test]
fn the_words_of_an_opinion_on_the_telephone_are_kept() {
    let region = Region::new();
    let (request, _) = region.request(AttemptEnd::Submitted);
    let heard = phone_answer::Heard {
        answers: says("opinion"),
        texts: [
            ("comment".to_owned(), " 血圧が安定してから ".to_owned()),
            ("other".to_owned(), "x".to_owned()),
        ]
        .into(),
        said_by: "受付".to_owned(),
    };
    let id = ReplyId::new_at(at(3));
    phone_answer::phone_answer(region.store(), id, request.id, &heard, &console(), at(3)).unwrap();
    let replies = region.store().replies(request.id).unwrap();
    assert_eq!(replies[0].texts, [("comment".to_owned(), "血圧が安定してから".to_owned())].into());
}

#[test]
fn what_is_sent_again_goes_where_it_is_verified_today() {
    let region = Region::new();
    let (request, _) = region.request(AttemptEnd::InDoubt);
    let store = region.store();
    let id = store.in_doubt(10).unwrap()[0].id;
    let resend = || decide_in_doubt::decide_in_doubt(store, id, DoubtDecision::Resend, &console(), at(5));
    // The clinic has a new number, which nobody has verified.
    let mut clinic = store.clinic(region.clinic).unwrap();
    clinic.routes[0] = Route {
        kind: RouteKind::FaxByMail,
        address: "0300000002".to_owned(),
        verified_at: None,
        verified_how: None,
    };
    store.put_clinic(&clinic, at(3)).unwrap();
    assert!(matches!(resend(), Err(FlowError::NotVerified { .. })));
    assert_eq!(region.state(&request), RequestState::InDoubt, "what was refused changed nothing");
    store.verify_route(region.clinic, RouteKind::FaxByMail, "0300000002", "test page", at(4)).unwrap();
    let new = resend().unwrap();
    assert_eq!((new.address.as_str(), new.state), ("0300000002", DeliveryState::Queued));
    assert_eq!(region.state(&request), RequestState::Queued);
    assert!(matches!(resend(), Err(FlowError::Store(StoreError::Conflict(_)))));
}

#[test]
fn a_page_learns_what_changed_since_it_asked() {
    let region = Region::new();
    let store = region.store();
    let (request, sheet) = region.request(AttemptEnd::Submitted);
    let cursor = changes::end(store).unwrap();
    assert!(changes::since(store, cursor).unwrap().is_empty());
    let item = region.wait(Some(&sheet), &[("answer", "call", BoxState::Marked)]);
    let arrived = changes::since(store, cursor).unwrap();
    assert!(arrived.reviews && arrived.requests.contains(&request.id) && !arrived.outbox);
    assert!(changes::since(store, arrived.cursor).unwrap().is_empty());
    review::confirm(store, item.id, None, &console(), at(3)).unwrap();
    let confirmed = changes::since(store, arrived.cursor).unwrap();
    assert!(confirmed.reviews && confirmed.requests.contains(&request.id));
    // Everything from the beginning: the delivery is told as its request's.
    let all = changes::since(store, 0).unwrap();
    assert!(all.outbox && all.reviews && all.directory);
    assert_eq!((all.cursor, all.requests.len()), (confirmed.cursor, 1));
}

/// A quarter of an hour and the thirty minutes are what people are told; nothing here waits for them.
#[test]
fn time_outs_are_as_promised() {
    assert_eq!(renraku::domain::account::SESSION_IDLE, SignedDuration::from_mins(30));
    assert_eq!(renraku::domain::account::SESSION_ABSOLUTE, SignedDuration::from_hours(12));
}
