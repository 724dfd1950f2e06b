//! What a form is: the checked content of one file under `forms/`. It is stored as JSON beside every sheet, so
//! everything that joined the language later has a default and is left out of the JSON where it says nothing:
//! a stored form of any age reads as it did.

use crate::domain::calendar::wareki::DateStyle;
use crate::domain::client::Masking;
use serde::{Deserialize, Serialize};

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}

/// One form with one version. A changed form gets a new version; old sheets keep theirs.
#[expect(clippy::struct_excessive_bools, reason = "each is a line of a form's file; none excludes another")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormDefinition {
    /// Lower case letters, digits and `_`.
    pub id: String,
    /// From 1.
    pub version: u32,
    /// The form's name.
    pub title: Label,
    /// Who fills it.
    pub from: PartyRole,
    /// Who else may fill it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_from: Vec<PartyRole>,
    /// Who answers it.
    pub to: PartyRole,
    /// Who else may be asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_to: Vec<PartyRole>,
    /// The question that the reply part asks, in one sentence.
    pub question: Label,
    /// True: the sheet says that it cannot carry a doctor's instructions (指示).
    pub non_clinical: bool,
    /// True: sheet and page say that one telephones in an emergency. See [`Self::is_urgent`].
    #[serde(default, skip_serializing_if = "is_default")]
    pub urgent: bool,
    /// True: nobody asks for it. It can be kept as a blank sheet ([`Self::as_blank`]) and faxed at any time.
    #[serde(default, skip_serializing_if = "is_default")]
    pub unsolicited: bool,
    /// True: papers belong to it, such as a care plan. Every request may carry some; this one is asked for them.
    #[serde(default, skip_serializing_if = "is_default")]
    pub attachments: bool,
    /// How the sheet writes days.
    #[serde(default, skip_serializing_if = "is_default")]
    pub dates: DateStyle,
    /// How much of the client the sheet shows.
    #[serde(default, skip_serializing_if = "is_default")]
    pub masking: Masking,
    /// When the reply is due.
    pub due: DueRule,
    /// Fields with days (of kind `date` or `slots`) that the reply must come before: it is due on the business
    /// day before the earliest of them, where that is sooner than the rule says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub due_before: Vec<String>,
    /// The consent line; `None` where the form needs none.
    pub consent: Option<ConsentRule>,
    /// What the sender fills, in the order of the sheet.
    pub fields: Vec<Field>,
    /// What the recipient fills, in the order of the sheet.
    pub replies: Vec<ReplyField>,
}

/// Kinds of parties.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartyRole {
    /// ケアマネジャー・事業所.
    CareManager,
    /// 医師・医療機関.
    Doctor,
    /// 病院の地域医療連携室.
    Hospital,
    /// 医師会・在宅医療連携室.
    Association,
}

/// When a reply is due, counted from the day of sending, which is day 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DueRule {
    /// So many business days later.
    BusinessDays {
        /// 1 to 60.
        days: u16,
    },
    /// So many hours later, for forms that cannot wait for a day.
    Hours {
        /// 1 to 72.
        hours: u16,
    },
    /// No reply is due.
    NoReply,
}

/// The consent that the sender must have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentRule {
    /// True: without consent the form cannot be sent.
    pub required: bool,
    /// The line on the sheet.
    pub text: Label,
}

/// One thing that the sender fills.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Lower case letters, digits and `_`; unique in the form, replies included.
    pub id: String,
    /// The name on the sheet and on the page.
    pub label: Label,
    /// True: the form cannot be sent without it.
    pub required: bool,
    /// A hint for the person who fills it.
    pub help: Option<Label>,
    /// When it is shown; `None`: always. A field that is not shown is not asked for, and its value is not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    /// What it holds before anybody fills it: a [source](super::prefill::sources), or an option's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// The height of its frame on a blank sheet, for a field that is written by hand there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame_mm: Option<u16>,
    /// What it holds.
    pub kind: FieldKind,
}

/// Another field's choice on which a field depends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// The id of a field of kind `choice` or `choices`.
    pub field: String,
    /// Options of it: one of them is chosen.
    pub is: Vec<String>,
}

/// What a field holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FieldKind {
    /// One line.
    Text {
        /// The most characters.
        max_chars: usize,
    },
    /// Several lines.
    LongText {
        /// The most characters.
        max_chars: usize,
    },
    /// One of the options.
    Choice {
        /// At least two.
        options: Vec<ChoiceOption>,
    },
    /// Any of the options.
    Choices {
        /// At least two.
        options: Vec<ChoiceOption>,
    },
    /// A day.
    Date,
    /// A number with its unit.
    Number {
        /// Printed behind the number: kg, mmHg, 回/週.
        unit: Label,
        /// The smallest.
        min: i64,
        /// The largest.
        max: i64,
        /// Digits behind the point: 0 to 2.
        #[serde(default, skip_serializing_if = "is_default")]
        decimals: u8,
    },
    /// 住所, one line; the masking of the form may leave only the municipality.
    Address,
    /// 保険者番号. A check digit that does not fit warns, as for every number with one.
    InsurerNumber,
    /// 被保険者番号.
    InsuredNumber,
    /// 介護事業所番号.
    OfficeNumber,
    /// 医療機関コード.
    ClinicCode,
    /// A fax number, as something to know: nothing is sent to it.
    Fax,
    /// A telephone number.
    Telephone,
    /// Times that are offered, for the doctor to tick.
    Slots {
        /// The most slots.
        max: usize,
    },
    /// The client (利用者) that it is about.
    Client,
    /// A person with an office or a clinic.
    Party {
        /// Who.
        role: PartyRole,
    },
}

/// One option of a choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChoiceOption {
    /// Lower case letters, digits and `_`; unique in its field.
    pub id: String,
    /// The name.
    pub label: Label,
    /// True: choosing it means that something was written by hand, which a person has to read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub needs_handwriting: bool,
}

/// One thing that the recipient fills.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyField {
    /// Lower case letters, digits and `_`; unique in the form, fields included.
    pub id: String,
    /// The question.
    pub label: Label,
    /// True: without it a person must look.
    pub required: bool,
    /// What it holds.
    pub kind: ReplyKind,
}

/// What a reply field holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ReplyKind {
    /// Exactly one box (or at most one, when not required).
    ChooseOne {
        /// At least two.
        options: Vec<ChoiceOption>,
    },
    /// Any number of boxes.
    ChooseMany {
        /// At least one.
        options: Vec<ChoiceOption>,
    },
    /// Any of the slots that the sender offered in the field `field`: option ids are `slot_1`, `slot_2`, ….
    Slots {
        /// The id of a field of kind `slots`.
        field: String,
    },
    /// A framed area for handwriting.
    Handwriting {
        /// Its height on the sheet.
        height_mm: u16,
    },
    /// Who answered, with a place for the name and the date.
    Signature {
        /// For example 医師, 代筆.
        options: Vec<ChoiceOption>,
    },
}

/// The id of the option that makes a request urgent, in a field of kind `choice`.
pub const URGENT: &str = "urgent";

impl FormDefinition {
    /// The field `id`.
    #[must_use]
    pub fn field(&self, id: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.id == id)
    }

    /// Everybody who may fill it, the usual one first.
    pub fn senders(&self) -> impl Iterator<Item = PartyRole> {
        std::iter::once(self.from).chain(self.also_from.iter().copied())
    }

    /// Everybody who may be asked, the usual one first.
    pub fn recipients(&self) -> impl Iterator<Item = PartyRole> {
        std::iter::once(self.to).chain(self.also_to.iter().copied())
    }

    /// True for what [`Self::as_blank`] gives: a sheet that is filled by hand, though nobody asks for an answer.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.unsolicited && !self.replies.is_empty()
    }

    /// The field of kind `slots` whose times the reply offers.
    #[must_use]
    pub fn is_offered(&self, field: &str) -> bool {
        self.replies.iter().any(|reply| matches!(&reply.kind, ReplyKind::Slots { field: of } if of == field))
    }
}

impl FieldKind {
    /// The options of a choice; none for any other kind.
    #[must_use]
    pub fn options(&self) -> &[ChoiceOption] {
        match self {
            Self::Choice { options } | Self::Choices { options } => options,
            _ => &[],
        }
    }

    /// What is printed behind the value.
    #[must_use]
    pub fn unit(&self) -> Option<&Label> {
        match self {
            Self::Number { unit, .. } => Some(unit),
            _ => None,
        }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
