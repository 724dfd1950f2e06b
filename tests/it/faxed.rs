//! Faxes that went through a real call (`tests/files/faxed/README.md`): every box is read as it was ticked.

#[path = "faxed/penned.rs"]
mod penned;

use penned::{Penned, compare, read};
use std::path::{Path, PathBuf};

const FILES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/files/faxed");

/// Each fax with its sheets.
fn faxes() -> Vec<(PathBuf, Vec<Penned>)> {
    let paths = std::fs::read_dir(FILES).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|ending| ending == "tif")).collect();
    paths.sort();
    let sheets = |path: &Path| {
        let json = std::fs::read(path.with_extension("json")).expect("the sheets of the fax");
        serde_json::from_slice(&json).expect("sheets")
    };
    paths.into_iter().map(|path| (path.clone(), sheets(&path))).collect()
}

#[test]
fn real_faxes_are_read_as_they_were_ticked() {
    let faxes = faxes();
    assert_eq!(faxes.len(), 7, "a file is missing, or has no line in the README");
    let (mut boxes, mut dpi) = (0, Vec::new());
    for (path, sheets) in faxes {
        let readings = read(env!("CARGO_BIN_EXE_renraku"), &path, &sheets);
        let compared = compare(&sheets, &readings);
        let name = path.display();
        assert!(compared.wrong.is_empty(), "{name}: {:#?}", compared.wrong);
        assert!(compared.broken.is_empty(), "{name}: {:#?}", compared.broken);
        assert!(compared.unsure.is_empty(), "{name}: {:?}", compared.unsure);
        assert!(compared.for_a_person.is_empty(), "{name}: {:?}", compared.for_a_person);
        boxes += compared.boxes;
        dpi.extend(readings.iter().map(|reading| reading.dpi[1].round() as u32));
    }
    assert!(boxes >= 80, "{boxes} boxes");
    assert!(
        dpi.iter().any(|dpi| *dpi < 110) && dpi.iter().any(|dpi| *dpi > 180),
        "both resolutions: {dpi:?}"
    );
}

/// A comparison that finds nothing wrong in a wrong reading would prove nothing.
#[test]
fn a_wrong_box_and_a_lost_page_are_noticed() {
    let (path, mut sheets) = faxes().remove(0);
    let readings = read(env!("CARGO_BIN_EXE_renraku"), &path, &sheets);
    assert!(!compare(&sheets, &readings[1..]).broken.is_empty(), "a page less");
    for chosen in sheets[0].ticked.answers.values_mut() {
        chosen.clear();
    }
    let compared = compare(&sheets, &readings);
    assert!(compared.ticked < compared.boxes && !compared.wrong.is_empty(), "{compared:?}");
}
