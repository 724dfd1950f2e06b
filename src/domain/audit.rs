//! The audit log: who saw or changed what, as a chain in which every entry carries the hash of the one
//! before it. Changing, removing or inserting an entry breaks the chain; cutting off its end does not,
//! which is why a store keeps the last hash apart as well. Carries no client data.

use super::id::{AuditId, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// What the first entry has in place of a hash before it.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Begins the bytes that are hashed: another way of writing an entry down would be another version.
const ENCODING: &str = "renraku-audit-1";

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Client data was shown.
    View,
    /// Something was changed; the detail says which act.
    Change,
    /// Access was refused.
    Denied,
    /// Signed in.
    SignIn,
    /// A wrong password, or one try too many.
    SignInFailed,
    /// Signed out.
    SignOut,
}

/// An entry to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAudit {
    /// Who; `None` for the command line and for visitors without an account.
    pub who: Option<UserId>,
    /// What was done.
    pub what: Act,
    /// To what kind of record: `request`, `review`, `user`, `route` …; empty where there is none.
    pub record_kind: String,
    /// To which one; empty where there is none.
    pub record_id: String,
    /// Where it came from: an IP address, or `console`.
    pub from_address: String,
    /// A word or two: the act, a reason's code. Never client data, never what somebody typed.
    pub detail: String,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// From 1, without gaps.
    pub number: u64,
    /// The id.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// Who; `None` for the command line and for visitors without an account.
    pub who: Option<UserId>,
    /// What was done.
    pub what: Act,
    /// To what kind of record.
    pub record_kind: String,
    /// To which one.
    pub record_id: String,
    /// Where it came from.
    pub from_address: String,
    /// A word or two.
    pub detail: String,
    /// The hash of the entry before; [`GENESIS`] for the first.
    pub previous_hash: String,
    /// SHA-256 over everything above, in lower-case hexadecimal.
    pub hash: String,
}

/// Where a chain is broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Break {
    /// An entry is not what was written.
    #[error("監査ログの{0}番目の記録が書き換えられています / entry {0} of the audit log was changed")]
    Changed(u64),
    /// Entries are missing, inserted or out of order.
    #[error(
        "監査ログの{0}番目の前後で記録が抜けているか、加えられています / entries around number {0} of the audit log are missing or were added"
    )]
    Gap(u64),
    /// The end is not the one that was written last.
    #[error(
        "監査ログの{0}番目より後の記録が失われています / entries after number {0} of the audit log are missing"
    )]
    CutOff(u64),
}

/// The end of a chain, and what a check of it has seen so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainEnd {
    /// The number of the last entry; 0 for an empty chain.
    pub number: u64,
    /// Its hash; [`GENESIS`] for an empty chain.
    pub hash: String,
}

/// Whether `entries`, the whole log from its first entry on, are as they were written.
///
/// # Errors
/// The first [`Break`]. That the end was cut off cannot be seen here: see [`ChainEnd::is_end`].
pub fn chain_is_whole(entries: &[AuditEntry]) -> Result<(), Break> {
    let mut seen = ChainEnd::default();
    entries.iter().try_for_each(|entry| seen.follow(entry))
}

impl Default for ChainEnd {
    fn default() -> Self {
        Self { number: 0, hash: GENESIS.to_owned() }
    }
}

impl ChainEnd {
    /// The entry that follows this end.
    #[must_use]
    pub fn next(&self, new: &NewAudit, id: AuditId, at: Timestamp) -> AuditEntry {
        let mut entry = AuditEntry {
            number: self.number + 1,
            id,
            at,
            who: new.who,
            what: new.what,
            record_kind: new.record_kind.clone(),
            record_id: new.record_id.clone(),
            from_address: new.from_address.clone(),
            detail: new.detail.clone(),
            previous_hash: self.hash.clone(),
            hash: String::new(),
        };
        entry.hash = hash_of(&entry);
        entry
    }

    /// Checks the entry that follows and goes on to it; for a log that is too long to hold at once.
    ///
    /// # Errors
    /// [`Break::Gap`], [`Break::Changed`].
    pub fn follow(&mut self, entry: &AuditEntry) -> Result<(), Break> {
        if entry.number != self.number + 1 || entry.previous_hash != self.hash {
            return Err(Break::Gap(self.number + 1));
        }
        if entry.hash != hash_of(entry) {
            return Err(Break::Changed(entry.number));
        }
        (self.number, self.hash) = (entry.number, entry.hash.clone());
        Ok(())
    }

    /// Checks that the chain ends where it did when it was last written.
    ///
    /// # Errors
    /// [`Break::CutOff`].
    pub fn is_end(&self, written: &Self) -> Result<(), Break> {
        if self == written { Ok(()) } else { Err(Break::CutOff(self.number)) }
    }
}

impl Act {
    /// The name as it stands in JSON and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Change => "change",
            Self::Denied => "denied",
            Self::SignIn => "sign_in",
            Self::SignInFailed => "sign_in_failed",
            Self::SignOut => "sign_out",
        }
    }
}

/// SHA-256 over the entry's fields in order, each with its length before it, so that no two entries are
/// written alike.
fn hash_of(entry: &AuditEntry) -> String {
    let mut sha = Sha256::new();
    for field in [
        ENCODING,
        &entry.number.to_string(),
        &entry.id.to_string(),
        // As it is stored: what is finer than a microsecond is cut off.
        &entry.at.as_microsecond().to_string(),
        &entry.who.map(|who| who.to_string()).unwrap_or_default(),
        entry.what.as_str(),
        &entry.record_kind,
        &entry.record_id,
        &entry.from_address,
        &entry.detail,
        &entry.previous_hash,
    ] {
        sha.update((field.len() as u64).to_be_bytes());
        sha.update(field.as_bytes());
    }
    let mut hash = String::with_capacity(64);
    for byte in sha.finalize() {
        let _ = write!(hash, "{byte:02x}");
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(length: usize) -> Vec<AuditEntry> {
        let mut end = ChainEnd::default();
        let at = Timestamp::from_second(1_800_000_000).unwrap();
        (0..length)
            .map(|n| {
                let new = NewAudit {
                    who: (n % 2 == 0).then(|| UserId::new_at(at)),
                    what: Act::View,
                    record_kind: "request".to_owned(),
                    record_id: n.to_string(),
                    from_address: "192.0.2.1".to_owned(),
                    detail: String::new(),
                };
                let entry = end.next(&new, AuditId::new_at(at), at);
                end.follow(&entry).unwrap();
                entry
            })
            .collect()
    }

    fn chain_of(seen: &mut ChainEnd, entries: &[AuditEntry]) {
        for entry in entries {
            seen.follow(entry).unwrap();
        }
    }

    #[test]
    fn a_chain_as_it_was_written_is_whole() {
        for length in [0, 1, 2, 50] {
            assert_eq!(chain_is_whole(&chain(length)), Ok(()));
        }
    }

    #[test]
    fn a_missing_entry_is_found_wherever_it_was_but_at_the_end() {
        for missing in 0..9 {
            let mut entries = chain(10);
            entries.remove(missing);
            assert_eq!(chain_is_whole(&entries), Err(Break::Gap(missing as u64 + 1)));
        }
        let mut entries = chain(10);
        let written = ChainEnd { number: 10, hash: entries[9].hash.clone() };
        entries.pop();
        assert_eq!(chain_is_whole(&entries), Ok(()));
        let mut seen = ChainEnd::default();
        chain_of(&mut seen, &entries);
        assert_eq!(seen.is_end(&written), Err(Break::CutOff(9)));
    }

    #[test]
    fn every_changed_field_is_found() {
        let changes: [fn(&mut AuditEntry); 10] = [
            |entry| entry.number += 1,
            |entry| entry.id = AuditId::new_at(entry.at),
            |entry| entry.at += jiff::SignedDuration::from_micros(1),
            |entry| entry.who = None,
            |entry| entry.what = Act::Denied,
            |entry| entry.record_kind.push('s'),
            // The same bytes in a row, cut elsewhere.
            |entry| {
                entry.record_kind = "reques".to_owned();
                entry.record_id = format!("t{}", entry.record_id);
            },
            |entry| entry.from_address.clear(),
            |entry| entry.detail.push('x'),
            |entry| entry.previous_hash = GENESIS.to_owned(),
        ];
        for (number, change) in changes.iter().enumerate() {
            let mut entries = chain(5);
            change(&mut entries[2]);
            assert!(chain_is_whole(&entries).is_err(), "change {number}");
            // Whoever computes the hash anew breaks the link of the next entry.
            entries[2].hash = hash_of(&entries[2]);
            assert!(chain_is_whole(&entries).is_err(), "change {number} with a new hash");
        }
    }

    #[test]
    fn an_inserted_or_moved_entry_is_found() {
        let mut entries = chain(6);
        entries.insert(3, entries[2].clone());
        assert_eq!(chain_is_whole(&entries), Err(Break::Gap(4)));
        let mut entries = chain(6);
        entries.swap(1, 2);
        assert_eq!(chain_is_whole(&entries), Err(Break::Gap(2)));
        let mut forged = chain(6);
        let end = ChainEnd { number: 3, hash: forged[2].hash.clone() };
        let new = NewAudit {
            who: None,
            what: Act::View,
            record_kind: String::new(),
            record_id: String::new(),
            from_address: String::new(),
            detail: "forged".to_owned(),
        };
        forged.insert(3, end.next(&new, AuditId::new_at(forged[0].at), forged[0].at));
        assert_eq!(chain_is_whole(&forged), Err(Break::Gap(5)));
    }
}
