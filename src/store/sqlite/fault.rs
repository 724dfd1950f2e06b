//! What goes wrong inside a transaction, before it is told to the caller as a [`StoreError`].
//! Never carries a value of a row: no client data reaches a log through an error.

use super::super::StoreError;
use crate::domain::state::ForbiddenStep;
use rusqlite::ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE};
use std::fmt::Display;

/// Either already in the store's words, or still in the database's.
#[derive(Debug)]
pub(super) enum Fault {
    Told(StoreError),
    Database(rusqlite::Error),
}

pub(super) type Answer<T> = std::result::Result<T, Fault>;

impl Fault {
    /// The error for the caller, who was doing `act`.
    pub(super) fn during(self, act: &'static str) -> StoreError {
        match self {
            Self::Told(error) => error,
            Self::Database(error) if is_duplicate(&error) => {
                StoreError::Conflict(format!("すでに登録されています ({act}: stored already)"))
            }
            Self::Database(error) => StoreError::Failed { act, cause: error.to_string() },
        }
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Told(error)
    }
}

impl From<ForbiddenStep> for Fault {
    fn from(step: ForbiddenStep) -> Self {
        conflict(format!("今の状態ではこの操作はできません ({step})"))
    }
}

pub(super) fn conflict(sentence: impl Into<String>) -> Fault {
    Fault::Told(StoreError::Conflict(sentence.into()))
}

pub(super) fn refused(sentence: impl Into<String>) -> Fault {
    Fault::Told(StoreError::Refused(sentence.into()))
}

pub(super) fn not_found(what: &'static str, id: impl Display) -> Fault {
    Fault::Told(StoreError::NotFound { what, id: id.to_string() })
}

/// The row, or that there is none.
pub(super) fn found<T>(row: rusqlite::Result<T>, what: &'static str, id: impl Display) -> Answer<T> {
    match row {
        Err(rusqlite::Error::QueryReturnedNoRows) => Err(not_found(what, id)),
        row => Ok(row?),
    }
}

fn is_duplicate(error: &rusqlite::Error) -> bool {
    let extended = error.sqlite_error().map(|error| error.extended_code);
    matches!(extended, Some(SQLITE_CONSTRAINT_UNIQUE | SQLITE_CONSTRAINT_PRIMARYKEY))
}
