//! Papers that were added to a form and are not sent yet. In memory alone, as the drafts are: what goes along with a
//! request is stored with it, and of what is never sent nothing stays. The form names them by id; one that is not here
//! any more is asked for again, never left out silently.

use crate::domain::attachment::{AttachmentMistake, Paper};
use crate::domain::id::{AttachmentId, UserId};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Of one user: two requests with as much as may go along.
const MOST_OF_ONE_BYTES: usize = 6 << 20;
/// Of everybody.
const MOST_BYTES: usize = 96 << 20;

/// The papers of everybody, the oldest first.
#[derive(Default)]
pub struct Papers(Mutex<VecDeque<(UserId, Arc<Paper>)>>);

impl Papers {
    /// Keeps a paper; the user's oldest go first, then everybody's.
    pub fn put(&self, owner: UserId, paper: Paper) {
        let mut papers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        papers.push_back((owner, Arc::new(paper)));
        let mine = |(of, _): &&(UserId, Arc<Paper>)| *of == owner;
        while papers.iter().filter(mine).map(|(_, paper)| paper.bytes()).sum::<usize>() > MOST_OF_ONE_BYTES {
            let Some(oldest) = papers.iter().position(|(of, _)| *of == owner) else { break };
            papers.remove(oldest);
        }
        while papers.iter().map(|(_, paper)| paper.bytes()).sum::<usize>() > MOST_BYTES {
            papers.pop_front();
        }
    }

    /// The user's own paper.
    ///
    /// # Errors
    /// [`AttachmentMistake::Gone`].
    pub fn get(&self, id: AttachmentId, owner: UserId) -> Result<Arc<Paper>, AttachmentMistake> {
        let papers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = papers.iter().find(|(of, paper)| *of == owner && paper.id == id);
        found.map(|(_, paper)| Arc::clone(paper)).ok_or(AttachmentMistake::Gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::attachment::AttachedPage;
    use jiff::Timestamp;

    fn paper(bytes: usize) -> Paper {
        let page = AttachedPage { width_px: 8, height_px: 8, percent: 100, g4: vec![0; bytes] };
        Paper {
            id: AttachmentId::new_at(Timestamp::UNIX_EPOCH),
            name: "見本.pdf".to_owned(),
            pages: vec![page],
        }
    }

    #[test]
    fn a_paper_is_its_owners_and_one_user_crowds_nobody_out() {
        let papers = Papers::default();
        let [first, second] = [(); 2].map(|()| UserId::new_at(Timestamp::UNIX_EPOCH));
        let others = paper(1000);
        let id = others.id;
        papers.put(second, others);
        let third = MOST_OF_ONE_BYTES / 3;
        let ids = [(); 4].map(|()| {
            let paper = paper(third);
            let id = paper.id;
            papers.put(first, paper);
            id
        });
        assert!(papers.get(id, second).is_ok());
        assert_eq!(papers.get(id, first), Err(AttachmentMistake::Gone));
        assert_eq!(papers.get(ids[0], first), Err(AttachmentMistake::Gone), "the oldest went");
        assert!(ids[1..].iter().all(|id| papers.get(*id, first).is_ok()));
    }
}
