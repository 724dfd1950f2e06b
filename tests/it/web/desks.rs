//! The desks of reviewer, association and administrator over real bytes: what waits, what is decided, who was
//! faster, numbers that lock, users that are let go, and wrong input everywhere.

use super::world::{Browser, PASSWORD, Seen, World, at};
use crate::world::{reading, ticked_fax};
use renraku::domain::account::{By, Password, Role, Tenant};
use renraku::domain::audit::Act;
use renraku::domain::id::{AttemptId, ClinicId, DeliveryId, OfficeId, ReviewId};
use renraku::domain::request::ReplySource;
use renraku::domain::state::{AttemptEnd, RequestState};
use renraku::flow::Clock;
use renraku::flow::blank_sheet::make;
use renraku::flow::ingest::{read_arrival, store_arrival};
use renraku::flow::submit::Rule;
use renraku::flow::users::{NewUser, add};
use renraku::form::answers::check_answers;
use renraku::form::catalogue::Catalogue;
use renraku::form::layout::{Layout, TickBox};
use renraku::pool::{Pool, PoolLimits};
use renraku::read::bitmap::Bitmap;
use renraku::seal::keyring::Keyring;
use renraku::sheet::{SheetOrder, render};
use renraku::store::{AttemptOutcome, AuditFilter, Lease, Sheet};

const SCRIPT: &str = "見本\"><script>alert(1)</script>";
const UNCLEAR: &[(&str, &str)] = &[("answer", "no_problem"), ("answer", "call")];
pub const CALL: &[(&str, &str)] = &[("answer", "call"), ("signature", "doctor")];

/// Sheets that left, and what comes back of them.
pub struct Desk {
    pub world: World,
    keyring: Keyring,
    pool: Pool,
}

impl Desk {
    pub fn new() -> Self {
        let pool = Pool::new(env!("CARGO_BIN_EXE_renraku").into(), PoolLimits::default());
        Self { world: World::new(), keyring: Keyring::generate().unwrap(), pool }
    }

    /// The oldest delivery leaves, and that is how it ended.
    pub fn send(&self, end: AttemptEnd) -> (Vec<u8>, Layout) {
        let store = self.world.store.as_ref();
        let lease = Lease { token: "sender".to_owned(), until: at(60) };
        let next = self.world.requests.into_iter().find(|id| store.request(*id).unwrap().sent_at.is_none());
        // Those that were handed over at one moment are in no order.
        let delivery = std::iter::from_fn(|| store.lease_delivery(&lease, at(1)).unwrap())
            .find(|delivery| delivery.request_id() == next)
            .unwrap();
        let request = store.request(delivery.request_id().unwrap()).unwrap();
        let form = store.form(&request.form_id, request.form_version).unwrap();
        let sheet_id = renraku::seal::random::sheet_number().unwrap();
        let rendered = render(&SheetOrder {
            form: &form,
            answers: &check_answers(&form, &request.answers).unwrap(),
            number: request.number.as_str(),
            sheet_id: &sheet_id,
            keyring: &self.keyring,
            issued_on: jiff::civil::date(2026, 11, 20),
            due_on: request.due_on,
            return_fax: "03-0000-0001",
            sample: true,
            cover: false,
            attached: &[],
        })
        .unwrap();
        let sheet = Sheet {
            sheet_id,
            request_id: request.id,
            delivery_id: delivery.id,
            layout: rendered.layout.clone(),
            pdf: store.blobs().put(&rendered.pdf).unwrap(),
            rendered_at: at(1),
        };
        store.put_sheet(&sheet, &lease).unwrap();
        let attempt = AttemptId::new_at(at(1));
        store.attempt_started(attempt, delivery.id, &lease, at(1)).unwrap();
        store.body_started(attempt, &lease, at(1)).unwrap();
        let outcome = AttemptOutcome {
            end,
            detail: String::new(),
            next_try_at: None,
            result_due_at: None,
            wrong_number: false,
        };
        store.attempt_ended(attempt, &outcome, &lease, at(1)).unwrap();
        store.recover_deliveries(true, at(1)).unwrap();
        (rendered.pdf, rendered.layout)
    }

    /// A fax of a new sheet with these boxes ticked.
    pub fn fax(&self, ticks: &[(&str, &str)]) -> Vec<u8> {
        let (pdf, layout) = self.send(AttemptEnd::Submitted);
        ticked_fax(&pdf, &layout, ticks)
    }

    /// The same with a cross beside the fields: what is read is whole, and somebody must look.
    pub fn scribbled(&self, ticks: &[(&str, &str)]) -> Vec<u8> {
        let (pdf, mut layout) = self.send(AttemptEnd::Submitted);
        let beside = TickBox { x_mm: 182.0, y_mm: 120.0, size_mm: 9.0, ..layout.pages[0].boxes[0].clone() };
        let beside = TickBox { field: "beside".to_owned(), option: "beside".to_owned(), ..beside };
        layout.pages[0].boxes.push(beside);
        ticked_fax(&pdf, &layout, &[ticks, &[("beside", "beside")]].concat())
    }

    /// It arrives and is read; the items that then wait.
    pub fn arrive(&self, bytes: &[u8], minute: i64) -> Vec<ReviewId> {
        let store = self.world.store.as_ref();
        store_arrival(store, &format!("test-{minute}"), "fax", bytes, at(minute)).unwrap();
        let clock = Clock::new(move || at(minute));
        let read = read_arrival(store, &reading(&self.pool, &self.keyring), None, &clock).unwrap().unwrap();
        read.filed.reviews.iter().map(|item| item.id).collect()
    }

    pub fn state(&self, nth: usize) -> RequestState {
        self.world.store.request(self.world.requests[nth]).unwrap().state
    }
}

/// What the page's answer form would post as it stands.
fn as_shown(seen: &Seen) -> Vec<(&'static str, String)> {
    let mut pairs = Vec::new();
    for input in seen.text().split("<input ").skip(1) {
        let input = input.split('>').next().unwrap();
        let part = |name: &str| {
            input.split(&format!("{name}=\"")).nth(1).map(|rest| rest.split('"').next().unwrap())
        };
        for name in ["r.answer", "r.slots", "r.signature"] {
            if part("name") == Some(name) && input.contains(" checked") {
                pairs.push((name, part("value").unwrap().to_owned()));
            }
        }
    }
    pairs
}

fn blank_page() -> Vec<u8> {
    renraku::read::png(&Bitmap::white(1700, 2400))
}

#[test]
fn a_right_reading_is_confirmed_with_one_key_and_the_next_follows() {
    let desk = Desk::new();
    let first = desk.arrive(&desk.scribbled(CALL), 2)[0];
    let second = desk.arrive(&blank_page(), 3)[0];
    let mut reviewer = desk.world.signed_in("reviewer");
    let list = reviewer.get("/review").text();
    assert!(
        list.find(&first.to_string()).unwrap() < list.find(&second.to_string()).unwrap(),
        "the oldest first"
    );
    assert!(list.contains("用紙が見つかりません") && list.contains("26-000001"), "{list}");
    let place = format!("/review/{first}");
    let item = reviewer.get(&place);
    let text = item.text();
    assert!(text.contains("<button class=\"main big\" autofocus>この内容で確定する"), "{text}");
    assert!(text.contains("見本 花子 様"), "whose it is");
    let shown = as_shown(&item);
    assert_eq!(shown, [("r.answer", "call".to_owned()), ("r.signature", "doctor".to_owned())]);
    let picture = reviewer.get(&format!("{place}/page/1"));
    assert_eq!((picture.status, picture.header("content-type")), (200, "image/png"));
    assert_eq!(picture.header("cache-control"), "no-store");
    let grey = image::load_from_memory(&picture.body).unwrap().to_luma8();
    assert_eq!(grey.width(), 1000);
    assert!((1380..1460).contains(&grey.height()), "A4: {}", grey.height());
    assert_eq!(reviewer.get(&format!("{place}/page/2")).status, 404);
    let confirmed = reviewer.send(&format!("{place}/confirm"), &shown);
    assert_eq!(
        (confirmed.status, confirmed.header("location")),
        (303, &*format!("/review/{second}?done={first}"))
    );
    let reply = desk.world.store.replies(desk.world.requests[0]).unwrap().remove(0);
    assert!(matches!(reply.source, ReplySource::PaperConfirmed { corrected: false, .. }), "{reply:?}");
    assert_eq!(desk.state(0), RequestState::Answered);
    let next = reviewer.get(confirmed.header("location"));
    assert!(next.text().contains("確定し、回答として記録しました"));
    // Two clicks, two people: the second one hears who was faster, and nothing is doubled.
    let late = reviewer.send(&format!("{place}/confirm"), &shown);
    assert_eq!(late.status, 409);
    assert!(late.text().contains("この項目は見本 太郎さんが"), "{}", late.text());
    assert_eq!(desk.world.store.replies(desk.world.requests[0]).unwrap().len(), 1);
    // A slip is taken back; only by whoever saw that decision.
    let decision = next.field("decision");
    let undone = reviewer.send(&format!("{place}/undo"), &[("decision", decision.clone())]);
    assert_eq!((undone.status, undone.header("location")), (303, place.as_str()));
    assert_eq!(desk.state(0), RequestState::NeedsReview);
    assert!(desk.world.store.replies(desk.world.requests[0]).unwrap().is_empty());
    assert_eq!(reviewer.send(&format!("{place}/undo"), &[("decision", decision)]).status, 409);
    let entries = desk.world.store.audit(&AuditFilter::default(), 200).unwrap();
    for (what, kind, detail) in [
        (Act::View, "review", "/review/{id}"),
        (Act::View, "review", "/review/{id}/page/{page}"),
        (Act::View, "request", "/review/{id}"),
        (Act::Change, "review", "confirmed"),
        (Act::Change, "review", "undone"),
    ] {
        let found = |entry: &&renraku::domain::audit::AuditEntry| {
            entry.what == what && entry.record_kind == kind && entry.detail == detail && entry.who.is_some()
        };
        assert!(entries.iter().find(found).is_some(), "{kind} {detail}: {entries:#?}");
    }
}

#[test]
fn an_unclear_answer_is_not_chosen_for_the_reviewer() {
    let desk = Desk::new();
    let item = desk.arrive(&desk.fax(UNCLEAR), 2)[0];
    let mut reviewer = desk.world.signed_in("reviewer");
    let place = format!("/review/{item}");
    let seen = reviewer.get(&place);
    let text = seen.text();
    assert_eq!(as_shown(&seen), [], "two are ticked: none is chosen");
    assert!(!text.contains("<button class=\"main big\" autofocus"), "Enter confirms nothing");
    assert!(text.contains("印が2つ以上あります") && text.matches("読み取り:印あり").count() == 2, "{text}");
    let none = reviewer.send(&format!("{place}/confirm"), &[]);
    assert_eq!(none.status, 422);
    assert!(none.text().contains("を選んでください") || none.text().contains("1つだけ"), "{}", none.text());
    assert_eq!(desk.state(0), RequestState::NeedsReview);
    for wrong in ["perhaps", SCRIPT] {
        let seen = reviewer.send(&format!("{place}/confirm"), &[("r.answer", wrong.to_owned())]);
        assert_eq!(seen.status, 422);
        assert!(!seen.text().contains("<script>"));
    }
    let chosen = [("r.answer", "call".to_owned())];
    assert_eq!(reviewer.send(&format!("{place}/confirm"), &chosen).status, 303);
    let reply = desk.world.store.replies(desk.world.requests[0]).unwrap().remove(0);
    assert!(matches!(reply.source, ReplySource::PaperConfirmed { corrected: true, .. }));
    assert_eq!(reply.answers["answer"], ["call"]);
}

#[test]
fn an_item_is_split_and_each_part_answers_its_own_request() {
    let desk = Desk::new();
    let item = desk.arrive(&desk.scribbled(CALL), 2)[0];
    desk.send(AttemptEnd::Submitted);
    let mut reviewer = desk.world.signed_in("reviewer");
    let place = format!("/review/{item}");
    let page = reviewer.get(&place).text();
    assert!(page.contains("項目を分ける") && !page.contains("宛先の事業所に渡す"), "{page}");
    let split = reviewer.send(&format!("{place}/split"), &[]);
    assert_eq!(split.status, 303);
    let waiting: Vec<ReviewId> =
        desk.world.store.open_reviews(10).unwrap().iter().map(|item| item.id).collect();
    assert_eq!(split.header("location"), format!("/review/{}?done={item}", waiting[0]));
    let first = reviewer.get(split.header("location"));
    assert!(first.text().contains("項目を分けました") && first.text().contains("取り消して確認待ちに戻す"));
    let confirmed = reviewer.send(&format!("/review/{}/confirm", waiting[0]), &as_shown(&first));
    assert_eq!(confirmed.header("location"), format!("/review/{}?done={}", waiting[1], waiting[0]));
    // The other part offers what the clinic still owes, and its answer is chosen by hand.
    let other = reviewer.get(&format!("/review/{}", waiting[1])).text();
    assert!(other.contains("ほかの連絡への返信が入っています"), "{other}");
    let number = desk.world.store.request(desk.world.requests[1]).unwrap().number.to_string();
    let chosen = [("number", number), ("r.answer", "call".to_owned())];
    assert_eq!(reviewer.send(&format!("/review/{}/assign", waiting[1]), &chosen).status, 303);
    assert_eq!([desk.state(0), desk.state(1)], [RequestState::Answered; 2]);
    let closed = reviewer.get(&place).text();
    assert!(closed.contains("項目は分けられています"), "{closed}");
    let late = reviewer.send(&format!("{place}/split"), &[]);
    assert_eq!(late.status, 409);
    assert!(late.text().contains("処理しました(分割)"), "{}", late.text());
}

/// Two people may look at one page, but not without knowing of each other.
#[test]
fn whoever_opens_an_item_sees_who_has_it_open() {
    let desk = Desk::new();
    let item = desk.arrive(&desk.scribbled(CALL), 2)[0];
    let second = NewUser {
        login: "second".parse().unwrap(),
        name: "見本 次郎".to_owned(),
        mail: None,
        tenant: Tenant::Association,
        roles: [Role::Reviewer].into(),
        password: Password::new(PASSWORD).unwrap(),
        sample: true,
    };
    add(desk.world.store.as_ref(), second, &By::console(), at(0)).unwrap();
    let (mut first, mut second) = (desk.world.signed_in("reviewer"), desk.world.signed_in("second"));
    let place = format!("/review/{item}");
    assert!(!first.get(&place).text().contains("この項目を開いています"));
    assert!(first.get("/review").text().contains("確認する"), "one's own look is no news");
    assert!(second.get("/review").text().contains("見本 太郎さんが確認中"));
    assert!(second.get(&place).text().contains("見本 太郎さんが、"));
    assert!(first.get(&place).text().contains("見本 次郎さんが、"));
    desk.world.later(11);
    assert!(!first.get(&place).text().contains("この項目を開いています"), "ten minutes are over");
}

#[test]
fn a_kept_sheet_that_waits_is_handed_on_to_its_office() {
    let desk = Desk::new();
    let store = desk.world.store.as_ref();
    let rule = Rule { return_fax: Some("03-0000-0009".to_owned()), ..Rule::default() };
    let catalogue = Catalogue::built_in().unwrap();
    let form = catalogue.get("guidance").unwrap();
    let whose = (desk.world.offices[0], desk.world.clinics[1]);
    let made = make(store, (&rule, &desk.keyring), form, whose, &By::console(), at(0)).unwrap();
    let before = store.unseen_messages(whose.0, 10).unwrap().len();
    let item = desk.arrive(&ticked_fax(&made.pdf, &made.layout, &[]), 2)[0];
    let mut reviewer = desk.world.signed_in("reviewer");
    let page = reviewer.get(&format!("/review/{item}")).text();
    for expected in ["医療機関に備え置きの用紙です", "居宅療養管理指導", "見本クリニック1"]
    {
        assert!(page.contains(expected), "{expected}: {page}");
    }
    let handed = reviewer.send(&format!("/review/{item}/hand-on"), &[]);
    assert_eq!((handed.status, handed.header("location")), (303, &*format!("/review?done={item}")));
    assert!(reviewer.get(handed.header("location")).text().contains("宛先の事業所に渡しました"));
    assert_eq!(store.unseen_messages(whose.0, 10).unwrap().len(), before + 1);
    // An answer to a request is no message.
    let other = desk.arrive(&desk.scribbled(CALL), 3)[0];
    let refused = reviewer.send(&format!("/review/{other}/hand-on"), &[]);
    assert_eq!(refused.status, 409);
    assert!(refused.text().contains("備え置き用紙ではない"), "{}", refused.text());
}

#[test]
fn a_page_without_a_number_is_assigned_or_rejected() {
    let desk = Desk::new();
    desk.send(AttemptEnd::Submitted);
    let [first, second] = [2, 3].map(|minute| {
        let wide = renraku::read::png(&Bitmap::white(1700 + minute as usize, 2400));
        desk.arrive(&wide, minute)[0]
    });
    let mut reviewer = desk.world.signed_in("reviewer");
    let place = format!("/review/{first}");
    let number = desk.world.store.request(desk.world.requests[0]).unwrap().number.to_string();
    let wrong_digit = format!("{}{}", &number[..10], (number.as_bytes()[10] - b'0' + 1) % 10);
    for (typed, status, sentence) in [
        (wrong_digit.as_str(), 422, "検査数字が合いません"),
        ("26-009999-1", 422, "検査数字が合いません"),
        ("26-000099-9", 422, ""),
        ("abc", 422, "連絡番号の形"),
        ("\"><script>", 422, "連絡番号の形"),
    ] {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("number", typed).finish();
        let seen = reviewer.get(&format!("{place}?{query}"));
        assert_eq!(seen.status, status, "{typed}");
        assert!(
            seen.text().contains(sentence) && !seen.text().contains("<script>\""),
            "{typed}: {}",
            seen.text()
        );
    }
    // Wide digits and the long mark are what a Japanese keyboard gives.
    let wide: String = number
        .chars()
        .map(|c| if c == '-' { 'ー' } else { char::from_u32(c as u32 + 0xfee0).unwrap() })
        .collect();
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("number", &wide).finish();
    let found = reviewer.get(&format!("{place}?{query}"));
    assert_eq!(found.status, 200, "{}", found.text());
    assert!(found.text().contains("見本 花子 様") && as_shown(&found).is_empty());
    let answer = |option: &str| vec![("number", found.field("number")), ("r.answer", option.to_owned())];
    assert_eq!(reviewer.send(&format!("{place}/assign"), &answer("nothing")).status, 422);
    assert_eq!(reviewer.send(&format!("{place}/assign"), &[("number", "26".to_owned())]).status, 422);
    let assigned = reviewer.send(&format!("{place}/assign"), &answer("no_problem"));
    assert_eq!(
        (assigned.status, assigned.header("location")),
        (303, &*format!("/review/{second}?done={first}"))
    );
    assert_eq!(desk.state(0), RequestState::Answered);
    let place = format!("/review/{second}");
    for why in ["", "  "] {
        let seen = reviewer.send(&format!("{place}/reject"), &[("why", why.to_owned())]);
        assert_eq!(seen.status, 422);
        assert!(seen.text().contains("理由を入れてください"));
    }
    assert_eq!(reviewer.send(&format!("{place}/reject"), &[("why", "あ".repeat(1_200_000))]).status, 413);
    let rejected = reviewer.send(&format!("{place}/reject"), &[("why", SCRIPT.to_owned())]);
    assert_eq!((rejected.status, rejected.header("location")), (303, &*format!("/review?done={second}")));
    let closed = reviewer.get(&place).text();
    assert!(closed.contains("&lt;script&gt;") && !closed.contains("<script>alert"), "{closed}");
    // Others see how many wait, and nothing of them.
    assert_eq!(desk.arrive(&blank_page(), 4).len(), 1);
    let mut association = desk.world.signed_in("association");
    let home = association.get("/").text();
    assert!(home.contains("確認待ちの返信") && !home.contains("/review"), "{home}");
    assert_eq!(association.get("/review").status, 403);
}

#[test]
fn the_report_counts_prints_and_is_saved() {
    let desk = Desk::new();
    desk.send(AttemptEnd::Submitted);
    desk.send(AttemptEnd::Failed);
    let clinic = desk.world.store.clinic(desk.world.clinics[0]).unwrap();
    let named = renraku::domain::directory::Clinic { name: SCRIPT.to_owned(), ..clinic };
    desk.world.store.put_clinic(&named, at(2)).unwrap();
    let mut association = desk.world.signed_in("association");
    let page = association.get("/reports/unanswered");
    let text = page.text();
    assert_eq!(page.status, 200);
    assert!(text.contains("&lt;script&gt;") && !text.contains("<script>alert"));
    assert!(text.contains("令和8年11月1日") && text.contains("令和8年11月30日"), "this month: {text}");
    assert!(
        text.contains("届いていない・届いたか分からない連絡票") && text.contains("data-name=\"未達\">1<")
    );
    assert!(!text.contains("花子"));
    let csv = association.get("/reports/unanswered.csv?from=2026-11-01&to=2026-11-30");
    assert_eq!((csv.status, csv.header("content-type")), (200, "text/csv; charset=utf-8"));
    assert!(csv.body.starts_with("\u{feff}医療機関,送信".as_bytes()));
    assert!(csv.header("content-disposition").contains("unanswered-2026-11-01-2026-11-30.csv"));
    assert!(
        association.get("/reports/unanswered?from=2026-01-01&to=2026-01-31").text().contains("ありません")
    );
    for query in ["from=2026-02-01&to=2026-01-01", "from=yesterday", "to=%22%3E%3Cscript%3E"] {
        assert_eq!(association.get(&format!("/reports/unanswered?{query}")).status, 422, "{query}");
        assert_eq!(association.get(&format!("/reports/unanswered.csv?{query}")).status, 409, "{query}");
    }
}

fn clinic_form(id: &str, name: &str, fax: &str) -> Vec<(&'static str, String)> {
    let text = |text: &str| text.to_owned();
    vec![
        ("id", text(id)),
        ("name", text(name)),
        ("tel", text("03-0000-1001")),
        ("fax", text(fax)),
        ("doctor_name", text("見本 一郎")),
        ("doctor_department", text("内科")),
    ]
}

/// Another code of six digits.
fn wrong(code: &str) -> String {
    let number: u32 = code.parse().unwrap();
    format!("{:06}", (number + 1) % 1_000_000)
}

#[test]
fn a_number_is_locked_until_a_test_page_proves_it() {
    let world = World::new();
    let mut admin = world.signed_in("administrator");
    let id = admin.get("/admin/clinics/new").field("id");
    for (name, fax, status, sentence) in [
        ("", "03-0000-1010", 422, "名称を"),
        (SCRIPT, "090-1111-2222", 422, "携帯電話"),
        (SCRIPT, "03-0000-1002", 409, ""),
    ] {
        let seen = admin.send("/admin/clinics", &clinic_form(&id, name, fax));
        assert_eq!(seen.status, status, "{fax}");
        assert!(seen.text().contains(sentence) && seen.field("fax") == fax, "{fax}: {}", seen.text());
    }
    for _ in 0..2 {
        let saved = admin.send("/admin/clinics", &clinic_form(&id, SCRIPT, "03-0000-1010"));
        assert_eq!(saved.header("location"), "/admin/clinics?notice=locked");
    }
    let list = admin.get("/admin/clinics").text();
    assert!(
        list.contains("未確認(送信できません)")
            && list.contains("&lt;script&gt;")
            && !list.contains("<script>alert")
    );
    assert_eq!(world.store.clinics().unwrap().len(), 3);
    let place = format!("/admin/clinics/{id}/verify");
    let asked = admin.get(&format!("{place}?kind=fax_by_mail"));
    assert!(asked.text().contains("03-0000-1010"));
    let verified = || world.store.clinic(id.parse().unwrap()).unwrap().routes[0].verified_at.is_some();
    let about = |address: &str, more: &[(&'static str, &str)]| {
        let mut form = vec![("kind", "fax_by_mail".to_owned()), ("address", address.to_owned())];
        form.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        form
    };
    let send = format!("/admin/clinics/{id}/test-page");
    assert_eq!(admin.send(&send, &about("0300001011", &[])).status, 409, "not the number that was shown");
    assert_eq!(admin.send(&send, &about("0300001010", &[])).status, 303);
    let test = world.store.number_tests(id.parse().unwrap()).unwrap().remove(0);
    let seen = admin.get(&format!("{place}?kind=fax_by_mail")).text();
    assert!(seen.contains("まもなく送ります") && !seen.contains(&test.code), "no page shows the code");
    let number = test.id.to_string();
    for (code, sentence) in [("", "6桁"), ("12345", "6桁"), (&*wrong(&test.code), "あと4回")] {
        let seen = admin.send(&place, &about("0300001010", &[("test", &number), ("code", code)]));
        assert!(seen.status == 422 && seen.text().contains(sentence), "{code}: {}", seen.text());
        assert!(!verified());
    }
    let stranger = world.clinics[0].to_string();
    let elsewhere = format!("/admin/clinics/{stranger}/verify");
    let other =
        [("kind", "fax_by_mail"), ("address", "0300001002"), ("test", &*number), ("code", &*test.code)]
            .map(|(name, value)| (name, value.to_owned()));
    assert_eq!(admin.send(&elsewhere, &other).status, 404, "another clinic's test");
    let early =
        admin.send(&format!("/admin/clinics/{id}/accept"), &about("0300001010", &[("test", &number)]));
    assert_eq!(early.status, 409, "it has not come back");
    assert_eq!(admin.get(&format!("{send}/fax_by_mail")).status, 404);
    let right = admin.send(&place, &about("0300001010", &[("test", &number), ("code", &test.code)]));
    assert_eq!(right.header("location"), "/admin/clinics?notice=verified");
    assert!(verified());
    // The same again stays verified; another number is locked again.
    admin.send("/admin/clinics", &clinic_form(&id, "見本医院", "0300001010"));
    assert!(verified());
    let changed = admin.send("/admin/clinics", &clinic_form(&id, "見本医院", "03-0000-1011"));
    assert_eq!(changed.header("location"), "/admin/clinics?notice=locked");
    assert!(!verified());
    let edit = admin.get(&format!("/admin/clinics/{id}"));
    assert_eq!(
        (edit.field("fax"), edit.field("doctor_name")),
        ("03-0000-1011".to_owned(), "見本 一郎".to_owned())
    );
    let entries = world.store.audit(&AuditFilter::default(), 100).unwrap();
    for detail in ["add", "change", "verify_route"] {
        let found =
            entries.iter().any(|it| it.record_kind == "clinic" && it.record_id == id && it.detail == detail);
        assert!(found, "{detail}");
    }
    let strange = ClinicId::new_at(at(0));
    for path in [format!("/admin/clinics/{strange}"), "/admin/clinics/1".to_owned()] {
        assert_eq!(admin.get(&path).status, 404);
    }
    let id = OfficeId::new_at(at(0)).to_string();
    let office = |fax: &str| {
        [("id", &*id), ("name", SCRIPT), ("fax", fax)].map(|(name, value)| (name, value.to_owned()))
    };
    assert_eq!(admin.send("/admin/offices", &office("1")).status, 422);
    assert_eq!(admin.send("/admin/offices", &office("03-0000-0009")).status, 303);
    assert!(!admin.get("/admin/offices").text().contains("<script>alert"));
    assert_eq!(admin.get(&format!("/admin/offices/{id}")).field("fax"), "03-0000-0009");
}

#[test]
fn users_are_added_and_let_go() {
    let world = World::new();
    let mut admin = world.signed_in("administrator");
    let user = |login: &str, role: &str, password: &str| {
        [
            ("name", SCRIPT),
            ("user_login", login),
            ("tenant", "association"),
            ("role", role),
            ("new_password", password),
        ]
        .map(|(name, value)| (name, value.to_owned()))
    };
    assert!(admin.get("/admin/users/new").text().contains("13文字以上"));
    for (login, role, password, status, sentence) in [
        ("hanako", "reviewer", "short", 422, "13文字以上"),
        ("花子", "reviewer", PASSWORD, 422, "ログイン名は"),
        ("hanako", "care_manager", PASSWORD, 422, "この所属では使えません"),
        ("hanako", "king", PASSWORD, 422, "という役割はありません"),
        ("reviewer", "reviewer", PASSWORD, 409, ""),
    ] {
        let seen = admin.send("/admin/users", &user(login, role, password));
        assert_eq!(seen.status, status, "{login} {role}");
        let text = seen.text();
        assert!(text.contains(sentence) && !text.contains(password), "{login} {role}: {text}");
        assert!(!text.contains("<script>alert"));
    }
    assert_eq!(admin.send("/admin/users", &user("hanako", "reviewer", PASSWORD)).status, 303);
    let mut hanako = world.signed_in("hanako");
    assert_eq!(hanako.get("/review").status, 200);
    let users = world.store.users(100).unwrap();
    let id = |login: &str| users.iter().find(|user| user.login.as_str() == login).unwrap().id;
    assert_eq!(admin.send(&format!("/admin/users/{}/deactivate", id("administrator")), &[]).status, 409);
    assert_eq!(admin.send(&format!("/admin/users/{}/deactivate", id("hanako")), &[]).status, 303);
    assert_eq!(hanako.get("/review").status, 303, "the open session is closed");
    let list = admin.get("/admin/users").text();
    assert!(list.contains("利用停止") && !list.contains("<script>alert"));
}

#[test]
fn the_hold_is_on_every_page_and_a_doubt_is_ended_once() {
    let desk = Desk::new();
    desk.send(AttemptEnd::InDoubt);
    let mut admin = desk.world.signed_in("administrator");
    let mut manager = desk.world.signed_in("care_manager");
    assert_eq!(admin.send("/admin/outbox/hold", &[("why", " ".to_owned())]).status, 422);
    assert_eq!(admin.send("/admin/outbox/hold", &[("why", SCRIPT.to_owned())]).status, 303);
    assert!(desk.world.store.hold().unwrap().is_some());
    let bar = |browser: &mut Browser, path: &str| {
        let text = browser.get(path).text();
        assert!(!text.contains("<script>alert"), "{path}");
        text.contains("<p class=\"held\"")
    };
    for path in ["/", "/requests", "/clients"] {
        assert!(bar(&mut manager, path), "{path}");
    }
    for path in ["/", "/admin/clinics", "/admin/users", "/admin/outbox"] {
        assert!(bar(&mut admin, path), "{path}");
    }
    assert_eq!(admin.send("/admin/outbox/release", &[]).status, 303);
    assert!(!bar(&mut manager, "/") && desk.world.store.hold().unwrap().is_none());
    let delivery = desk.world.store.in_doubt(10).unwrap()[0].id;
    let text = admin.get("/admin/outbox").text();
    assert!(
        text.contains("同じ用紙が2回届く") && text.contains("届かないまま") && !text.contains("花子"),
        "{text}"
    );
    let decide = |browser: &mut Browser, id: DeliveryId, decision: &str| {
        browser.send(&format!("/admin/outbox/doubt/{id}"), &[("decision", decision.to_owned())])
    };
    assert_eq!(decide(&mut admin, delivery, "perhaps").status, 404);
    assert_eq!(decide(&mut admin, DeliveryId::new_at(at(0)), "resend").status, 404);
    assert_eq!(desk.state(0), RequestState::InDoubt);
    assert_eq!(decide(&mut admin, delivery, "undelivered").status, 303);
    assert_eq!(desk.state(0), RequestState::Undelivered);
    assert_eq!(decide(&mut admin, delivery, "resend").status, 409, "it is not sent twice");
    assert_eq!(desk.world.store.deliveries(desk.world.requests[0]).unwrap().len(), 1);
    assert!(admin.get("/admin/outbox").text().contains("未達の連絡票(1件)"));
    let entries = desk.world.store.audit(&AuditFilter::default(), 100).unwrap();
    for detail in ["hold_set", "hold_lifted"] {
        assert!(
            entries.iter().any(|it| it.record_kind == "outbox" && it.detail == detail && it.who.is_some())
        );
    }
}
