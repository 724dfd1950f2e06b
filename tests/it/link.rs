//! A clinic's one-time link over HTTP, byte for byte: what a scanner of mails, a hurried doctor, a guesser and
//! two clerks at once do to it.

mod browser;
mod secrecy;

use browser::{Browser, Page, Place};
use jiff::ToSpan;
use renraku::domain::account::By;
use renraku::domain::id::RequestId;
use renraku::domain::request::{Reply, ReplySource};
use renraku::domain::state::RequestState;
use renraku::flow::link::{LinkRule, issue_link, revoke};
use renraku::store::AuditFilter;

const DIGITS: &str = "0001";

/// What nobody may see before the digits: the client, the question, the doctor.
const CLIENT_DATA: &[&str] = &["見本 花子", "ミホン", "M・H", "H・M", "訪問介護", "見本 一郎", "昭和15年"];

fn call(who: &str) -> Vec<(&'static str, String)> {
    vec![("r.answer", "call".to_owned()), ("r.signature", who.to_owned())]
}

fn replies(place: &Place) -> Vec<Reply> {
    place.store.replies(place.request).unwrap()
}

/// A browser that has given the digits and looks at the form.
fn inside(place: &Place) -> Browser {
    let mut browser = place.browser();
    browser.get(&place.link);
    let sent = browser.post(&place.link, &[("digits", DIGITS.to_owned())]);
    assert_eq!((sent.status, sent.header("location")), (303, format!("{}/answer", place.link)));
    assert_eq!(browser.get(&format!("{}/answer", place.link)).status, 200);
    browser
}

fn send(place: &Place, browser: &mut Browser, fields: &[(&str, String)]) -> Page {
    browser.post(&format!("{}/answer", place.link), fields)
}

#[test]
fn looking_changes_nothing_and_shows_nothing() {
    let place = Place::new();
    let link = place.store.links(place.request).unwrap();
    let events = place.store.last_event().unwrap();
    let audit = place.store.audit(&AuditFilter::default(), 1).unwrap();
    let mut scanner = place.browser();
    for nth in 0..1_000 {
        let below = ["", "", "/answer", "/thanks"][nth % 4];
        let page = scanner.ask(["GET", "HEAD"][nth % 2], &format!("{}{below}", place.link), &[], None);
        scanner.forget();
        if below.is_empty() {
            assert_eq!(page.status, 200);
            assert_eq!(page.body.is_empty(), nth % 2 == 1);
        } else {
            assert_eq!((page.status, page.header("location")), (303, place.link.clone()));
        }
        for word in CLIENT_DATA {
            assert!(!page.body.contains(word), "{word}");
        }
    }
    assert_eq!(place.store.links(place.request).unwrap(), link);
    assert_eq!(place.store.last_event().unwrap(), events);
    assert_eq!(place.store.audit(&AuditFilter::default(), 1).unwrap(), audit);
    // It still opens.
    inside(&place);
}

#[test]
fn a_plain_answer_takes_three_taps_after_the_digits() {
    let place = Place::new();
    let mut browser = inside(&place);
    let form = browser.get(&format!("{}/answer", place.link));
    assert!(
        form.body.contains("訪問介護を週2回から週3回に増やし") && form.body.contains("M・H 様"),
        "{}",
        form.body
    );
    for hidden in ["見本 花子", "ミホン", "0000000001"] {
        assert!(!form.body.contains(hidden), "{hidden} is shown");
    }
    for header in ["no-store", "no-referrer", "noindex", "frame-ancestors 'none'"] {
        assert!(form.head.contains(header), "{header} is missing: {}", form.head);
    }
    assert!(!form.body.contains(" checked"), "nothing is ticked for the doctor");

    // Tap 1: the answer. Tap 2: who. Tap 3: the button.
    let sent = send(&place, &mut browser, &call("doctor"));
    assert_eq!((sent.status, sent.header("location")), (303, format!("{}/thanks", place.link)));
    let thanks = browser.get(&format!("{}/thanks", place.link));
    assert!(thanks.status == 200 && thanks.body.contains("ありがとうございました"));
    let [reply] = &replies(&place)[..] else { panic!() };
    let link = &place.store.links(place.request).unwrap()[0];
    assert_eq!(reply.source, ReplySource::Link { link_id: link.id, name: String::new() });
    assert_eq!(
        (&reply.answers["answer"][..], &reply.answers["signature"][..]),
        (&["call".to_owned()][..], &["doctor".to_owned()][..])
    );
    assert_eq!(place.store.request(place.request).unwrap().state, RequestState::Answered);
    let seen = place.store.audit(&AuditFilter::default(), 50).unwrap();
    assert!(seen.iter().any(|entry| entry.detail == format!("seen by link {}", link.id)));
    assert!(seen.iter().any(|entry| entry.detail == format!("answered by link {}", link.id)));
}

#[test]
fn one_of_a_hundred_first_answers_is_recorded() {
    let place = Place::new();
    let browsers: Vec<Browser> = {
        let first = inside(&place);
        (0..100).map(|_| first.clone()).collect()
    };
    let options = ["no_problem", "call", "by_letter", "not_mine"];
    let pages: Vec<Page> = std::thread::scope(|scope| {
        let place = &place;
        let all: Vec<_> = browsers
            .into_iter()
            .enumerate()
            .map(|(nth, mut browser)| {
                let answer = options[nth % options.len()].to_owned();
                let fields = [("r.answer", answer), ("r.signature", "doctor".to_owned())];
                scope.spawn(move || send(place, &mut browser, &fields))
            })
            .collect();
        all.into_iter().map(|it| it.join().unwrap()).collect()
    });
    assert_eq!(replies(&place).len(), 1, "exactly one wins");
    let thanked = pages.iter().filter(|page| page.status == 303).count();
    let told: Vec<&Page> = pages.iter().filter(|page| page.status == 409).collect();
    assert_eq!((thanked, told.len()), (25, 75), "the same answer is thanked for, another one is told");
    for page in told {
        assert!(page.body.contains("すでに回答をいただいています"), "{}", page.body);
        assert!(
            page.body.contains(" checked") && page.body.contains(r#"name="seen""#),
            "what was chosen stays"
        );
    }
}

#[test]
fn what_was_overtaken_can_be_sent_as_a_change_and_every_version_stays() {
    let place = Place::new();
    let (mut first, mut second) = (inside(&place), inside(&place));
    send(&place, &mut first, &call("doctor"));
    let mut opinion = vec![
        ("r.answer", "opinion".to_owned()),
        ("r.signature", "on_behalf".to_owned()),
        ("t.comment", "夕食後の薬は\r\n朝に\"><script>移します 𠮷".to_owned()),
        ("name", "見本 二郎".to_owned()),
    ];
    let told = send(&place, &mut second, &opinion);
    assert_eq!(told.status, 409);
    assert!(told.body.contains("移します 𠮷") && !told.body.contains("\"><script>"), "{}", told.body);
    opinion.push(("seen", told.hidden("seen")));
    assert_eq!(send(&place, &mut second, &opinion).status, 303);
    let [old, new] = &replies(&place)[..] else { panic!() };
    assert_eq!(old.answers["answer"], ["call"]);
    assert_eq!(new.answers["answer"], ["opinion"]);
    assert_eq!(new.texts["comment"], "夕食後の薬は\n朝に\"><script>移します 𠮷");
    assert!(matches!(&new.source, ReplySource::Link { name, .. } if name == "見本 二郎"));
    // A double click and a reload add nothing.
    opinion.pop();
    assert_eq!(send(&place, &mut second, &opinion).status, 303);
    assert_eq!(replies(&place).len(), 2);
    // The form is filled in with what counts now.
    let form = first.get(&format!("{}/answer", place.link));
    assert!(
        form.body.contains(r#"value="opinion" checked"#) && form.body.contains("に回答をいただいています")
    );
}

#[test]
fn wrong_digits_lock_it_also_when_tried_at_once() {
    let place = Place::new();
    let mut browser = place.browser();
    browser.get(&place.link);
    let nothing = browser.post(&place.link, &[("digits", "12".to_owned())]);
    assert!(nothing.status == 422 && nothing.body.contains("4桁の数字"), "{}", nothing.body);
    let wrong = browser.post(&place.link, &[("digits", "９９９９".to_owned())]);
    assert!(wrong.status == 403 && wrong.body.contains("あと4回"), "{}", wrong.body);
    let pages: Vec<Page> = std::thread::scope(|scope| {
        let place = &place;
        let all: Vec<_> = (0..30)
            .map(|nth| {
                let mut browser = browser.clone();
                let digits = format!("{:04}", 2 + nth);
                scope.spawn(move || browser.post(&place.link, &[("digits", digits)]))
            })
            .collect();
        all.into_iter().map(|it| it.join().unwrap()).collect()
    });
    assert_eq!(pages.iter().filter(|page| page.status == 403).count(), 3);
    assert_eq!(pages.iter().filter(|page| page.status == 410).count(), 27);
    for page in [browser.post(&place.link, &[("digits", DIGITS.to_owned())]), browser.get(&place.link)] {
        assert_eq!(page.status, 410, "the right ones come too late");
        assert!(page.body.contains("5回違った") && page.body.contains("03-0000-0003"), "{}", page.body);
    }
    assert_eq!(place.store.links(place.request).unwrap()[0].wrong_tries, 5);
}

#[test]
fn a_link_that_is_closed_says_so_calmly() {
    let place = Place::new();
    let mut browser = inside(&place);
    let unknown = place.browser().get(&format!("/a/{}", "0".repeat(32)));
    for (what, sentence) in
        [("expired", "期限が過ぎている"), ("revoked", "新しいもの"), ("cancelled", "取り消されました")]
    {
        match what {
            "expired" => place.clock_forward(14 * 24 * 60),
            "revoked" => {
                revoke(place.store.as_ref(), place.request, &By::console(), place.now()).unwrap();
            }
            _ => {
                place.store.cancel(place.request, "", place.now()).unwrap();
            }
        }
        let answer = send(&place, &mut browser, &call("doctor"));
        for page in [browser.get(&place.link), browser.get(&format!("{}/answer", place.link)), answer] {
            assert_eq!(page.status, unknown.status, "{what}");
            assert!(
                page.body.contains(sentence) && page.body.contains("03-0000-0003"),
                "{what}: {}",
                page.body
            );
            assert!(CLIENT_DATA.iter().all(|word| !page.body.contains(word)), "{what}");
            if what == "expired" {
                assert_eq!(page.head_without("content-length"), unknown.head_without("content-length"));
            }
        }
    }
    assert!(unknown.body.contains("期限が過ぎている") && !unknown.body.contains("03-"), "{}", unknown.body);
    for odd in ["/a/", "/a/x", "/a/%00", "/a/..%2f", &format!("/a/{}", "f".repeat(5_000))] {
        assert!([404, 410].contains(&place.browser().get(odd).status), "{odd}");
    }
    assert!(replies(&place).is_empty());
}

#[test]
fn a_pass_opens_its_own_link_for_a_while() {
    let place = Place::new();
    let mut browser = inside(&place);
    let other = place.another_request();
    // The browser would not send it there; somebody with a tool would.
    let page = browser.get(&format!("{other}/answer"));
    assert_eq!((page.status, page.header("location")), (303, other.clone()));
    let page = browser.post(&format!("{other}/answer"), &call("doctor"));
    assert!(page.status == 401 && page.body.contains("もう一度、番号の下4桁"), "{}", page.body);
    let denied = place.store.audit(&AuditFilter::default(), 10).unwrap();
    assert!(denied.iter().any(|entry| entry.what.as_str() == "denied" && entry.record_kind == "link"));
    assert!(replies(&place).is_empty());

    // Time passes: the digits again, and nothing that was chosen is lost.
    place.clock_forward(20);
    let page = send(&place, &mut browser, &call("on_behalf"));
    assert_eq!(page.status, 401);
    assert!(replies(&place).is_empty());
    let fields = [("digits", DIGITS.to_owned()), ("kept", page.hidden("kept"))];
    let form = browser.post(&place.link, &fields);
    assert_eq!(form.status, 200);
    assert!(
        form.body.contains(r#"value="call" checked"#) && form.body.contains(r#"value="on_behalf" checked"#)
    );
    assert_eq!(send(&place, &mut browser, &call("on_behalf")).status, 303);
    assert_eq!(replies(&place).len(), 1);
}

#[test]
fn what_is_no_whole_answer_is_told_and_kept() {
    let place = Place::new();
    let mut browser = inside(&place);
    let comment = || ("t.comment", "残る言葉".to_owned());
    for (fields, sentence) in [
        (vec![comment()], "回答者"),
        (vec![comment(), ("r.signature", "doctor".to_owned())], "ご回答(1つだけ)"),
        (vec![comment(), ("r.answer", "call".to_owned())], "回答者を選んで"),
        ([call("doctor"), vec![("r.answer", "meeting".to_owned()), comment()]].concat(), "ご回答(1つだけ)"),
        ([call("boss"), vec![comment()]].concat(), "選択肢"),
    ] {
        let page = send(&place, &mut browser, &fields);
        assert!(page.status == 422 && page.body.contains(sentence), "{sentence}: {}", page.body);
        assert!(page.body.contains("残る言葉") && page.body.contains("field-wrong"), "{}", page.body);
    }
    let page = send(
        &place,
        &mut browser,
        &[("r.answer", "opinion".to_owned()), ("r.signature", "doctor".to_owned())],
    );
    assert!(page.status == 422 && page.body.contains("連絡欄にご記入ください"), "{}", page.body);
    let long = [call("doctor"), vec![("t.comment", "あ".repeat(1_001))]].concat();
    assert_eq!(send(&place, &mut browser, &long).status, 422);
    let huge = [call("doctor"), vec![("t.comment", "あ".repeat(4_000_000))]].concat();
    assert_eq!(send(&place, &mut browser, &huge).status, 413);
    browser.csrf = "0".repeat(64);
    assert_eq!(send(&place, &mut browser, &call("doctor")).status, 403, "a form of another site");
    assert!(replies(&place).is_empty());
}

#[test]
fn a_link_is_built_from_the_setting_alone() {
    let place = Place::new();
    let (store, by) = (place.store.as_ref(), By::console());
    let none = issue_link(store, &LinkRule::default(), place.request, &by, place.now());
    assert!(none.unwrap_err().to_string().contains("public_url"));
    let rule = LinkRule { public_url: Some("https://renraku.example.jp/".to_owned()), ..LinkRule::default() };
    let nobody = RequestId::new_at(place.now());
    assert!(issue_link(store, &rule, nobody, &by, place.now()).is_err());
    let issued = issue_link(store, &rule, place.request, &by, place.now()).unwrap();
    let token = issued.token.expose();
    assert_eq!(issued.url.expose(), format!("https://renraku.example.jp/a/{token}"));
    assert!(token.len() == 32 && token.bytes().all(|byte| byte.is_ascii_hexdigit()), "128 bits");
    assert_eq!(issued.link.expires_at, place.now() + (14 * 24).hours());
    assert!(!format!("{issued:?}").contains(token));
}
