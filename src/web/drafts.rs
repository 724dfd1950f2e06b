//! Checked forms that are not yet sent, for the page that shows them once more. In memory alone: the page
//! carries everything itself, so that nothing is lost when these are.

use super::pairs::Pairs;
use crate::domain::id::{RequestId, UserId};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// The most that are kept; the oldest go first. One is a few kilobytes.
const MOST: usize = 500;

/// The drafts of everybody.
#[derive(Default)]
pub struct Drafts(Mutex<VecDeque<Draft>>);

struct Draft {
    id: RequestId,
    owner: UserId,
    posted: Pairs,
}

impl Drafts {
    /// Keeps the draft in place of the one that this user had under the id.
    pub fn put(&self, id: RequestId, owner: UserId, posted: Pairs) {
        let mut drafts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        drafts.retain(|draft| (draft.id, draft.owner) != (id, owner));
        drafts.push_back(Draft { id, owner, posted });
        if drafts.len() > MOST {
            drafts.pop_front();
        }
    }

    /// The user's own draft.
    pub fn get(&self, id: RequestId, owner: UserId) -> Option<Pairs> {
        let drafts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        drafts.iter().find(|draft| (draft.id, draft.owner) == (id, owner)).map(|draft| draft.posted.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    #[test]
    fn a_draft_is_its_owners_and_the_oldest_goes_first() {
        let drafts = Drafts::default();
        let now = Timestamp::UNIX_EPOCH;
        let [first, second] = [UserId::new_at(now), UserId::new_at(now)];
        let ids: Vec<RequestId> = (0..=MOST).map(|_| RequestId::new_at(now)).collect();
        for id in &ids {
            drafts.put(*id, first, Pairs::decode(b"a=1"));
        }
        assert!(drafts.get(ids[0], first).is_none());
        assert!(drafts.get(ids[1], first).is_some());
        assert!(drafts.get(ids[1], second).is_none());
        drafts.put(ids[1], first, Pairs::decode(b"a=2"));
        assert_eq!(drafts.get(ids[1], first).unwrap().get("a"), "2");
        assert_eq!(drafts.0.lock().unwrap().len(), MOST);
    }
}
