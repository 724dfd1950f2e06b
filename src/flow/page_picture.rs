//! The picture of a page that arrived, made anew from the bytes that are kept. A stranger's bytes are opened
//! by a child process with limits, never here. What was made is kept for a while in memory, and nowhere else: a
//! copy on the disk would be one more thing with a client's data that must be backed up, held and deleted.

use super::Result;
use super::passphrase::{self, Opened};
use super::unpack::unpack;
use crate::domain::id::ArrivalId;
use crate::domain::reading::PageReading;
use crate::pool::{PageAsked, Pool};
use crate::seal::keyring::Keyring;
use crate::store::Store;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Fine enough to read handwriting beside the reading; a page is some 100 kB.
const WIDTH_PX: usize = 1000;
/// Some eighty pages: what a desk looks at in a morning.
const KEPT_BYTES: usize = 8_000_000;

/// A page: of which arrival, and its number there.
type Page = (ArrivalId, u32);

/// The pictures that were made last, the one that was looked at last at the end.
#[derive(Default)]
pub struct Pictures(Mutex<VecDeque<(Page, Arc<[u8]>)>>);

impl Pictures {
    fn get(&self, page: Page) -> Option<Arc<[u8]>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|(of, _)| *of == page)?;
        let found = kept.remove(at)?;
        let picture = Arc::clone(&found.1);
        kept.push_back(found);
        Some(picture)
    }

    fn keep(&self, page: Page, picture: &Arc<[u8]>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(of, _)| *of != page);
        kept.push_back((page, Arc::clone(picture)));
        let mut bytes: usize = kept.iter().map(|(_, picture)| picture.len()).sum();
        while bytes > KEPT_BYTES {
            bytes -= kept.pop_front().map_or(bytes, |(_, picture)| picture.len());
        }
    }
}

/// Page `number` of the arrival, upright, as a PNG; `None` when there is none, or none that can be shown. A locked file is
/// opened with what `keyring` unseals.
///
/// # Errors
/// When the store fails.
pub fn page_picture(
    store: &dyn Store,
    pool: &Pool,
    keyring: Option<&Keyring>,
    pictures: &Pictures,
    arrival: ArrivalId,
    number: u32,
) -> Result<Option<Arc<[u8]>>> {
    if let Some(picture) = pictures.get((arrival, number)) {
        return Ok(Some(picture));
    }
    let made = make(store, pool, keyring, arrival, number)?.map(Arc::from);
    if let Some(picture) = &made {
        pictures.keep((arrival, number), picture);
    }
    Ok(made)
}

fn make(
    store: &dyn Store,
    pool: &Pool,
    keyring: Option<&Keyring>,
    arrival: ArrivalId,
    number: u32,
) -> Result<Option<Vec<u8>>> {
    let pages = store.arrival_pages(arrival)?;
    let Some(page) = pages.iter().find(|page| page.number == number) else { return Ok(None) };
    let arrival = store.arrival(arrival)?;
    let bytes = store.blobs().get(&arrival.blob)?;
    let unpacked = unpack(&arrival.name, &bytes);
    let file = unpacked.files.iter().find(|(name, _)| *name == page.reading.file);
    let asked = PageAsked {
        page_in_file: page.reading.page_in_file,
        quarters: quarters(&page.reading),
        width_px: WIDTH_PX,
    };
    let Some((_, bytes)) = file else { return Ok(None) };
    let opened = keyring.map(|keyring| passphrase::opened(store, pool, keyring, &unpacked.origin, bytes));
    Ok(match opened.transpose()? {
        Some(Opened::Plain(plain)) => pool.picture(asked, &plain),
        Some(Opened::AsItIs) | None => pool.picture(asked, bytes),
        Some(Opened::Locked(_)) => None,
    })
}

/// How many times the page arrived turned by 90° clockwise; its skew is left as it is.
fn quarters(reading: &PageReading) -> u8 {
    let turns = (reading.rotation_deg / 90.0).round();
    if turns.is_finite() { turns.rem_euclid(4.0) as u8 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    #[test]
    fn what_was_looked_at_last_stays_and_the_bytes_are_bounded() {
        let pictures = Pictures::default();
        let arrival = ArrivalId::new_at(Timestamp::UNIX_EPOCH);
        let picture: Arc<[u8]> = vec![0; KEPT_BYTES / 4].into();
        for number in 1..=4 {
            pictures.keep((arrival, number), &picture);
        }
        assert!(pictures.get((arrival, 1)).is_some());
        pictures.keep((arrival, 5), &picture);
        pictures.keep((arrival, 5), &picture);
        let there: Vec<u32> = (1..=5).filter(|number| pictures.get((arrival, *number)).is_some()).collect();
        assert_eq!(there, [1, 3, 4, 5]);
        pictures.keep((arrival, 6), &vec![0; KEPT_BYTES + 1].into());
        assert!(pictures.get((arrival, 6)).is_none(), "more than everything is not kept");
    }
}
