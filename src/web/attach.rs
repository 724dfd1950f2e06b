//! Papers at a form: added, taken away, shown. A file is opened when it is added, by a reader's process, and what is
//! wrong with it is said there and then.

use super::WebError;
use super::pairs::Pairs;
use super::posted::{FILES_CHOSEN, Upload};
use super::visit::Visit;
use crate::domain::attachment::{ATTACHED_FILE_BYTES, AttachmentMistake, Paper, check_papers, shown_name};
use crate::flow::{FlowError, attach};
use crate::form::answers::AnswerMistake;
use serde_json::Value;
use std::sync::Arc;

/// The field that names a paper which was added.
const ATTACHMENT: &str = "attachment";
/// The button that adds what was chosen.
const ATTACH: &str = "attach";
/// The button that takes a paper away.
const DETACH: &str = "detach";
/// What is posted about papers beside [`ATTACHMENT`].
pub const BUTTONS: [&str; 3] = [ATTACH, DETACH, FILES_CHOSEN];
/// The element of the page that mistakes are about.
const PLACE: &str = "attachments";

/// True when one of the buttons was pressed: the form is shown again.
pub fn is_pressed(visit: &Visit) -> bool {
    [ATTACH, DETACH].iter().any(|button| !visit.form.get(button).is_empty())
}

/// The papers that `posted` names.
///
/// # Errors
/// [`AttachmentMistake::Gone`].
pub fn papers(visit: &Visit, posted: &Pairs) -> Result<Vec<Arc<Paper>>, FlowError> {
    let owner = visit.signed.as_ref().map(|signed| signed.user.id).ok_or(AttachmentMistake::Gone)?;
    let named = posted.all(ATTACHMENT).map(|id| {
        let id = id.parse().map_err(|_| AttachmentMistake::Gone)?;
        Ok(visit.web.papers.get(id, owner)?)
    });
    named.collect()
}

/// The ids that `posted` names, in order.
pub fn ids(posted: &Pairs) -> impl Iterator<Item = &str> {
    posted.all(ATTACHMENT)
}

/// Takes away what is to go, adds what was chosen, and says what could not be added.
///
/// # Errors
/// When nobody is signed in.
pub fn take(visit: &Visit, posted: &mut Pairs) -> Result<Vec<AnswerMistake>, WebError> {
    let owner = visit.user()?.id;
    let gone = visit.form.get(DETACH);
    let mut kept = Vec::new();
    let mut mistakes = Vec::new();
    for id in posted.all(ATTACHMENT).filter(|id| *id != gone) {
        match id.parse().ok().map(|id| visit.web.papers.get(id, owner)) {
            Some(Ok(paper)) => kept.push(paper),
            _ => mistakes.push(FlowError::from(AttachmentMistake::Gone)),
        }
    }
    if visit.files.is_empty() && !visit.form.get(FILES_CHOSEN).is_empty() {
        mistakes.push(FlowError::from(AttachmentMistake::Gone));
    }
    for upload in &visit.files {
        match add(visit, upload, &kept) {
            Ok(paper) => {
                visit.web.papers.put(owner, paper.as_ref().clone());
                kept.push(paper);
            }
            Err(error) => mistakes.push(error),
        }
    }
    *posted = posted.without(&[ATTACHMENT]);
    for paper in kept {
        posted.add(ATTACHMENT, &paper.id.to_string());
    }
    let told = |mistake: FlowError| AnswerMistake { field: PLACE.to_owned(), what: mistake.to_string() };
    Ok(mistakes.into_iter().map(told).collect())
}

fn add(visit: &Visit, upload: &Upload, others: &[Arc<Paper>]) -> Result<Arc<Paper>, FlowError> {
    let bytes = upload.bytes.as_ref().ok_or_else(|| too_large(&upload.name))?;
    let paper = Arc::new(attach::open(&visit.web.pool, &upload.name, bytes, visit.now)?);
    check_papers(others.iter().chain([&paper]).map(AsRef::as_ref))?;
    Ok(paper)
}

fn too_large(name: &str) -> AttachmentMistake {
    let (name, most_mb) = (shown_name(name), ATTACHED_FILE_BYTES >> 20);
    AttachmentMistake::File(format!(
        "{name}: ファイルが大きすぎます({most_mb} MBまで)。ページを分けるか、白黒で作り直してください / {name}: larger than {most_mb} MB: send fewer pages or make it black and white"
    ))
}

/// What the page shows of the papers that are there.
pub fn views(visit: &Visit, posted: &Pairs) -> Vec<Value> {
    let owner = visit.signed.as_ref().map(|signed| signed.user.id);
    let paper = |id: &str| visit.web.papers.get(id.parse().ok()?, owner?).ok();
    posted.all(ATTACHMENT).filter_map(paper).map(|paper| view(&paper)).collect()
}

/// What a page shows of a paper.
fn view(paper: &Paper) -> Value {
    context! {
        id => paper.id.to_string(),
        name => paper.name,
        pages => paper.pages.len(),
        small_percent => paper.hard_to_read_percent(),
    }
}
