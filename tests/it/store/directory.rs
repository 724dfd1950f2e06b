//! Cases on who is who, and on what makes a route one to which something may be sent.

use super::Case;
use super::world::{assert_conflict, assert_not_found, assert_refused, at, clinic, fax, office};
use renraku::domain::client::Client;
use renraku::domain::directory::{ClientRecord, Route, RouteKind};
use renraku::domain::event::Subject;
use renraku::domain::id::{ClientId, ClinicId, OfficeId};
use renraku::store::{DirectoryStore, Store};

pub const CASES: &[Case] = &[
    ("what was put is got back", what_was_put_is_got_back),
    ("storing a clinic never verifies a route", storing_never_verifies),
    ("a changed address loses its verification", a_changed_address_loses_its_verification),
    ("a fax number belongs to one clinic", a_fax_number_belongs_to_one_clinic),
];

fn what_was_put_is_got_back(store: &dyn Store) {
    let (first, second) = (clinic("い医院", vec![fax("0300000001")]), clinic("あ医院", Vec::new()));
    store.put_clinic(&first, at(0)).unwrap();
    store.put_clinic(&second, at(0)).unwrap();
    assert_eq!(store.clinic(first.id).unwrap(), first);
    assert_eq!(store.clinics().unwrap(), [second, first]);
    assert_not_found(store.clinic(ClinicId::new_at(at(0))));

    let mut office = office("見本事業所");
    store.put_office(&office).unwrap();
    office.tel = String::from("03-1111-2222");
    store.put_office(&office).unwrap();
    assert_eq!(store.office(office.id).unwrap(), office);
    assert_eq!(store.offices().unwrap(), std::slice::from_ref(&office));
    assert_not_found(store.office(OfficeId::new_at(at(0))));

    let client: Client = serde_json::from_value(serde_json::json!({"name": "見本 太郎"})).unwrap();
    let client = ClientRecord { id: ClientId::new_at(at(0)), office_id: office.id, client };
    store.put_client(&client).unwrap();
    assert_eq!(store.client(client.id).unwrap(), client);
    assert_eq!(store.clients(office.id).unwrap(), std::slice::from_ref(&client));
    assert_not_found(store.put_client(&ClientRecord { office_id: OfficeId::new_at(at(0)), ..client }));
}

/// What is stored of the clinic's only route: when and how it was verified.
fn verification(store: &dyn DirectoryStore, id: ClinicId) -> Option<String> {
    let route = store.clinic(id).unwrap().routes.remove(0);
    assert_eq!(route.verified_at.is_some(), route.verified_how.is_some());
    route.verified_how
}

fn storing_never_verifies(store: &dyn Store) {
    let claimed =
        Route { verified_at: Some(at(0)), verified_how: Some("claimed".into()), ..fax("0300000001") };
    let mut clinic = clinic("見本医院", vec![claimed.clone()]);
    store.put_clinic(&clinic, at(0)).unwrap();
    assert_eq!(verification(store, clinic.id), None, "new");
    store.put_clinic(&clinic, at(0)).unwrap();
    assert_eq!(verification(store, clinic.id), None, "stored, never verified");

    store.verify_route(clinic.id, RouteKind::FaxByMail, "0300000001", "test page", at(1)).unwrap();
    store.put_clinic(&clinic, at(2)).unwrap();
    assert_eq!(verification(store, clinic.id).as_deref(), Some("test page"), "stays as it was proven");
    clinic.routes = vec![fax("0300000001")];
    store.put_clinic(&clinic, at(3)).unwrap();
    assert_eq!(verification(store, clinic.id), None, "taken away");

    let what: Vec<String> = store
        .events(Subject::Clinic, &clinic.id.to_string())
        .unwrap()
        .into_iter()
        .map(|event| event.what)
        .collect();
    assert_eq!(what, ["route_verified", "verification_lost"]);
}

fn a_changed_address_loses_its_verification(store: &dyn Store) {
    for (address, kind) in [
        ("0300000002", RouteKind::FaxByMail),
        ("03000000011", RouteKind::FaxByMail),
        ("0300000001", RouteKind::PlainMail),
    ] {
        let mut clinic = clinic("見本医院", vec![fax("0300000001")]);
        store.put_clinic(&clinic, at(0)).unwrap();
        store.verify_route(clinic.id, RouteKind::FaxByMail, "0300000001", "test page", at(1)).unwrap();
        clinic = store.clinic(clinic.id).unwrap();
        clinic.routes = vec![Route { kind, address: address.into(), ..clinic.routes.remove(0) }];
        store.put_clinic(&clinic, at(2)).unwrap();
        assert_eq!(verification(store, clinic.id), None, "{kind:?} {address}");
        let id = clinic.id;
        assert_not_found(store.verify_route(id, RouteKind::FaxByMail, "0300000001", "late", at(3)));
        clinic.routes.clear();
        store.put_clinic(&clinic, at(4)).unwrap();
    }
}

fn a_fax_number_belongs_to_one_clinic(store: &dyn Store) {
    store.put_clinic(&clinic("い医院", vec![fax("0300000001")]), at(0)).unwrap();
    let second = clinic("あ医院", vec![fax("0300000002"), fax("0300000001")]);
    assert_conflict(store.put_clinic(&second, at(0)));
    assert_not_found(store.clinic(second.id));
    for spelled in ["03-0000-0001", "", "０３００００００３", "0300000003 "] {
        assert_refused(store.put_clinic(&clinic("う医院", vec![fax(spelled)]), at(0)));
    }
}
