//! The picture of a page that arrived, made anew from the bytes that are kept. A stranger's bytes are opened
//! by a child process with limits, never here.

use super::Result;
use super::unpack::unpack;
use crate::domain::reading::PageReading;
use crate::domain::request::{Arrival, ArrivalPage};
use crate::pool::{PageAsked, Pool};
use crate::store::Store;

/// Fine enough to read handwriting beside the reading; a page is some 100 kB.
const WIDTH_PX: usize = 1000;

/// The page upright as a PNG; `None` when it can no longer be shown.
///
/// # Errors
/// When the store fails.
pub fn page_picture(
    store: &dyn Store,
    pool: &Pool,
    arrival: &Arrival,
    page: &ArrivalPage,
) -> Result<Option<Vec<u8>>> {
    let bytes = store.blobs().get(&arrival.blob)?;
    let unpacked = unpack(&arrival.name, &bytes);
    let file = unpacked.files.iter().find(|(name, _)| *name == page.reading.file);
    let asked = PageAsked {
        page_in_file: page.reading.page_in_file,
        quarters: quarters(&page.reading),
        width_px: WIDTH_PX,
    };
    Ok(file.and_then(|(_, bytes)| pool.picture(asked, bytes)))
}

/// How many times the page arrived turned by 90° clockwise; its skew is left as it is.
fn quarters(reading: &PageReading) -> u8 {
    let turns = (reading.rotation_deg / 90.0).round();
    if turns.is_finite() { turns.rem_euclid(4.0) as u8 } else { 0 }
}
