//! What was read on a sheet → the doctor's answer, by the rules of its form. Every doubt becomes a
//! reason for a person; without reasons the answer is sure. Never reads handwriting, never guesses.

use super::definition::{ChoiceOption, FormDefinition, ReplyField, ReplyKind};
use crate::domain::reading::{BoxReading, BoxState, Reason, ReasonCode, ZoneReading};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The chosen options of every reply field that has boxes, by field id; none chosen is an empty
/// list. Options are in the order of the form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReplyAnswers(pub BTreeMap<String, Vec<String>>);

/// What a reading says by the rules of the form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The boxes that are ticked. Only a proposal unless [`Self::is_sure`].
    pub answers: ReplyAnswers,
    /// Why a person must look; about `field` or `field.option`.
    pub reasons: Vec<Reason>,
    /// The handwriting areas with ink.
    pub handwriting: Vec<String>,
    /// True: the answer stands as ticked, but somebody should read what was written by hand too
    /// (or look for it, when 意見あり is ticked and the area is empty).
    pub handwriting_to_read: bool,
}

/// Why an answer that a person or a web page gives cannot be recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplyMistake {
    /// The form has no such reply field with boxes.
    #[error(
        "返信欄「{0}」はこの様式にありません。様式の項目から選んでください / the form has no reply field '{0}': use one of the form's"
    )]
    UnknownField(String),
    /// The field has no such option.
    #[error(
        "「{field}」に「{option}」という選択肢はありません。様式の選択肢から選んでください / '{field}' has no option '{option}': use one of the form's"
    )]
    UnknownOption {
        /// The field.
        field: String,
        /// The option.
        option: String,
    },
    /// More than one.
    #[error("「{0}」は1つだけ選んでください / choose only one of '{0}'")]
    SeveralChosen(String),
    /// None, where one is required.
    #[error("「{0}」を選んでください / choose one of '{0}'")]
    NothingChosen(String),
}

/// The id of the `nth` slot's option, from 1.
#[must_use]
pub fn slot_option(nth: usize) -> String {
    format!("slot_{nth}")
}

/// What the readings of all pages of one sheet say. `offered_slots` is how many times the sender
/// offered (of every slots field alike).
#[must_use]
pub fn decide(
    form: &FormDefinition,
    boxes: &[BoxReading],
    zones: &[ZoneReading],
    offered_slots: usize,
) -> Decision {
    let mut decision = Decision::default();
    for field in &form.replies {
        match &field.kind {
            ReplyKind::Handwriting { .. } => decide_zone(field, zones, &mut decision),
            _ => decide_boxes(field, boxes, offered_slots, &mut decision),
        }
    }
    strangers(form, boxes, offered_slots, &mut decision);
    let nothing = decision.reasons.iter().any(|reason| reason.code == ReasonCode::NothingChosen);
    if nothing && let Some(zone) = decision.handwriting.first().cloned() {
        // The answer may stand in words instead of a tick.
        decision.doubt(ReasonCode::Handwriting, zone);
    }
    decision
}

/// Whether `answers`, given by a person or a web page, are a whole answer to `form`.
///
/// # Errors
/// The first [`ReplyMistake`] in the order of the form.
pub fn check_reply(
    form: &FormDefinition,
    answers: &ReplyAnswers,
    offered_slots: usize,
) -> Result<(), ReplyMistake> {
    let has_boxes =
        |id: &str| form.replies.iter().any(|f| f.id == id && !option_ids(f, offered_slots).is_empty());
    if let Some(unknown) = answers.0.keys().find(|id| !has_boxes(id)) {
        return Err(ReplyMistake::UnknownField(unknown.clone()));
    }
    form.replies.iter().try_for_each(|field| check_field(field, answers.chosen(&field.id), offered_slots))
}

/// The same answers as a reading gives them: every field with boxes, its options once and in the form's
/// order. What the form does not know stays, for [`check_reply`] to refuse.
#[must_use]
pub fn in_order(form: &FormDefinition, mut answers: ReplyAnswers, offered_slots: usize) -> ReplyAnswers {
    for field in &form.replies {
        let known = option_ids(field, offered_slots);
        if known.is_empty() {
            continue;
        }
        let chosen = answers.0.entry(field.id.clone()).or_default();
        let place = |option: &String| known.iter().position(|id| id == option).unwrap_or(known.len());
        chosen.sort_by_key(place);
        chosen.dedup();
    }
    answers
}

impl ReplyAnswers {
    /// The chosen options of `field`.
    #[must_use]
    pub fn chosen(&self, field: &str) -> &[String] {
        self.0.get(field).map_or(&[], Vec::as_slice)
    }
}

impl Decision {
    /// True when the answer may be recorded without a person.
    #[must_use]
    pub fn is_sure(&self) -> bool {
        self.reasons.is_empty()
    }

    fn doubt(&mut self, code: ReasonCode, detail: impl Into<String>) {
        let reason = Reason::new(code, detail);
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }
}

fn decide_boxes(field: &ReplyField, boxes: &[BoxReading], offered_slots: usize, decision: &mut Decision) {
    let ids = option_ids(field, offered_slots);
    if ids.is_empty() {
        return;
    }
    let states: Vec<(String, Option<BoxState>)> =
        ids.into_iter().map(|option| (option.clone(), state_of(boxes, &field.id, &option))).collect();
    for (option, state) in &states {
        match state {
            None => decision.doubt(ReasonCode::PagesMissing, &field.id),
            Some(BoxState::Unsure) => {
                decision.doubt(ReasonCode::BoxUnsure, format!("{}.{option}", field.id));
            }
            Some(BoxState::Cancelled) => {
                decision.doubt(ReasonCode::BoxCancelled, format!("{}.{option}", field.id));
            }
            Some(BoxState::Empty | BoxState::Marked | BoxState::Circled) => {}
        }
    }
    let is_chosen = |state: &Option<BoxState>| state.is_some_and(BoxState::is_chosen);
    let chosen: Vec<String> =
        states.iter().filter(|(_, state)| is_chosen(state)).map(|(option, _)| option.clone()).collect();
    if chosen.len() > 1 && is_exclusive(field) {
        decision.doubt(ReasonCode::SeveralChosen, &field.id);
    }
    if chosen.is_empty() && field.required {
        decision.doubt(ReasonCode::NothingChosen, &field.id);
    }
    decision.handwriting_to_read |=
        options(field).iter().any(|option| option.needs_handwriting && chosen.contains(&option.id));
    decision.answers.0.insert(field.id.clone(), chosen);
}

fn decide_zone(field: &ReplyField, zones: &[ZoneReading], decision: &mut Decision) {
    let mut of_field = zones.iter().filter(|zone| zone.field == field.id).peekable();
    if of_field.peek().is_none() {
        decision.doubt(ReasonCode::PagesMissing, &field.id);
        return;
    }
    let ink = of_field.any(|zone| zone.ink);
    if ink {
        decision.handwriting.push(field.id.clone());
        decision.handwriting_to_read = true;
    }
    match (field.required, ink) {
        (true, true) => decision.doubt(ReasonCode::Handwriting, &field.id),
        (true, false) => decision.doubt(ReasonCode::NothingChosen, &field.id),
        (false, _) => {}
    }
}

/// A ticked or doubtful box that the form does not know: the reading belongs to another sheet.
fn strangers(form: &FormDefinition, boxes: &[BoxReading], offered_slots: usize, decision: &mut Decision) {
    for reading in boxes {
        let known = form.replies.iter().any(|field| {
            field.id == reading.field && option_ids(field, offered_slots).contains(&reading.option)
        });
        if !known {
            decision.doubt(ReasonCode::LayoutMismatch, format!("{}.{}", reading.field, reading.option));
        }
    }
}

/// The state of one box; two readings of it that differ are `Unsure`.
fn state_of(boxes: &[BoxReading], field: &str, option: &str) -> Option<BoxState> {
    let mut states = boxes.iter().filter(|b| b.field == field && b.option == option).map(|b| b.state);
    let first = states.next()?;
    Some(if states.all(|state| state == first) { first } else { BoxState::Unsure })
}

fn check_field(field: &ReplyField, chosen: &[String], offered_slots: usize) -> Result<(), ReplyMistake> {
    let known = option_ids(field, offered_slots);
    if let Some(option) = chosen.iter().find(|option| !known.contains(option)) {
        return Err(ReplyMistake::UnknownOption { field: field.id.clone(), option: option.clone() });
    }
    if chosen.len() > 1 && is_exclusive(field) {
        return Err(ReplyMistake::SeveralChosen(field.id.clone()));
    }
    if chosen.is_empty() && field.required && !known.is_empty() {
        return Err(ReplyMistake::NothingChosen(field.id.clone()));
    }
    Ok(())
}

fn is_exclusive(field: &ReplyField) -> bool {
    matches!(field.kind, ReplyKind::ChooseOne { .. } | ReplyKind::Signature { .. })
}

fn options(field: &ReplyField) -> &[ChoiceOption] {
    match &field.kind {
        ReplyKind::ChooseOne { options }
        | ReplyKind::ChooseMany { options }
        | ReplyKind::Signature { options } => options,
        ReplyKind::Slots { .. } | ReplyKind::Handwriting { .. } => &[],
    }
}

/// The ids of the boxes that `field` has on the sheet.
fn option_ids(field: &ReplyField, offered_slots: usize) -> Vec<String> {
    match field.kind {
        ReplyKind::Slots { .. } => (1..=offered_slots).map(slot_option).collect(),
        _ => options(field).iter().map(|option| option.id.clone()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::catalogue::Catalogue;

    const ANSWER: [&str; 7] =
        ["no_problem", "opinion", "meeting", "call", "attend_visit", "by_letter", "not_mine"];

    /// `marks` names the boxes that are not empty: `answer.call=marked`; `ink`: the comment has ink.
    fn read(marks: &str, ink: bool) -> Decision {
        let catalogue = Catalogue::built_in().unwrap();
        let all = ANSWER.iter().map(|option| ("answer", *option));
        let all = all.chain([("slots", "slot_1"), ("slots", "slot_2")]);
        let all = all.chain([("signature", "doctor"), ("signature", "on_behalf")]);
        let boxes: Vec<BoxReading> = all
            .map(|(field, option)| BoxReading {
                field: field.to_owned(),
                option: option.to_owned(),
                state: state(marks, &format!("{field}.{option}=")),
                quality: 1.0,
            })
            .collect();
        let zones = [ZoneReading { field: "comment".to_owned(), ink }];
        decide(catalogue.get("liaison").unwrap(), &boxes, &zones, 2)
    }

    fn state(marks: &str, key: &str) -> BoxState {
        let mark = marks.split_whitespace().find_map(|mark| mark.strip_prefix(key));
        serde_json::from_value(mark.unwrap_or("empty").into()).unwrap()
    }

    fn summary(decision: &Decision) -> String {
        let answers = decision.answers.0.iter().filter(|(_, chosen)| !chosen.is_empty());
        let answers = answers.map(|(field, chosen)| format!("{field}={}", chosen.join("+")));
        let reasons = decision.reasons.iter().map(|reason| format!("? {reason}"));
        let mut parts: Vec<String> = answers.chain(reasons).collect();
        parts.extend(decision.handwriting_to_read.then(|| "read".to_owned()));
        parts.join(" | ")
    }

    #[test]
    fn readings_and_what_they_say() {
        for (marks, ink, expected) in [
            ("answer.no_problem=marked", false, "answer=no_problem"),
            (
                "answer.no_problem=circled signature.doctor=marked",
                false,
                "answer=no_problem | signature=doctor",
            ),
            ("answer.opinion=marked", true, "answer=opinion | read"),
            ("answer.opinion=marked", false, "answer=opinion | read"),
            ("answer.no_problem=marked", true, "answer=no_problem | read"),
            (
                "answer.meeting=marked slots.slot_1=marked slots.slot_2=marked",
                false,
                "answer=meeting | slots=slot_1+slot_2",
            ),
            ("", false, "? nothing_chosen: answer"),
            ("", true, "? nothing_chosen: answer | ? handwriting: comment | read"),
            (
                "answer.call=marked answer.meeting=marked",
                false,
                "answer=meeting+call | ? several_chosen: answer",
            ),
            (
                "answer.call=cancelled answer.meeting=marked",
                false,
                "answer=meeting | ? box_cancelled: answer.call",
            ),
            ("answer.call=marked slots.slot_1=unsure", false, "answer=call | ? box_unsure: slots.slot_1"),
            ("answer.call=unsure", false, "? box_unsure: answer.call | ? nothing_chosen: answer"),
            (
                "answer.call=marked signature.doctor=marked signature.on_behalf=marked",
                false,
                "answer=call | signature=doctor+on_behalf | ? several_chosen: signature",
            ),
        ] {
            assert_eq!(summary(&read(marks, ink)), expected, "{marks} {ink}");
        }
    }

    #[test]
    fn what_was_not_read_is_not_empty() {
        let catalogue = Catalogue::built_in().unwrap();
        let form = catalogue.get("liaison").unwrap();
        let nothing = decide(form, &[], &[], 0);
        assert!(nothing.reasons.contains(&Reason::new(ReasonCode::PagesMissing, "answer")));
        assert!(nothing.reasons.contains(&Reason::new(ReasonCode::PagesMissing, "comment")));
        assert!(!nothing.answers.0.contains_key("slots"));
    }

    #[test]
    fn readings_of_another_form_or_twice_are_doubted() {
        let catalogue = Catalogue::built_in().unwrap();
        let form = catalogue.get("liaison").unwrap();
        let reading = |option: &str, state| BoxReading {
            field: "answer".to_owned(),
            option: option.to_owned(),
            state,
            quality: 1.0,
        };
        let decision = decide(
            form,
            &[
                reading("attend", BoxState::Marked),
                reading("call", BoxState::Marked),
                reading("call", BoxState::Empty),
            ],
            &[],
            0,
        );
        for expected in ["layout_mismatch: answer.attend", "box_unsure: answer.call"] {
            assert!(decision.reasons.iter().any(|reason| reason.to_string() == expected), "{expected}");
        }
    }

    #[test]
    fn what_a_person_gives_is_written_like_what_is_read() {
        let catalogue = Catalogue::built_in().unwrap();
        let form = catalogue.get("liaison").unwrap();
        let given = r#"{"answer":["call","call"],"slots":["slot_2","slot_1"],"other":["x"]}"#;
        let ordered = in_order(form, serde_json::from_str(given).unwrap(), 2);
        let expected = r#"{"answer":["call"],"other":["x"],"signature":[],"slots":["slot_1","slot_2"]}"#;
        assert_eq!(serde_json::to_string(&ordered).unwrap(), expected);
        assert!(in_order(form, ReplyAnswers::default(), 0).0.contains_key("answer"));
    }

    #[test]
    fn an_answer_that_a_person_gives_is_checked() {
        let catalogue = Catalogue::built_in().unwrap();
        let form = catalogue.get("liaison").unwrap();
        for (json, expected) in [
            (r#"{"answer":["call"],"slots":["slot_2"]}"#, "ok"),
            (r#"{"answer":[]}"#, "NothingChosen"),
            (r#"{"answer":["call","meeting"]}"#, "SeveralChosen"),
            (r#"{"answer":["maybe"]}"#, "UnknownOption"),
            (r#"{"answer":["call"],"slots":["slot_3"]}"#, "UnknownOption"),
            (r#"{"answer":["call"],"comment":["x"]}"#, "UnknownField"),
        ] {
            let answers: ReplyAnswers = serde_json::from_str(json).unwrap();
            let found = check_reply(form, &answers, 2).map_or_else(|e| format!("{e:?}"), |()| "ok".into());
            assert!(found.starts_with(expected), "{json}: {found}");
        }
    }
}
