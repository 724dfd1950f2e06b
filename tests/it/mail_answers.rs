//! A doctor answers in the text of a mail: the block that the request's mail carries is marked and sent back. Only what is
//! beyond doubt, from the clinic's own mailbox and with a token of ours, is recorded.

use crate::letters::{MAIL, Region};
use renraku::domain::directory::RouteKind;
use renraku::domain::reading::{FoundBy, ReasonCode};
use renraku::domain::request::{Reply, ReplySource, Request};
use renraku::domain::state::RequestState;
use renraku::flow::ingest::Ingested;
use renraku::mail::parse::{ParsedMail, parse};
use renraku::practice::clinic::fax_service_mail;

/// A mail that was sent to the clinic, and how the clinic's mailer answers it.
struct Mailed {
    request: Request,
    mail: ParsedMail,
    reply_to: String,
}

impl Mailed {
    async fn new(region: &Region) -> Self {
        let mut clinic = region.store.clinic(region.clinic).unwrap();
        clinic.routes.retain(|route| route.kind == RouteKind::PlainMail);
        region.store.put_clinic(&clinic, crate::letters::at(0)).unwrap();
        region.verify(RouteKind::PlainMail, MAIL);
        let request = region.submit(None);
        let raw = region.raw_mails().await.pop().unwrap().bytes;
        let text = String::from_utf8(raw.clone()).unwrap();
        let reply_to =
            text.lines().find_map(|line| line.strip_prefix("Reply-To: ")).unwrap().trim().to_owned();
        Self { request, mail: parse(&raw), reply_to }
    }

    /// The mail's text with marks set, quoted.
    fn quoted(&self, marks: &[&str]) -> String {
        let mut text = self.mail.text.replace("\r\n", "\n");
        for mark in marks {
            assert!(text.contains(&format!("[ ] {mark} ")), "{mark}: {text}");
            text = text.replace(&format!("[ ] {mark} "), &format!("[○] {mark} "));
        }
        quote(&text)
    }

    fn answer(&self, from: &str, to: &str, text: &str) -> Vec<u8> {
        self.answer_with(from, to, "", text)
    }

    fn answer_with(&self, from: &str, to: &str, headers: &str, text: &str) -> Vec<u8> {
        let subject = format!("Re: {}", self.mail.subject.as_deref().unwrap());
        format!(
            "From: {from}\r\nTo: {to}\r\nSubject: {subject}\r\nDate: Wed, 01 Jul 2026 12:00:00 +0900\r\n{headers}\
             MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}"
        )
        .into_bytes()
    }
}

/// A mail's text as a mailer gives it back.
pub fn quote(text: &str) -> String {
    text.lines().flat_map(|line| ["> ", line, "\r\n"]).collect()
}

/// The codes of the form's answer and of who gives it, as the block numbers them.
const OK: &str = "1-1";

fn reasons(read: &Ingested) -> Vec<ReasonCode> {
    read.filed.reviews.iter().flat_map(|item| &item.reasons).map(|reason| reason.code).collect()
}

fn replies(region: &Region, request: &Request) -> Vec<Reply> {
    region.store.replies(request.id).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_marked_block_from_the_clinics_mailbox_is_an_answer() {
    let region = Region::new().await;
    let mailed = Mailed::new(&region).await;
    let text = format!("お世話になっております。\r\n来週お電話します。\r\n\r\n{}", mailed.quoted(&[OK]));
    let read = region.arrives("answer", &mailed.answer(MAIL, &mailed.reply_to, &text));
    assert_eq!(reasons(&read), []);
    assert_eq!(read.filed.answered, [mailed.request.id]);
    let reply = replies(&region, &mailed.request).pop().unwrap();
    assert!(
        matches!(reply.source, ReplySource::Paper { found_by: FoundBy::ReplyAddress, .. }),
        "{:?}",
        reply.source
    );
    let chosen: Vec<&String> = reply.answers.values().flatten().collect();
    assert_eq!(chosen.len(), 1, "{:?}", reply.answers);
    assert!(reply.texts.values().any(|text| text.contains("来週お電話します")), "{:?}", reply.texts);
    assert_eq!(region.store.request(mailed.request.id).unwrap().state, RequestState::Answered);
    // The same said again is the same; something else is a question for a person.
    let read = region.arrives("again", &mailed.answer_with(MAIL, &mailed.reply_to, "X-Again: 1\r\n", &text));
    assert_eq!((read.filed.repeated.len(), replies(&region, &mailed.request).len()), (1, 1));
    let other = format!("訂正します。\r\n{}", mailed.quoted(&["1-2"]));
    let read = region.arrives("other", &mailed.answer(MAIL, &mailed.reply_to, &other));
    assert!(!reasons(&read).is_empty() && replies(&region, &mailed.request).len() == 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mail_that_it_refers_to_is_enough_and_a_typed_address_is_forgiven() {
    let region = Region::new().await;
    let mailed = Mailed::new(&region).await;
    let id = mailed.mail.message_id.clone().unwrap();
    let thread = format!("In-Reply-To: <{id}>\r\nReferences: <other@clinic.example> <{id}>\r\n");
    let text = mailed.quoted(&[OK]);
    let to = "gateway@gateway.example";
    let read = region.arrives("thread", &mailed.answer_with(MAIL, to, &thread, &text));
    assert_eq!((reasons(&read), read.filed.answered.len()), (vec![], 1));
    let reply = replies(&region, &mailed.request).pop().unwrap();
    assert!(matches!(reply.source, ReplySource::Paper { found_by: FoundBy::Thread, .. }));
    let mailed = Mailed::new(&region).await;
    let typed = mailed.reply_to.replace('0', "o").replace('1', "L").replacen("repLy", "reply", 1);
    let text = mailed.quoted(&[OK]);
    let read = region
        .arrives("typed", &mailed.answer(MAIL, &typed.replace("gateway.exampLe", "gateway.example"), &text));
    assert_eq!((reasons(&read), read.filed.answered.len()), (vec![], 1), "{typed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_else_waits_for_a_person() {
    let region = Region::new().await;
    let mailed = Mailed::new(&region).await;
    let good = mailed.quoted(&[OK]);
    let to = mailed.reply_to.as_str();
    let desk = "gateway@gateway.example";
    let number = mailed.request.number.as_str();
    let id = mailed.mail.message_id.clone().unwrap();
    let forged = format!(
        "In-Reply-To: <{}>\r\n",
        id.replacen(&id[30..31], if &id[30..31] == "0" { "1" } else { "0" }, 1)
    );
    let table: &[(&str, Vec<u8>, ReasonCode)] = &[
        ("another sender", mailed.answer("someone@elsewhere.example", to, &good), ReasonCode::SenderUnknown),
        ("two marks", mailed.answer(MAIL, to, &mailed.quoted(&["1-1", "1-2"])), ReasonCode::MailText),
        ("no mark", mailed.answer(MAIL, to, &mailed.quoted(&[])), ReasonCode::MailText),
        ("words alone", mailed.answer(MAIL, to, "了解しました。"), ReasonCode::MailText),
        (
            "a condition",
            mailed.answer(MAIL, to, &format!("ただし条件があります。\r\n{good}")),
            ReasonCode::MailText,
        ),
        ("no token", mailed.answer(MAIL, desk, &good), ReasonCode::NumberInMail),
        ("a forged reference", mailed.answer_with(MAIL, desk, &forged, &good), ReasonCode::NumberInMail),
        ("a number alone", mailed.answer(MAIL, desk, &format!("{number} 受領")), ReasonCode::NumberInMail),
        (
            "a holiday notice",
            mailed.answer_with(MAIL, to, "Auto-Submitted: auto-replied\r\n", &good),
            ReasonCode::AutoReply,
        ),
        (
            "a holiday notice without a header",
            String::from_utf8(mailed.answer(MAIL, to, &good))
                .unwrap()
                .replace("Subject: Re:", "Subject: 休診のお知らせ 自動返信 Re:")
                .into_bytes(),
            ReasonCode::AutoReply,
        ),
    ];
    for (name, mail, expected) in table {
        let read = region.arrives(name, mail);
        assert!(read.filed.answered.is_empty(), "{name}");
        assert!(reasons(&read).contains(expected), "{name}: {:?}", reasons(&read));
    }
    assert!(replies(&region, &mailed.request).is_empty());
    // A person reads one of them and confirms; the words are kept.
    let item =
        region.store.open_reviews(50).unwrap().into_iter().find(|item| item.request_id.is_some()).unwrap();
    let pages = region.store.arrival_pages(item.arrival_id).unwrap();
    assert!(pages.iter().any(|page| page.reading.found_by.is_mail()));
}

/// A ticked page and words that take it back, in one mail: a person reads both before anything is recorded.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_with_words_that_doubt_it_is_not_recorded() {
    let region = Region::new().await;
    for (words, answered) in [("確認しました。", 1), ("ただし、条件があります。", 0)] {
        let mailed = Mailed::new(&region).await;
        let delivery = region.store.deliveries(mailed.request.id).unwrap().pop().unwrap();
        let sheet = region.store.sheet(&delivery.sheet_id.unwrap()).unwrap().unwrap();
        let pdf = region.store.blobs().get(&sheet.pdf).unwrap();
        let tiff = crate::world::ticked_fax(&pdf, &sheet.layout, &[("answer", "no_problem")]);
        let mail = fax_service_mail(&tiff, "03-0000-0001", 1);
        let page = String::from_utf8_lossy(&mail).into_owned();
        let (_, page) = page.split_once("Content-Type: image/tiff").unwrap();
        let page = page.split("\r\n--").next().unwrap();
        let text = format!("{words}\r\n\r\n{}", mailed.quoted(&[]));
        let (to, number) = (&mailed.reply_to, &mailed.request.number);
        let mail = format!(
            "From: {MAIL}\r\nTo: {to}\r\nSubject: Re: {number}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; \
             boundary=xx\r\n\r\n--xx\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n--xx\r\n\
             Content-Type: image/tiff{page}\r\n--xx--\r\n"
        );
        let read = region.arrives(words, mail.as_bytes());
        assert_eq!(read.filed.answered.len(), answered, "{words}: {:?}", reasons(&read));
        assert_eq!(reasons(&read).contains(&ReasonCode::MailText), answered == 0, "{words}");
        let kept = replies(&region, &mailed.request).pop();
        assert_eq!(
            kept.is_some_and(|reply| reply.texts.values().any(|text| text.contains(words))),
            answered == 1
        );
    }
}

/// Our own mail that comes back is no answer, and neither is one that goes round.
#[tokio::test(flavor = "multi_thread")]
async fn loops_end_here() {
    let region = Region::new().await;
    region.verify(RouteKind::PlainMail, MAIL);
    let mut clinic = region.store.clinic(region.clinic).unwrap();
    clinic.routes.retain(|route| route.kind == RouteKind::PlainMail);
    region.store.put_clinic(&clinic, crate::letters::at(0)).unwrap();
    let request = region.submit(None);
    let own = region.raw_mails().await.pop().unwrap().bytes;
    let read = region.arrives("own", &own);
    assert_eq!((reasons(&read), read.filed.answered.len()), (vec![ReasonCode::MailLoop], 0));
    let hops = "Received: from a by b; Wed, 01 Jul 2026 12:00:00 +0900\r\n".repeat(60);
    let round = format!("{hops}From: {MAIL}\r\nTo: gateway@gateway.example\r\nSubject: x\r\n\r\nx\r\n");
    assert_eq!(reasons(&region.arrives("round", round.as_bytes())), [ReasonCode::MailLoop]);
    assert!(region.raw_mails().await.is_empty(), "nothing answers by itself");
    assert_eq!(region.store.request(request.id).unwrap().state, RequestState::Sent);
}
