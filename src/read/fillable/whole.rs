//! Whether a file is as it was saved. A viewer that saves appends what has changed and a new table of places (ISO
//! 32000-1 §7.5.6); where that table is damaged, readers fall back on what stood there before, and a box that was ticked
//! last would silently be as it was. Repairs nothing.

use lopdf::Document;
use lopdf::xref::XrefEntry;
use std::collections::BTreeMap;

/// The end of an object's heading, `12 0 obj`.
const OBJ: &[u8] = b" obj";
/// The header may stand so far from the beginning (ISO 32000-1 annex H.3.4.1); places count from it.
const HEADER_WITHIN: usize = 1024;

/// True when the newest copy of every object is the one that the file's table names, and the table was read as it
/// stands.
pub(in crate::read) fn is_whole(bytes: &[u8], document: &Document) -> bool {
    let before = bytes.windows(5).take(HEADER_WITHIN).position(|five| five == b"%PDF-").unwrap_or(0);
    document.xref_recovery.is_none()
        && newest(bytes).into_iter().all(|(number, at)| match document.reference_table.get(number) {
            Some(XrefEntry::Normal { offset, .. }) => {
                let offset = *offset as usize;
                offset == at || offset + before == at
            }
            // Deleted since, or moved into a stream of objects.
            _ => true,
        })
}

/// Where every object begins for the last time.
fn newest(bytes: &[u8]) -> BTreeMap<u32, usize> {
    let ends = bytes.windows(OBJ.len()).enumerate().filter(|(_, window)| *window == OBJ);
    ends.filter_map(|(end, _)| heading(bytes.get(..end)?)).collect()
}

/// The number and the place of the object whose heading `12 0` ends here.
fn heading(before: &[u8]) -> Option<(u32, usize)> {
    let generation = digits_at_end(before);
    let number_end = before.len() - generation.len();
    let (space, before) = before.get(..number_end)?.split_last()?;
    let number = digits_at_end(before);
    let at = before.len() - number.len();
    let starts = at == 0 || before.get(at - 1).is_some_and(u8::is_ascii_whitespace);
    let number = std::str::from_utf8(number).ok()?.parse().ok()?;
    (*space == b' ' && !generation.is_empty() && starts).then_some((number, at))
}

fn digits_at_end(bytes: &[u8]) -> &[u8] {
    let rest = bytes.iter().rposition(|byte| !byte.is_ascii_digit()).map_or(0, |last| last + 1);
    bytes.get(rest..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_heading_of_an_object_is_found() {
        let file = b"%PDF-1.7\n1 0 obj<<>>endobj\n12 0 obj 5 endobj\n1 0 obj<</A 1>>endobj x2 0 obj  0 obj";
        assert_eq!(newest(file), BTreeMap::from([(1, 45), (12, 27)]));
    }
}
