//! How much of a page a reply part takes, by the measures of the sheet: what does not fit on one page is said
//! when the form is written, not when it is sent. `tests/it/catalogue.rs` holds the sheet to it.

use crate::form::definition::{ChoiceOption, Field, FieldKind, ReplyField, ReplyKind};

/// The highest reply part, head and corner squares included: the sheet's heading, the parties and the cut line
/// stay above it on an A4 page.
pub const REPLY_MAX_MM: f64 = 230.0;

const HEAD_MM: f64 = 41.0;
const FOOT_MM: f64 = 1.5;
const LABEL_MM: f64 = 8.5;
const ROW_MM: f64 = 10.5;
const SIGNATURE_MM: f64 = 14.0;
/// From the left to the right edge of what stands in the reply part.
const WIDTH_MM: f64 = 170.0;
/// Box, white beside it, white before the next column.
const AROUND_LABEL_MM: f64 = 5.0 + 3.0 + 3.0;
/// A time as it is offered: 12/31(木)13:00〜13:30.
const SLOT_CHARS: f64 = 12.0;
/// A full-width character of 12 points.
const CHAR_MM: f64 = 12.0 * 25.4 / 72.0;
/// What a name and a date need.
const NAME_MM: f64 = 30.0;

/// The height of the whole reply part when every offered time is used.
pub fn reply_height_mm(replies: &[ReplyField], fields: &[Field]) -> f64 {
    let inside: f64 = replies.iter().map(|reply| height_mm(reply, fields)).sum();
    HEAD_MM + inside + FOOT_MM
}

/// True when label, boxes and the place for a name stand in one row.
pub fn signature_fits(label: &str, options: &[ChoiceOption]) -> bool {
    let boxes: f64 = options.iter().map(|option| 5.0 + 3.0 + text_mm(&option.label.ja) + 6.0).sum();
    text_mm(label) + 5.0 + boxes + text_mm("お名前・記入日") + 2.0 + NAME_MM <= WIDTH_MM
}

fn height_mm(reply: &ReplyField, fields: &[Field]) -> f64 {
    let (count, widest_mm) = match &reply.kind {
        ReplyKind::Handwriting { height_mm } => return f64::from(*height_mm) + 2.5,
        ReplyKind::Signature { .. } => return SIGNATURE_MM,
        ReplyKind::ChooseOne { options } | ReplyKind::ChooseMany { options } => {
            let widths = options.iter().map(|option| text_mm(&option.label.ja));
            (options.len(), widths.fold(0.0, f64::max))
        }
        ReplyKind::Slots { field } => (offered(field, fields), SLOT_CHARS * CHAR_MM),
    };
    LABEL_MM + count.div_ceil(columns(widest_mm)) as f64 * ROW_MM
}

fn offered(id: &str, fields: &[Field]) -> usize {
    let field = fields.iter().find(|field| field.id == id);
    field.map_or(0, |field| if let FieldKind::Slots { max } = field.kind { max } else { 0 })
}

/// As many columns as the longest label allows: three, two or one.
fn columns(widest_mm: f64) -> usize {
    (2..=3).rev().find(|columns| AROUND_LABEL_MM + widest_mm <= WIDTH_MM / *columns as f64).unwrap_or(1)
}

fn text_mm(text: &str) -> f64 {
    text.chars().map(|c| if c.is_ascii() { CHAR_MM / 2.0 } else { CHAR_MM }).sum()
}
