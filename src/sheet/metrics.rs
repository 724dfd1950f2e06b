//! The physical design of a sheet, in one place. Millimetres and points; the reasons were measured on
//! pages sent at 204 × 98 dots an inch.

/// Free at the top: the sender's fax machine prints its line there.
pub const TOP_MM: f64 = 14.0;
/// Free at the other edges: what a fax machine cannot print or scan.
pub const EDGE_MM: f64 = 10.0;
/// A4 (ISO 216).
pub const WIDTH_MM: f64 = 210.0;
/// A4 (ISO 216).
pub const HEIGHT_MM: f64 = 297.0;

/// Text to be read: 8 pt would be eleven rows at 98 lines an inch.
pub const BODY_PT: f64 = 10.5;
/// What was filled in is larger where that needs no page more: the largest of these that does not.
pub const LARGER_BODY_PT: [f64; 2] = [12.0, 11.25];
/// What the doctor must read to answer: question, options, numbers.
pub const ANSWER_PT: f64 = 12.0;
/// Numbers that are typed or dialled.
pub const NUMBER_PT: f64 = 14.0;
/// The number that the answer is faxed to.
pub const FAX_PT: f64 = 18.0;
/// The form's name.
pub const TITLE_PT: f64 = 16.0;
/// Height of a line of body text.
pub const BODY_LINE_MM: f64 = 5.2;

/// Thinnest line that survives 98 lines an inch.
pub const RULE_MM: f64 = 0.3;
/// Strong rules.
pub const STRONG_RULE_MM: f64 = 0.5;

/// Corner squares: the shape that was located best.
pub const MARK_MM: f64 = 6.0;
/// Modules of a QR code of version 2 (ISO/IEC 18004 table 1).
pub const CODE_MODULES: usize = 25;
/// A module: 1.0 mm was read 1200 times of 1200.
pub const CODE_MM: f64 = 25.0;
/// The code's left edge: its quiet zone of 4 mm ends 4 mm before the right-hand corner square.
pub const CODE_X_MM: f64 = 161.0;
/// The code's top edge below the top of the part that it belongs to.
pub const CODE_DOWN_MM: f64 = 2.0;

/// A tick box, outline to outline.
pub const BOX_MM: f64 = 5.0;
/// Its stroke.
pub const BOX_STROKE_MM: f64 = 0.35;
/// From one row of boxes to the next.
pub const ROW_MM: f64 = 10.5;
/// From a box to its label: white on every side, so that a stroke around it is seen.
pub const BOX_LABEL_GAP_MM: f64 = 3.0;
/// White between the end of a label and the next column's box.
pub const COLUMN_GAP_MM: f64 = 3.0;

/// Left edge of what stands in the reply part.
pub const REPLY_LEFT_MM: f64 = 20.0;
/// Right edge of what stands in the reply part.
pub const REPLY_RIGHT_MM: f64 = 190.0;
/// The reply part's heading with number, fax number, due date and code.
pub const REPLY_HEAD_MM: f64 = 41.0;
/// Below the last row of the reply part, which may stand between the lower corner squares.
pub const REPLY_FOOT_MM: f64 = 1.5;
/// Heights of reply parts are rounded up to this, so that a region uses a handful of frames.
pub const REPLY_STEP_MM: f64 = 5.0;
/// The part at the foot of a page that asks nothing.
pub const STRIP_MM: f64 = 40.0;
/// Between the request and the part below it, where the cut line runs.
pub const CUT_GAP_MM: f64 = 8.5;

/// Left edge of the values in the request's table.
pub const VALUE_X_MM: f64 = 44.0;
/// Left edge of the second label where two rows of the table stand side by side.
pub const SECOND_X_MM: f64 = 112.0;
