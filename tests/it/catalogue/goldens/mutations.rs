//! The proof that the goldens can fail: a sheet of which one thing was changed is found to be another, and one that
//! was only rendered otherwise is not.

use super::picture::{self, Picture};
use super::places::difference;
use super::{forms, sheet_of_example};
use lopdf::content::{Content, Operation};
use lopdf::{Document, Object};
use renraku::form::layout::Layout;
use renraku::sheet::RenderedSheet;

const POINTS_A_MM: f32 = 72.0 / 25.4;

/// The first page of a sheet as its operations, to be changed one by one.
struct Operations {
    document: Document,
    operations: Vec<Operation>,
}

impl Operations {
    fn of(sheet: &RenderedSheet) -> Self {
        let document = Document::load_mem(&sheet.pdf).unwrap();
        let page = document.page_iter().next().unwrap();
        let operations = Content::decode(&document.get_page_content(page)).unwrap().operations;
        Self { document, operations }
    }

    /// Where the operations of one kind stand.
    fn places(&self, operator: &str) -> Vec<usize> {
        let all = self.operations.iter().enumerate();
        all.filter(|(_, operation)| operation.operator == operator).map(|(place, _)| place).collect()
    }

    /// The page as it looks with a change.
    fn picture_with(&self, change: impl FnOnce(&mut Vec<Operation>)) -> Picture {
        let mut operations = self.operations.clone();
        change(&mut operations);
        let mut document = self.document.clone();
        let page = document.page_iter().next().unwrap();
        document.change_page_content(page, Content { operations }.encode().unwrap()).unwrap();
        let mut bytes = Vec::new();
        document.save_to(&mut bytes).unwrap();
        picture::of_pdf(&bytes).remove(0)
    }

    /// The text that the operation at `place` shows.
    fn text(&self, place: usize) -> String {
        let font = self.operations[..place].iter().rfind(|operation| operation.operator == "Tf").unwrap();
        let page = self.document.page_iter().next().unwrap();
        let fonts = self.document.get_page_fonts(page).unwrap();
        let font = fonts[font.operands[0].as_name().unwrap()];
        let encoding = font.get_font_encoding(&self.document).unwrap();
        let glyphs = self.operations[place].operands[0].as_array().unwrap();
        let text =
            glyphs.iter().map(|glyph| Document::decode_text(&encoding, glyph.as_str().unwrap()).unwrap());
        text.collect()
    }
}

/// What is changed, in words, and the change.
type Changes = Vec<(String, Box<dyn FnOnce(&mut Vec<Operation>)>)>;

/// Every so many lines: each costs a rendering.
const EVERY: usize = 2;

fn liaison() -> RenderedSheet {
    sheet_of_example(&forms().into_iter().find(|form| form.id == "liaison").unwrap())
}

/// Tries each change alone.
fn all_are_found(page: &Operations, changes: Changes) {
    let golden = page.picture_with(|_| ());
    let count = changes.len();
    let mut weakest = f64::MAX;
    for (what, change) in changes {
        let now = page.picture_with(change);
        let difference = golden.worst(&now).difference;
        assert!(golden.worst_block(&now).is_some(), "{what}: {difference:.3} is not found");
        weakest = weakest.min(difference);
    }
    println!("{count} changes, the weakest differs by {weakest:.3}");
    assert!(count >= 40, "{count} changes were tried");
}

fn shift(operation: &mut Operation, operand: usize, by_mm: f32) {
    let before = operation.operands[operand].as_float().unwrap();
    operation.operands[operand] = Object::Real(before + by_mm * POINTS_A_MM);
}

#[test]
fn a_line_that_moves_by_a_millimetre_is_found() {
    let page = Operations::of(&liaison());
    let mut changes: Changes = Vec::new();
    for place in page.places("Tm").into_iter().step_by(EVERY) {
        for (operand, way) in [(4, "right"), (5, "up")] {
            let what = format!("{} 1 mm {way}", page.text(place + 1));
            changes.push((what, Box::new(move |all| shift(&mut all[place], operand, 1.0))));
        }
    }
    all_are_found(&page, changes);
}

#[test]
fn a_character_that_goes_and_one_that_changes_are_found() {
    let page = Operations::of(&liaison());
    let mut changes: Changes = Vec::new();
    for place in page.places("TJ").into_iter().step_by(EVERY) {
        let text = page.text(place);
        let (Some(first), Some(last)) = (text.chars().next(), text.chars().last()) else { continue };
        // A comma is less than a block's noise; the words of the sheet are compared elsewhere.
        if "、。・)」 ".contains(last) {
            continue;
        }
        let glyphs = move |all: &mut Vec<Operation>, change: &dyn Fn(&mut Vec<Object>)| {
            change(all[place].operands[0].as_array_mut().unwrap());
        };
        // Of the last character alone, so that nothing else moves.
        let gone = move |all: &mut Vec<Operation>| glyphs(all, &|glyphs| drop(glyphs.pop()));
        changes.push((format!("{text} without {last}"), Box::new(gone)));
        let is_kanji = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
        if is_kanji(first) && is_kanji(last) && first != last {
            let other = move |all: &mut Vec<Operation>| {
                glyphs(all, &|glyphs| {
                    let end = glyphs.len() - 1;
                    glyphs[end] = glyphs[0].clone();
                });
            };
            changes.push((format!("{text} with {first} in place of {last}"), Box::new(other)));
        }
    }
    all_are_found(&page, changes);
}

#[test]
fn a_box_that_goes_or_moves_and_a_line_that_goes_are_found() {
    let sheet = liaison();
    let page = Operations::of(&sheet);
    let mut changes: Changes = Vec::new();
    let closed = |place: &usize| page.operations[place - 1].operator == "h";
    for (nth, place) in page.places("S").into_iter().filter(closed).enumerate() {
        let begin = page.operations[..place].iter().rposition(|operation| operation.operator == "m").unwrap();
        changes.push((format!("frame {nth} gone"), Box::new(move |all| drop(all.drain(begin..=place)))));
        let moved =
            move |all: &mut Vec<Operation>| all[begin..place - 1].iter_mut().for_each(|to| shift(to, 0, 1.0));
        changes.push((format!("frame {nth} moved"), Box::new(moved)));
    }
    assert!(changes.len() >= 2 * sheet.layout.pages[0].boxes.len(), "every box is a frame");
    for (nth, place) in page.places("TJ").into_iter().step_by(EVERY).enumerate() {
        changes.push((format!("line {nth} gone"), Box::new(move |all| drop(all.remove(place)))));
    }
    all_are_found(&page, changes);
}

/// Finer dots, and text a hundredth of a millimetre off: every edge falls otherwise.
#[test]
fn another_rendering_of_the_same_sheet_is_the_same_picture() {
    let mut most: f64 = 0.0;
    for id in ["liaison", "admission", "guidance"] {
        let sheet = sheet_of_example(&forms().into_iter().find(|form| form.id == id).unwrap());
        let golden = picture::of_pdf(&sheet.pdf);
        let mut others: Vec<Vec<Picture>> =
            [5.0, 6.0, 8.0].map(|dots_a_mm| picture::of_pdf_at(&sheet.pdf, dots_a_mm)).into();
        let page = Operations::of(&sheet);
        others.push(vec![page.picture_with(|all| {
            for place in page.places("Tm") {
                shift(&mut all[place], 4, 0.01);
                shift(&mut all[place], 5, 0.01);
            }
        })]);
        for (golden, now) in others.iter().flat_map(|other| golden.iter().zip(other)) {
            most = most.max(golden.worst(now).difference);
            assert_eq!(golden.worst_block(now), None, "{id}");
        }
    }
    println!("the most noise is {most:.3}");
}

#[test]
fn a_place_that_changes_is_told_in_words() {
    let golden = liaison().layout;
    let check = |change: &dyn Fn(&mut Layout), told: &str| {
        let mut now = golden.clone();
        change(&mut now);
        let difference = difference(&golden, &now).unwrap_or_default();
        assert!(difference.contains(told), "「{told}」 is not in 「{difference}」");
    };
    assert_eq!(difference(&golden, &golden), None);
    check(&|now| now.pages[0].boxes[1].x_mm += 1.0, "page 1: box answer/opinion: 1.00 mm to the right");
    check(&|now| now.pages[0].boxes[1].y_mm -= 0.004, "box answer/opinion: 3.99");
    check(
        &|now| now.pages[0].boxes[1].option = "no".to_owned(),
        "box answer/no stands where box answer/opinion stood",
    );
    check(
        &|now| drop(now.pages[0].boxes.remove(0)),
        "box answer/opinion stands where box answer/no_problem stood",
    );
    check(&|now| now.pages[0].zones[0].h_mm = 20.0, "area comment: 2.00 mm lower");
    check(&|now| now.pages[0].marks[3].y_mm += 0.5, "square 4: 0.50 mm down");
    check(&|now| now.pages[0].code.x_mm += 0.5, "code: 0.50 mm to the right");
    check(&|now| now.pages[0].code.text.push('A'), "the code says");
    check(&|now| now.pages[0].printed[8].w_mm -= 3.7, "printed line 9 of");
    check(&|now| now.pages[0].printed.truncate(5), "stands where");
    check(&|now| now.pages[0].printed.clear(), "is gone");
    check(&|now| now.pages[0].height_mm = 300.0, "paper: 3.00 mm higher");
    check(&|now| now.pages.push(now.pages[0].clone()), "2 pages, and there were 1");
    check(&|now| now.pages[0].page = 2, "it is now page 2");
}
