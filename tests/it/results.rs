//! What servers and fax services tell about what had left: the delivery ends, the number is kept from being used, nobody
//! counts it as unanswered; and what cannot be told waits for a person.

use crate::letters::{FAX, MAIL, Region, at};
use crate::world::reading;
use renraku::domain::account::By;
use renraku::domain::directory::RouteKind;
use renraku::domain::reading::ReasonCode;
use renraku::domain::request::Request;
use renraku::domain::state::{DeliveryState, RequestState};
use renraku::flow::FlowError;
use renraku::flow::ingest::{Ingested, Reading, read_arrival, store_arrival};
use renraku::flow::misdirected::looked_at;
use renraku::flow::send_again::{can_be_carried, send_again, ways};
use renraku::pool::{Pool, PoolLimits};
use renraku::practice::clinic::fax_service_mail;
use renraku::practice::smtp_server::{Arrived, Behaviour, Fault, Faults, Step};
use renraku::store::{Recorded, StoreError};

impl Region {
    /// Something arrives and is read.
    pub fn arrives(&self, name: &str, bytes: &[u8]) -> Ingested {
        let pool = Pool::new(env!("CARGO_BIN_EXE_renraku").into(), PoolLimits::default());
        let service = self.sender.fax.as_ref();
        let with = Reading { service, ..reading(&pool, &self.sender.keyring) };
        let store = self.store.as_ref();
        let recorded = store_arrival(store, name, name, bytes, self.clock.now()).unwrap();
        read_arrival(store, &with, Some(recorded.id()), &self.clock).unwrap().expect("something to read")
    }

    fn standing(&self, request: &Request) -> (DeliveryState, RequestState) {
        let delivery = self.store.deliveries(request.id).unwrap().pop().unwrap();
        (delivery.state, self.store.request(request.id).unwrap().state)
    }

    /// Sends one request on one route alone.
    pub async fn sent(&self, kind: RouteKind, address: &str) -> (Request, Arrived) {
        let mut clinic = self.store.clinic(self.clinic).unwrap();
        clinic.routes.sort_by_key(|route| route.kind != kind);
        self.store.put_clinic(&clinic, at(0)).unwrap();
        self.verify(kind, address);
        let request = self.submit(None);
        let mail = self.raw_mails().await.pop().expect("a mail");
        assert_eq!(self.standing(&request), (DeliveryState::Submitted, RequestState::Sent));
        (request, mail)
    }
}

/// A report as a mail server writes it (RFC 3464), to the envelope's sender.
pub fn report(mail: &Arrived, action: &str, status: &str, said: &str) -> Vec<u8> {
    let (to, text) = (&mail.to[0], String::from_utf8_lossy(&mail.bytes));
    let head = text.split("\r\n\r\n").next().unwrap();
    format!(
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example (Mail Delivery System)\r\nTo: {}\r\n\
         Subject: Delivery Status Notification\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; \
         report-type=delivery-status; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nAbout your mail.\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n\
         Final-Recipient: rfc822; {to}\r\nAction: {action}\r\nStatus: {status}\r\nDiagnostic-Code: smtp; {said}\r\n\r\n\
         --b\r\nContent-Type: text/rfc822-headers\r\n\r\n{head}\r\n\r\n--b--\r\n",
        mail.from
    )
    .into_bytes()
}

pub fn service_mail(from: &str, subject: &str, text: &str) -> Vec<u8> {
    format!(
        "From: {from}\r\nTo: gateway@gateway.example\r\nSubject: {subject}\r\nMessage-ID: <{}@fax.example>\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n",
        subject.len() + text.len() * 1000
    )
    .into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_ends_its_delivery_and_a_wrong_address_is_used_no_more() {
    let region = Region::new().await;
    let store = region.store.as_ref();
    let (request, mail) = region.sent(RouteKind::PlainMail, MAIL).await;
    assert!(mail.from.starts_with("bounces+"), "{}", mail.from);
    // A mail server still tries: nothing changes, and nobody needs to look.
    let late = region.arrives("late", &report(&mail, "delayed", "4.4.1", "connection timed out"));
    assert!(late.filed.reviews.is_empty());
    assert_eq!(region.standing(&request), (DeliveryState::Submitted, RequestState::Sent));
    // Its envelope's address is enough, whatever the report gives back; so is the Message-ID alone.
    let gone = report(&mail, "failed", "5.1.1", "550 5.1.1 user unknown");
    let ended = region.arrives("gone", &gone);
    assert!(ended.filed.reviews.is_empty(), "{:?}", ended.filed.reviews);
    assert_eq!(region.standing(&request), (DeliveryState::Undelivered, RequestState::Undelivered));
    let clinic = store.clinic(region.clinic).unwrap();
    assert!(clinic.routes.iter().all(|route| route.address != MAIL || route.verified_at.is_none()));
    let failed = store.failed_numbers().unwrap();
    assert_eq!((failed.len(), failed[0].address.as_str()), (1, MAIL));
    // The same told once more, by another server: no second step.
    let mut again = String::from_utf8(gone).unwrap();
    again = again.replace(&format!("To: {}", mail.from), "To: postmaster@gateway.example");
    assert!(region.arrives("again", again.as_bytes()).filed.reviews.is_empty());
    // Verified again, it is right again.
    region.verify(RouteKind::PlainMail, MAIL);
    assert!(store.failed_numbers().unwrap().is_empty());
    // A full mailbox is no wrong address.
    let (request, mail) = region.sent(RouteKind::PlainMail, MAIL).await;
    region.arrives("full", &report(&mail, "failed", "5.2.2", "552 5.2.2 mailbox full"));
    assert_eq!(region.standing(&request), (DeliveryState::Undelivered, RequestState::Undelivered));
    assert!(store.clinic(region.clinic).unwrap().routes[0].verified_at.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_knows_nobody_of_that_name_marks_the_address_at_once() {
    for (said, marks) in [("550 5.1.1 user unknown", true), ("550 5.7.1 blocked as spam", false)] {
        let faults = Faults::from([(Step::Rcpt, Fault::Say(said.to_owned()))]);
        let region = Region::with(Behaviour { faults, login: None }).await;
        let mut clinic = region.store.clinic(region.clinic).unwrap();
        clinic.routes.retain(|route| route.kind == RouteKind::PlainMail);
        region.store.put_clinic(&clinic, at(0)).unwrap();
        region.verify(RouteKind::PlainMail, MAIL);
        let request = region.submit(None);
        assert!(region.raw_mails().await.is_empty());
        assert_eq!(region.standing(&request), (DeliveryState::Undelivered, RequestState::Undelivered));
        assert_eq!(region.store.failed_numbers().unwrap().len(), usize::from(marks), "{said}");
        let verified = region.store.clinic(region.clinic).unwrap().routes[0].verified_at.is_some();
        assert_eq!(verified, !marks, "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_can_say_that_something_did_not_arrive() {
    let region = Region::new().await;
    let (request, mail) = region.sent(RouteKind::PlainMail, MAIL).await;
    let real = String::from_utf8(report(&mail, "failed", "5.1.1", "550 user unknown")).unwrap();
    let token = mail.from.split(['+', '@']).nth(1).unwrap();
    let other = if token.ends_with('0') { "1" } else { "0" };
    let forged_token = format!("{}{other}", &token[..token.len() - 1]);
    let id = parse_id(&mail);
    let forged_id = format!("{}{other}", &id[..id.len() - 1]);
    let forged = real.replace(token, &forged_token).replace(&id, &forged_id);
    let read = region.arrives("forged", forged.as_bytes());
    assert_eq!(read.filed.reviews[0].reasons[0].code, ReasonCode::MailBounced);
    assert_eq!(region.standing(&request), (DeliveryState::Submitted, RequestState::Sent));
    // A person who has the mail and writes an ordinary one: no report, and not to the envelope's address.
    let words = format!(
        "From: {MAIL}\r\nTo: gateway@gateway.example\r\nSubject: Undeliverable\r\nIn-Reply-To: <{id}@gateway.example>\r\n\
         \r\nThe mail could not be delivered: user unknown <{MAIL}>\r\n"
    );
    region.arrives("words", words.as_bytes());
    assert_eq!(region.standing(&request).0, DeliveryState::Submitted);
}

fn parse_id(mail: &Arrived) -> String {
    let id = renraku::mail::parse::parse(&mail.bytes).message_id.unwrap();
    id.split('@').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fax_services_words_step_its_fax() {
    use DeliveryState::{Delivered, InDoubt, Queued, Submitted, Undelivered};
    let region = Region::new().await;
    let store = region.store.as_ref();
    let from = "result@fax.example";
    let (request, mail) = region.sent(RouteKind::FaxByMail, FAX).await;
    let number = request.number.as_str();
    // Somebody else's words change nothing and are looked at.
    let other = region.arrives("other", &service_mail("result@evil.example", "送信完了", number));
    assert_eq!((other.filed.reviews.len(), region.standing(&request).0), (1, Submitted));
    // That the service's server took the mail is not yet a fax.
    assert!(
        region.arrives("relayed", &report(&mail, "relayed", "2.0.0", "250 queued")).filed.reviews.is_empty()
    );
    assert_eq!(region.standing(&request).0, Submitted);
    // Busy: in the outbox again, after a while.
    let busy = service_mail(
        from,
        &format!("Re: renraku {number}"),
        "送信できませんでした。理由: 話中\r\n03-0000-0001",
    );
    assert!(region.arrives("busy", &busy).filed.reviews.is_empty());
    assert_eq!(region.standing(&request), (Queued, RequestState::Queued));
    assert!(region.deliver().await.is_none(), "not at once");
    region.later(5);
    assert_eq!(region.raw_mails().await.len(), 1);
    // What is told once more about the first try says nothing about the second, which may be ringing.
    let stale = region.arrives("stale", &report(&mail, "failed", "5.0.0", "550 failed"));
    assert_eq!((region.standing(&request).0, stale.filed.reviews.len()), (Submitted, 1));
    // It arrived; and then the service finds that it did not.
    let arrived = service_mail(from, "送信完了", &format!("{number} 0300000001"));
    assert!(region.arrives("arrived", &arrived).filed.reviews.is_empty());
    assert_eq!(region.standing(&request), (Delivered, RequestState::Sent));
    let late = service_mail(from, "送信できませんでした 話中", number);
    assert!(region.arrives("late", &late).filed.reviews.is_empty());
    assert_eq!(
        region.standing(&request),
        (Undelivered, RequestState::Undelivered),
        "and does not ring by itself"
    );
    // Which fax it means cannot be told: a person reads it.
    let which = region.arrives("which", &service_mail(from, "送信完了", "1件のFAXを送信しました"));
    assert_eq!(which.filed.reviews[0].reasons[0].code, ReasonCode::MailArrived);
    let news = region.arrives("news", &service_mail(from, "メンテナンスのお知らせ", "来週"));
    assert_eq!(news.filed.reviews[0].reasons[0].code, ReasonCode::ResultUnclear);
    // By its number alone, where one fax is awaited there.
    let (request, _) = region.sent(RouteKind::FaxByMail, FAX).await;
    let by_fax_number = service_mail(from, "送信できませんでした", "宛先 +81 3 0000 0001 番号違い");
    assert!(region.arrives("wrong", &by_fax_number).filed.reviews.is_empty());
    assert_eq!(region.standing(&request), (Undelivered, RequestState::Undelivered));
    assert!(
        store.clinic(region.clinic).unwrap().routes[0].verified_at.is_none(),
        "nothing goes there any more"
    );
    assert_eq!(store.failed_numbers().unwrap()[0].address, FAX);
    // Silence where both were promised.
    let (request, _) = region.sent(RouteKind::FaxByMail, FAX).await;
    region.later(29);
    assert!(store.flag_silent(10, region.clock.now()).unwrap().is_empty());
    region.later(2);
    assert_eq!(store.flag_silent(10, region.clock.now()).unwrap().len(), 1);
    assert_eq!(region.standing(&request), (InDoubt, RequestState::InDoubt));
    assert!(region.deliver().await.is_none(), "never sent again by itself");
    region.arrives("after all", &service_mail(from, "送信完了", request.number.as_str()));
    assert_eq!(region.standing(&request), (Delivered, RequestState::Sent));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_did_not_arrive_goes_another_way_and_only_there() {
    let region = Region::new().await;
    let store = region.store.as_ref();
    let (request, _) = region.sent(RouteKind::FaxByMail, FAX).await;
    let by = By::console();
    let again = |kind, address: &str| send_again(store, request.id, kind, address, &by, region.clock.now());
    let conflict = |result| matches!(result, Err(FlowError::Store(StoreError::Conflict(_))));
    assert!(conflict(again(RouteKind::FaxByMail, FAX)), "it left");
    let wrong = service_mail("result@fax.example", "送信できませんでした 番号違い", request.number.as_str());
    region.arrives("wrong", &wrong);
    assert!(matches!(again(RouteKind::FaxByMail, FAX), Err(FlowError::NotVerified { .. })), "found wrong");
    assert!(matches!(again(RouteKind::PlainMail, MAIL), Err(FlowError::NotVerified { .. })));
    region.verify(RouteKind::PlainMail, MAIL);
    let stored = store.request(request.id).unwrap();
    let clinic = store.clinic(region.clinic).unwrap();
    let offered: Vec<_> = ways(&stored, &store.deliveries(request.id).unwrap(), &clinic)
        .iter()
        .map(|way| way.address.clone())
        .collect();
    assert_eq!(offered, [MAIL]);
    region.later(1);
    again(RouteKind::PlainMail, MAIL).unwrap();
    let mails = region.raw_mails().await;
    assert_eq!((mails.len(), mails[0].to[0].as_str()), (1, MAIL));
    assert_eq!(region.standing(&request), (DeliveryState::Submitted, RequestState::Sent));
    assert!(conflict(again(RouteKind::PlainMail, MAIL)), "it left");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_that_went_to_somebody_else_is_reported_from_the_log() {
    let region = Region::new().await;
    let store = region.store.as_ref();
    let (request, _) = region.sent(RouteKind::FaxByMail, FAX).await;
    let wrong = service_mail("result@fax.example", "送信できませんでした 番号違い", request.number.as_str());
    region.arrives("wrong", &wrong);
    let delivery = store.deliveries(request.id).unwrap().pop().unwrap();
    let facts = looked_at(store, delivery.id, &By::console(), at(9)).unwrap();
    let text = renraku::report::misdirected::text(&facts, at(9));
    for expected in [
        request.number.as_str(),
        FAX,
        "見本医院",
        "見本事業所",
        "に本文の送信を開始",
        "wrong_number",
        "route_verified fax_by_mail 0300000001: test",
        "number_failed",
        "送った枚数 / pages: 1",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    for client in ["花子", "ハナコ", "昭和15", "ふらつき"] {
        assert!(!text.contains(client), "{client}: {text}");
    }
    let log = store.audit(&renraku::store::AuditFilter::default(), 5).unwrap();
    assert!(log.iter().any(|entry| entry.detail == "misdirected"));
}

/// A service's word about a fax may come with the sheet as it was sent, which is no answer; a ticked page in such a mail is.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_comes_with_a_notice_is_not_lost() {
    let region = Region::new().await;
    let (request, _) = region.sent(RouteKind::FaxByMail, FAX).await;
    let delivery = region.store.deliveries(request.id).unwrap().pop().unwrap();
    let sheet = region.store.sheet(&delivery.sheet_id.unwrap()).unwrap().unwrap();
    let pdf = region.store.blobs().get(&sheet.pdf).unwrap();
    let with = |page: &[u8], at: u64| {
        let mail = fax_service_mail(page, "03-0000-0001", at);
        let text = String::from_utf8_lossy(&mail);
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let head: Vec<&str> =
            head.lines().filter(|line| !line.starts_with("From:") && !line.starts_with("Subject:")).collect();
        let number = &request.number;
        let head = head.join("\r\n");
        format!("From: result@fax.example\r\nSubject: renraku {number} sent, =?utf-8?B?6YCB5L+h5a6M5LqG?=\r\n{head}\r\n\r\n{body}")
            .into_bytes()
    };
    let blank = crate::world::ticked_fax(&pdf, &sheet.layout, &[]);
    let told = region.arrives("copy", &with(&blank, 1));
    assert_eq!((told.filed.told.len(), told.filed.reviews.len()), (1, 0), "{:?}", told.filed);
    let ticked = crate::world::ticked_fax(&pdf, &sheet.layout, &[("answer", "no_problem")]);
    let answered = region.arrives("answer", &with(&ticked, 2));
    assert_eq!(answered.filed.answered, [request.id], "{:?}", answered.filed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_may_be_carried_and_its_clock_runs() {
    let region = Region::new().await;
    let store = region.store.as_ref();
    let (request, _) = region.sent(RouteKind::FaxByMail, FAX).await;
    let wrong = service_mail("result@fax.example", "送信できませんでした 番号違い", request.number.as_str());
    region.arrives("wrong", &wrong);
    let stored = store.request(request.id).unwrap();
    assert!(can_be_carried(&stored, &store.deliveries(request.id).unwrap()));
    region.later(1);
    send_again(store, request.id, RouteKind::Hand, "", &By::console(), region.clock.now()).unwrap();
    assert!(region.raw_mails().await.is_empty(), "nothing is sent anywhere");
    assert_eq!(region.standing(&request), (DeliveryState::Submitted, RequestState::Sent));
    let carried = store.deliveries(request.id).unwrap().pop().unwrap();
    let sheet = store.sheet(&carried.sheet_id.unwrap()).unwrap().expect("a sheet to print");
    assert!(store.blobs().get(&sheet.pdf).unwrap().starts_with(b"%PDF-"));
    region.later(60 * 24 * 20);
    let overdue = renraku::flow::flag_overdue::flag_overdue(store, region.clock.now()).unwrap();
    assert_eq!(overdue.iter().map(|one| one.id).collect::<Vec<_>>(), [request.id]);
    // Withdrawn: nobody has an address to tell; whoever carried it tells.
    renraku::flow::cancel::cancel(store, request.id, region.clock.now()).unwrap();
    assert!(region.raw_mails().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_bytes_by_two_ways_are_one_arrival() {
    let region = Region::new().await;
    let store = region.store.as_ref();
    let mail = service_mail("a@example.jp", "x", "x");
    let first = store_arrival(store, "imap:1", "mail", &mail, at(0)).unwrap();
    let second = store_arrival(store, "maildir:1", "mail", &mail, at(1)).unwrap();
    assert!(matches!((first, second), (Recorded::New(one), Recorded::Known(other)) if one == other));
}
