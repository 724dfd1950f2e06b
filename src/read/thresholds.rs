//! Every number that the reader judges by, with its unit and its reason. Lengths are millimetres on
//! the sheet; shares are 0 to 1. Nothing here is measured at run time.

/// Pages are shrunk until they have at most this many pixels an inch: 300 dpi resolves every stroke,
/// and more only costs time.
pub const MAX_DPI: f64 = 320.0;

/// A lost stretch that is still mended: six rows at 204×196. Beyond it a guess would be a drawing.
pub const LOST_LINES_MM: f64 = 0.8;
/// Ink that a lost row may have around a box: a line of the machine down the page.
pub const LOST_ROW_PX: u32 = 3;
/// Columns that must agree above and below a lost stretch (an edge of a box has two or three).
pub const LOST_LINES_SAME_PX: usize = 24;

/// Half of the window that must be dark for the heart of a corner square: small enough for a 6 mm
/// square copied at 80 %, too large for any character of the text.
pub const HEART_HALF_MM: f64 = 1.25;
/// Share of ink in that window: a square survives noise and one or two white streaks.
pub const HEART_INK: f64 = 0.84;
/// Share of ink in a single row of that window, above and below its middle: looked at first, since it costs little.
pub const HEART_ROW_INK: f64 = 0.6;
/// Steps of the search for hearts.
pub const HEART_STEP_MM: f64 = 0.5;
/// Smallest side of a corner square: 6 mm at 85 % on a machine that loses 7 %, and worn edges.
pub const SQUARE_MIN_MM: f64 = 4.2;
/// Largest side of a corner square: 6 mm at 105 % × 103 %, thickened.
pub const SQUARE_MAX_MM: f64 = 7.4;
/// A white gap that ends a square, so that single white specks do not.
pub const SQUARE_EDGE_MM: f64 = 0.5;
/// Corner squares that are looked at on one page: only photographs have more.
pub const SQUARES_MAX: usize = 48;

/// Smallest copy scale, both by copier and machine.
pub const SCALE_MIN: f64 = 0.78;
/// Largest copy scale.
pub const SCALE_MAX: f64 = 1.12;
/// How far the x and y scales may differ (93 % to 103 %, and both at once).
pub const SCALE_RATIO_MAX: f64 = 1.17;
/// Skew that a feeder can make, with room.
pub const SKEW_MAX_DEG: f64 = 8.0;
/// How far a sheet's right angle may be off on the page: 2.4° for an edge that a camera sees 3 % shorter than
/// the other, and the feed of a machine.
pub const SHEAR_MAX_DEG: f64 = 4.0;
/// How far the fourth square may be from where three others say: rows get lost between them.
pub const FOURTH_SQUARE_MM: f64 = 3.0;
/// The same for a clear square on a photo: an edge seen 3 % shorter than the other moves its end by 5.5 mm.
pub const FOURTH_SQUARE_LEANT_MM: f64 = 8.0;
/// Score of a square that is clear: worn and half lost ones have less.
pub const SQUARE_CLEAR: f64 = 0.7;
/// What squares, code and boxes may be off a flat map before perspective is looked for: squares are found
/// within 0.1 mm, and a lost line moves the rest by 0.13 mm.
pub const FLAT_MM: f64 = 0.45;
/// Places that are checked for a code, best first.
pub const HYPOTHESES_MAX: usize = 16;

/// Of them, those that put the code at the same place.
pub const HYPOTHESES_ALIKE: usize = 4;
/// Codes nearer to each other than this are the same one: two do not fit.
pub const SAME_CODE_MM: f64 = 12.0;
/// Sheets that are read from one page; more is a sheet of stamps.
pub const SHEETS_MAX: usize = 4;
/// Where a reply part is cut off above its corner squares at most: the cutting line's own words are 6 mm above.
pub const CUT_OFF_MM: f64 = 10.0;
/// A square this near to one of the sheet's corner squares or boxes is that.
pub const SAME_SQUARE_MM: f64 = 6.0;
/// Corners of a code nearer to each other than this are looked at once: a finder pattern is found from there.
pub const SAME_LOOK_PX: f64 = 2.0;
/// Places where decoding is tried, best first.
pub const PLACES_MAX: usize = 4;

/// How far a finder pattern is searched around its place at first: where four squares say it is.
pub const FINDER_NEAR_MM: f64 = 0.6;
/// How far a finder pattern is searched around its place.
pub const FINDER_REACH_MM: f64 = 1.8;
/// Share of a finder pattern's 49 modules that must agree for it to steer the map.
pub const FINDER_GOOD: f64 = 0.86;
/// Mean agreement of the three finder patterns below which no code is tried.
pub const FINDERS_MIN: f64 = 0.72;
/// … and from which there is no doubt that a code lies there.
pub const FINDERS_CLEAR: f64 = 0.93;
/// How far the module grid is moved around when it does not decode at once.
pub const CODE_REACH_MM: f64 = 0.6;
/// Steps of that search.
pub const CODE_STEP_MM: f64 = 0.2;
/// Decodings tried for one place of the code: bounds the time of a page with a broken code.
pub const CODE_TRIES_MAX: usize = 160;
/// Pixels a millimetre of the picture in which the whole page is searched for a code: four pixels for
/// each module are enough to find the finder patterns.
pub const SEARCH_PX_PER_MM: f64 = 4.0;
/// Codes looked at on one page.
pub const SEARCH_CODES_MAX: usize = 12;

/// How far a box is searched around its place at first: where the squares' map is on a page without losses.
pub const BOX_REACH_NEAR_MM: f64 = 0.5;
/// How far a box is searched around its place: what lost and repeated lines shift it.
pub const BOX_REACH_MM: f64 = 1.5;
/// The same where fewer than three corner squares were found, and the map hangs on the code alone.
pub const BOX_REACH_LOST_MM: f64 = 3.0;
/// The same after the map was fitted through the boxes.
pub const BOX_REACH_REFINED_MM: f64 = 0.8;
/// A box or square farther than this from the fitted map does not steer it.
pub const FIT_OFF_MM: f64 = 0.8;
/// Agreement of a box's outline that lets it steer the map.
pub const BOX_STEERS: f64 = 0.8;
/// Agreement of a box's outline below which what is inside it is a person's to judge.
pub const BOX_OUTLINE_MIN: f64 = 0.68;
/// Quality of a page below which it does not look like the sheet its code names. Measured: right
/// 0.9 and more, upside down 0.39 and less.
pub const LAYOUT_QUALITY_MIN: f64 = 0.7;

/// Inner square of a box in which ink counts, as a share of its side: 3.5 of 5 mm, clear of the frame.
pub const INSIDE_SHARE: f64 = 0.7;
/// Ink inside below which a box is empty. Measured: 0 of 1553 empty boxes above it at 204×196.
pub const EMPTY_MAX: f64 = 0.03;
/// Ink inside above which a box is not believed to be empty: what is left of a light tick. A stroke that darkens
/// 1.5 % must be seen, at 204×98 six pixels of 380, and of those at the edge the map may miss two. With 0.012
/// pencil ticks of 1.6 and 2 %, most of it single pixels, were taken for nothing.
pub const FAINT_MAX: f64 = 0.005;
/// The same, when single pixels are counted too: four at 204×98.
pub const FAINT_WITH_NOISE: f64 = 0.009;
/// Mean agreement of the outlines below which thin printed lines have vanished from the page, and thin
/// strokes of a pen with them: then no box is believed to be empty. Measured: clean pages 0.96 and more.
pub const PAGE_FAINT: f64 = 0.93;
/// Ink inside above which a box is marked.
pub const MARKED_MIN: f64 = 0.08;
/// Noise (single pixels) inside above which emptiness is not believed.
pub const NOISE_MAX: f64 = 0.06;
/// The ring around a box starts here, outside the outline: clear of a thickened frame.
pub const RING_FROM_MM: f64 = 0.65;
/// … and ends here: the sheet keeps 3 mm white around a box.
pub const RING_TO_MM: f64 = 2.5;
/// … but here to the right of the box, where its label begins 3 mm from it.
pub const RING_TO_RIGHT_MM: f64 = 2.3;
/// Ink in the ring above which it was drawn, not noise.
pub const RING_MIN: f64 = 0.05;
/// Ink in the ring above which an empty box is not believed to be empty.
pub const RING_DOUBT: f64 = 0.018;
/// The same, when single pixels are counted too: a pencil's ring of which little arrived. What was seen of one at
/// 204×98 was 1.6 % of the ring; noise alone leaves 0.1 %.
pub const RING_WITH_NOISE: f64 = 0.01;
/// Sectors of the ring that a circle crosses, of the 12 that do not look to the right: there the label
/// is, and a circle may run around it. A tick's tail crosses one or two.
pub const CIRCLE_SECTORS: usize = 9;
/// Ink in a sector that makes it crossed.
pub const SECTOR_MM2: f64 = 0.06;
/// Ink inside from which a box is full: filled in neatly or blotted out.
pub const FULL_MIN: f64 = 0.85;
/// Ink inside from which a mark is too dense for a tick and not full enough for a filled box.
pub const DENSE_MIN: f64 = 0.6;
/// Ink in the ring of a dense box that makes it a scribble: the strokes of a thick cross end inside.
/// Measured: crosses 0.003 and less, 17 scribbles 0.05 and more.
pub const DENSE_RING: f64 = 0.03;
/// Ink inside from which a mark is looked at for strokes to and fro: a tick or a cross has less.
pub const SCRIBBLE_MIN: f64 = 0.4;
/// Strokes that most lines through the box cross, from which it is a scribble: a cross has two.
pub const SCRIBBLE_RUNS: usize = 3;
/// Ink in the ring of a full box that is more than slips of a neat filling.
pub const SPILL_MAX: f64 = 0.06;
/// How far beyond the box a line must run, both ways, to be the machine's and not the doctor's.
pub const STREAK_MM: f64 = 9.0;
/// Share of a streak's length that is dark.
pub const STREAK_INK: f64 = 0.8;
/// Share of the page's rows that a line must darken to be the machine's: lost lines take a few.
pub const STREAK_WHOLE: f64 = 0.97;
/// Ink inside, single pixels with it, beside a line of the machine, from which a box is not believed to be empty:
/// less than [`FAINT_WITH_NOISE`], since the line may cover as much, and more than two specks.
pub const BESIDE_STREAK_EMPTY: f64 = 0.006;
/// Ink inside, beside such a line, from which a box is marked.
pub const BESIDE_STREAK_MARKED: f64 = 0.12;
/// Share of ink in a row across the inside of a box from which the row may be a side of the box: worn ones have gaps, and
/// a tick's row has a sixth.
pub const SIDE_INK: f64 = 0.5;
/// Rows of a box without either of its sides, together, above which emptiness is not believed.
pub const LOST_IN_BOX_MM: f64 = 0.9;
/// How far a stroke is followed from a box to see whether it comes from another one.
pub const FOLLOW_MM: f64 = 16.0;
/// A stroke that goes this far beyond the left and the right side of a box runs through it: the option is
/// struck out. Measured: 33 of 38 struck boxes, no tick of ordinary size; a large tick goes far on one side.
pub const THROUGH_ACROSS_MM: f64 = 1.6;
/// The same above and below: a stroke that comes from another line of the sheet and goes on.
pub const THROUGH_DOWN_MM: f64 = 2.0;
/// A stroke that comes from this far to the left of a box, or from below, belongs to something else, such as the
/// option before it: a tick begins in its box, or close to it.
pub const COMES_FROM_MM: f64 = 8.0;
/// A box whose mark is less than this share of the neighbour's, on one stroke, was only crossed.
pub const CROSSED_SHARE: f64 = 0.5;

/// Cells in which ink outside every field is looked for.
pub const OUTSIDE_CELL_MM: f64 = 0.5;
/// Share of ink that makes a cell inked: single pixels of noise do not.
pub const OUTSIDE_CELL_INK: f64 = 0.3;
/// Left out around printed text and lines: the map is true to a few tenths, and copies thicken.
pub const OUTSIDE_PRINTED_MM: f64 = 0.8;
/// Left out around boxes: the tail of a tick and a ring belong to the box, which judges them.
pub const OUTSIDE_BOX_MM: f64 = 3.0;
/// Left out around handwriting areas, corner squares and the code.
pub const OUTSIDE_ZONE_MM: f64 = 1.5;
/// Left out at the sheet's top and at the top of the page as it came: the sender's line.
pub const OUTSIDE_TOP_MM: f64 = 13.0;
/// Left out at the other edges of sheet and page: shadows of the paper, punch holes.
pub const OUTSIDE_EDGE_MM: f64 = 9.0;
/// Longer side of the least piece of writing that counts.
pub const OUTSIDE_MIN_MM: f64 = 2.0;
/// Ink of the least piece of writing that counts.
pub const OUTSIDE_MIN_MM2: f64 = 1.2;
/// A piece not wider than this, and longer than four times it, is a streak of the machine or a fold.
pub const OUTSIDE_STREAK_MM: f64 = 1.0;

/// Shown around what was written outside every field.
pub const OUTSIDE_SHOWN_MM: f64 = 4.0;
/// Share of ink of what is solid: noise makes holes in it.
pub const SOLID: f64 = 0.96;
/// Side of a solid square that no pen draws: the glass around the paper.
pub const SURROUNDING_MM: f64 = 7.0;
/// Widest hole of a binder (6 mm by ISO 838), thickened and askew.
pub const HOLE_MAX_MM: f64 = 7.5;
/// From the middle of one hole to that of the other (ISO 838).
pub const HOLES_APART_MM: f64 = 80.0;
/// How far the middle between them may be from the middle of the edge: the paper was not laid in straight.
pub const HOLES_OFF_MM: f64 = 8.0;
/// Side of the square in it that is solid: 4.2 mm fit into the disc, less when it is copied smaller.
pub const HOLE_SOLID_MM: f64 = 3.4;
/// Share of ink around it, the hole with it, at most: text may stand beside a hole.
pub const HOLE_AROUND: f64 = 0.62;
/// How far from the sheet's edge a part of a hole begins at most: 9 mm by ISO 838, and paper that was shifted.
pub const HOLE_FROM_EDGE_MM: f64 = 14.0;

/// Inside of a handwriting area starts this far from its frame: skew, thick frames.
pub const ZONE_INSET_MM: f64 = 1.0;
/// Ink in a handwriting area from which something was written: a short tick of a thin pen is 1 mm².
pub const ZONE_INK_MM2: f64 = 0.8;
/// Share of a column's or row's length that makes it a streak in a handwriting area.
pub const ZONE_STREAK: f64 = 0.9;
/// Pixels a millimetre of a handwriting area's picture.
pub const CROP_PX_PER_MM: f64 = 8.0;

/// A damaged row as near to a box or a handwriting area as this is the field's: a tick's tail, a map that is a little
/// off.
pub const DAMAGED_AROUND_MM: f64 = 1.0;
/// Share of damaged rows above which the rest of a page is not trusted either: so much is lost on a line that also
/// damages rows without being seen.
pub const DAMAGED_SHARE_MAX: f64 = 0.03;
/// Damaged rows in one place, on the sheet but outside every field, that may hide a piece of writing: less than this
/// is as thin as the lines that do not count as writing.
pub const DAMAGED_STRETCH_MM: f64 = OUTSIDE_STREAK_MM;
