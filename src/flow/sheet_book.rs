//! The reader's one question answered from the keyring and the store: whose code is this?

use crate::domain::sheet_number::SheetNumber;
use crate::form::layout::{Frame, Layout};
use crate::read::book::{LookUp, SheetBook};
use crate::seal::code::{self, NotOurCode};
use crate::seal::keyring::Keyring;
use crate::store::Store;

/// The sheets that went out from here.
pub struct StoreBook<'a> {
    /// Knows the sheets.
    pub store: &'a dyn Store,
    /// Proves that they are ours.
    pub keyring: &'a Keyring,
}

impl StoreBook<'_> {
    /// Of a request's sheet, of a blank sheet, or of the page of a number's test.
    fn layout(&self, sheet_id: &SheetNumber) -> crate::store::Result<Option<Layout>> {
        if let Some(sheet) = self.store.sheet(sheet_id)? {
            return Ok(Some(sheet.layout));
        }
        if let Some(sheet) = self.store.blank_sheet(sheet_id)? {
            return Ok(Some(sheet.layout));
        }
        Ok(self.store.number_test_by_sheet(sheet_id)?.map(|(_, layout)| layout))
    }
}

impl SheetBook for StoreBook<'_> {
    fn frames(&self) -> Vec<Frame> {
        self.store.frames().unwrap_or_else(|error| {
            tracing::error!(%error, "the frames could not be read; pages will wait for a person");
            Vec::new()
        })
    }

    fn look_up(&self, code_text: &str) -> LookUp {
        let verified = match code::verify(self.keyring, code_text) {
            Ok(verified) => verified,
            Err(NotOurCode::Forged) => return LookUp::Forged,
            Err(NotOurCode::Shape) => return LookUp::NotOurs,
        };
        let layout = self.layout(&verified.sheet_id).unwrap_or_else(|error| {
            tracing::error!(%error, "a sheet could not be read; its page will wait for a person");
            None
        });
        match layout.and_then(|layout| layout.page(verified.page).cloned()) {
            Some(layout) => LookUp::Known { sheet_id: verified.sheet_id, layout: Box::new(layout) },
            None => LookUp::UnknownSheet { sheet_id: verified.sheet_id },
        }
    }
}
