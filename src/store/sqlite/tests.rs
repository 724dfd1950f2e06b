//! What is particular to this database: its settings, its migrations, its triggers, its query plans.

use super::super::{AuditFilter, AuditStore, GatewayStore, RequestStore, StoreError};
use super::*;
use crate::domain::audit::{Act, Break, NewAudit};
use crate::domain::id::UserId;
use crate::domain::letter::Letter;
use crate::domain::reading::FoundBy;
use crate::domain::request::ReplySource;
use crate::domain::sheet_number::SheetNumber;
use crate::domain::state::RequestState;
use rusqlite::{OpenFlags, params};
use std::os::unix::fs::PermissionsExt;

fn empty() -> (tempfile::TempDir, SqliteStore) {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&dir.path().join("data")).unwrap();
    (dir, store)
}

#[test]
fn a_new_store_is_private_and_durable() {
    let (dir, store) = empty();
    let data = dir.path().join("data");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    for name in ["renraku.sqlite3", "renraku.sqlite3-wal", "renraku.sqlite3-shm"] {
        assert_eq!(mode(&data.join(name)), 0o600, "{name}");
    }
    let pragma = |name: &str| -> String {
        let value: rusqlite::types::Value =
            store.writer.inspect(|writer| writer.pragma_query_value(None, name, |row| row.get(0))).unwrap();
        format!("{value:?}")
    };
    assert_eq!(pragma("journal_mode"), "Text(\"wal\")");
    assert_eq!(pragma("synchronous"), "Integer(2)");
    assert_eq!(pragma("foreign_keys"), "Integer(1)");
    assert_eq!(pragma("recursive_triggers"), "Integer(1)");
}

#[test]
fn a_connection_that_would_not_keep_what_it_commits_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let settings =
        [("DELETE", "FULL", true), ("WAL", "NORMAL", true), ("WAL", "OFF", true), ("WAL", "FULL", false)];
    for (number, (journal, synchronous, foreign_keys)) in settings.into_iter().enumerate() {
        let connection = Connection::open(dir.path().join(number.to_string())).unwrap();
        let set = format!(
            "PRAGMA journal_mode = {journal}; PRAGMA synchronous = {synchronous}; PRAGMA foreign_keys = {foreign_keys}"
        );
        connection.execute_batch(&set).unwrap();
        let refused = connection::assert_durable(&connection).map_err(|fault| fault.during("testing"));
        assert!(matches!(refused, Err(StoreError::Refused(_))), "{set}");
    }
}

#[test]
fn a_reader_cannot_write() {
    let (_dir, store) = empty();
    let written = store.read("testing", |reader| Ok(reader.execute("DELETE FROM gateway", [])?));
    assert!(written.is_err());
    assert_eq!(store.hold().unwrap(), None);
}

#[test]
fn several_programs_may_open_a_new_store_at_once() {
    for _ in 0..5 {
        let dir = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| SqliteStore::open(dir.path()).unwrap());
            }
        });
    }
}

#[test]
fn an_empty_database_and_one_of_every_version_come_to_the_same_tables() {
    let dir = tempfile::tempdir().unwrap();
    let last = schema::MIGRATIONS.len();
    let mut schemas = Vec::new();
    for first in 0..=last {
        let path = dir.path().join(first.to_string());
        let mut connection = Connection::open(&path).unwrap();
        schema::migrate_to(&mut connection, first).unwrap();
        assert_eq!(schema::version(&connection).unwrap(), first);
        if first > 0 {
            insert_clinic(&connection);
        }
        schema::migrate(&mut connection).unwrap();
        schema::migrate(&mut connection).unwrap();
        assert_eq!(schema::version(&connection).unwrap(), last);
        let clinics: i64 = connection.query_row("SELECT COUNT(*) FROM clinic", [], |row| row.get(0)).unwrap();
        assert_eq!(clinics, i64::from(first > 0), "what version {first} kept is still there");
        let mut statement = connection.prepare("SELECT sql FROM sqlite_schema ORDER BY name").unwrap();
        let sql: Vec<Option<String>> =
            statement.query_map([], |row| row.get(0)).unwrap().map(|sql| sql.unwrap()).collect();
        schemas.push(sql);
    }
    assert!(schemas.windows(2).all(|pair| pair[0] == pair[1]));
}

fn insert_clinic(connection: &Connection) {
    let sql = "INSERT INTO clinic (id, code, name, doctors, tel, care_manager_hours, sample) \
               VALUES ('c', '', '見本医院', '[]', '', '[]', 1)";
    connection.execute(sql, []).unwrap();
}

#[test]
fn a_database_of_a_newer_program_is_refused_and_left_alone() {
    let (dir, store) = empty();
    drop(store);
    let path = dir.path().join("data").join(DATABASE);
    let connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    let Err(error) = SqliteStore::open(&dir.path().join("data")) else { panic!("it was opened") };
    assert!(matches!(error, StoreError::Refused(_)), "{error}");
    assert!(error.to_string().contains("install the newer program"), "{error}");
    assert_eq!(schema::version(&connection).unwrap(), 99);
}

#[test]
fn every_table_is_strict() {
    let (_dir, store) = empty();
    let lax = "SELECT COUNT(*) FROM pragma_table_list WHERE type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'";
    let lax: i64 = store.read("testing", |reader| Ok(reader.query_row(lax, [], |row| row.get(0))?)).unwrap();
    assert_eq!(lax, 0);
}

#[test]
fn the_log_is_append_only() {
    let (_dir, store) = empty();
    store.set_hold(Some("testing"), "2026-07-01T00:00:00Z".parse().unwrap()).unwrap();
    let rewrite = "INSERT OR REPLACE INTO event (place, id, at, subject, subject_id, what, detail) \
                   SELECT place, id, at, subject, subject_id, 'nothing', detail FROM event";
    for sql in ["UPDATE event SET what = 'nothing'", "DELETE FROM event", rewrite] {
        let error = store.write("testing", |writer| Ok(writer.execute(sql, [])?)).unwrap_err();
        assert!(error.to_string().contains("append-only"), "{sql}: {error}");
    }
    let what: String = store
        .read("testing", |reader| Ok(reader.query_row("SELECT what FROM event", [], |row| row.get(0))?))
        .unwrap();
    assert_eq!(what, "hold_set");
}

fn with_audit(length: usize) -> (tempfile::TempDir, SqliteStore) {
    let (dir, store) = empty();
    for number in 0..length {
        let new = NewAudit {
            who: None,
            what: Act::View,
            record_kind: "request".to_owned(),
            record_id: number.to_string(),
            from_address: "192.0.2.7".to_owned(),
            detail: String::new(),
        };
        store.append_audit(&new, "2026-07-01T00:00:00Z".parse().unwrap()).unwrap();
    }
    (dir, store)
}

#[test]
fn what_people_did_is_append_only() {
    let (_dir, store) = with_audit(3);
    let rewrite = "INSERT OR REPLACE INTO audit SELECT number, id, at, who, what, record_kind, record_id, from_address, \
                   'nothing', previous_hash, hash FROM audit";
    for sql in ["UPDATE audit SET detail = 'nothing'", "DELETE FROM audit WHERE number = 3", rewrite] {
        let error = store.write("testing", |writer| Ok(writer.execute(sql, [])?)).unwrap_err();
        assert!(error.to_string().contains("append-only"), "{sql}: {error}");
    }
    let triggers: Vec<String> = store
        .read("testing", |reader| {
            let sql = "SELECT tbl_name || ' ' || name FROM sqlite_schema WHERE type = 'trigger' ORDER BY 1";
            let mut statement = reader.prepare(sql)?;
            let names = statement.query_map([], |row| row.get(0))?;
            Ok(names.collect::<rusqlite::Result<_>>()?)
        })
        .unwrap();
    for table in ["audit", "blank_sheet", "event", "message", "reply", "reply_withdrawn", "review_decision"] {
        for act in ["changes", "goes"] {
            let name = format!("{table} {table}_never_{act}");
            assert!(triggers.contains(&name), "{name} is not in {triggers:?}");
        }
    }
}

#[test]
fn what_came_on_a_blank_sheet_is_kept_and_the_first_look_stays() {
    let (dir, store) = empty();
    drop(store);
    let path = dir.path().join("data").join(DATABASE);
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    connection
        .execute_batch(
            "INSERT INTO blank_sheet (sheet_id, form_id, form_version, clinic_id, office_id, layout, pdf, made_at) \
               VALUES ('s', 'f', 1, 'c', 'o', '{}', 'p', 0);
             INSERT INTO message (id, sheet_id, office_id, arrival_id, page_number, boxes, reasons, handwriting, \
               received_at) VALUES ('m', 's', 'o', 'a', 1, '[]', '[]', '{}', 0);
             UPDATE message SET seen_at = 1, seen_by = 'first';",
        )
        .unwrap();
    for sql in [
        "UPDATE blank_sheet SET office_id = 'other'",
        "DELETE FROM blank_sheet",
        "UPDATE message SET office_id = 'other'",
        "UPDATE message SET boxes = '[1]'",
        "UPDATE message SET seen_at = 2, seen_by = 'second'",
        "UPDATE message SET seen_at = NULL, seen_by = NULL",
        "DELETE FROM message",
    ] {
        let error = connection.execute(sql, []).unwrap_err().to_string();
        assert!(
            ["printed", "removed", "came", "first"].iter().any(|word| error.contains(word)),
            "{sql}: {error}"
        );
    }
    let twice = "INSERT INTO message (id, sheet_id, office_id, arrival_id, page_number, boxes, reasons, handwriting, \
               received_at) VALUES ('n', 's', 'o', 'a', 1, '[]', '[]', '{}', 0)";
    assert!(connection.execute(twice, []).is_err(), "one page is one message");
}

/// Whoever may write the file can take the triggers away; the chain still tells.
#[test]
fn a_rewritten_audit_log_is_found() {
    for (sql, expected) in [
        ("UPDATE audit SET record_id = 'other' WHERE number = 3", Break::Changed(3)),
        ("UPDATE audit SET at = at + 1 WHERE number = 5", Break::Changed(5)),
        ("DELETE FROM audit WHERE number = 2", Break::Gap(2)),
        ("DELETE FROM audit WHERE number = 1", Break::Gap(1)),
        ("DELETE FROM audit WHERE number > 3", Break::CutOff(3)),
        ("DELETE FROM audit", Break::CutOff(0)),
    ] {
        let (_dir, store) = with_audit(5);
        assert!(store.verify_audit().unwrap().is_ok());
        store
            .write("testing", |writer| {
                writer.execute_batch("DROP TRIGGER audit_never_changes; DROP TRIGGER audit_never_goes")?;
                Ok(writer.execute(sql, [])?)
            })
            .unwrap();
        assert_eq!(store.verify_audit().unwrap(), Err(expected), "{sql}");
    }
}

#[test]
fn lists_of_the_audit_log_read_an_index() {
    let (_dir, store) = empty();
    let who = Some(UserId::new_at("2026-07-01T00:00:00Z".parse().unwrap()));
    let record = Some(("request".to_owned(), "1".to_owned()));
    for (filter, index) in [
        (
            AuditFilter { record: record.clone(), who: None },
            "audit_of_record (record_kind=? AND record_id=?)",
        ),
        (AuditFilter { record, who }, "USING INDEX audit_of_"),
        (AuditFilter { record: None, who }, "audit_of_account (who=?)"),
    ] {
        let sql =
            format!("SELECT id FROM audit WHERE {} ORDER BY number DESC LIMIT ?4", audit::narrowed(&filter));
        let plan = plan(&store, &sql);
        assert!(plan.contains(index) && !plan.contains("TEMP B-TREE"), "{sql}\nis done so:\n{plan}");
    }
}

#[test]
fn the_same_answer_is_not_recorded_twice_even_by_a_mistake_of_ours() {
    let (dir, store) = empty();
    drop(store);
    let path = dir.path().join("data").join(DATABASE);
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    let sql = "INSERT INTO reply (id, request_id, source, sheet_id, arrival_id, page_number, found_by, answers, \
               fingerprint, handwriting, texts, recorded_at) \
               VALUES (?1, 'r', 'paper', 's', 'a', 1, 'code', '{}', 'f', '{}', '{}', 0)";
    connection.execute(sql, ["first"]).unwrap();
    let twice = connection.execute(sql, ["second"]).unwrap_err();
    assert!(twice.to_string().contains("on record already"), "{twice}");
    connection.execute("INSERT INTO reply_withdrawn (reply_id, at) VALUES ('first', 0)", []).unwrap();
    connection.execute(sql, ["third"]).unwrap();
}

/// Replies that were recorded before there were other sources stay what they were.
#[test]
fn replies_of_version_3_are_replies_on_paper() {
    let dir = tempfile::tempdir().unwrap();
    let mut connection = Connection::open(dir.path().join("old")).unwrap();
    schema::migrate_to(&mut connection, 3).unwrap();
    connection
        .execute_batch(
            "PRAGMA foreign_keys = OFF;
             INSERT INTO reply (id, request_id, sheet_id, arrival_id, page_number, answers, fingerprint, handwriting, \
               found_by, recorded_at) VALUES ('01980000-0000-7000-8000-000000000001', \
               '01980000-0000-7000-8000-000000000002', '0123456789A', '01980000-0000-7000-8000-000000000003', 2, \
               '{\"answer\":[\"call\"]}', 'f', '{}', 'code_search', 1000000);",
        )
        .unwrap();
    schema::migrate(&mut connection).unwrap();
    let request = "01980000-0000-7000-8000-000000000002".parse().unwrap();
    let stored = replies::in_force(&connection, request).map_err(|fault| fault.during("testing")).unwrap();
    let ReplySource::Paper { sheet_id, page_number, found_by, .. } = &stored[0].source else {
        panic!("{stored:?}")
    };
    assert_eq!((sheet_id.as_str(), *page_number, *found_by), ("0123456789A", 2, FoundBy::CodeSearch));
    assert_eq!(stored[0].answers["answer"], ["call"]);
    let json = serde_json::to_value(&stored[0]).unwrap();
    assert_eq!((&json["source"], &json["found_by"]), (&"paper".into(), &"code_search".into()));
}

/// What points to a reply still does after the table was made again, with foreign keys on all the while.
#[test]
fn replies_of_version_4_keep_what_points_to_them() {
    let dir = tempfile::tempdir().unwrap();
    let mut connection = Connection::open(dir.path().join("old")).unwrap();
    connection.pragma_update(None, "foreign_keys", true).unwrap();
    schema::migrate_to(&mut connection, 4).unwrap();
    insert_clinic(&connection);
    connection
        .execute_batch(
            "INSERT INTO office (id, code, name, care_manager, tel, fax, sample) VALUES ('o', '', '', '', '', '', 1);
             INSERT INTO form_version (id, version, definition) VALUES ('f', 1, '{}');
             INSERT INTO request (id, number, form_id, form_version, office_id, clinic_id, answers, state, created_at) \
               VALUES ('01980000-0000-7000-8000-000000000002', '26-000001-3', 'f', 1, 'o', 'c', '{}', 'sent', 0);
             INSERT INTO arrival (id, source_key, name, blob, received_at, state, tries) \
               VALUES ('a', 'k', '', '', 0, 'done', 1);
             INSERT INTO review (id, arrival_id, reasons, created_at) VALUES ('v', 'a', '[]', 0);
             INSERT INTO reply (id, request_id, source, said_by, answers, fingerprint, handwriting, recorded_at) \
               VALUES ('01980000-0000-7000-8000-000000000001', '01980000-0000-7000-8000-000000000002', 'phone', \
               '受付', '{}', 'f', '{}', 1000000);
             INSERT INTO reply_withdrawn (reply_id, at) VALUES ('01980000-0000-7000-8000-000000000001', 2000000);
             INSERT INTO review_decision (id, review_id, verdict, reply_id, why, at) \
               VALUES ('d', 'v', 'undone', '01980000-0000-7000-8000-000000000001', '', 3);",
        )
        .unwrap();
    schema::migrate(&mut connection).unwrap();
    let request = "01980000-0000-7000-8000-000000000002".parse().unwrap();
    let gone = replies::withdrawn(&connection, request).map_err(|fault| fault.during("testing")).unwrap();
    assert_eq!((gone.len(), gone[0].reply.texts.len()), (1, 0));
    let decisions: i64 =
        connection.query_row("SELECT COUNT(*) FROM review_decision", [], |row| row.get(0)).unwrap();
    let broken: i64 =
        connection.query_row("SELECT COUNT(*) FROM pragma_foreign_key_check", [], |row| row.get(0)).unwrap();
    assert_eq!((decisions, broken), (1, 0));
    let dangling = "INSERT INTO reply_withdrawn (reply_id, at) VALUES ('nobody', 0)";
    assert!(connection.execute(dangling, []).is_err(), "it points to the new table");
}

/// What points to a delivery still does after the outbox was made again, with foreign keys on all the while; what
/// happened before there were notices is told to nobody.
#[test]
fn deliveries_of_version_5_are_sheets_and_keep_what_points_to_them() {
    let dir = tempfile::tempdir().unwrap();
    let mut connection = Connection::open(dir.path().join("old")).unwrap();
    connection.pragma_update(None, "foreign_keys", true).unwrap();
    schema::migrate_to(&mut connection, 5).unwrap();
    insert_clinic(&connection);
    connection
        .execute_batch(
            "INSERT INTO office (id, code, name, care_manager, tel, fax, sample) VALUES ('o', '', '', '', '', '', 1);
             INSERT INTO form_version (id, version, definition) VALUES ('f', 1, '{}');
             INSERT INTO request (id, number, form_id, form_version, office_id, clinic_id, answers, state, created_at) \
               VALUES ('01980000-0000-7000-8000-000000000002', '26-000001-3', 'f', 1, 'o', 'c', '{}', 'sent', 0);
             INSERT INTO delivery (id, request_id, route, address, state, attempts, next_try_at, last_detail, created_at) \
               VALUES ('01980000-0000-7000-8000-000000000003', '01980000-0000-7000-8000-000000000002', 'fax_by_mail', \
               '0300000001', 'submitted', 1, 7, '250 ok', 5);
             INSERT INTO sheet (sheet_id, request_id, delivery_id, layout, pdf, rendered_at) VALUES ('0123456789A', \
               '01980000-0000-7000-8000-000000000002', '01980000-0000-7000-8000-000000000003', '{}', 'b', 6);
             UPDATE delivery SET sheet_id = '0123456789A';
             INSERT INTO attempt (id, delivery_id, number, started_at, detail) \
               VALUES ('t', '01980000-0000-7000-8000-000000000003', 1, 6, '');
             INSERT INTO event (place, id, at, subject, subject_id, what, detail) \
               VALUES (41, 'e', 1, 'request', 'r', 'answered', '');",
        )
        .unwrap();
    schema::migrate(&mut connection).unwrap();
    let request = "01980000-0000-7000-8000-000000000002".parse().unwrap();
    let stored =
        deliveries::of_request(&connection, request).map_err(|fault| fault.during("testing")).unwrap();
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].letter, Letter::Sheet { request_id: request });
    let sheet = stored[0].sheet_id.as_ref().map(SheetNumber::as_str);
    assert_eq!((sheet, stored[0].last_detail.as_str()), (Some("0123456789A"), "250 ok"));
    let count = |sql: &str| connection.query_row::<i64, _, _>(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(count("SELECT COUNT(*) FROM pragma_foreign_key_check"), 0);
    assert_eq!(count("SELECT noticed_to FROM gateway"), 41);
    let dangling = "UPDATE attempt SET delivery_id = 'nobody'";
    assert!(connection.execute(dangling, []).is_err(), "it points to the new table");
}

/// The steps that the database would take, one a line.
fn plan(store: &SqliteStore, sql: &str) -> String {
    store
        .read("testing", |reader| {
            let mut statement = reader.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
            let nothing = vec![rusqlite::types::Null; statement.parameter_count()];
            let lines =
                statement.query_map(rusqlite::params_from_iter(nothing), |row| row.get::<_, String>(3))?;
            Ok(lines.collect::<rusqlite::Result<Vec<_>>>()?.join("\n"))
        })
        .unwrap()
}

#[test]
fn what_runs_often_reads_an_index_and_not_the_table() {
    let (_dir, store) = empty();
    for (sql, index) in [
        (requests::DUE, "INDEX request_due (due_on<?)"),
        (deliveries::NEXT, "INDEX delivery_queued (next_try_at<?)"),
        (deliveries::NEXT, "INDEX delivery_sending (address=?)"),
        (deliveries::NEXT_BY, "INDEX delivery_queued_by_route (route=? AND next_try_at<?)"),
        (deliveries::NEXT_BY, "INDEX delivery_sending (address=?)"),
        (results::SILENT, "INDEX delivery_result_due (result_due_at>? AND result_due_at<?)"),
        (results::TO, "INDEX delivery_to (address=? AND created_at>?)"),
        (results::AWAITED, "INDEX request_awaited_of (clinic_id=?)"),
        (outcome::LOST, "INDEX delivery_sending"),
        (arrivals::NEXT, "INDEX arrival_waiting"),
        (arrivals::LOST, "INDEX arrival_reading"),
        (arrivals::OPEN_REVIEWS, "INDEX review_open"),
        (gateway::QUEUED, "INDEX delivery_queued"),
        (gateway::HELD, "INDEX delivery_held"),
        (report::PERIOD, "INDEX request_created (created_at>? AND created_at<?)"),
        (replies::IN_FORCE, "INDEX reply_of_request (request_id=?)"),
        (reviews::CLOSED, "INDEX review_closed"),
        (links::OF_REQUEST, "INDEX link_of_request (request_id=?)"),
        (links::OLD_PASSES, "INDEX link_pass_until (expires_at<?)"),
        (standing::WAITS, "INDEX review_of_request (request_id=?)"),
        (page_sets::OPEN, "INDEX review_of_request (request_id=?)"),
        (deliveries::IN_DOUBT, "INDEX delivery_in_doubt"),
        (sessions::FULL_SINCE, "INDEX sign_in_try_of_login (login_key=? AND at>?)"),
        (sessions::OLD_TRIES, "INDEX sign_in_try_at (at<?)"),
        (letters::FAILED, "INDEX withdrawal_failed (created_at>?)"),
        (letters::WAITING, "INDEX notice_waiting (account_id=?)"),
        (number_tests::TO, "INDEX number_test_to (address=? AND created_at>?)"),
        (number_tests::RETURNED, "INDEX number_test_returned"),
        (blank_sheets::UNSEEN, "INDEX message_unseen (office_id=?)"),
        (blank_sheets::SEEN, "INDEX message_seen (office_id=?)"),
        (splits::PARTS, "INDEX review_split (split_from=?)"),
        (splits::ITEM_PAGES, "INDEX review_of_arrival (arrival_id=?)"),
        (handed_on::OF_PAGE, "INDEX sqlite_autoindex_message_2 (arrival_id=? AND page_number=?)"),
        (steps::EVENTS_AFTER, "INTEGER PRIMARY KEY (rowid>?)"),
        (steps::EVENTS, "INDEX event_of_subject (subject=? AND subject_id=?)"),
    ] {
        let plan = plan(&store, sql);
        assert!(plan.contains(index), "{sql}\nis done so:\n{plan}");
        // A partial index may be read from end to end: it holds only what is due.
        let scans = plan.lines().filter(|line| line.contains("SCAN") && !line.contains("INDEX"));
        assert_eq!(scans.count(), 0, "{sql}\nis done so:\n{plan}");
        assert!(!plan.contains("TEMP B-TREE") || sql == outcome::LOST, "{sql}\nsorts:\n{plan}");
    }
    for sql in [requests::DUE, deliveries::NEXT] {
        assert!(!plan(&store, sql).contains("SCAN"), "{sql}");
    }
}

#[test]
fn the_clock_runs_in_exactly_the_states_that_the_query_names() {
    for state in RequestState::ALL {
        let named = requests::DUE.contains(&format!("'{}'", state.as_str()));
        assert_eq!(named, state.awaits_answer(), "{state}");
    }
}

#[test]
fn two_deliveries_to_one_address_cannot_be_out_even_by_a_mistake_of_ours() {
    let (dir, store) = empty();
    drop(store);
    let path = dir.path().join("data").join(DATABASE);
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    let sql = "INSERT INTO delivery (id, letter, request_id, route, address, state, attempts, next_try_at, last_detail, \
               created_at, lease_token, lease_until) \
               VALUES (?1, 'sheet', 'r', 'fax_by_mail', '0300000001', 'sending', 0, 0, '', 0, 't', 0)";
    connection.execute(sql, params!["first"]).unwrap();
    let second = connection.execute(sql, params!["second"]).unwrap_err();
    assert!(second.to_string().contains("UNIQUE constraint failed: delivery.address"), "{second}");
}

#[test]
fn a_transaction_that_panics_leaves_nothing_and_the_store_goes_on() {
    let (_dir, store) = empty();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        store.write::<()>("testing", |writer| {
            writer.execute("UPDATE gateway SET hold_reason = 'half done'", [])?;
            panic!("as it may happen");
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(store.hold().unwrap(), None);
    store.set_hold(Some("whole"), "2026-07-01T00:00:00Z".parse().unwrap()).unwrap();
    assert_eq!(store.hold().unwrap().as_deref(), Some("whole"));
    assert!(store.requests(&super::super::RequestFilter::default(), 1).unwrap().is_empty());
}
