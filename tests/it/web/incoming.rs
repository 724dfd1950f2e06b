//! Sheets that clinics keep and what comes on them, on the pages of the office that they are addressed to.

use super::world::World;
use renraku::domain::audit::Act;
use renraku::store::AuditFilter;

#[test]
fn a_care_manager_makes_a_sheet_and_reloading_makes_no_second() {
    let world = World::new();
    let mut browser = world.signed_in("care_manager");
    let page = browser.get("/blank-sheets").text();
    for expected in
        ["居宅療養管理指導 情報提供書", "退院・退所情報記録書", "見本クリニック1", "いつでもFAXできる"]
    {
        assert!(page.contains(expected), "{expected}: {page}");
    }
    assert!(!page.contains("主治医・ケアマネ連絡票"), "what is asked for cannot be kept");
    let clinic = world.clinics[0].to_string();
    let made = browser.send("/blank-sheets", &[("form", "discharge".to_owned()), ("clinic", clinic.clone())]);
    assert_eq!(made.status, 303, "{}", made.text());
    let place = made.header("location").to_owned();
    for _ in 0..2 {
        let sheet = browser.get(&place);
        assert_eq!((sheet.status, sheet.header("content-type")), (200, "application/pdf"));
        assert!(sheet.body.starts_with(b"%PDF"));
    }
    let id = place.split('/').nth(2).unwrap().parse().unwrap();
    let kept = world.store.blank_sheet(&id).unwrap().unwrap();
    assert_eq!((kept.office_id, kept.form_id.as_str()), (world.offices[0], "discharge_blank"));
    assert!(kept.made_by.is_some());
    assert_eq!(world.signed_in("other").get(&place).status, 404, "another office's");
    let entries = world.store.audit(&AuditFilter::default(), 100).unwrap();
    let of_sheet = entries.iter().filter(|entry| entry.record_id == id.as_str());
    let acts: Vec<_> = of_sheet.map(|entry| entry.what).collect();
    assert_eq!(acts, [Act::Denied, Act::Change]);
    for (form, clinic) in [
        ("liaison", clinic.as_str()),
        ("", clinic.as_str()),
        ("guidance", ""),
        ("guidance", "x"),
        ("guidance", &id_of_nobody()),
    ] {
        let wrong =
            browser.send("/blank-sheets", &[("form", form.to_owned()), ("clinic", clinic.to_owned())]);
        assert_eq!(wrong.status, 422, "{form} {clinic}");
        assert!(wrong.text().contains("様式と医療機関を選んでください"), "{}", wrong.text());
    }
}

fn id_of_nobody() -> String {
    "01980000-0000-7000-8000-000000000009".to_owned()
}

#[test]
fn a_message_stands_beside_its_page_and_an_unsure_box_is_no_fact() {
    let world = World::new();
    let mut browser = world.signed_in("care_manager");
    let place = format!("/messages/{}", world.messages[0].id);
    assert!(browser.get("/").text().contains("医療機関から連絡が届いています(1件)"));
    let list = browser.get("/messages").text();
    assert!(list.contains(&place) && list.contains("見本クリニック0"), "{list}");
    assert!(list.contains("読み取りに不確かなところあり"), "{list}");
    assert!(!list.contains(&world.messages[1].id.to_string()), "another office's");
    let page = browser.get(&place).text();
    let section = |label: &str| {
        let from = page.find(&format!("<dt>{label}</dt>")).unwrap_or_else(|| panic!("{label}: {page}"));
        page[from..].split("</dl>").next().unwrap().to_owned()
    };
    let cautions = section("留意点");
    let (sure, unsure) = cautions.split_once("message-unsure").expect("an unsure box");
    assert!(sure.contains("食事・栄養") && sure.contains("tick"), "{cautions}");
    assert!(unsure.contains("皮膚") && unsure.contains("画像をご確認ください"), "{cautions}");
    assert!(!cautions.contains("特になし"), "{cautions}");
    assert!(section("病状・経過").contains(&format!("{place}/handwriting/condition")));
    assert!(section("利用者").contains("記入は見つかりません"));
    assert!(page.contains(&format!("src=\"{place}/page\"")), "{page}");
    let picture = browser.get(&format!("{place}/page"));
    assert_eq!((picture.status, picture.header("content-type")), (200, "image/png"));
    assert_eq!(browser.get(&format!("{place}/handwriting/condition")).body, b"a picture");
    let mut other = world.signed_in("other");
    for path in ["", "/page", "/handwriting/condition"] {
        assert_eq!(other.get(&format!("{place}{path}")).status, 404, "{path}");
    }
    assert_eq!(other.send(&format!("{place}/seen"), &[]).status, 404);
    assert!(world.store.message(world.messages[0].id).unwrap().seen.is_none());
}

#[test]
fn a_message_that_was_looked_at_goes_below_and_off_the_first_page() {
    let world = World::new();
    let mut browser = world.signed_in("office_manager");
    let id = world.messages[0].id;
    for _ in 0..2 {
        let done = browser.send(&format!("/messages/{id}/seen"), &[]);
        assert_eq!((done.status, done.header("location")), (303, "/messages?notice=seen"));
    }
    let list = browser.get("/messages?notice=seen").text();
    let (above, below) = list.split_once("looked-at").expect("what was looked at");
    assert!(!above.contains(&id.to_string()) && below.contains(&id.to_string()), "{list}");
    assert!(list.contains("確認済みにしました"));
    assert!(!browser.get("/").text().contains("医療機関から連絡が届いています"));
    let page = browser.get(&format!("/messages/{id}")).text();
    assert!(page.contains("確認済み") && !page.contains("/seen\""), "{page}");
    assert!(world.signed_in("other").get("/").text().contains("医療機関から連絡が届いています(1件)"));
    let changed = world.store.audit(&AuditFilter::default(), 100).unwrap();
    let seen = changed.iter().filter(|entry| entry.what == Act::Change && entry.record_kind == "message");
    assert_eq!(seen.count(), 1, "a second click is no second act");
}
