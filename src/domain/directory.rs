//! Who is who: clinics with their routes, offices, and the hours that doctors keep for calls.

use super::client::Client;
use super::id::{ClientId, ClinicId, OfficeId};
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};

/// A clinic (医療機関).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clinic {
    /// Its id.
    pub id: ClinicId,
    /// 医療機関コード, ten digits or the seven-digit form; empty when unknown.
    pub code: String,
    /// Its name as it is written.
    pub name: String,
    /// Its doctors; the first is addressed when nobody is named.
    pub doctors: Vec<Doctor>,
    /// Telephone, as it is printed.
    pub tel: String,
    /// The ways to reach it, the preferred one first.
    pub routes: Vec<Route>,
    /// ケアマネタイム.
    pub care_manager_hours: Vec<CareManagerHours>,
    /// True for invented sample data (見本).
    pub sample: bool,
}

/// The association that runs the gateway, as strangers and clinics are told of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Association {
    /// Its name as it is written.
    pub name: String,
    /// Where it is called, as it is printed.
    pub tel: String,
}

/// A doctor of a clinic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doctor {
    /// The name as it is written.
    pub name: String,
    /// 診療科; may be empty.
    #[serde(default)]
    pub department: String,
}

/// One way to reach a clinic. Nothing is sent to it before it is verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// What kind of way.
    pub kind: RouteKind,
    /// A fax number in domestic digits (`0344772288`) or a mail address.
    pub address: String,
    /// When a person made sure that it reaches this clinic.
    pub verified_at: Option<Timestamp>,
    /// How: for example that the code of a test page was read back.
    pub verified_how: Option<String>,
}

/// Kinds of ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RouteKind {
    /// A mail to a service that turns it into a fax.
    FaxByMail,
    /// A mail with the sheet attached, which the clinic has agreed to in writing.
    PlainMail,
    /// 手渡し: somebody prints the sheet and carries it. Stands in a delivery alone; no clinic has such an address.
    Hand,
}

/// Stands in the place of an address where a sheet is carried.
pub const BY_HAND: &str = "手渡し";

impl RouteKind {
    /// Every one.
    pub const ALL: &'static [Self] = &[Self::FaxByMail, Self::PlainMail, Self::Hand];

    /// The name as it stands in JSON and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FaxByMail => "fax_by_mail",
            Self::PlainMail => "plain_mail",
            Self::Hand => "hand",
        }
    }
}

/// One row of the table of hours in which a doctor takes calls from care managers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CareManagerHours {
    /// 1 Monday to 7 Sunday (ISO 8601).
    pub weekday: u8,
    /// Beginning.
    pub from: Time,
    /// End.
    pub to: Time,
    /// Who answers and how: 「院長が電話で」.
    pub how: String,
    /// When the doctor last confirmed the row.
    pub confirmed_on: Date,
}

/// An office of care managers (事業所).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Office {
    /// Its id.
    pub id: OfficeId,
    /// 介護事業所番号; empty when unknown.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The care manager who signs when nobody is named.
    pub care_manager: String,
    /// Telephone, as it is printed.
    pub tel: String,
    /// Fax, in domestic digits.
    pub fax: String,
    /// True for invented sample data (見本).
    pub sample: bool,
}

/// A client (利用者) in the care of an office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientRecord {
    /// Its id.
    pub id: ClientId,
    /// Whose client.
    pub office_id: OfficeId,
    /// Who.
    pub client: Client,
}
