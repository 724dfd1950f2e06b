//! Which forms there are: those that the program carries (`forms/*.toml`), those of a directory, or
//! one file. Every form is checked on the way in; a form with a mistake is never offered.

use super::check::{Mistake, check};
use super::definition::FormDefinition;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The files of `forms/`, by name; the list is made by `build.rs`.
pub const BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/forms.rs"));

/// Why forms could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// A form file has mistakes.
    #[error("様式ファイルに誤りがあります / the form file has mistakes:\n{}", lines(.0))]
    Mistakes(Vec<Mistake>),
    /// A file or a directory could not be read.
    #[error(
        "様式 {path} を読めません。場所と権限をお確かめください / the form {path} cannot be read: check its place and its permissions ({source})"
    )]
    Unreadable {
        /// Which.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// No such form.
    #[error("様式「{id}」はありません。あるのは {known} です / there is no form '{id}': there are {known}")]
    Unknown {
        /// What was asked for.
        id: String,
        /// What there is.
        known: String,
    },
    /// Two files have the same form in the same version.
    #[error(
        "様式「{id}」第{version}版が2つあります。片方の版を上げるか、除いてください / the form '{id}' version {version} is there twice: raise one's version or remove it"
    )]
    Twice {
        /// The form.
        id: String,
        /// Its version.
        version: u32,
    },
}

/// Checked forms.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    forms: Vec<FormDefinition>,
}

impl Catalogue {
    /// The forms that the program carries.
    ///
    /// # Errors
    /// [`CatalogueError::Mistakes`] when one of them is wrong; a test keeps that from being released.
    pub fn built_in() -> Result<Self, CatalogueError> {
        let mut catalogue = Self::default();
        for (name, text) in BUILT_IN {
            catalogue.add(parse(name, text)?)?;
        }
        Ok(catalogue)
    }

    /// With the forms of `directory` (`*.toml`) too. A form of the same id with a higher version is
    /// the one that [`Self::get`] gives.
    ///
    /// # Errors
    /// [`CatalogueError`]: every mistake of the first wrong file, an unreadable file, or a version
    /// that is already there.
    pub fn with_directory(mut self, directory: &Path) -> Result<Self, CatalogueError> {
        for file in toml_files(directory)? {
            self.add(load_file(&file)?)?;
        }
        Ok(self)
    }

    /// Every form, each version.
    #[must_use]
    pub fn forms(&self) -> &[FormDefinition] {
        &self.forms
    }

    /// The newest version of every form, in the order of the files.
    #[must_use]
    pub fn newest(&self) -> Vec<&FormDefinition> {
        let is_newest = |form: &&FormDefinition| {
            self.forms.iter().all(|other| other.id != form.id || other.version <= form.version)
        };
        self.forms.iter().filter(is_newest).collect()
    }

    /// One version of the form `id`: what was begun with it ends with it.
    ///
    /// # Errors
    /// [`CatalogueError::Unknown`] names the forms that there are.
    pub fn version(&self, id: &str, version: u32) -> Result<&FormDefinition, CatalogueError> {
        let form = self.forms.iter().find(|form| form.id == id && form.version == version);
        form.ok_or_else(|| self.unknown(id))
    }

    /// The newest version of the form `id`.
    ///
    /// # Errors
    /// [`CatalogueError::Unknown`] names the forms that there are.
    pub fn get(&self, id: &str) -> Result<&FormDefinition, CatalogueError> {
        let versions = self.forms.iter().filter(|form| form.id == id);
        versions.max_by_key(|form| form.version).ok_or_else(|| self.unknown(id))
    }

    fn unknown(&self, id: &str) -> CatalogueError {
        let known: Vec<&str> = self.newest().into_iter().map(|form| form.id.as_str()).collect();
        CatalogueError::Unknown { id: id.to_owned(), known: known.join(", ") }
    }

    /// The form with the id `id_or_path`, or, where that ends in `.toml`, the form in that file.
    ///
    /// # Errors
    /// [`CatalogueError`], as for [`Self::get`] and [`load_file`].
    pub fn load(&self, id_or_path: &str) -> Result<FormDefinition, CatalogueError> {
        let path = Path::new(id_or_path);
        if path.extension().is_some_and(|extension| extension == "toml") {
            load_file(path)
        } else {
            self.get(id_or_path).cloned()
        }
    }

    fn add(&mut self, form: FormDefinition) -> Result<(), CatalogueError> {
        if self.forms.iter().any(|known| known.id == form.id && known.version == form.version) {
            return Err(CatalogueError::Twice { id: form.id, version: form.version });
        }
        self.forms.push(form);
        Ok(())
    }
}

/// The form in `file`.
///
/// # Errors
/// [`CatalogueError::Unreadable`], or [`CatalogueError::Mistakes`] with every mistake.
pub fn load_file(file: &Path) -> Result<FormDefinition, CatalogueError> {
    let bytes = fs::read(file).map_err(|source| unreadable(file, source))?;
    let text = String::from_utf8(bytes)
        .map_err(|error| unreadable(file, io::Error::new(io::ErrorKind::InvalidData, error)))?;
    parse(&file.display().to_string(), &text)
}

/// The `*.toml` files of `directory`, by name.
///
/// # Errors
/// [`CatalogueError::Unreadable`].
pub fn toml_files(directory: &Path) -> Result<Vec<PathBuf>, CatalogueError> {
    let entries = fs::read_dir(directory).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let entries = entries.map_err(|source| unreadable(directory, source))?;
    let mut files: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    Ok(files)
}

/// Reads a form's text; `name` stands in the mistakes.
///
/// # Errors
/// Every mistake with its line.
pub fn parse(name: &str, text: &str) -> Result<FormDefinition, CatalogueError> {
    check(name, text).map_err(CatalogueError::Mistakes)
}

fn unreadable(path: &Path, source: io::Error) -> CatalogueError {
    CatalogueError::Unreadable { path: path.display().to_string(), source }
}

fn lines(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
