//! Is a page nothing but one image, and how does the image lie on it? It decodes no pixel.

use super::value;
use crate::read::raster::turn::Turn;
use lopdf::content::{Content, Operation};
use lopdf::{Dictionary, Document, Object, ObjectId, Stream};

/// The one image of a page.
pub(super) struct Placed<'a> {
    pub(super) image: &'a Stream,
    /// From the image's own rows to what the page shows.
    pub(super) turn: Turn,
    /// False when the page's fill colour is not black, which matters for an image mask.
    pub(super) paints_black: bool,
    /// The lengths of the image's rows and columns on the page, in inches.
    across_in: f64,
    down_in: f64,
}

impl Placed<'_> {
    /// Pixels an inch along the image's own rows and columns.
    pub(super) fn dpi(&self, width_px: usize, height_px: usize) -> (f64, f64) {
        (width_px as f64 / self.across_in, height_px as f64 / self.down_in)
    }
}

/// The content of a page that only places an image is some hundred bytes.
const MAX_CONTENT_BYTES: usize = 64 << 10;
const MAX_SAVED_STATES: usize = 64;
const MAX_PARENTS: usize = 32;
/// Of the longer side: what a rounded matrix may deviate from a right angle.
const SKEW: f64 = 0.002;

/// The image, when nothing else is seen on the page: no path, no visible text, no annotation (a tick
/// that was drawn in a viewer is one).
pub(super) fn single_image(document: &Document, id: ObjectId) -> Option<Placed<'_>> {
    let page = document.get_dictionary(id).ok()?;
    let annotated = value(document, page, b"Annots").and_then(|annots| annots.as_array().ok());
    if annotated.is_some_and(|annots| !annots.is_empty()) {
        return None;
    }
    let content = document.get_page_content_with_limit(id, MAX_CONTENT_BYTES).ok()?;
    let operations = Content::decode(&content).ok()?.operations;
    let seen = watch(&operations)?;
    let image = image_named(document, id, &seen.name)?;
    let quarter_turns = inherited_quarter_turns(document, page);
    let unit = value(document, page, b"UserUnit").and_then(|unit| unit.as_float().ok()).unwrap_or(1.0);
    place(image, &seen, quarter_turns, f64::from(unit))
}

/// a, b, c, d of a PDF matrix (ISO 32000-1 section 8.3.3); where the image stands does not matter.
type Matrix = [f64; 4];

struct Seen {
    name: Vec<u8>,
    matrix: Matrix,
    paints_black: bool,
}

#[derive(Clone)]
struct State {
    matrix: Matrix,
    paints_black: bool,
}

/// Follows the page's operators; `None` when anything but one `XObject` is painted.
fn watch(operations: &[Operation]) -> Option<Seen> {
    let mut state = State { matrix: [1.0, 0.0, 0.0, 1.0], paints_black: true };
    let (mut saved, mut seen, mut text_hidden) = (Vec::new(), None, false);
    for operation in operations {
        match operation.operator.as_str() {
            "q" if saved.len() < MAX_SAVED_STATES => saved.push(state.clone()),
            "Q" => state = saved.pop().unwrap_or(state),
            "cm" => state.matrix = concatenated(&numbers(operation), state.matrix)?,
            "Do" if seen.is_none() => seen = Some(painted(operation, &state)?),
            "g" | "rg" | "k" | "cs" | "sc" | "scn" => state.paints_black = is_black(operation),
            "Tr" => text_hidden = numbers(operation).first() == Some(&3.0),
            // Invisible text lies over scans that were searched for words.
            "Tj" | "TJ" | "'" | "\"" if text_hidden => {}
            operator if paints_nothing(operator) => {}
            _ => return None,
        }
    }
    seen
}

fn paints_nothing(operator: &str) -> bool {
    const SILENT: &[&str] = &[
        "BT", "ET", "Tf", "Td", "TD", "Tm", "T*", "Tz", "Tw", "Tc", "TL", "Ts", "w", "J", "j", "M", "d",
        "ri", "i", "gs", "G", "RG", "K", "CS", "SC", "SCN", "m", "l", "c", "v", "y", "h", "re", "W", "W*",
        "n", "BMC", "BDC", "EMC", "MP", "DP",
    ];
    SILENT.contains(&operator)
}

fn painted(operation: &Operation, state: &State) -> Option<Seen> {
    let name = operation.operands.first()?.as_name().ok()?.to_vec();
    Some(Seen { name, matrix: state.matrix, paints_black: state.paints_black })
}

fn numbers(operation: &Operation) -> Vec<f64> {
    operation.operands.iter().filter_map(|operand| operand.as_float().ok()).map(f64::from).collect()
}

fn concatenated(numbers: &[f64], [a, b, c, d]: Matrix) -> Option<Matrix> {
    let &[na, nb, nc, nd, _, _] = numbers else { return None };
    Some([na * a + nb * c, na * b + nb * d, nc * a + nd * c, nc * b + nd * d])
}

fn is_black(operation: &Operation) -> bool {
    let black: &[f64] = match operation.operator.as_str() {
        "g" => &[0.0],
        "rg" => &[0.0, 0.0, 0.0],
        "k" => &[0.0, 0.0, 0.0, 1.0],
        _ => return false,
    };
    numbers(operation) == black
}

fn image_named<'a>(document: &'a Document, page: ObjectId, name: &[u8]) -> Option<&'a Stream> {
    let (direct, referred) = document.get_page_resources(page).ok()?;
    let referred = referred.into_iter().filter_map(|id| document.get_dictionary(id).ok());
    direct.into_iter().chain(referred).find_map(|resources| image_in(document, resources, name))
}

fn image_in<'a>(document: &'a Document, resources: &'a Dictionary, name: &[u8]) -> Option<&'a Stream> {
    let objects = value(document, resources, b"XObject")?.as_dict().ok()?;
    let stream = value(document, objects, name)?.as_stream().ok()?;
    let is_image = stream.dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|kind| kind == b"Image");
    let plain = [&b"SMask"[..], b"Mask", b"OC"].iter().all(|key| !stream.dict.has(key));
    (is_image && plain).then_some(stream)
}

/// Clockwise; `/Rotate` is inherited from the page's parents (ISO 32000-1 table 30).
fn inherited_quarter_turns(document: &Document, page: &Dictionary) -> i64 {
    let mut node = page;
    for _ in 0..MAX_PARENTS {
        if let Some(degrees) = value(document, node, b"Rotate").and_then(|turn| turn.as_float().ok()) {
            return (f64::from(degrees) / 90.0).round().rem_euclid(4.0) as i64;
        }
        let Some(parent) = value(document, node, b"Parent").and_then(|node| node.as_dict().ok()) else {
            return 0;
        };
        node = parent;
    }
    0
}

/// The image fills the unit square with its first row at the top (ISO 32000-1 section 8.9.5.1), so on a
/// screen whose y grows downwards its rows run along (a, −b) and its columns along (−c, d).
fn place<'a>(image: &'a Stream, seen: &Seen, quarter_turns: i64, unit: f64) -> Option<Placed<'a>> {
    let [a, b, c, d] = seen.matrix;
    let (mut row, mut column) = ((a, -b), (-c, d));
    for _ in 0..quarter_turns {
        (row, column) = ((-row.1, row.0), (-column.1, column.0));
    }
    let (across, down) = (row.0.hypot(row.1), column.0.hypot(column.1));
    if !(across > 1.0 && down > 1.0 && across.is_finite() && down.is_finite()) {
        return None;
    }
    let straight = |x: f64, y: f64, length: f64| x.abs().min(y.abs()) <= length * SKEW;
    let transpose = row.0.abs() < row.1.abs();
    let square = transpose == (column.1.abs() < column.0.abs());
    if !(square && straight(row.0, row.1, across) && straight(column.0, column.1, down)) {
        return None;
    }
    let turn = if transpose {
        Turn { transpose, flip_x: column.0 < 0.0, flip_y: row.1 < 0.0 }
    } else {
        Turn { transpose, flip_x: row.0 < 0.0, flip_y: column.1 < 0.0 }
    };
    let (across_in, down_in) = (across * unit / 72.0, down * unit / 72.0);
    Some(Placed { image, turn, paints_black: seen.paints_black, across_in, down_in })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matrix_and_rotate_give_the_turn_that_a_viewer_shows() {
        let image = Stream::new(Dictionary::new(), Vec::new());
        let upright = [600.0, 0.0, 0.0, 800.0];
        let cases: &[(Matrix, i64, (bool, bool, bool))] = &[
            (upright, 0, (false, false, false)),
            (upright, 1, (true, true, false)),
            (upright, 2, (false, true, true)),
            (upright, 3, (true, false, true)),
            ([600.0, 0.0, 0.0, -800.0], 0, (false, false, true)),
            ([-600.0, 0.0, 0.0, 800.0], 0, (false, true, false)),
            // cos 90°, sin 90°: a quarter turn counter-clockwise, which /Rotate 90 undoes.
            ([0.0, 600.0, -800.0, 0.0], 0, (true, false, true)),
            ([0.0, 600.0, -800.0, 0.0], 1, (false, false, false)),
        ];
        for &(matrix, turns, (transpose, flip_x, flip_y)) in cases {
            let seen = Seen { name: Vec::new(), matrix, paints_black: true };
            let placed = place(&image, &seen, turns, 1.0).expect("placed");
            assert_eq!(placed.turn, Turn { transpose, flip_x, flip_y }, "{matrix:?} {turns}");
            let (dpi_x, dpi_y) = placed.dpi(1700, 1100);
            assert!((dpi_x - 204.0).abs() < 1e-9 && (dpi_y - 99.0).abs() < 1e-9, "{dpi_x} × {dpi_y}");
        }
    }

    #[test]
    fn a_page_with_anything_else_on_it_is_not_one_image() {
        let cases: &[(&str, bool)] = &[
            ("q 600 0 0 800 0 0 cm /I Do Q", true),
            ("q 2 0 0 2 0 0 cm 300 0 0 400 0 0 cm /I Do Q", true),
            ("0 0 600 800 re W n 600 0 0 800 0 0 cm /I Do BT 3 Tr (word) Tj ET", true),
            ("600 0 0 800 0 0 cm /I Do BT (word) Tj ET", false),
            ("600 0 0 800 0 0 cm /I Do 10 10 m 20 20 l S", false),
            ("600 0 0 800 0 0 cm /I Do /J Do", false),
            ("", false),
        ];
        for (content, single) in cases {
            let operations = Content::decode(content.as_bytes()).expect("content").operations;
            let seen = watch(&operations);
            assert_eq!(seen.is_some(), *single, "{content}");
            if let Some(seen) = seen {
                assert_eq!(seen.matrix.map(|entry| entry as i32), [600, 0, 0, 800]);
            }
        }
    }
}
