//! `ingest`: each thing that arrives becomes one reply, the same reply again, or one item for a person; its
//! bytes are kept whatever it is.

use super::{NO_PROBLEM, NOW, SOON, strange};
use crate::world::{FaxService, Ran, World, ticked_fax};
use renraku::domain::sheet_number::SheetNumber;
use renraku::form::answers::check_answers;
use renraku::practice::clinic::fax_service_mail;
use renraku::seal::keyring::Keyring;
use renraku::sheet::{SheetOrder, render};
use renraku::store::{ArrivalStore, RequestStore, Store};
use serde_json::Value;

const CALL: &[(&str, &str)] = &[("answer", "call"), ("slots", "slot_2"), ("signature", "on_behalf")];

/// What an arrival must become.
#[derive(Debug, Clone, Copy)]
enum Became<'a> {
    Reply(&'a str),
    Repeated(&'a str),
    /// One item, with this reason, of this request or of none.
    Review(&'static str, Option<&'a str>),
}

/// Sent sheets in a world of their own.
struct Desk {
    world: World,
    _service: FaxService,
}

impl Desk {
    fn new() -> Self {
        let service = FaxService::willing();
        Self { world: World::new(service.port(), ""), _service: service }
    }

    fn send(&self) -> String {
        let id = self.world.submit(0, &["--now", NOW]);
        self.world.run(&["deliver", "--once", "--now", SOON]).ok();
        id
    }

    /// A mail of the fax service with this answer; `nth` makes it another mail.
    fn answered(&self, request: &str, ticks: &[(&str, &str)], nth: u64) -> Vec<u8> {
        let (layout, pdf) = self.world.sheet(request);
        fax_service_mail(&ticked_fax(&pdf, &layout, ticks), "03-0000-1002", nth)
    }

    fn ingest(&self, name: &str, bytes: &[u8]) -> Ran {
        let file = self.world.file(name, bytes);
        self.world.run(&["ingest", &file, "--now", "2026-11-19T01:00:00Z"])
    }

    fn state(&self, request: &str) -> String {
        let shown = self.world.run(&["request", "show", request, "--json"]).ok().json();
        shown["request"]["state"].as_str().unwrap().to_owned()
    }

    fn assert_kept(&self, case: &str, line: &Value, bytes: &[u8]) {
        let store = self.world.store();
        let arrival = store.arrival(line["arrival"].as_str().unwrap().parse().unwrap()).unwrap();
        assert_eq!(store.blobs().get(&arrival.blob).unwrap(), bytes, "{case}: the bytes");
    }
}

#[track_caller]
fn assert_became(case: &str, line: &Value, became: Became) {
    let list = |key: &str| line[key].as_array().unwrap().clone();
    let counts = (list("answered").len(), list("repeated").len(), list("reviews").len());
    match became {
        Became::Reply(request) => {
            assert_eq!(counts, (1, 0, 0), "{case}: {line}");
            assert_eq!(line["answered"][0], request, "{case}");
        }
        Became::Repeated(request) => {
            assert_eq!(counts, (0, 1, 0), "{case}: {line}");
            assert_eq!(line["repeated"][0], request, "{case}");
        }
        Became::Review(reason, request) => {
            assert_eq!(counts, (0, 0, 1), "{case}: {line}");
            let reasons = list("reviews")[0]["reasons"].to_string();
            assert!(reasons.contains(&format!("\"{reason}")), "{case}: {line}");
            assert_eq!(line["reviews"][0]["request_id"].as_str(), request, "{case}: {line}");
        }
    }
}

/// The same sheet, sealed by somebody who does not have the key but calls his own by the same name.
fn forged(world: &World, request: &str) -> Vec<u8> {
    let store = world.store();
    let sheet_id = store.deliveries(request.parse().unwrap()).unwrap()[0].sheet_id.clone().unwrap();
    sealed(world, request, &sheet_id, &Keyring::generate().unwrap())
}

/// Our own sheet of long ago: its seal is true, but nobody remembers it.
fn of_last_year(world: &World, request: &str) -> Vec<u8> {
    let keys = std::fs::read_to_string(world.data.join("keys.toml")).unwrap();
    let keyring = Keyring::from_toml(&keys).unwrap();
    sealed(world, request, &SheetNumber::from_random([9; 7]), &keyring)
}

fn sealed(world: &World, request: &str, sheet_id: &SheetNumber, keyring: &Keyring) -> Vec<u8> {
    let store = world.store();
    let request = store.request(request.parse().unwrap()).unwrap();
    let form = store.form(&request.form_id, request.form_version).unwrap();
    let rendered = render(&SheetOrder {
        form: &form,
        answers: &check_answers(&form, &request.answers).unwrap(),
        number: request.number.as_str(),
        sheet_id,
        keyring,
        issued_on: jiff::civil::date(2026, 11, 18),
        due_on: request.due_on,
        return_fax: "03-0000-0001",
        sample: true,
        cover: false,
        attached: &[],
    });
    let rendered = rendered.unwrap();
    ticked_fax(&rendered.pdf, &rendered.layout, NO_PROBLEM)
}

#[test]
fn everything_that_arrives_becomes_one_thing_and_is_kept() {
    let desk = Desk::new();
    let (request, withdrawn) = (desk.send(), desk.send());
    desk.world.run(&["request", "cancel", &withdrawn, "--now", NOW]).ok();
    let good = desk.answered(&request, NO_PROBLEM, 1);
    let again = desk.answered(&request, NO_PROBLEM, 2);
    let other = desk.answered(&request, CALL, 3);
    let late = desk.answered(&withdrawn, NO_PROBLEM, 4);
    let fax = {
        let (layout, pdf) = desk.world.sheet(&request);
        ticked_fax(&pdf, &layout, NO_PROBLEM)
    };
    let cases: Vec<(&str, Vec<u8>, Became)> = vec![
        ("no-attachment.eml", strange::mail_without_attachment(), Became::Review("no_attachment", None)),
        ("broken.tif", fax[..fax.len() / 8].to_vec(), Became::Review("file_problem", None)),
        ("text.tif", b"This is not a picture.\n".to_vec(), Became::Review("file_problem", None)),
        ("black.tif", strange::black_page(), Became::Review("sheet_not_found", None)),
        ("last-year.tif", of_last_year(&desk.world, &request), Became::Review("sheet_unknown", None)),
        ("bomb.pdf", strange::pdf_bomb(), Became::Review("file_problem", None)),
        ("bomb.tif", strange::tiff_bomb(), Became::Review("file_problem", None)),
        ("empty", Vec::new(), Became::Review("file_problem", None)),
        ("forged.tif", forged(&desk.world, &request), Became::Review("code_forged", None)),
        ("menu.tif", strange::foreign_page(), Became::Review("sheet_not_found", None)),
        ("answer.eml", good, Became::Reply(&request)),
        ("again.eml", again, Became::Repeated(&request)),
        ("the-fax-itself.tif", fax, Became::Repeated(&request)),
        ("other.eml", other, Became::Review("second_answer", Some(&request))),
        ("late.eml", late, Became::Review("request_ended", Some(&withdrawn))),
    ];
    let mut reviews = 0;
    for (name, bytes, became) in &cases {
        let ran = desk.ingest(name, bytes).ok();
        assert!(!ran.err.contains("panicked"), "{name}: {}", ran.err);
        let line = ran.json();
        assert_became(name, &line, *became);
        desk.assert_kept(name, &line, bytes);
        reviews += usize::from(matches!(became, Became::Review(..)));
        // The very same file again is the same arrival, and nothing more comes of it.
        let known = desk.ingest(name, bytes).ok().json();
        assert_eq!((&known["known"], &known["arrival"]), (&true.into(), &line["arrival"]), "{name}");
        assert_eq!(
            known["answered"].as_array().unwrap().len() + known["reviews"].as_array().unwrap().len(),
            0
        );
    }
    assert_eq!(desk.state(&request), "answered");
    assert_eq!(desk.state(&withdrawn), "cancelled");
    let shown = desk.world.run(&["request", "show", &request, "--json"]).ok().json();
    let replies = shown["replies"].as_array().unwrap();
    assert_eq!(replies.len(), 1, "{replies:?}");
    assert_eq!(replies[0]["answers"]["answer"], serde_json::json!(["no_problem"]));
    assert_eq!(desk.world.run(&["review", "list", "--json"]).ok().lines().len(), reviews);
}

#[test]
fn stdin_and_the_inbox_are_read_as_files_are() {
    let desk = Desk::new();
    let (first, second) = (desk.send(), desk.send());
    let mail = desk.answered(&first, NO_PROBLEM, 1);
    let line = Ran::fed(&mut desk.world.command(&["ingest", "-"]), &mail).ok().json();
    assert_became("stdin", &line, Became::Reply(&first));
    desk.assert_kept("stdin", &line, &mail);

    let mail = desk.answered(&second, CALL, 2);
    let inbox = desk.world.data.join("inbox");
    let now = jiff::Timestamp::now();
    renraku::mail::receive::maildir::deliver_to_maildir(&inbox, now, &mail).unwrap();
    let line = desk.world.run(&["receive"]).ok().json();
    assert_became("inbox", &line, Became::Reply(&second));
    desk.assert_kept("inbox", &line, &mail);
    assert_eq!(desk.world.run(&["receive"]).ok().out, "", "a mail was taken twice");
    let missing = desk.world.path("missing.eml");
    desk.world.run(&["ingest", missing.to_str().unwrap()]).refused("no such file", "cannot be read");
}

#[test]
fn an_old_sheet_is_still_ours_after_the_keys_were_changed() {
    let desk = Desk::new();
    let old = desk.send();
    let rotated = desk.world.run(&["keys", "rotate"]).ok().json();
    assert_eq!(rotated["current"], "2");
    let new = desk.send();
    let code = |request: &str| desk.world.sheet(request).0.pages[0].code.text.clone();
    assert!(code(&old).starts_with('1') && code(&new).starts_with('2'));
    for (nth, request) in [(1, &old), (2, &new)] {
        let line = desk.ingest(&format!("{nth}.eml"), &desk.answered(request, NO_PROBLEM, nth)).ok().json();
        assert_became("after the change", &line, Became::Reply(request));
    }
}
