//! The tree of form fields → every terminal field with all that is said about its value. Decides only whether the
//! sayings agree, never what a value means.

use super::text::{self, Doubt};
use super::too_large;
use crate::domain::reading::Problem;
use crate::form::fillable::OFF;
use lopdf::{Dictionary, Document, Object, ObjectId};
use std::collections::{BTreeMap, BTreeSet};

/// A sheet has at most 40 boxes; this is room for a file that was joined with others.
const NODES_MAX: usize = 2_000;
/// Our names have three parts; a file that was joined with another may have gained one.
const DEPTH_MAX: usize = 6;
/// Pages that are searched for fields that the form's list has lost.
pub(super) const PAGES_MAX: usize = 50;

/// The terminal fields by their whole name.
pub(super) struct Fields(pub BTreeMap<String, Field>);

/// One terminal field, or several of the same name.
#[derive(Default)]
pub(super) struct Field {
    /// Every value that was found: of the field and, where a program wrote it there, of its widgets.
    values: Vec<Object>,
    /// The states in which its widgets are shown.
    states: Vec<String>,
    /// The states in which they can be shown.
    options: BTreeSet<String>,
}

/// What a field of boxes says.
pub(super) enum Ticked {
    Nothing,
    Option(String),
    Unknown,
}

impl Fields {
    /// Of the form's list and, since the list is lost when a program copies the pages, of the pages' annotations.
    pub fn of(document: &Document) -> Result<Self, Problem> {
        let mut walk = Walk { document, seen: BTreeSet::new(), nodes: 0, fields: BTreeMap::new() };
        for root in listed(document) {
            walk.node(&root, "", 0)?;
        }
        for page in document.page_iter().take(PAGES_MAX) {
            for annotation in annotations(document, page) {
                let top = walk.top(annotation);
                walk.node(&top, "", 0)?;
            }
        }
        Ok(Self(walk.fields))
    }
}

impl Field {
    /// The values that its widgets offer.
    pub fn options(&self) -> impl Iterator<Item = String> + '_ {
        self.options.iter().filter(|option| *option != OFF).cloned()
    }

    /// Unknown where values, or values and looks, contradict each other.
    pub fn ticked(&self) -> Ticked {
        let Some(values) = self.values.iter().map(state).collect::<Option<BTreeSet<String>>>() else {
            return Ticked::Unknown;
        };
        let mut values = values.into_iter();
        let value = values.next().unwrap_or_else(|| OFF.to_owned());
        if values.next().is_some() || !self.looks_like(&value) {
            return Ticked::Unknown;
        }
        if value == OFF { Ticked::Nothing } else { Ticked::Option(value) }
    }

    /// What was typed, and why it is in doubt.
    pub fn typed(&self) -> (String, Option<Doubt>) {
        let mut typed: Vec<_> = self.values.iter().map(text::typed).collect();
        typed.dedup();
        match typed.len() {
            0 => (String::new(), None),
            1 => typed.swap_remove(0),
            _ => {
                let all: Vec<_> = typed.into_iter().map(|(text, _)| text).collect();
                (all.join("\n"), Some(Doubt::Several))
            }
        }
    }

    /// True when it holds anything.
    pub fn is_filled(&self) -> bool {
        let is_empty = |value: &Object| match value {
            Object::String(text, _) | Object::Name(text) => text.is_empty() || text == OFF.as_bytes(),
            _ => false,
        };
        !self.values.iter().all(is_empty)
    }

    /// The doctor saw what the value says: nothing else is shown as ticked, and what is ticked is shown.
    fn looks_like(&self, value: &str) -> bool {
        let shown = |state: &String| state == value;
        let others = self.states.iter().any(|state| state != OFF && !shown(state));
        !others && (self.states.is_empty() || value == OFF || self.states.iter().any(shown))
    }
}

/// A name, as viewers write it, or a string, as some tools do.
fn state(value: &Object) -> Option<String> {
    match value {
        Object::Name(name) | Object::String(name, _) if name.is_empty() => Some(OFF.to_owned()),
        Object::Name(name) => String::from_utf8(name.clone()).ok(),
        // pypdf writes the name with its slash, which no option has.
        Object::String(..) => {
            let text = lopdf::decode_text_string(value).ok()?;
            Some(text.strip_prefix('/').map(str::to_owned).unwrap_or(text))
        }
        _ => None,
    }
}

struct Walk<'a> {
    document: &'a Document,
    seen: BTreeSet<ObjectId>,
    nodes: usize,
    fields: BTreeMap<String, Field>,
}

impl Walk<'_> {
    /// A field and all below it. `above` is the name of its parent.
    fn node(&mut self, object: &Object, above: &str, depth: usize) -> Result<(), Problem> {
        let Some(dict) = self.enter(object)? else { return Ok(()) };
        let Some(part) = part(self.document, &dict).filter(|_| depth < DEPTH_MAX) else { return Ok(()) };
        let name = if above.is_empty() { part } else { format!("{above}.{part}") };
        let kids = array(self.document, &dict, b"Kids");
        let (named, widgets): (Vec<_>, Vec<_>) = kids.into_iter().partition(|kid| self.is_named(kid));
        if named.is_empty() {
            self.note(&name, &dict);
            for widget in &widgets {
                if let Some(mut widget) = self.enter(widget)? {
                    // Some programs write into each box whether it is ticked: "not" speaks of that box alone.
                    if widget.get(b"V").is_ok_and(|value| state(value).is_some_and(|state| state == OFF)) {
                        widget.remove(b"V");
                    }
                    self.note(&name, &widget);
                }
            }
        }
        named.iter().try_for_each(|kid| self.node(kid, &name, depth + 1))
    }

    /// The dictionary behind `object`, once.
    fn enter(&mut self, object: &Object) -> Result<Option<Dictionary>, Problem> {
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            return Err(too_large());
        }
        let Ok((id, found)) = self.document.dereference(object) else { return Ok(None) };
        if id.is_some_and(|id| !self.seen.insert(id)) {
            return Ok(None);
        }
        Ok(found.as_dict().ok().cloned())
    }

    fn is_named(&self, kid: &Object) -> bool {
        let found = self.document.dereference(kid).ok().and_then(|(_, found)| found.as_dict().ok());
        found.is_some_and(|dict| dict.has(b"T"))
    }

    /// What one dictionary says about the field.
    fn note(&mut self, name: &str, dict: &Dictionary) {
        let field = self.fields.entry(name.to_owned()).or_default();
        if let Ok(value) = dict.get_deref(b"V", self.document)
            && !value.is_null()
        {
            field.values.push(value.clone());
        }
        let shown = dict.get_deref(b"AS", self.document).and_then(Object::as_name);
        field.states.extend(shown.map(|name| String::from_utf8_lossy(name).into_owned()));
        field.options.extend(options(self.document, dict));
    }

    /// The field of which a widget is a part.
    fn top(&self, widget: Object) -> Object {
        let mut top = widget;
        for _ in 0..DEPTH_MAX {
            let found = self.document.dereference(&top).ok().and_then(|(_, found)| found.as_dict().ok());
            let Some(parent) = found.and_then(|dict| dict.get(b"Parent").ok()) else { break };
            top = parent.clone();
        }
        top
    }
}

/// A field's own part of its name; one that cannot be read is no name of ours and is found as such.
fn part(document: &Document, dict: &Dictionary) -> Option<String> {
    let name = dict.get_deref(b"T", document).ok()?;
    Some(lopdf::decode_text_string(name).unwrap_or_else(|_| "?".to_owned()))
}

/// A widget's states are the names of its looks (ISO 32000-1 §12.7.4.2.3).
fn options(document: &Document, dict: &Dictionary) -> Vec<String> {
    let looks = dict.get_deref(b"AP", document).and_then(Object::as_dict);
    let normal = looks.and_then(|looks| looks.get_deref(b"N", document)).and_then(Object::as_dict);
    let name = |(name, _): (&Vec<u8>, &Object)| String::from_utf8_lossy(name).into_owned();
    normal.map(|states| states.iter().map(name).collect()).unwrap_or_default()
}

fn array(document: &Document, dict: &Dictionary, key: &[u8]) -> Vec<Object> {
    let found = dict.get_deref(key, document).and_then(Object::as_array);
    found.map(|array| array.iter().take(NODES_MAX + 1).cloned().collect()).unwrap_or_default()
}

fn listed(document: &Document) -> Vec<Object> {
    let form = document.catalog().and_then(|catalog| catalog.get_deref(b"AcroForm", document));
    form.and_then(Object::as_dict).map(|form| array(document, form, b"Fields")).unwrap_or_default()
}

pub(super) fn annotations(document: &Document, page: ObjectId) -> Vec<Object> {
    document.get_dictionary(page).map(|page| array(document, page, b"Annots")).unwrap_or_default()
}
