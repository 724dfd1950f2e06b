//! Which reviewer has which item open: two people may look at the same page, but not without knowing of each other. In
//! memory alone; who decided first is the store's word.

use crate::domain::id::{ReviewId, UserId};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A look that is older is over: the page was left, or the telephone rang.
const LOOK_MAX: SignedDuration = SignedDuration::from_mins(10);

/// The last look of everybody at everything.
#[derive(Default)]
pub struct Looking(Mutex<BTreeMap<(ReviewId, UserId), Timestamp>>);

impl Looking {
    /// The user has opened the item.
    pub fn opened(&self, item: ReviewId, user: UserId, now: Timestamp) {
        let mut looks = self.lock();
        looks.retain(|_, at| now.duration_since(*at) < LOOK_MAX);
        looks.insert((item, user), now);
    }

    /// Nobody needs to know any more: it was decided.
    pub fn done(&self, item: ReviewId) {
        self.lock().retain(|(open, _), _| *open != item);
    }

    /// Another user who has the item open, and since when; of several the last who opened it.
    pub fn other(&self, item: ReviewId, user: UserId, now: Timestamp) -> Option<(UserId, Timestamp)> {
        let looks = self.lock();
        let others = looks
            .iter()
            .filter(|((open, who), at)| *open == item && *who != user && now.duration_since(**at) < LOOK_MAX);
        others.map(|((_, who), at)| (*who, *at)).max_by_key(|(_, at)| *at)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(ReviewId, UserId), Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_ones_look_is_known_until_it_is_old_or_the_item_is_decided() {
        let looking = Looking::default();
        let at = |minutes| Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes);
        let [first, second, third] = [0; 3].map(|_| UserId::new_at(at(0)));
        let [item, next] = [0; 2].map(|_| ReviewId::new_at(at(0)));
        looking.opened(item, first, at(0));
        assert_eq!(looking.other(item, first, at(1)), None, "one's own");
        assert_eq!(looking.other(next, second, at(1)), None, "another item");
        assert_eq!(looking.other(item, second, at(1)), Some((first, at(0))));
        looking.opened(item, second, at(5));
        assert_eq!(looking.other(item, third, at(6)), Some((second, at(5))), "the last one");
        assert_eq!(looking.other(item, second, at(10)), None, "ten minutes are over");
        looking.opened(next, first, at(16));
        assert_eq!(looking.lock().len(), 1, "what is over is forgotten");
        looking.done(next);
        assert_eq!(looking.other(next, second, at(16)), None);
    }
}
