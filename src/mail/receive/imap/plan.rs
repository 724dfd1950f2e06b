//! The decisions: which mails are asked for, in which order, and how a stored one is settled. Pure; knows no connection.

use std::collections::{BTreeMap, BTreeSet};

/// The keyword that says that renraku has stored the mail. Whoever takes it away has the mail looked at once more, which
/// stores nothing twice.
pub const KEYWORD: &str = "$Renraku";

/// Tries of one mail, in which the connection ended, after which the others go first.
pub(super) const STUBBORN: u32 = 3;

/// What a stored mail gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settle {
    /// `\Seen` and [`KEYWORD`].
    Keyword,
    /// `\Seen` alone, where the mailbox keeps no keywords: what a person opens first is then not looked at.
    Seen,
    /// UID MOVE (RFC 6851).
    Move,
    /// UID COPY, `\Deleted`, UID EXPUNGE (RFC 4315 §2.1) of this one mail.
    CopyAndExpunge,
}

impl Settle {
    /// What the server searches for (RFC 3501 §6.4.4): everything that is not settled.
    #[must_use]
    pub fn unsettled(self) -> String {
        match self {
            Self::Keyword => format!("UNKEYWORD {KEYWORD}"),
            Self::Seen => "UNSEEN".to_owned(),
            Self::Move | Self::CopyAndExpunge => "ALL".to_owned(),
        }
    }
}

/// Something that the region should know of the mailbox, and that is no error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remark {
    /// No keywords.
    NoKeywords,
    /// Neither MOVE nor UIDPLUS.
    NoMove,
}

impl Remark {
    /// The sentence for the log.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::NoKeywords => {
                "このメールボックスはキーワードを保存できないため、既読の印だけで区別します。ほかのソフトで開かないでください / this mailbox keeps no keywords, so that taken mails are told by the seen flag alone: open it with no other program"
            }
            Self::NoMove => {
                "サーバーに MOVE も UIDPLUS もないため、メールを移さず印を付けます / the server has neither MOVE nor UIDPLUS: mails are flagged and not moved"
            }
        }
    }
}

/// How stored mails are settled here, and what is to be said about it. `can`: whether the server has this capability;
/// `keywords`: whether the mailbox keeps them.
#[must_use]
pub fn settle_by(wants_move: bool, can: impl Fn(&str) -> bool, keywords: bool) -> (Settle, Vec<Remark>) {
    let mut remarks = Vec::new();
    if wants_move && can("MOVE") {
        return (Settle::Move, remarks);
    }
    if wants_move && can("UIDPLUS") {
        return (Settle::CopyAndExpunge, remarks);
    }
    if wants_move {
        // A plain EXPUNGE would remove what others have flagged.
        remarks.push(Remark::NoMove);
    }
    if keywords {
        return (Settle::Keyword, remarks);
    }
    remarks.push(Remark::NoKeywords);
    (Settle::Seen, remarks)
}

/// True when these PERMANENTFLAGS (RFC 3501 §7.1) let us set [`KEYWORD`]. Without the list, every flag may be set.
#[must_use]
pub fn keeps_keyword(permanent: Option<&[String]>) -> bool {
    permanent.is_none_or(|flags| flags.iter().any(|flag| flag == "\\*" || flag.eq_ignore_ascii_case(KEYWORD)))
}

/// What is remembered of a mailbox while the program runs, over all its connections. Nothing is lost with it: what it
/// remembers as stored is known to the store by its key.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Memory {
    /// Of which UIDs this speaks.
    uid_validity: Option<u32>,
    /// Stored, and not settled yet.
    stored: BTreeSet<u32>,
    /// Left for a person, who was told.
    left: BTreeSet<u32>,
    /// Tries that were begun and did not end.
    begun: BTreeMap<u32, u32>,
}

/// What is to be done with what was found.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Stored before: to be settled only.
    pub settle: Vec<u32>,
    /// To be fetched, stored and settled.
    pub fetch: Vec<u32>,
}

impl Memory {
    /// A mailbox was opened: with another UIDVALIDITY all UIDs mean other mails (RFC 3501 §2.3.1.1).
    pub fn opened(&mut self, uid_validity: u32) {
        if self.uid_validity != Some(uid_validity) {
            *self = Self { uid_validity: Some(uid_validity), ..Self::default() };
        }
    }

    /// Forgets what is no longer there, and says what to do with the rest. A UID of 0 is none, and each counts once however
    /// often a server names it.
    pub fn plan(&mut self, found: &[u32]) -> Plan {
        let found: BTreeSet<u32> = found.iter().copied().filter(|uid| *uid != 0).collect();
        self.stored.retain(|uid| found.contains(uid));
        self.left.retain(|uid| found.contains(uid));
        self.begun.retain(|uid, _| found.contains(uid));
        let (settle, fetch): (Vec<u32>, Vec<u32>) =
            found.iter().filter(|uid| !self.left.contains(uid)).partition(|uid| self.stored.contains(uid));
        let (stubborn, mut fetch): (Vec<u32>, Vec<u32>) =
            fetch.into_iter().partition(|uid| self.begun.get(uid).is_some_and(|tries| *tries >= STUBBORN));
        fetch.extend(stubborn);
        Plan { settle, fetch }
    }

    /// A try begins; which one it is.
    pub fn begin(&mut self, uid: u32) -> u32 {
        let tries = self.begun.entry(uid).or_default();
        *tries = tries.saturating_add(1);
        *tries
    }

    /// It was handed over whole, or is gone, or a refusal said so.
    pub fn ended(&mut self, uid: u32) {
        self.begun.remove(&uid);
    }

    /// It is stored.
    pub fn stored(&mut self, uid: u32) {
        self.stored.insert(uid);
    }

    /// It has its flag or has moved.
    pub fn settled(&mut self, uid: u32) {
        self.stored.remove(&uid);
    }

    /// It is left for a person.
    pub fn leave(&mut self, uid: u32) {
        self.begun.remove(&uid);
        self.left.insert(uid);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_mail_is_settled_without_touching_others() {
        use Remark::{NoKeywords, NoMove};
        use Settle::{CopyAndExpunge, Keyword, Move, Seen};
        for (wants_move, has, keywords, settle, remarks) in [
            (false, &["MOVE", "UIDPLUS"][..], true, Keyword, &[][..]),
            (false, &["MOVE", "UIDPLUS"], false, Seen, &[NoKeywords]),
            (true, &["MOVE"], false, Move, &[]),
            (true, &["UIDPLUS"], true, CopyAndExpunge, &[]),
            (true, &[], true, Keyword, &[NoMove]),
            (true, &[], false, Seen, &[NoMove, NoKeywords]),
        ] {
            let found = settle_by(wants_move, |name| has.contains(&name), keywords);
            assert_eq!(found, (settle, remarks.to_vec()), "{wants_move} {has:?} {keywords}");
        }
        assert_eq!(Keyword.unsettled(), "UNKEYWORD $Renraku");
    }

    #[test]
    fn a_mailbox_says_whether_it_keeps_keywords() {
        let flags = |flags: &[&str]| flags.iter().map(|flag| (*flag).to_owned()).collect::<Vec<_>>();
        for (permanent, keeps) in [
            (None, true),
            (Some(flags(&["\\Seen", "\\*"])), true),
            (Some(flags(&["\\Seen", "$renraku"])), true),
            (Some(flags(&["\\Seen", "$Other"])), false),
            (Some(vec![]), false),
        ] {
            assert_eq!(keeps_keyword(permanent.as_deref()), keeps, "{permanent:?}");
        }
    }

    #[test]
    fn what_a_server_names_twice_or_as_0_is_one_mail_or_none() {
        let plan = Memory::default().plan(&[9, 0, 3, 9, u32::MAX, 3]);
        assert_eq!(plan, Plan { settle: vec![], fetch: vec![3, 9, u32::MAX] });
    }

    #[test]
    fn what_is_stored_is_settled_only_and_what_is_left_is_left() {
        let mut memory = Memory::default();
        memory.opened(7);
        memory.stored(2);
        memory.leave(3);
        assert_eq!(memory.plan(&[1, 2, 3]), Plan { settle: vec![2], fetch: vec![1] });
        memory.settled(2);
        assert_eq!(memory.plan(&[1, 2, 3]), Plan { settle: vec![], fetch: vec![1, 2] });
        memory.opened(7);
        assert_eq!(memory.plan(&[3]).fetch, [] as [u32; 0], "another connection, the same mails");
        memory.opened(8);
        assert_eq!(memory.plan(&[3]).fetch, [3], "other mails");
        memory.leave(3);
        assert_eq!(memory.plan(&[]).fetch, [] as [u32; 0]);
        assert_eq!(memory.plan(&[3]).fetch, [3], "what has gone is forgotten");
    }

    #[test]
    fn a_mail_that_ends_every_connection_does_not_stop_the_others() {
        let mut memory = Memory::default();
        for _ in 0..STUBBORN {
            assert_eq!(memory.plan(&[1, 2]).fetch, [1, 2]);
            memory.begin(1);
        }
        assert_eq!(memory.plan(&[1, 2]).fetch, [2, 1]);
        memory.ended(1);
        assert_eq!(memory.plan(&[1, 2]).fetch, [1, 2]);
    }
}
