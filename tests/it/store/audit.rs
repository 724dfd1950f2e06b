//! Cases on the audit log.

use super::Case;
use super::accounts::reviewer;
use super::world::at;
use renraku::domain::audit::{Act, ChainEnd, NewAudit, chain_is_whole};
use renraku::store::{AuditFilter, Store};

pub const CASES: &[Case] = &[
    ("audit entries are a chain", entries_are_a_chain),
    ("audit entries of many threads are one chain", many_threads_write_one_chain),
];

fn view(number: usize) -> NewAudit {
    NewAudit {
        who: None,
        what: Act::View,
        record_kind: "request".to_owned(),
        record_id: (number % 2).to_string(),
        from_address: "192.0.2.7".to_owned(),
        detail: String::new(),
    }
}

fn entries_are_a_chain(store: &dyn Store) {
    assert_eq!(store.verify_audit().unwrap(), Ok(ChainEnd::default()));
    let user = reviewer(store, "first");
    let written: Vec<_> = (0..10).map(|n| store.append_audit(&view(n), at(n as i64)).unwrap()).collect();
    let mine = NewAudit { who: Some(user.id), what: Act::Denied, ..view(0) };
    let mine = store.append_audit(&mine, at(20)).unwrap();
    let mut stored = store.audit(&AuditFilter::default(), 100).unwrap();
    assert_eq!(stored[0], mine, "the newest first");
    assert_eq!(store.audit(&AuditFilter::default(), 2).unwrap(), stored[..2]);
    stored.reverse();
    assert_eq!(chain_is_whole(&stored), Ok(()));
    assert_eq!(stored[1..11], written);
    let end = ChainEnd { number: 12, hash: mine.hash.clone() };
    assert_eq!(store.verify_audit().unwrap(), Ok(end));
    let of = |record: Option<&str>, who| {
        let record = record.map(|id| ("request".to_owned(), id.to_owned()));
        let entries = store.audit(&AuditFilter { record, who }, 100).unwrap();
        entries.iter().map(|entry| entry.number).collect::<Vec<_>>()
    };
    assert_eq!(of(Some("1"), None), [11, 9, 7, 5, 3]);
    assert_eq!(of(Some("0"), Some(user.id)), [12]);
    assert_eq!(of(None, Some(user.id)), [12]);
    assert!(of(Some("2"), None).is_empty());
}

fn many_threads_write_one_chain(store: &dyn Store) {
    std::thread::scope(|scope| {
        for thread in 0..8 {
            scope.spawn(move || {
                for number in 0..5 {
                    store.append_audit(&view(number), at(thread)).unwrap();
                }
            });
        }
    });
    assert_eq!(store.verify_audit().unwrap().map(|end| end.number), Ok(40));
}
