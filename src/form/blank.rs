//! The blank sheet of an unsolicited form: pre-addressed, kept by a clinic, filled by hand and faxed at any
//! time. What the page asks for becomes what the pen fills: choices become boxes, everything else frames. It
//! is a form of its own, so that the same sheet and the same reader serve it.

use super::definition::{Field, FieldKind, FormDefinition, ReplyField, ReplyKind};

/// One line of handwriting.
const LINE_MM: u16 = 12;
/// A few lines.
const LINES_MM: u16 = 24;

impl FormDefinition {
    /// The form whose sheet is the blank one; `None` for a form that somebody asks for. The parties stay
    /// fields: they are printed. It is stored under the form's own version: what this gives for a form stays the same.
    #[must_use]
    pub fn as_blank(&self) -> Option<Self> {
        self.unsolicited.then(|| Self {
            id: format!("{}_blank", self.id),
            consent: None,
            fields: self.fields.iter().filter(|field| is_printed(field)).cloned().collect(),
            replies: blank_replies(&self.fields),
            ..self.clone()
        })
    }
}

/// What the pen fills on the blank sheet of a form with these fields.
#[must_use]
pub fn blank_replies(fields: &[Field]) -> Vec<ReplyField> {
    fields.iter().filter(|field| !is_printed(field)).map(blank_reply).collect()
}

fn is_printed(field: &Field) -> bool {
    matches!(field.kind, FieldKind::Party { .. })
}

/// Nothing is required: a person looks at every one of them.
fn blank_reply(field: &Field) -> ReplyField {
    let kind = match &field.kind {
        FieldKind::Choice { options } => ReplyKind::ChooseOne { options: options.clone() },
        FieldKind::Choices { options } => ReplyKind::ChooseMany { options: options.clone() },
        FieldKind::LongText { .. } => {
            ReplyKind::Handwriting { height_mm: field.frame_mm.unwrap_or(LINES_MM) }
        }
        _ => ReplyKind::Handwriting { height_mm: field.frame_mm.unwrap_or(LINE_MM) },
    };
    ReplyField { id: field.id.clone(), label: field.label.clone(), required: false, kind }
}
