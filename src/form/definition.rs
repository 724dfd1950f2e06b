//! What a form is: the checked content of one file under `forms/`.

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
    /// Who answers it.
    pub to: PartyRole,
    /// The question that the reply part asks, in one sentence.
    pub question: Label,
    /// True: the sheet says that it cannot carry a doctor's instructions (指示).
    pub non_clinical: bool,
    /// When the reply is due.
    pub due: DueRule,
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
    /// What it holds.
    pub kind: FieldKind,
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
