//! Every form on its pages: offered to care managers, filled, checked and sent; fields that depend on a choice,
//! with a script or without; warnings that stop nothing; what is urgent; versions.

use super::world::{Browser, World, at};
use renraku::domain::id::RequestId;
use renraku::form::catalogue::{BUILT_IN, Catalogue};
use renraku::form::definition::{FieldKind, FormDefinition, PartyRole};
use renraku::web::WebSettings;
use serde_json::Value;

/// What a browser posts for a form that is filled as its example is.
fn posted(world: &World, form: &FormDefinition, id: &str) -> Vec<(&'static str, String)> {
    let json = crate::catalogue::example(&form.id);
    let mut pairs = vec![
        ("id", id.to_owned()),
        ("form", form.id.clone()),
        ("client", world.clients[0].to_string()),
        ("to", format!("{}/見本 一郎", world.clinics[0])),
    ];
    for field in &form.fields {
        let Some(value) = json.get(&field.id) else { continue };
        // A test's names live as long as it runs.
        let name: &'static str = format!("f.{}", field.id).leak();
        match &field.kind {
            FieldKind::Party { role: PartyRole::CareManager } => {
                pairs.push((format!("{name}.person").leak(), "見本 太郎".to_owned()));
            }
            FieldKind::Party { .. } | FieldKind::Client => {}
            FieldKind::Choices { .. } => {
                pairs.extend(value.as_array().unwrap().iter().map(|one| (name, text(one))));
            }
            FieldKind::Slots { .. } => {
                for (nth, slot) in (1..).zip(value.as_array().unwrap()) {
                    for part in ["date", "from", "to"] {
                        pairs.push((format!("{name}.{nth}.{part}").leak(), text(&slot[part])));
                    }
                }
            }
            _ => pairs.push((name, text(value))),
        }
        if field.when.is_some() {
            pairs.push(("seen", field.id.clone()));
        }
    }
    // What the page would show too, as the form is filled; nothing was written there.
    pairs.extend(
        form.fields
            .iter()
            .filter(|field| field.when.is_some() && json.get(&field.id).is_none())
            .map(|field| ("seen", field.id.clone())),
    );
    for part in ["date", "method", "by", "scope"] {
        pairs.push((format!("consent.{part}").leak(), text(&json["consent"][part])));
    }
    pairs
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn offered() -> Vec<FormDefinition> {
    let forms = Catalogue::built_in().unwrap();
    let is_ours = |form: &&FormDefinition| form.from == PartyRole::CareManager;
    forms.forms().iter().filter(is_ours).cloned().collect()
}

fn new_id() -> String {
    RequestId::new_at(at(0)).to_string()
}

/// Fills, checks and sends; gives the page before sending.
fn send(world: &World, browser: &mut Browser, form: &FormDefinition) -> String {
    let id = browser.get(&format!("/requests/new?client={}&form={}", world.clients[0], form.id)).field("id");
    let mut pairs = posted(world, form, &id);
    let seen = browser.send("/requests/check", &pairs);
    assert_eq!(seen.status, 303, "{}: {}", form.id, seen.text());
    let check = browser.get(seen.header("location"));
    assert_eq!(check.status, 200, "{}", form.id);
    pairs.push(("address", check.field("address")));
    let sent = browser.send("/requests", &pairs);
    assert_eq!(
        sent.header("location"),
        format!("/requests/{id}?notice=sent"),
        "{}: {}",
        form.id,
        sent.text()
    );
    let request = world.store.request(id.parse().unwrap()).unwrap();
    assert_eq!(
        (request.form_id.as_str(), request.due_on.is_some()),
        (form.id.as_str(), !form.replies.is_empty())
    );
    let page = browser.get(&format!("/requests/{id}"));
    assert!(page.status == 200 && page.text().contains("【見本】"), "{}", form.id);
    check.text()
}

#[test]
fn every_form_of_a_care_manager_is_filled_checked_and_sent() {
    let world = World::new();
    let mut browser = world.signed_in("care_manager");
    assert_eq!(offered().len(), 12);
    for form in offered() {
        let check = send(&world, &mut browser, &form);
        assert_eq!(check.contains("緊急時はお電話ください"), form.urgent, "{}", form.id);
        assert_eq!(check.contains("送信から4時間以内"), form.id == "bed_request", "{}", form.id);
    }
}

#[test]
fn the_usual_form_opens_at_once_and_leads_to_the_others() {
    let world = World::new();
    let mut browser = world.signed_in("care_manager");
    let client = world.clients[0];
    let page = browser.get(&format!("/requests/new?client={client}"));
    assert_eq!(page.field("form"), "liaison");
    for form in Catalogue::built_in().unwrap().forms() {
        let link = format!("form={}\"", form.id);
        let is_other = form.from == PartyRole::CareManager && form.id != "liaison";
        assert_eq!(page.text().contains(&link), is_other, "{}", form.id);
        let there = browser.get(&format!("/requests/new?client={client}&form={}", form.id)).status;
        assert_eq!(there, if form.from == PartyRole::CareManager { 200 } else { 404 }, "{}", form.id);
    }
    // What another form wants of the clinic is not written in for a hospital.
    let admission = browser.get(&format!("/requests/new?client={client}&form=admission")).text();
    assert!(!admission.contains("selected"), "{admission}");
    assert!(admission.contains("value=\"2026-11-20\""), "today is the day of admission");
    // A form that is shown again does not lead away from what was typed.
    let again = browser.send(
        "/requests/check",
        &[("id", new_id()), ("form", "liaison".to_owned()), ("client", client.to_string())],
    );
    assert!(again.status == 422 && !again.text().contains("別の様式を使う"));
}

#[test]
fn without_a_script_a_field_that_a_choice_asks_for_appears_at_the_check() {
    let world = World::new();
    let mut browser = world.signed_in("care_manager");
    let form = Catalogue::built_in().unwrap().load("conference").unwrap();
    let blank = browser.get(&format!("/requests/new?client={}&form=conference", world.clients[0])).text();
    let part = |page: &str, id: &str| {
        let before = page.split(&format!("name=\"seen\" value=\"{id}\"")).next().unwrap();
        before.rsplit("<fieldset class=\"when\"").next().unwrap().to_owned()
    };
    assert!(
        part(&blank, "offered_slots")
            .contains("data-when=\"f.schedule\" data-is=\"offered\" hidden disabled>"),
        "{blank}"
    );
    // As a browser without a script posts it: what is switched off is not there.
    let without_slots = || {
        let mut pairs = posted(&world, &form, &new_id());
        pairs.retain(|(name, _)| !name.starts_with("f.offered_slots") && *name != "seen");
        pairs
    };
    let seen = browser.send("/requests/check", &without_slots());
    let page = seen.text();
    assert_eq!(seen.status, 422);
    assert!(
        page.contains("記入欄が増えました") && !part(&page, "offered_slots").contains("hidden disabled"),
        "{page}"
    );
    assert!(!page.contains("「候補日時」を記入してください"), "nobody is blamed for what was not shown");
    // Once it was shown it is required.
    let mut pairs = without_slots();
    pairs.push(("seen", "offered_slots".to_owned()));
    let seen = browser.send("/requests/check", &pairs);
    assert!(seen.status == 422 && seen.text().contains("「候補日時」を記入してください"));
    // An optional field that appears is shown once as well.
    let observation = Catalogue::built_in().unwrap().load("observation").unwrap();
    let mut pairs = posted(&world, &observation, &new_id());
    pairs.retain(|(name, value)| *name != "f.weight" && (*name, value.as_str()) != ("seen", "weight"));
    let seen = browser.send("/requests/check", &pairs);
    assert!(seen.status == 422 && seen.text().contains("<a href=\"#weight\">"), "{}", seen.text());
    pairs.push(("f.weight", String::new()));
    assert_eq!(browser.send("/requests/check", &pairs).status, 303);
}

#[test]
fn what_a_hidden_field_holds_is_not_sent() {
    let world = World::new();
    let mut browser = world.signed_in("care_manager");
    let form = Catalogue::built_in().unwrap().load("conference").unwrap();
    let id = new_id();
    let mut pairs = posted(&world, &form, &id);
    pairs.retain(|(name, _)| *name != "f.schedule");
    pairs.extend([
        ("f.schedule", "fixed".to_owned()),
        ("f.meeting_time.1.date", "2026-12-08".to_owned()),
        ("f.meeting_time.1.from", "13:00".to_owned()),
        ("f.meeting_time.1.to", "13:45".to_owned()),
    ]);
    let check = browser.send("/requests/check", &pairs);
    let check = browser.get(check.header("location"));
    pairs.push(("address", check.field("address")));
    assert_eq!(browser.send("/requests", &pairs).status, 303);
    let answers = world.store.request(id.parse().unwrap()).unwrap().answers;
    assert!(answers.get("offered_slots").is_none(), "{answers}");
    assert_eq!(answers["meeting_time"][0]["from"], "13:00");
}

#[test]
fn a_warning_is_shown_before_sending_and_stops_nothing() {
    let world = World::new();
    let mut browser = world.signed_in("care_manager");
    let liaison = Catalogue::built_in().unwrap().load("liaison").unwrap();
    assert!(!send(&world, &mut browser, &liaison).contains("念のためご確認ください"));
    let mut record = world.store.client(world.clients[0]).unwrap();
    record.client.insurer_number = Some("130006".parse().unwrap());
    world.store.put_client(&record).unwrap();
    let check = send(&world, &mut browser, &liaison);
    assert!(
        check.contains("念のためご確認ください") && check.contains("保険者番号の検査数字が合いません"),
        "{check}"
    );
}

#[test]
fn what_is_urgent_says_that_one_telephones() {
    const CALL: &str = "緊急時はお電話ください";
    let world = World::new();
    let mut browser = world.signed_in("care_manager");
    let client = world.clients[0];
    let bed = browser.get(&format!("/requests/new?client={client}&form=bed_request")).text();
    assert!(bed.contains(&format!("<div class=\"notice notice-warn\"><p><strong>{CALL}")));
    // On the usual form it is there for the script, and hidden until it is chosen.
    let blank = browser.get(&format!("/requests/new?client={client}")).text();
    assert!(
        blank.contains(&format!("data-when=\"f.urgency\" data-is=\"urgent\" hidden><strong>{CALL}")),
        "{blank}"
    );
    let id = new_id();
    let mut pairs = world.filled(&id);
    pairs.retain(|(name, _)| *name != "f.urgency");
    pairs.push(("f.urgency", "urgent".to_owned()));
    let check = browser.send("/requests/check", &pairs);
    let check = browser.get(check.header("location"));
    assert!(check.text().contains(CALL) && check.text().contains("tel:03-0000-1001"), "{}", check.text());
    pairs.push(("address", check.field("address")));
    browser.send("/requests", &pairs);
    assert!(browser.get(&format!("/requests/{id}")).text().contains(CALL));
    assert!(!browser.get(&format!("/requests/{}", world.requests[0])).text().contains(CALL));
}

#[test]
fn what_was_begun_with_a_version_of_a_form_ends_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let liaison = BUILT_IN.iter().find(|(name, _)| *name == "liaison.toml").unwrap().1;
    let second = liaison.replace("version = 1", "version = 2").replace("max_chars = 40", "max_chars = 5");
    std::fs::write(folder.path().join("liaison.toml"), second).unwrap();
    // The region has replaced the form; the first version is known only from what was sent with it.
    let forms = Catalogue::default().with_directory(folder.path()).unwrap();
    let world = World::with_forms(WebSettings { sample: true, ..WebSettings::default() }, forms);
    let mut browser = world.signed_in("care_manager");
    let blank = browser.get(&format!("/requests/new?client={}", world.clients[0]));
    assert_eq!(blank.field("version"), "2");
    for (version, expected) in [("1", 303), ("2", 422), ("", 422), ("99", 422)] {
        let id = new_id();
        let mut pairs = world.filled(&id);
        pairs.push(("version", version.to_owned()));
        let seen = browser.send("/requests/check", &pairs);
        assert_eq!(seen.status, expected, "version '{version}'");
        if expected == 303 {
            let check = browser.get(seen.header("location"));
            assert_eq!(check.field("version"), "1");
            pairs.push(("address", check.field("address")));
            assert_eq!(browser.send("/requests", &pairs).status, 303);
            assert_eq!(world.store.request(id.parse().unwrap()).unwrap().form_version, 1);
        }
    }
}
