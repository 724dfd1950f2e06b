//! What was read from a page: a proposal with a quality, never yet an answer.

use super::sheet_number::SheetNumber;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// What was read from one page of a file. The JSON of `renraku read` is this type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageReading {
    /// The file's name as it was given.
    pub file: String,
    /// From 1.
    pub page_in_file: u32,
    /// The sheet, as far as its code was verified (or, for `none`, absent).
    pub sheet_id: Option<SheetNumber>,
    /// The sheet's page that this is, from 1.
    pub page: Option<u8>,
    /// What identified the page.
    pub found_by: FoundBy,
    /// How far the arrived page is turned clockwise against the sheet, in degrees, with its skew.
    pub rotation_deg: f64,
    /// Pixels an inch, x and y, as found on the page (or as the file says, when nothing was found).
    pub dpi: [f64; 2],
    /// 0 (nothing found) to 1 (every outline where it should be).
    pub quality: f64,
    /// True when a person must look before anything is recorded.
    pub needs_person: bool,
    /// Why a person must look.
    pub reasons: Vec<Reason>,
    /// Every box of the sheet's page, in the layout's order.
    pub boxes: Vec<BoxReading>,
    /// Every handwriting area of the page, in the layout's order.
    pub zones: Vec<ZoneReading>,
    /// What was typed into the areas of a sheet with fields: field id → text that is not empty. May be a
    /// client's data.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub texts: BTreeMap<String, String>,
    /// What a program made out of the pictures of handwriting: field id → text, for the person who looks at them.
    /// Never an answer. May be a client's data.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub proposals: BTreeMap<String, String>,
    /// What went wrong while opening or reading; the rest of the file was still read.
    pub problems: Vec<Problem>,
}

/// Names the picture of what was written outside every field, among those of the fields: no field is called so.
pub const OUTSIDE: &str = "_outside";

/// What identified a page. Only what [`FoundBy::is_verified`] names carries a verified MAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FoundBy {
    /// The code, sampled where the corner squares said it must be.
    Code,
    /// The code, found by searching the page.
    CodeSearch,
    /// The readable number, typed by a person.
    Number,
    /// The hidden token among the fields of a fillable sheet. The boxes are what the fields hold.
    Fields,
    /// The sealed token in the address that a mail was sent to. The boxes are what its text says.
    ReplyAddress,
    /// The sealed Message-ID of ours that a mail answers. The boxes are what its text says.
    Thread,
    /// Nothing.
    None,
}

impl FoundBy {
    /// True where a code of ours was verified.
    #[must_use]
    pub fn is_verified(self) -> bool {
        matches!(self, Self::Code | Self::CodeSearch | Self::Fields) || self.is_mail()
    }
}

impl FoundBy {
    /// True where the text of a mail was read, and no page.
    #[must_use]
    pub fn is_mail(self) -> bool {
        matches!(self, Self::ReplyAddress | Self::Thread)
    }
}

/// Names what stands in the text of a mail, among the texts of the fields: no field is called so.
pub const MAIL_TEXT: &str = "_mail";

/// One tick box.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BoxReading {
    /// The reply field's id.
    pub field: String,
    /// The option's id.
    pub option: String,
    /// What was seen.
    pub state: BoxState,
    /// 0 to 1; the low end is where errors gather.
    pub quality: f64,
}

/// What a box looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BoxState {
    /// No ink inside or around.
    Empty,
    /// A tick, a cross, a dot or a fill inside.
    Marked,
    /// A ring drawn around the box: counts as chosen.
    Circled,
    /// Scribbled out, with another one ticked.
    Cancelled,
    /// Anything else: a person decides.
    Unsure,
}

impl BoxState {
    /// True for a box that the doctor chose.
    #[must_use]
    pub fn is_chosen(self) -> bool {
        matches!(self, Self::Marked | Self::Circled)
    }
}

/// One handwriting area.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZoneReading {
    /// The reply field's id.
    pub field: String,
    /// True when something was written in it.
    pub ink: bool,
}

/// Why a person must look at a page. Written in JSON as `code` or `code: detail`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub struct Reason {
    /// The kind of doubt.
    pub code: ReasonCode,
    /// The field, the option or the number that it is about; empty where there is none.
    pub detail: String,
}

/// What went wrong while opening or reading. Written in JSON as `code: one clear sentence`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub struct Problem {
    /// The kind of trouble.
    pub code: ProblemCode,
    /// One clear sentence in Japanese and English.
    pub sentence: String,
}

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident, $fallback:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// The code as it stands in JSON and in the store.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            fn from_text(text: &str) -> Self {
                match text { $($text => Self::$variant,)+ _ => Self::$fallback }
            }
        }
    };
}

codes! {
    /// The kinds of doubt.
    ReasonCode, Other {
        /// A box that is neither clearly empty nor clearly ticked.
        BoxUnsure = "box_unsure",
        /// A choose-one field without a tick.
        NothingChosen = "nothing_chosen",
        /// A choose-one field with more than one tick.
        SeveralChosen = "several_chosen",
        /// A box was scribbled out.
        BoxCancelled = "box_cancelled",
        /// The sheet was not found on the page.
        SheetNotFound = "sheet_not_found",
        /// The page has a code of ours whose MAC does not verify.
        CodeForged = "code_forged",
        /// The page has a code, but no sheet of that number is known here.
        SheetUnknown = "sheet_unknown",
        /// The code verifies, but the page does not look like the sheet's layout.
        LayoutMismatch = "layout_mismatch",
        /// Identified by a number that a person typed, not by its code.
        NotVerified = "not_verified",
        /// Ink outside every field.
        InkOutside = "ink_outside",
        /// Something was written that only a person can read.
        Handwriting = "handwriting",
        /// The file could not be opened, or only in part.
        FileProblem = "file_problem",
        /// The mail has nothing that could be a sheet.
        NoAttachment = "no_attachment",
        /// A server tells that a mail did not arrive.
        MailBounced = "mail_bounced",
        /// A server tells that it still tries to deliver a mail.
        MailDelayed = "mail_delayed",
        /// A server tells that a mail arrived.
        MailArrived = "mail_arrived",
        /// A provider tells that a mail was reported as spam.
        MailComplaint = "mail_complaint",
        /// A mail of our own came back as it was, or one that goes round in circles.
        MailLoop = "mail_loop",
        /// A fax service wrote something that is not clear.
        ResultUnclear = "result_unclear",
        /// A mail names a request by its number, which proves nothing. The detail is the number.
        NumberInMail = "number_in_mail",
        /// What stands in the text of a mail is no clear answer, or not one alone.
        MailText = "mail_text",
        /// A machine answered for somebody who is away.
        AutoReply = "auto_reply",
        /// A different answer to the same sheet is already recorded.
        SecondAnswer = "second_answer",
        /// The request was cancelled or closed before this came.
        RequestEnded = "request_ended",
        /// Pages of the reply are still missing.
        PagesMissing = "pages_missing",
        /// A number's test page came back with the box that says that the number is not the clinic's.
        NumberDenied = "number_denied",
        /// A fillable sheet holds values that contradict each other or that cannot be read.
        FieldsUnclear = "fields_unclear",
        /// A fillable sheet has lost a box or an area.
        FieldsMissing = "fields_missing",
        /// The fields say something else than the page shows.
        FieldsDiffer = "fields_differ",
        /// Nothing was filled in, but something was drawn on the page.
        FieldsEmpty = "fields_empty",
        /// Something was drawn on a fillable sheet besides its fields: a pen's line, a stamp, a note.
        DrawnOver = "drawn_over",
        /// A fillable sheet came from a mail address that is not the clinic's on file.
        SenderUnknown = "sender_unknown",
        /// A blank sheet came back as it was printed: no box, no frame and no margin has ink.
        NothingWritten = "nothing_written",
        /// A person split an item: this part waits for its own request.
        SplitOff = "split_off",
        /// Anything else.
        Other = "other",
    }
}

codes! {
    /// The kinds of trouble.
    ProblemCode, Other {
        /// Nothing in the file.
        Empty = "empty",
        /// No kind of file that is accepted (PDF, TIFF, JPEG, PNG), by its content.
        UnknownKind = "unknown_kind",
        /// The file is broken.
        Broken = "broken",
        /// Lines of the picture were lost; the rest was kept.
        DamagedLines = "damaged_lines",
        /// Larger than the limits allow.
        TooLarge = "too_large",
        /// It took more time or memory than the limits allow.
        TookTooLong = "took_too_long",
        /// Encrypted: it cannot be opened without its password.
        Encrypted = "encrypted",
        /// The file's resolution or colour tags contradict its pixels.
        LyingTags = "lying_tags",
        /// The page has a code that is not ours.
        ForeignCode = "foreign_code",
        /// The page is ours, but a code could not be verified.
        CodeForged = "code_forged",
        /// No sheet of that number is known here.
        SheetUnknown = "sheet_unknown",
        /// The sheet was not found on the page.
        SheetNotFound = "sheet_not_found",
        /// Anything else.
        Other = "other",
    }
}

impl PageReading {
    /// The sheet that the page is, when its code was verified. A number that a person typed proves nothing.
    #[must_use]
    pub fn verified_sheet(&self) -> Option<&SheetNumber> {
        self.sheet_id.as_ref().filter(|_| self.found_by.is_verified() && self.page.is_some())
    }
}

impl Reason {
    /// A reason about `detail` (may be empty).
    #[must_use]
    pub fn new(code: ReasonCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}

impl Reason {
    /// The page that is missing, and of how many; `None` where the reason names no page.
    #[must_use]
    pub fn page_of(&self) -> Option<(u8, u8)> {
        let (page, count) = self.detail.split_once('/')?;
        Some((page.parse().ok()?, count.parse().ok()?))
    }
}

impl Problem {
    /// A problem with its sentence.
    #[must_use]
    pub fn new(code: ProblemCode, sentence: impl Into<String>) -> Self {
        Self { code, sentence: sentence.into() }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.as_str())?;
        if self.detail.is_empty() { Ok(()) } else { write!(f, ": {}", self.detail) }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.sentence)
    }
}

impl From<Reason> for String {
    fn from(reason: Reason) -> Self {
        reason.to_string()
    }
}

impl From<String> for Reason {
    fn from(text: String) -> Self {
        let (code, detail) = text.split_once(": ").unwrap_or((&text, ""));
        Self::new(ReasonCode::from_text(code), detail)
    }
}

impl From<Problem> for String {
    fn from(problem: Problem) -> Self {
        problem.to_string()
    }
}

impl From<String> for Problem {
    fn from(text: String) -> Self {
        let (code, sentence) = text.split_once(": ").unwrap_or((&text, ""));
        Self::new(ProblemCode::from_text(code), sentence)
    }
}
