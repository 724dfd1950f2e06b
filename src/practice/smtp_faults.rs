//! What can go wrong in a conversation with the practice mail server, and where.

use std::collections::BTreeMap;
use std::time::Duration;

/// A place in the conversation where a fault can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The connection was accepted.
    Connect,
    /// Instead of 220.
    Greeting,
    /// Instead of the answer to EHLO or HELO.
    Ehlo,
    /// Instead of the answer to AUTH.
    Auth,
    /// Instead of the answer to MAIL.
    Mail,
    /// Instead of the answer to RCPT.
    Rcpt,
    /// Instead of 354.
    Data,
    /// After the first line of the text.
    Body,
    /// After the final dot, instead of the answer. With [`Fault::Die`] and [`Fault::Hang`] the
    /// mail was taken all the same.
    AfterDot,
    /// After 250 to the text.
    AfterAnswer,
    /// Instead of 221.
    Quit,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The connection is closed.
    Die,
    /// Silence.
    Hang,
    /// This line, e.g. `451 4.3.0 try later`; the server goes on as if it had refused.
    Say(String),
    /// The right answer, one octet at a time, with so long before each. Not for [`Step::Body`], which has no answer.
    Drip(Duration),
}

/// Where the server fails; nowhere by default.
pub type Faults = BTreeMap<Step, Fault>;
