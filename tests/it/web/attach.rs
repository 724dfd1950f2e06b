//! Papers at the form, over real bytes: added, refused, taken away, lost with a session, sent, and never another's.

use super::world::{Browser, PASSWORD, Seen, World, at};
use crate::attachments::{paper, table};
use renraku::domain::id::RequestId;
use renraku::store::RequestFilter;

type Fields = Vec<(&'static str, String)>;

/// A form with files, as a browser posts it (RFC 7578).
fn multipart(fields: &[(&str, String)], files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        let head = format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend(head.into_bytes());
    }
    // A field of files in which nothing was chosen is posted too.
    let none = [("", Vec::new())];
    for (name, bytes) in if files.is_empty() { &none[..] } else { files } {
        let head = format!(
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        body.extend(head.into_bytes());
        body.extend(bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--b--\r\n");
    body
}

fn check(browser: &mut Browser, fields: &[(&str, String)], files: &[(&str, Vec<u8>)]) -> Seen {
    let mut all = vec![("csrf", browser.csrf())];
    all.extend(fields.iter().cloned());
    browser.post_parts("/requests/check", &multipart(&all, files))
}

fn with(fields: &Fields, more: &[(&'static str, &str)]) -> Fields {
    let more = more.iter().map(|(name, value)| (*name, (*value).to_owned()));
    fields.iter().cloned().chain(more).collect()
}

fn a4() -> Vec<u8> {
    paper(&[table(210.0, 297.0, 20.0)])
}

fn tables() -> Vec<u8> {
    paper(&[table(297.0, 210.0, 15.0), table(420.0, 297.0, 10.0)])
}

#[test]
fn papers_are_added_taken_away_looked_at_and_sent() {
    let world = World::new();
    let mut browser = world.signed_in("care_manager");
    let id = RequestId::new_at(at(0)).to_string();
    let filled = world.filled(&id);
    let shown = check(
        &mut browser,
        &with(&filled, &[("attach", "1")]),
        &[("第1表.pdf", a4()), (r"C:\見本\第2表 <b>.pdf", tables())],
    );
    assert_eq!(shown.status, 200, "{}", shown.text());
    let text = shown.text();
    assert!(text.contains("第1表.pdf") && text.contains("第2表 &lt;b&gt;.pdf") && text.contains("2ページ"));
    assert!(text.contains("縮小されます"), "an A3 table is hard to read");
    assert_eq!(shown.field("f.subject"), "件名 \"><script>", "what was typed is still there");
    let [first, second] = <[String; 2]>::try_from(attached(&shown)).unwrap();
    // One is taken away, and comes back by being chosen again at the last button.
    let one = with(&filled, &[("attachment", &first), ("attachment", &second), ("detach", &second)]);
    let shown = check(&mut browser, &one, &[]);
    assert_eq!(attached(&shown), std::slice::from_ref(&first));
    let checked = check(&mut browser, &with(&filled, &[("attachment", &first)]), &[("第2表.pdf", tables())]);
    assert_eq!((checked.status, checked.header("location")), (303, format!("/requests/check/{id}").as_str()));
    let check_page = browser.get(checked.header("location"));
    let text = check_page.text();
    assert!(text.contains("第1表.pdf (1ページ)") && text.contains("第2表.pdf (2ページ)"), "{text}");
    let sheet = browser.get(&format!("/requests/check/{id}/sheet.pdf"));
    let pages = lopdf::Document::load_mem(&sheet.body).unwrap().get_pages().len();
    assert!(text.contains(&format!("/page/{pages}\"")) && !text.contains(&format!("/page/{}\"", pages + 1)));
    let picture = browser.get(&format!("/requests/check/{id}/page/{pages}"));
    assert!(picture.body.starts_with(b"\x89PNG"));
    let papers = attached(&check_page);
    let mut send = with(&filled, &[("address", &check_page.field("address"))]);
    send.extend(papers.iter().map(|paper| ("attachment", paper.clone())));
    let sent = browser.send("/requests", &send);
    assert_eq!(sent.header("location"), format!("/requests/{id}?notice=sent"), "{}", sent.text());
    let stored = world.store.attachments(id.parse().unwrap()).unwrap();
    let shape: Vec<_> = stored.iter().map(|paper| (paper.name.as_str(), paper.pages.len())).collect();
    assert_eq!(shape, [("第1表.pdf", 1), ("第2表.pdf", 2)]);
    let text = browser.get(&format!("/requests/{id}")).text();
    assert!(text.contains("第1表.pdf (1ページ)") && text.contains("第2表.pdf (2ページ)"));
    // The same form again is the same request; with other papers it says that nothing of it was sent.
    assert_eq!(browser.send("/requests", &send).header("location"), format!("/requests/{id}?notice=sent"));
    send.pop();
    let other = browser.send("/requests", &send);
    assert_eq!(other.header("location"), format!("/requests/{id}?notice=sent-before"));
}

/// The papers that the page names.
fn attached(page: &Seen) -> Vec<String> {
    let text = page.text();
    let parts = text.split("name=\"attachment\" value=\"").skip(1);
    parts.map(|part| part.split('"').next().unwrap().to_owned()).collect()
}

#[test]
fn what_cannot_be_faxed_is_told_at_once_and_the_form_keeps_everything() {
    let world = World::new();
    let mut browser = world.signed_in("care_manager");
    let id = RequestId::new_at(at(0)).to_string();
    let filled = world.filled(&id);
    let large = [a4(), vec![b'\n'; renraku::domain::attachment::ATTACHED_FILE_BYTES]].concat();
    let many = paper(&vec![table(210.0, 297.0, 20.0); 6]);
    for (file, expected) in [
        (("メモ.txt", b"hello".to_vec()), "添付できるのはPDFだけ"),
        (("大.pdf", large), "ファイルが大きすぎます"),
    ] {
        // Whichever button was pressed: nothing goes on without what was chosen.
        for more in [&[("attach", "1")][..], &[]] {
            let shown = check(&mut browser, &with(&filled, more), &[("第1表.pdf", a4()), file.clone()]);
            assert_eq!(shown.status, 422);
            let text = shown.text();
            assert!(text.contains(&format!("{}: ", file.0)) && text.contains(expected), "{text}");
            assert_eq!(attached(&shown).len(), 1, "the other file was taken");
            assert_eq!(shown.field("f.subject"), "件名 \"><script>");
        }
    }
    let shown = check(&mut browser, &filled, &[("a.pdf", many.clone()), ("b.pdf", many)]);
    assert!(shown.status == 422 && shown.text().contains("合わせて10ページまで"), "{}", shown.text());
    assert_eq!(attached(&shown).len(), 1);
    assert_eq!(world.store.requests(&RequestFilter::default(), 10).unwrap().len(), 2, "nothing was sent");
}

#[test]
fn a_paper_is_nobody_elses_and_never_left_out_silently() {
    let world = World::new();
    let mut browser = world.signed_in("care_manager");
    let id = RequestId::new_at(at(0)).to_string();
    let filled = world.filled(&id);
    let mine = check(&mut browser, &with(&filled, &[("attach", "1")]), &[("第1表.pdf", a4())]);
    let paper = attached(&mine).remove(0);
    // Another user, even of the same office, has no way to it.
    let mut other = world.signed_in("office_manager");
    let theirs = with(&world.filled(&RequestId::new_at(at(0)).to_string()), &[("attachment", &paper)]);
    let shown = check(&mut other, &theirs, &[]);
    assert!(shown.status == 422 && shown.text().contains("もう一度選んでください"), "{}", shown.text());
    assert!(attached(&shown).is_empty());
    let mut sent = theirs.clone();
    sent.push(("address", "0300001002".to_owned()));
    let refused = other.send("/requests", &sent);
    assert!(refused.status == 422 && refused.text().contains("もう一度選んでください"));
    assert_eq!(world.store.requests(&RequestFilter::default(), 10).unwrap().len(), 2);
    // Nobody at all: nothing is opened, and the wrong token neither.
    let mut stranger = world.browser();
    let csrf = stranger.csrf();
    let body = multipart(&[("csrf", csrf)], &[("第1表.pdf", a4())]);
    assert_eq!(stranger.post_parts("/requests/check", &body).status, 403);
    let body = multipart(&[("csrf", "wrong".to_owned())], &[("第1表.pdf", a4())]);
    assert_eq!(browser.post_parts("/requests/check", &body).status, 403);
    // Files are taken nowhere else.
    let mut all = vec![("csrf", browser.csrf())];
    all.extend(filled.iter().cloned());
    let elsewhere = browser.post_parts("/clients", &multipart(&all, &[("第1表.pdf", a4())]));
    assert_eq!(elsewhere.status, 422, "a form without its fields, and no more");
}

#[test]
fn a_file_that_was_chosen_when_the_session_ended_is_asked_for_again() {
    let world = World::new();
    let mut browser = world.signed_in("care_manager");
    let id = RequestId::new_at(at(0)).to_string();
    let mut fields = vec![("csrf", browser.csrf())];
    fields.extend(world.filled(&id));
    world.later(60);
    let asked = browser.post_parts("/requests/check", &multipart(&fields, &[("第1表.pdf", a4())]));
    assert_eq!(asked.status, 403);
    assert!(asked.text().contains("入力した内容は残っています"));
    let [csrf, next, kept] = ["csrf", "next", "kept"].map(|name| asked.field(name));
    let pairs = [
        ("csrf", csrf.as_str()),
        ("next", &next),
        ("kept", &kept),
        ("login", "care_manager"),
        ("password", PASSWORD),
    ];
    let resumed = browser.post("/sign-in", &pairs);
    assert_eq!(resumed.status, 200);
    let mut again = world.filled(&id);
    again.push(("files-chosen", resumed.field("files-chosen")));
    let shown = browser.send("/requests/check", &again);
    assert!(shown.status == 422 && shown.text().contains("もう一度選んでください"), "{}", shown.text());
    assert_eq!(shown.field("f.subject"), "件名 \"><script>");
}

#[test]
fn a_form_that_papers_belong_to_asks_for_them() {
    let world = World::new();
    let mut browser = world.signed_in("care_manager");
    let path = |form: &str| format!("/requests/new?client={}&form={form}", world.clients[0]);
    let open = |text: &str| text.contains("id=\"attachments\" open");
    assert!(open(&browser.get(&path("care_plan_delivery")).text()));
    assert!(!open(&browser.get(&path("liaison")).text()));
}
