//! Sheets that are known by their layout files alone, as `renraku sheet` wrote them: what commands without a
//! database read against.

use super::CliError;
use super::sheet::read_text;
use crate::form::layout::{Frame, Layout, PageLayout};
use crate::read::book::{LookUp, SheetBook};
use crate::seal::code::{self, NotOurCode};
use crate::seal::keyring::Keyring;
use std::path::{Path, PathBuf};

/// The sheets whose layouts were given.
pub struct LayoutBook {
    layouts: Vec<Layout>,
    keyring: Keyring,
}

impl LayoutBook {
    /// Without any sheet.
    pub fn empty(keyring: Keyring) -> Self {
        Self { layouts: Vec::new(), keyring }
    }

    /// Loads every layout.
    ///
    /// # Errors
    /// The first that is none, with its path.
    pub fn load(paths: &[PathBuf], keyring: Keyring) -> Result<Self, CliError> {
        let layouts = paths.iter().map(|path| load_layout(path)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { layouts, keyring })
    }
}

impl SheetBook for LayoutBook {
    fn frames(&self) -> Vec<Frame> {
        let mut frames: Vec<Frame> = Vec::new();
        for frame in self.layouts.iter().flat_map(|layout| &layout.pages).filter_map(PageLayout::frame) {
            if !frames.contains(&frame) {
                frames.push(frame);
            }
        }
        frames
    }

    fn look_up(&self, code_text: &str) -> LookUp {
        let verified = match code::verify(&self.keyring, code_text) {
            Ok(verified) => verified,
            Err(NotOurCode::Forged) => return LookUp::Forged,
            Err(NotOurCode::Shape) => return LookUp::NotOurs,
        };
        let layout = self.layouts.iter().find(|layout| layout.sheet_id == verified.sheet_id);
        match layout.and_then(|layout| layout.page(verified.page)) {
            Some(page) => LookUp::Known { sheet_id: verified.sheet_id, layout: Box::new(page.clone()) },
            None => LookUp::UnknownSheet { sheet_id: verified.sheet_id },
        }
    }
}

/// One layout file.
///
/// # Errors
/// A sentence with its path.
pub fn load_layout(path: &Path) -> Result<Layout, CliError> {
    serde_json::from_str(&read_text(path)?).map_err(|error| {
        format!("{} はレイアウトとして読めません / is no layout of `renraku sheet`: {error}", path.display())
            .into()
    })
}
