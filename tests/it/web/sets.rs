//! A part of a reply on the pages: who asked and who reviews are told which page is missing, until it has come.

use super::desks::{CALL, Desk};
use super::world::at;
use renraku::domain::id::ArrivalId;
use renraku::domain::reading::{Reason, ReasonCode};
use renraku::domain::request::ArrivalPage;
use renraku::domain::sheet_number::SheetNumber;
use renraku::domain::state::{AttemptEnd, RequestState};
use renraku::store::{ArrivalOutcome, Lease, NewArrival, PageOutcome};
use serde_json::json;

/// The first page of a sheet of two arrives alone.
fn first_page_comes(desk: &Desk, sheet_id: &SheetNumber) {
    let store = desk.world.store.as_ref();
    let blob = store.blobs().put(b"a fax").unwrap();
    let id = ArrivalId::new_at(at(2));
    let new = NewArrival { id, source_key: "first page".to_owned(), name: "fax.tif".to_owned(), blob };
    store.record_arrival(&new, at(2)).unwrap();
    let lease = Lease { token: "reader".to_owned(), until: at(9) };
    store.lease_arrival(Some(id), &lease, at(2)).unwrap().unwrap();
    let reading = json!({
        "file": "fax.tif", "page_in_file": 1, "sheet_id": sheet_id, "page": 1, "found_by": "code",
        "rotation_deg": 0.0, "dpi": [204.0, 196.0], "quality": 1.0, "needs_person": false, "reasons": [],
        "boxes": [], "zones": [], "problems": [],
    });
    let reading = serde_json::from_value(reading).unwrap();
    let page = ArrivalPage { arrival_id: id, number: 1, reading, crops: std::collections::BTreeMap::new() };
    let lacks = vec![Reason::new(ReasonCode::PagesMissing, "2/2")];
    let filed = PageOutcome::Continuation { sheet_id: sheet_id.clone(), lacks, doubts: Vec::new() };
    let outcome = ArrivalOutcome { pages: vec![(page, filed)], whole: Vec::new(), told: Vec::new() };
    store.finish_arrival(id, &outcome, &lease, at(2)).unwrap();
}

#[test]
fn the_missing_page_is_named_until_it_comes() {
    const NAMED: &str = "返信欄のある2ページ目(全2ページ)が届いていません";
    let desk = Desk::new();
    let (pdf, layout) = desk.send(AttemptEnd::Submitted);
    first_page_comes(&desk, &layout.sheet_id);
    assert_eq!(desk.state(0), RequestState::NeedsReview);
    let place = format!("/requests/{}", desk.world.requests[0]);
    let mut manager = desk.world.signed_in("care_manager");
    let text = manager.get(&place).text();
    for expected in [NAMED, "返信の一部だけが届きました", "返信欄のあるページが足りません"]
    {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let mut reviewer = desk.world.signed_in("reviewer");
    let item = desk.world.store.open_reviews(9).unwrap().remove(0).id;
    let item = format!("/review/{item}");
    for page in ["/review", &item] {
        let text = reviewer.get(page).text();
        assert!(text.contains(NAMED), "{page}: {text}");
    }
    let mut association = desk.world.signed_in("association");
    let report = association.get("/reports/unanswered?from=2026-11-01&to=2026-11-30").text();
    assert!(report.contains("data-name=\"要確認\">1<"), "it is not the clinic's silence: {report}");
    // The page with the answer comes.
    assert_eq!(desk.arrive(&crate::world::ticked_fax(&pdf, &layout, CALL), 3), []);
    assert_eq!(desk.state(0), RequestState::Answered);
    assert!(desk.world.store.open_reviews(9).unwrap().is_empty());
    let text = manager.get(&place).text();
    assert!(!text.contains(NAMED) && text.contains("足りなかったページが届きました"), "{text}");
    let closed = reviewer.get(&item);
    assert_eq!(closed.status, 200, "nobody decided it, and it can still be looked at");
    assert!(!reviewer.get("/review").text().contains(NAMED));
}
