//! Every form's sheet as it was when a person last looked at it: `tests/forms/ID/layout.json` to the last digit, and
//! `page-N.png`, each page in small, by eye's measure. `RENRAKU_GOLDENS=1` writes them anew: look at what `git diff` says.

#[path = "goldens/mutations.rs"]
mod mutations;
#[path = "goldens/picture.rs"]
mod picture;
#[path = "goldens/places.rs"]
mod places;

use super::{example, forms, sheet};
use picture::Picture;
use renraku::form::answers::check_answers;
use renraku::form::definition::FormDefinition;
use renraku::form::layout::Layout;
use renraku::sheet::RenderedSheet;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Set to 1, it takes today's sheets as right.
const UPDATE: &str = "RENRAKU_GOLDENS";
/// What a folder of `tests/forms` holds beside them.
const EXAMPLE: &str = "example.json";
const LAYOUT: &str = "layout.json";
/// All of them together stay small in the repository.
const MOST_BYTES: u64 = 1_200_000;

fn folder(form: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/forms").join(form)
}

fn page_name(page: usize) -> String {
    format!("page-{page}.png")
}

fn sheet_of_example(form: &FormDefinition) -> RenderedSheet {
    sheet(form, &check_answers(form, &example(&form.id)).unwrap()).unwrap()
}

fn layout_text(layout: &Layout) -> String {
    serde_json::to_string_pretty(layout).unwrap() + "\n"
}

#[test]
fn every_form_looks_as_it_did() {
    if std::env::var(UPDATE).is_ok_and(|set| set == "1") {
        return forms().iter().for_each(update);
    }
    let mut faults = Vec::new();
    for form in forms() {
        let sheet = sheet_of_example(&form);
        let (pictures, folder) = (picture::of_pdf(&sheet.pdf), folder(&form.id));
        faults.extend(
            strangers(&folder, pictures.len()).into_iter().map(|fault| format!("{}: {fault}", form.id)),
        );
        faults.extend(layout_fault(&folder, &sheet.layout).map(|fault| format!("{}: {fault}", form.id)));
        for (page, picture) in (1..).zip(&pictures) {
            let fault = picture_fault(&folder, page, picture, &std::env::temp_dir().join("renraku-goldens"));
            faults.extend(fault.map(|fault| format!("{} page {page}: {fault}", form.id)));
        }
    }
    assert!(
        faults.is_empty(),
        "{}\n\nIf it is meant so, {UPDATE}=1 takes it as right; look at the pictures in the difference.",
        faults.join("\n")
    );
}

#[test]
fn the_goldens_are_small() {
    let all = forms().into_iter().flat_map(|form| fs::read_dir(folder(&form.id)).unwrap());
    let bytes: u64 = all.map(|file| file.unwrap().metadata().unwrap().len()).sum();
    println!("{bytes} bytes");
    assert!(bytes <= MOST_BYTES, "{bytes} bytes");
}

fn update(form: &FormDefinition) {
    let (sheet, folder) = (sheet_of_example(form), folder(&form.id));
    let pictures = picture::of_pdf(&sheet.pdf);
    for name in strangers_names(&folder, pictures.len()) {
        fs::remove_file(folder.join(name)).unwrap();
    }
    fs::write(folder.join(LAYOUT), layout_text(&sheet.layout)).unwrap();
    for (page, picture) in (1..).zip(&pictures) {
        fs::write(folder.join(page_name(page)), picture.png()).unwrap();
    }
    println!("{}: {} pages written", form.id, pictures.len());
}

/// Files that belong to no page of the form: a page that went away, or a name that nobody reads.
fn strangers_names(folder: &Path, pages: usize) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.retain(|name| {
        name != EXAMPLE && name != LAYOUT && !(1..=pages).any(|page| *name == page_name(page))
    });
    names
}

fn strangers(folder: &Path, pages: usize) -> Vec<String> {
    let names = strangers_names(folder, pages).into_iter();
    names.map(|name| format!("{name} belongs to no page: delete it or write the goldens anew")).collect()
}

fn layout_fault(folder: &Path, now: &Layout) -> Option<String> {
    let Ok(text) = fs::read_to_string(folder.join(LAYOUT)) else {
        return Some(format!("there is no {LAYOUT}"));
    };
    if text == layout_text(now) {
        return None;
    }
    Some(match serde_json::from_str::<Layout>(&text) {
        Err(error) => format!("{LAYOUT} is no layout: {error}"),
        Ok(golden) => places::difference(&golden, now).unwrap_or_else(|| {
            format!("{LAYOUT} says the same places in other words: the JSON itself has changed")
        }),
    })
}

/// Says what differs and where it is to be seen; the pictures go into `seen`.
fn picture_fault(folder: &Path, page: usize, now: &Picture, seen: &Path) -> Option<String> {
    let name = page_name(page);
    let Ok(bytes) = fs::read(folder.join(&name)) else { return Some(format!("there is no {name}")) };
    let Some(golden) = Picture::from_png(&bytes) else {
        return Some(format!("{name} is no picture of a page"));
    };
    let worst = golden.worst_block(now)?;
    let form = folder.file_name().unwrap_or_default().to_string_lossy();
    let (present, difference) =
        (seen.join(format!("{form}-{page}-now.png")), seen.join(format!("{form}-{page}-difference.png")));
    fs::create_dir_all(seen).unwrap();
    fs::write(&present, now.png()).unwrap();
    fs::write(&difference, golden.difference_png(now)).unwrap();
    Some(format!("{worst}; see {} and {}", present.display(), difference.display()))
}

#[test]
fn a_missing_a_strange_and_a_broken_golden_are_found() {
    let form = forms().into_iter().find(|form| form.id == "liaison").unwrap();
    let sheet = sheet_of_example(&form);
    let dir = tempfile::tempdir().unwrap();
    let (folder, seen) = (dir.path().join("liaison"), dir.path().join("seen"));
    fs::create_dir(&folder).unwrap();
    let picture = picture::of_pdf(&sheet.pdf).remove(0);
    let layout = || layout_fault(&folder, &sheet.layout);
    let page = || picture_fault(&folder, 1, &picture, &seen);

    assert!(layout().unwrap().contains("there is no layout.json"));
    assert!(page().unwrap().contains("there is no page-1.png"));
    fs::write(folder.join("layout.json"), "{}").unwrap();
    fs::write(folder.join("page-1.png"), "no picture").unwrap();
    assert!(layout().unwrap().contains("is no layout"));
    assert!(page().unwrap().contains("is no picture"));

    fs::write(folder.join("layout.json"), layout_text(&sheet.layout)).unwrap();
    fs::write(folder.join("page-1.png"), picture.png()).unwrap();
    fs::write(folder.join("example.json"), "{}").unwrap();
    assert_eq!((layout(), page(), strangers(&folder, 1)), (None, None, vec![]));
    assert!(!seen.exists(), "pictures are written of what differs alone");

    fs::write(folder.join("layout.json"), serde_json::to_string(&sheet.layout).unwrap()).unwrap();
    assert!(layout().unwrap().contains("the JSON itself"));
    fs::write(folder.join("page-2.png"), picture.png()).unwrap();
    fs::write(folder.join("page-0.png"), picture.png()).unwrap();
    assert_eq!(strangers(&folder, 1).len(), 2, "page-0 and page-2");
    assert_eq!(strangers(&folder, 2).len(), 1, "page-0");

    fs::write(folder.join("page-1.png"), Picture::white().png()).unwrap();
    let fault = page().unwrap();
    assert!(fault.contains("liaison-1-now.png") && fault.contains("liaison-1-difference.png"), "{fault}");
    let written = fs::read(seen.join("liaison-1-now.png")).unwrap();
    assert_eq!(Picture::from_png(&written), Some(picture));
}
