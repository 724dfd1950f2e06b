//! The first difference between two layouts, in words and millimetres.

use renraku::form::layout::{Layout, PageLayout};

/// `None` when both are the same.
pub fn difference(golden: &Layout, now: &Layout) -> Option<String> {
    if golden.sheet_id != now.sheet_id {
        return Some(format!(
            "the sheet's number is {} and was {}",
            now.sheet_id.as_str(),
            golden.sheet_id.as_str()
        ));
    }
    if golden.pages.len() != now.pages.len() {
        return Some(format!("{} pages, and there were {}", now.pages.len(), golden.pages.len()));
    }
    let mut pages = golden.pages.iter().zip(&now.pages);
    pages.find_map(|(golden, now)| of_page(golden, now).map(|what| format!("page {}: {what}", golden.page)))
}

/// A thing with its name and its left, top, width and height.
struct Thing {
    name: String,
    mm: [f64; 4],
}

fn of_page(golden: &PageLayout, now: &PageLayout) -> Option<String> {
    if golden.code.text != now.code.text {
        return Some(format!("the code says {} and said {}", now.code.text, golden.code.text));
    }
    let (before, after) = (things(golden), things(now));
    let mut pairs = before.iter().zip(&after);
    let first = pairs.find_map(|(before, after)| {
        if before.name != after.name {
            return Some(format!("{} stands where {} stood", after.name, before.name));
        }
        moved(before.mm, after.mm).map(|how| format!("{}: {how}", after.name))
    });
    first.or_else(|| match (after.get(before.len()), before.get(after.len())) {
        (Some(new), _) => Some(format!("{} is new", new.name)),
        (_, Some(gone)) => Some(format!("{} is gone", gone.name)),
        _ => (golden.page != now.page).then(|| format!("it is now page {}", now.page)),
    })
}

/// Boxes and areas first: they are what is read; lines of print last, and the number of each kind before their places,
/// so that one that is gone is not told as all others moved.
fn things(page: &PageLayout) -> Vec<Thing> {
    let mut all = vec![thing("paper", [0.0, 0.0, page.width_mm, page.height_mm])];
    let code = &page.code;
    all.push(thing("code", [code.x_mm, code.y_mm, code.size_mm, code.size_mm]));
    for (nth, mark) in (1..).zip(&page.marks) {
        all.push(thing(&format!("square {nth}"), [mark.x_mm, mark.y_mm, mark.size_mm, mark.size_mm]));
    }
    for one in &page.boxes {
        let name = format!("box {}/{}", one.field, one.option);
        all.push(thing(&name, [one.x_mm, one.y_mm, one.size_mm, one.size_mm]));
    }
    for zone in &page.zones {
        all.push(thing(&format!("area {}", zone.field), [zone.x_mm, zone.y_mm, zone.w_mm, zone.h_mm]));
    }
    let count = page.printed.len();
    for (nth, line) in (1..).zip(&page.printed) {
        let name = format!("printed line {nth} of {count}");
        all.push(thing(&name, [line.x_mm, line.y_mm, line.w_mm, line.h_mm]));
    }
    all
}

fn thing(name: &str, mm: [f64; 4]) -> Thing {
    Thing { name: name.to_owned(), mm }
}

fn moved([x, y, w, h]: [f64; 4], [x_now, y_now, w_now, h_now]: [f64; 4]) -> Option<String> {
    let told = [
        (x_now - x, "to the right", "to the left"),
        (y_now - y, "down", "up"),
        (w_now - w, "wider", "narrower"),
        (h_now - h, "higher", "lower"),
    ];
    let told = told.iter().filter(|(by, ..)| *by != 0.0).map(|(by, more, less)| {
        let (mm, way) = (by.abs(), if *by > 0.0 { more } else { less });
        // Less than a hundredth is told as it is: the comparison is exact.
        if mm < 0.01 { format!("{mm:e} mm {way}") } else { format!("{mm:.2} mm {way}") }
    });
    let told: Vec<String> = told.collect();
    (!told.is_empty()).then(|| format!("{} (was at {x:.2}, {y:.2})", told.join(", ")))
}
