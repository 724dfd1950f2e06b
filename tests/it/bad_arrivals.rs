//! What arrives and is no answer: one clear reason for a person each, and the original kept as it came.

use crate::pool::{black_fax, endless_tiff};
use crate::world::{FaxService, World, ticked_fax};
use renraku::domain::id::ArrivalId;
use renraku::practice::clinic::fax_service_mail;
use renraku::practice::fax_tiff::encode_g4;
use renraku::read::bitmap::Bitmap;
use renraku::store::{ArrivalStore, Store};
use serde_json::Value;

const TICKS: [(&str, &str); 2] = [("answer", "no_problem"), ("signature", "doctor")];

/// A page with someone's code and nothing else, 40 mm wide.
fn foreign_code() -> Vec<u8> {
    let code = qrcode::QrCode::new(b"https://shop.example/menu").unwrap();
    let (modules, width) = (code.to_colors(), code.width());
    let mut page = Bitmap::white(1728, 2292);
    let scale = 320 / width;
    for y in 0..width * scale {
        for x in 0..width * scale {
            if modules[y / scale * width + x / scale] == qrcode::Color::Dark {
                page.ink[(400 + y) * 1728 + 600 + x] = 1;
            }
        }
    }
    encode_g4(&[(&page, 204.0, 196.0)])
}

/// The liaison sheet of another region, sealed with another key.
fn forged(world: &World) -> Vec<u8> {
    let (pdf, layout) = ["forged.pdf", "forged.json"].map(|name| world.path(name)).into();
    let mut command = crate::world::renraku();
    command.args(["sheet", "--form", "liaison", "--answers", crate::world::EXAMPLE]);
    command.arg("--out").arg(&pdf).arg("--layout").arg(&layout);
    crate::world::Ran::of(&mut command).ok();
    let layout = serde_json::from_slice(&std::fs::read(layout).unwrap()).unwrap();
    ticked_fax(&std::fs::read(pdf).unwrap(), &layout, &TICKS)
}

#[test]
fn each_is_one_clear_reason_for_a_person_and_the_original_is_kept() {
    let service = FaxService::willing();
    let world = World::new(service.port(), "");
    let requests = [(); 3].map(|()| world.submit(0, &["--now", "2025-11-18T01:00:00Z"]));
    world.run(&["deliver", "--once", "--now", "2025-11-18T01:01:00Z"]).ok();
    let good: Vec<Vec<u8>> = requests
        .iter()
        .map(|request| {
            let (layout, pdf) = world.sheet(request);
            ticked_fax(&pdf, &layout, &TICKS)
        })
        .collect();
    world.run(&["request", "cancel", &requests[1], "--now", "2025-11-18T02:00:00Z"]).ok();
    let cases: Vec<(&str, Vec<u8>, Option<&str>, &str)> = vec![
        ("an empty file", Vec::new(), None, "file_problem"),
        ("a truncated fax", good[0][..good[0].len() / 2].to_vec(), None, "file_problem"),
        ("a text that is called .tif", b"I am no picture at all.\n".to_vec(), None, "file_problem"),
        ("10,000 pages", endless_tiff(10_000, false), None, "file_problem"),
        ("a page of solid black", black_fax(), None, "sheet_not_found"),
        ("someone else's code", foreign_code(), None, "sheet_not_found"),
        ("a forged sheet", forged(&world), None, "code_forged"),
        ("a cancelled request", good[1].clone(), Some(&requests[1]), "request_ended"),
    ];
    for (nth, (name, tiff, request, reason)) in (1..).zip(cases) {
        let mail = fax_service_mail(&tiff, "03-0000-1002", nth);
        let file = world.file("arrived.eml", &mail);
        let ingested = world.run(&["ingest", &file, "--now", "2026-11-18T03:00:00Z"]).ok().json();
        assert_eq!(ingested["answered"], Value::Array(Vec::new()), "{name}: {ingested}");
        let items = ingested["reviews"].as_array().unwrap();
        let said = |item: &Value| item["reasons"].as_array().unwrap().clone();
        assert_eq!(items.len(), 1, "{name}: {items:?}");
        // Of the many pages, too, that they are nobody's.
        let reasons = if name == "10,000 pages" { 2 } else { 1 };
        assert_eq!(said(&items[0]).len(), reasons, "{name}: {items:?}");
        assert!(said(&items[0])[0].as_str().unwrap().starts_with(reason), "{name}: {items:?}");
        assert_eq!(items[0]["request_id"].as_str(), request, "{name}");
        let (store, id) =
            (world.store(), ingested["arrival"].as_str().unwrap().parse::<ArrivalId>().unwrap());
        assert_eq!(store.blobs().get(&store.arrival(id).unwrap().blob).unwrap(), mail, "{name}");
    }
    for request in &requests {
        assert!(world.store().replies(request.parse().unwrap()).unwrap().is_empty());
    }
    // Last year's sheet of a request that nobody answered is still that request's, whatever key is used by now.
    world.run(&["keys", "rotate"]).ok();
    let file = world.file("late.eml", fax_service_mail(&good[2], "03-0000-1002", 99));
    let late = world.run(&["ingest", &file, "--now", "2026-11-18T03:00:00Z"]).ok().json();
    assert_eq!(late["answered"], Value::from(vec![requests[2].clone()]), "{late}");
}

/// A notice of a mail server (RFC 3464) that gives our mail back, its page with it.
fn bounce(page: &[u8]) -> Vec<u8> {
    let given_back = String::from_utf8(fax_service_mail(page, "03-0000-1002", 77)).unwrap();
    let mail = format!(
        "Return-Path: <>\nFrom: MAILER-DAEMON@mail.example\nTo: gateway@gateway.example\n\
         Subject: Undelivered Mail Returned to Sender\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n\
         --b\nContent-Type: text/plain; charset=us-ascii\n\nYour mail could not be delivered.\n\
         --b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mail.example\n\n\
         Final-Recipient: rfc822; clinic@clinic.example\nAction: failed\nStatus: 5.1.1\n\
         Diagnostic-Code: smtp; 550 5.1.1 user unknown\n\n\
         --b\nContent-Type: message/rfc822\n\n{given_back}\n--b--\n"
    );
    mail.into_bytes()
}

#[test]
fn a_notice_or_a_holiday_reply_is_no_answer_even_with_a_ticked_page_in_it() {
    let service = FaxService::willing();
    let world = World::new(service.port(), "");
    let request = world.submit(0, &["--now", "2025-11-18T01:00:00Z"]);
    world.run(&["deliver", "--once", "--now", "2025-11-18T01:01:00Z"]).ok();
    let (layout, pdf) = world.sheet(&request);
    let page = ticked_fax(&pdf, &layout, &TICKS);
    let away = "From: sample@clinic.example\nTo: gateway@gateway.example\nAuto-Submitted: auto-replied\n\
                Subject: =?utf-8?B?5LyR6Ki644Gu44GK55+l44KJ44Gb?=\n\n";
    for (name, mail, reason) in [
        ("a bounce", bounce(&page), "mail_bounced: clinic@clinic.example 5.1.1"),
        ("a holiday reply", away.as_bytes().to_vec(), "auto_reply"),
    ] {
        let file = world.file("notice.eml", &mail);
        let ingested = world.run(&["ingest", &file]).ok().json();
        assert_eq!(ingested["answered"], Value::Array(Vec::new()), "{name}: {ingested}");
        let reasons: Vec<&Value> =
            ingested["reviews"].as_array().unwrap().iter().map(|item| &item["reasons"]).collect();
        assert_eq!(reasons, [&Value::from(vec![reason])], "{name}");
        let (store, id) =
            (world.store(), ingested["arrival"].as_str().unwrap().parse::<ArrivalId>().unwrap());
        assert_eq!(store.blobs().get(&store.arrival(id).unwrap().blob).unwrap(), mail, "{name}");
    }
    // The same page, faxed, is an answer, even from a service whose mails sound like a server's notices: both are told.
    let fax = String::from_utf8(fax_service_mail(&page, "03-0000-1002", 78)).unwrap();
    let sounds = |subject: &str| {
        format!("Return-Path: <>\r\n{}", fax.replace("Subject: ", &format!("Subject: {subject} ")))
    };
    let file = world.file("fax.eml", sounds("Delivery failed"));
    let answered = world.run(&["ingest", &file]).ok().json();
    assert_eq!(answered["answered"], Value::from(vec![request.clone()]), "{answered}");
    let reason = answered["reviews"][0]["reasons"][0].as_str().unwrap();
    assert!(reason.starts_with("mail_bounced"), "{answered}");
    let file = world.file("again.eml", sounds("FAX配信のお知らせ"));
    let repeated = world.run(&["ingest", &file]).ok().json();
    assert_eq!(repeated["repeated"], Value::from(vec![request]), "{repeated}");
    assert_eq!(repeated["reviews"], Value::Array(Vec::new()), "{repeated}");
}

#[test]
fn pages_that_may_be_several_replies_are_decided_one_by_one() {
    let service = FaxService::willing();
    let world = World::new(service.port(), "");
    let file = world.file("five.eml", fax_service_mail(&endless_tiff(5, false), "03-0000-1002", 1));
    let ingested = world.run(&["ingest", &file]).ok().json();
    let pages: Vec<u64> = ingested["reviews"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|item| item["page_number"].as_u64())
        .collect();
    assert_eq!(pages, [1, 2, 3, 4, 5], "{ingested}");
}
