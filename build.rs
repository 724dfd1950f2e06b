//! Lists the files of `forms/` for the program to carry, so that a new form needs no line of Rust.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=forms");
    let forms = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("forms");
    let target = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("forms.rs");
    fs::write(target, list(&forms)?)
}

/// The Rust text of a slice of (file name, content), in the order of the names.
fn list(forms: &Path) -> io::Result<String> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(forms)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let entries = files.iter().filter_map(|file| {
        let name = file.file_name()?.to_str()?;
        Some(format!("({name:?}, include_str!({:?})),\n", file.to_str()?))
    });
    Ok(format!("&[\n{}]", entries.collect::<String>()))
}
