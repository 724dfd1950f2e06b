//! Nothing on a sheet lies upon anything else, and nothing leaves what a fax machine prints and scans: for every form,
//! with its example and with its longest legal answers.

use super::{example, forms, sheet};
use crate::longest::longest_answers;
use renraku::form::answers::check_answers;
use renraku::form::layout::PageLayout;

/// Free at the top for the sender's line, and at the other edges.
const SAFE_MM: (f64, f64, f64, f64) = (10.0, 14.0, 200.0, 287.0);
/// A stroke's half on an edge.
const SLACK_MM: f64 = 0.3;
/// Thinner is a rule, not a line of text.
const RULE_MM: f64 = 0.9;

#[derive(Debug, Clone, Copy)]
struct Rect {
    what: &'static str,
    left: f64,
    top: f64,
    right: f64,
    foot: f64,
}

impl Rect {
    fn new(what: &'static str, x: f64, y: f64, w: f64, h: f64) -> Self {
        Self { what, left: x, top: y, right: x + w, foot: y + h }
    }

    /// How deep the two lie in each other, in the direction in which it is less.
    fn overlap_mm(&self, other: &Self) -> f64 {
        let across = self.right.min(other.right) - self.left.max(other.left);
        let down = self.foot.min(other.foot) - self.top.max(other.top);
        across.min(down)
    }

    fn is_rule(&self) -> bool {
        self.what == "printed" && (self.right - self.left).min(self.foot - self.top) < RULE_MM
    }
}

/// Text, boxes, areas, squares and code of one page; rules apart.
fn things(page: &PageLayout) -> (Vec<Rect>, Vec<Rect>) {
    let printed = page.printed.iter().map(|it| Rect::new("printed", it.x_mm, it.y_mm, it.w_mm, it.h_mm));
    let boxes = page.boxes.iter().map(|it| Rect::new("box", it.x_mm, it.y_mm, it.size_mm, it.size_mm));
    let zones = page.zones.iter().map(|it| Rect::new("area", it.x_mm, it.y_mm, it.w_mm, it.h_mm));
    let marks = page.marks.iter().map(|it| Rect::new("square", it.x_mm, it.y_mm, it.size_mm, it.size_mm));
    let code = &page.code;
    let code = Rect::new("code", code.x_mm, code.y_mm, code.size_mm, code.size_mm);
    printed.chain(boxes).chain(zones).chain(marks).chain([code]).partition(|rect| !rect.is_rule())
}

#[test]
fn nothing_lies_upon_anything_else_or_leaves_the_page() {
    let mut pages = 0;
    for form in forms() {
        for (which, json) in [("example", example(&form.id)), ("longest", longest_answers(&form))] {
            let answers = check_answers(&form, &json).unwrap();
            for page in sheet(&form, &answers).unwrap().layout.pages {
                let name = format!("{} {which} page {}", form.id, page.page);
                let (things, rules) = things(&page);
                for rect in things.iter().chain(&rules) {
                    let (left, top, right, foot) = SAFE_MM;
                    let inside = rect.left >= left - SLACK_MM
                        && rect.top >= top - SLACK_MM
                        && rect.right <= right + SLACK_MM
                        && rect.foot <= foot + SLACK_MM;
                    assert!(inside, "{name}: {rect:?}");
                }
                for (nth, one) in things.iter().enumerate() {
                    for other in things[nth + 1..].iter().chain(&rules) {
                        let deep = one.overlap_mm(other);
                        assert!(deep <= 0.05, "{name}: {deep:.2} mm\n{one:?}\n{other:?}");
                    }
                }
                pages += 1;
            }
        }
    }
    assert!(pages >= 45, "{pages} pages were looked at");
    println!("{pages} pages");
}

#[test]
fn what_overlaps_or_leaves_the_page_is_seen() {
    let (text, near) = (Rect::new("printed", 20.0, 20.0, 30.0, 4.0), Rect::new("box", 49.0, 22.0, 5.0, 5.0));
    assert!(text.overlap_mm(&near) > 0.9 && text.overlap_mm(&Rect { left: 51.0, ..near }) < 0.0);
    assert!(Rect::new("printed", 10.0, 30.0, 190.0, 0.3).is_rule() && !text.is_rule());
}
