//! Who is who. A route is verified by [`DirectoryStore::verify_route`] alone, never by storing a
//! clinic. Deletes nobody.

use super::super::{DirectoryStore, Result};
use super::SqliteStore;
use super::columns::{Json, Micros};
use super::fault::{Answer, conflict, found, not_found, refused};
use super::results::number_is_right;
use super::steps::{append, note};
use crate::domain::directory::{ClientRecord, Clinic, Office, Route, RouteKind};
use crate::domain::event::Subject;
use crate::domain::id::{ClientId, ClinicId, OfficeId};
use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

const CLINIC: &str = "id, code, name, doctors, tel, care_manager_hours, sample";
const OFFICE: &str = "id, code, name, care_manager, tel, fax, sample";

impl DirectoryStore for SqliteStore {
    fn put_clinic(&self, clinic: &Clinic, now: Timestamp) -> Result<()> {
        self.write("storing a clinic", |connection| put_clinic(connection, clinic, now))
    }

    fn clinic(&self, id: ClinicId) -> Result<Clinic> {
        self.read("reading a clinic", |connection| clinic(connection, id))
    }

    fn clinics(&self) -> Result<Vec<Clinic>> {
        self.read("listing clinics", clinics)
    }

    fn verify_route(
        &self,
        clinic: ClinicId,
        kind: RouteKind,
        address: &str,
        how: &str,
        now: Timestamp,
    ) -> Result<()> {
        self.write("verifying a route", |connection| verify(connection, clinic, kind, address, how, now))
    }

    fn put_office(&self, office: &Office) -> Result<()> {
        self.write("storing an office", |connection| put_office(connection, office))
    }

    fn office(&self, id: OfficeId) -> Result<Office> {
        self.read("reading an office", |connection| {
            let sql = format!("SELECT {OFFICE} FROM office WHERE id = ?1");
            found(connection.prepare_cached(&sql)?.query_row([id], row_to_office), "office", id)
        })
    }

    fn offices(&self) -> Result<Vec<Office>> {
        self.read("listing offices", |connection| {
            let sql = format!("SELECT {OFFICE} FROM office ORDER BY name, id");
            let mut statement = connection.prepare_cached(&sql)?;
            Ok(statement.query_map([], row_to_office)?.collect::<rusqlite::Result<_>>()?)
        })
    }

    fn put_client(&self, client: &ClientRecord) -> Result<()> {
        self.write("storing a client", |connection| put_client(connection, client))
    }

    fn client(&self, id: ClientId) -> Result<ClientRecord> {
        self.read("reading a client", |connection| {
            let sql = "SELECT id, office_id, client FROM client WHERE id = ?1";
            found(connection.prepare_cached(sql)?.query_row([id], row_to_client), "client", id)
        })
    }

    fn clients(&self, office: OfficeId) -> Result<Vec<ClientRecord>> {
        self.read("listing clients", |connection| {
            let sql = "SELECT id, office_id, client FROM client WHERE office_id = ?1 ORDER BY id";
            let mut statement = connection.prepare_cached(sql)?;
            Ok(statement.query_map([office], row_to_client)?.collect::<rusqlite::Result<_>>()?)
        })
    }
}

fn put_clinic(connection: &Connection, clinic: &Clinic, now: Timestamp) -> Answer<()> {
    clinic.routes.iter().try_for_each(assert_usable)?;
    let sql = "INSERT INTO clinic (id, code, name, doctors, tel, care_manager_hours, sample) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO UPDATE SET code = excluded.code, \
               name = excluded.name, doctors = excluded.doctors, tel = excluded.tel, \
               care_manager_hours = excluded.care_manager_hours, sample = excluded.sample";
    connection.prepare_cached(sql)?.execute(params![
        clinic.id,
        clinic.code,
        clinic.name,
        Json(&clinic.doctors),
        clinic.tel,
        Json(&clinic.care_manager_hours),
        clinic.sample,
    ])?;
    let before = routes(connection, clinic.id)?;
    connection.prepare_cached("DELETE FROM clinic_route WHERE clinic_id = ?1")?.execute([clinic.id])?;
    for (place, route) in clinic.routes.iter().enumerate() {
        put_route(connection, clinic.id, place, &proven(route, &before))?;
    }
    note_lost_verifications(connection, clinic.id, &before, now)
}

/// A fax number is digits and nothing else: the same number written in two ways would be two numbers.
fn assert_usable(route: &Route) -> Answer<()> {
    let digits = !route.address.is_empty() && route.address.bytes().all(|byte| byte.is_ascii_digit());
    match route.kind {
        RouteKind::FaxByMail if !digits => Err(refused(format!(
            "FAX番号「{}」は数字だけで入れてください / write the fax number '{}' in digits alone, such as 0344772288",
            route.address, route.address
        ))),
        RouteKind::Hand => {
            Err(refused("手渡しは登録できません / carrying by hand is no address: remove the route"))
        }
        RouteKind::PlainMail if route.address.is_empty() => {
            Err(refused("メールアドレスが空です / the mail address is empty: fill it or remove the route"))
        }
        _ => Ok(()),
    }
}

/// The route with the verification that is stored for exactly this address, if it is given too.
fn proven(route: &Route, before: &[Route]) -> Route {
    let same = |old: &&Route| old.kind == route.kind && old.address == route.address;
    let stored = before.iter().find(same).filter(|_| route.verified_at.is_some());
    Route {
        verified_at: stored.and_then(|old| old.verified_at),
        verified_how: stored.and_then(|old| old.verified_how.clone()),
        ..route.clone()
    }
}

fn put_route(connection: &Connection, clinic: ClinicId, place: usize, route: &Route) -> Answer<()> {
    let taken =
        "SELECT clinic_id FROM clinic_route WHERE kind = 'fax_by_mail' AND address = ?1 AND clinic_id <> ?2";
    let taken = connection.prepare_cached(taken)?.exists(params![route.address, clinic])?;
    if route.kind == RouteKind::FaxByMail && taken {
        return Err(conflict(format!("FAX番号 {} は別の医療機関に登録されています", route.address)));
    }
    let sql = "INSERT INTO clinic_route (clinic_id, place, kind, address, verified_at, verified_how) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let verified_at = route.verified_at.map(Micros);
    let values = params![clinic, place as i64, route.kind, route.address, verified_at, route.verified_how];
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

fn note_lost_verifications(
    connection: &Connection,
    id: ClinicId,
    before: &[Route],
    now: Timestamp,
) -> Answer<()> {
    let after = routes(connection, id)?;
    let verified = |route: &Route| route.verified_at.is_some();
    let still = |old: &Route| {
        after.iter().any(|new| verified(new) && new.kind == old.kind && new.address == old.address)
    };
    for lost in before.iter().filter(|old| verified(old) && !still(old)) {
        let detail = format!("{} {}", lost.kind.as_str(), lost.address);
        append(connection, &note(Subject::Clinic, &id.to_string(), "verification_lost", &detail, now))?;
    }
    Ok(())
}

/// Marks a route as verified.
pub(super) fn verify(
    connection: &Connection,
    clinic: ClinicId,
    kind: RouteKind,
    address: &str,
    how: &str,
    now: Timestamp,
) -> Answer<()> {
    let sql = "UPDATE clinic_route SET verified_at = ?4, verified_how = ?5 \
               WHERE clinic_id = ?1 AND kind = ?2 AND address = ?3";
    let values = params![clinic, kind, address, Micros(now), how];
    if connection.prepare_cached(sql)?.execute(values)? == 0 {
        return Err(not_found("route", format!("{clinic} {} {address}", kind.as_str())));
    }
    number_is_right(connection, kind, address)?;
    let detail = format!("{} {address}: {how}", kind.as_str());
    append(connection, &note(Subject::Clinic, &clinic.to_string(), "route_verified", &detail, now))
}

fn clinic(connection: &Connection, id: ClinicId) -> Answer<Clinic> {
    let sql = format!("SELECT {CLINIC} FROM clinic WHERE id = ?1");
    let clinic = found(connection.prepare_cached(&sql)?.query_row([id], row_to_clinic), "clinic", id)?;
    Ok(Clinic { routes: routes(connection, id)?, ..clinic })
}

fn clinics(connection: &Connection) -> Answer<Vec<Clinic>> {
    let mut statement = connection.prepare_cached("SELECT id FROM clinic ORDER BY name, id")?;
    let ids: Vec<ClinicId> = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    ids.into_iter().map(|id| clinic(connection, id)).collect()
}

/// The ways of a clinic, in their order.
pub(super) fn routes(connection: &Connection, clinic: ClinicId) -> Answer<Vec<Route>> {
    let sql = "SELECT kind, address, verified_at, verified_how FROM clinic_route WHERE clinic_id = ?1 ORDER BY place";
    let mut statement = connection.prepare_cached(sql)?;
    let routes = statement.query_map([clinic], |row| {
        Ok(Route {
            kind: row.get("kind")?,
            address: row.get("address")?,
            verified_at: row.get::<_, Option<Micros>>("verified_at")?.map(|at| at.0),
            verified_how: row.get("verified_how")?,
        })
    })?;
    Ok(routes.collect::<rusqlite::Result<_>>()?)
}

fn put_office(connection: &Connection, office: &Office) -> Answer<()> {
    let sql = "INSERT INTO office (id, code, name, care_manager, tel, fax, sample) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO UPDATE SET code = excluded.code, \
               name = excluded.name, care_manager = excluded.care_manager, tel = excluded.tel, \
               fax = excluded.fax, sample = excluded.sample";
    connection.prepare_cached(sql)?.execute(params![
        office.id,
        office.code,
        office.name,
        office.care_manager,
        office.tel,
        office.fax,
        office.sample,
    ])?;
    Ok(())
}

fn put_client(connection: &Connection, record: &ClientRecord) -> Answer<()> {
    let office = "SELECT 1 FROM office WHERE id = ?1";
    if !connection.prepare_cached(office)?.exists([record.office_id])? {
        return Err(not_found("office", record.office_id));
    }
    let sql = "INSERT INTO client (id, office_id, client) VALUES (?1, ?2, ?3) \
               ON CONFLICT (id) DO UPDATE SET office_id = excluded.office_id, client = excluded.client";
    connection.prepare_cached(sql)?.execute(params![record.id, record.office_id, Json(&record.client)])?;
    Ok(())
}

fn row_to_clinic(row: &Row<'_>) -> rusqlite::Result<Clinic> {
    Ok(Clinic {
        id: row.get("id")?,
        code: row.get("code")?,
        name: row.get("name")?,
        doctors: row.get::<_, Json<_>>("doctors")?.0,
        tel: row.get("tel")?,
        routes: Vec::new(),
        care_manager_hours: row.get::<_, Json<_>>("care_manager_hours")?.0,
        sample: row.get("sample")?,
    })
}

fn row_to_office(row: &Row<'_>) -> rusqlite::Result<Office> {
    Ok(Office {
        id: row.get("id")?,
        code: row.get("code")?,
        name: row.get("name")?,
        care_manager: row.get("care_manager")?,
        tel: row.get("tel")?,
        fax: row.get("fax")?,
        sample: row.get("sample")?,
    })
}

fn row_to_client(row: &Row<'_>) -> rusqlite::Result<ClientRecord> {
    Ok(ClientRecord {
        id: row.get("id")?,
        office_id: row.get("office_id")?,
        client: row.get::<_, Json<_>>("client")?.0,
    })
}
