//! Lists the files that the program carries, so that a new form, page or picture needs no line of Rust:
//! `forms/`, `templates/web/`, `templates/locales/` and `assets/web/`.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Directory, the endings that are taken, the list's name, and how a file is taken.
const LISTS: &[(&str, &[&str], &str, &str)] = &[
    ("forms", &["toml"], "forms.rs", "include_str!"),
    ("templates/web", &["html"], "pages.rs", "include_str!"),
    ("templates/locales", &["ftl"], "locales.rs", "include_str!"),
    ("assets/web", &["css", "js", "svg"], "assets.rs", "include_bytes!"),
];

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    for (directory, endings, name, include) in LISTS {
        println!("cargo:rerun-if-changed={directory}");
        fs::write(out.join(name), list(&root.join(directory), endings, include)?)?;
    }
    Ok(())
}

/// The Rust text of a slice of (file name, content), in the order of the names.
fn list(directory: &Path, endings: &[&str], include: &str) -> io::Result<String> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(directory)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>()?;
    files.retain(|file| {
        file.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| endings.contains(&ending))
    });
    files.sort();
    let entries = files.iter().filter_map(|file| {
        let name = file.file_name()?.to_str()?;
        Some(format!("({name:?}, {include}({:?})),\n", file.to_str()?))
    });
    Ok(format!("&[\n{}]", entries.collect::<String>()))
}
