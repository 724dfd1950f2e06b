//! How the words of the domain stand in columns: ids, numbers and states as the text that they have
//! in JSON, times as whole microseconds, days as ISO 8601, structures as JSON text.

use crate::domain::account::Login;
use crate::domain::audit::Act;
use crate::domain::directory::RouteKind;
use crate::domain::event::Subject;
use crate::domain::id::{
    ArrivalId, AttachmentId, AttemptId, AuditId, ClientId, ClinicId, DecisionId, DeliveryId, EventId, LinkId,
    MessageId, NumberTestId, OfficeId, ReplyId, RequestId, ReviewId, UserId,
};
use crate::domain::letter::{NoticeAbout, TestEnd};
use crate::domain::reading::FoundBy;
use crate::domain::request::{ArrivalState, BlobId, Verdict};
use crate::domain::sheet_number::{RequestNumber, SheetNumber};
use crate::domain::state::{AttemptEnd, DeliveryState, RequestState};
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, Value, ValueRef};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A moment as microseconds since 1970 UTC; what is finer is cut off.
#[derive(Clone, Copy)]
pub(super) struct Micros(pub(super) Timestamp);

/// A day as `2026-07-01`, so that text order is time order.
#[derive(Clone, Copy)]
pub(super) struct Day(pub(super) Date);

/// A place in a log, from 1; `SQLite`'s integers have a sign.
#[derive(Clone, Copy)]
pub(super) struct Place(pub(super) u64);

/// Anything as JSON text.
pub(super) struct Json<T>(pub(super) T);

impl ToSql for Micros {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Owned(Value::Integer(self.0.as_microsecond())))
    }
}

impl FromSql for Micros {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Timestamp::from_microsecond(value.as_i64()?).map(Self).map_err(FromSqlError::other)
    }
}

impl ToSql for Place {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let place = i64::try_from(self.0).unwrap_or(i64::MAX);
        Ok(ToSqlOutput::Owned(Value::Integer(place)))
    }
}

impl FromSql for Place {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        u64::try_from(value.as_i64()?).map(Self).map_err(FromSqlError::other)
    }
}

impl ToSql for Day {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Owned(Value::Text(self.0.to_string())))
    }
}

impl FromSql for Day {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map(Self).map_err(FromSqlError::other)
    }
}

impl<T: Serialize> ToSql for Json<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let text = serde_json::to_string(&self.0).map_err(not_storable)?;
        Ok(ToSqlOutput::Owned(Value::Text(text)))
    }
}

impl<T: DeserializeOwned> FromSql for Json<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        serde_json::from_str(value.as_str()?).map(Self).map_err(FromSqlError::other)
    }
}

/// The text of something that is one string in JSON.
fn word<T: Serialize>(value: &T) -> rusqlite::Result<ToSqlOutput<'static>> {
    match serde_json::to_value(value).map_err(not_storable)? {
        serde_json::Value::String(text) => Ok(ToSqlOutput::Owned(Value::Text(text))),
        other => Err(rusqlite::Error::ToSqlConversionFailure(format!("not one string: {other}").into())),
    }
}

fn from_word<T: DeserializeOwned>(value: ValueRef<'_>) -> FromSqlResult<T> {
    let text = value.as_str()?.to_owned();
    serde_json::from_value(serde_json::Value::String(text)).map_err(FromSqlError::other)
}

fn not_storable(error: serde_json::Error) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(Box::new(error))
}

macro_rules! words {
    ($($name:ty),+ $(,)?) => {$(
        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                word(self)
            }
        }
        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                from_word(value)
            }
        }
    )+};
}

words! {
    ArrivalId, AttachmentId, AttemptId, AuditId, ClientId, ClinicId, DecisionId, DeliveryId, EventId, LinkId, MessageId, NumberTestId, OfficeId, ReplyId,
    RequestId, ReviewId, UserId, Login, Act, Verdict,
    RequestNumber, SheetNumber, BlobId,
    RequestState, DeliveryState, AttemptEnd, ArrivalState, RouteKind, FoundBy, Subject,
    NoticeAbout, TestEnd,
}
