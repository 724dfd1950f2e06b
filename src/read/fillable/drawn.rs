//! What a file holds besides the fields of its sheet: lines of a pen, stamps, notes, others' fields that are filled. Says
//! only that there is something; what it means, a person sees.

use super::fields::{Fields, PAGES_MAX, annotations};
use super::{SEAL, is_ours};
use lopdf::{Document, Object};

/// Annotations that show nothing of their own: fields (which are read), links, and the windows of notes.
const SILENT: [&[u8]; 3] = [b"Widget", b"Link", b"Popup"];

/// True where somebody drew, stamped or wrote something that no field of the sheet holds.
pub(super) fn is_drawn_over(document: &Document, fields: &Fields) -> bool {
    let annotated = document.page_iter().take(PAGES_MAX).any(|page| {
        annotations(document, page).iter().any(|annotation| says_something(document, annotation))
    });
    annotated || fields.0.iter().any(|(name, field)| name != SEAL && !is_ours(name) && field.is_filled())
}

/// A note without a kind is taken for one that says something; a reference to nothing says nothing.
fn says_something(document: &Document, annotation: &Object) -> bool {
    let Ok((_, Object::Dictionary(dict))) = document.dereference(annotation) else { return false };
    let kind = dict.get_deref(b"Subtype", document).and_then(Object::as_name);
    !kind.is_ok_and(|kind| SILENT.contains(&kind))
}
