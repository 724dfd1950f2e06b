//! The same sheet with fields to fill on a screen: a check box on every printed box, a text field in every area, and
//! the sheet's code as a hidden field, so that what comes back proves which sheet it answers. Never changes what
//! is printed, and never fills a field.
//!
//! A group of which one box may be on is *one check box field with several widgets*, not a radio button: viewers turn the
//! others off all the same (ISO 32000-1 §12.7.4.2.3), and a tick set by mistake can be taken away again, which a radio
//! button of some viewers does not allow.
//!
//! Text: every field brings its own (empty) appearance, so `NeedAppearances` is not set: it would make viewers ask
//! whether to save an untouched file. What is typed is drawn by the viewer in a font that the file names and does not
//! carry: the whole of a Japanese font would be 4.6 MB, and the sheet's own subset lacks what a doctor may write. It is
//! `MS-Gothic` with the characters' numbers of Adobe-Japan1: pdftk 3.3.2 stops at Adobe's own `HeiseiKakuGo-W5`, and
//! Poppler draws typed Japanese only where the encoding is `Identity-H`.

use super::RenderedSheet;
use super::request_part::slot_text;
use crate::form::answers::Answers;
use crate::form::definition::{FormDefinition, ReplyField, ReplyKind};
use crate::form::fillable::{BOXES, OFF, SEAL, TEXT_CHARS_MAX, TEXTS};
use crate::form::layout::{PageLayout, TickBox, Zone};
use crate::form::reply::slot_option;
use crate::typeset::font::MM_A_POINT;
use lopdf::{Dictionary, Document, Object, ObjectId, Stream, dictionary, text_string};

/// `Ff` of a field that nobody may change (table 221).
const READ_ONLY: i64 = 1;
/// `Ff` of a text field of several lines (table 228).
const MULTI_LINE: i64 = 1 << 12;
/// `F` of an annotation that is on paper too (table 165).
const PRINT: i64 = 1 << 2;
/// `F` of an annotation that nobody sees.
const HIDDEN: i64 = 1 << 1;

/// What is typed is a little smaller than the printed text, so that more of it fits.
const TEXT_DA: &str = "/JaGo 10 Tf 0 g";
/// For viewers that draw ticks themselves (`MK`/`CA` 4 of this font is ✔).
const TICK_DA: &str = "/ZaDb 0 Tf 0 g";
/// A tick in a square of 100, drawn with a line that a fax at 98 lines an inch keeps.
const TICK: &[u8] = b"12 w 1 J 1 j 22 52 m 43 27 l 80 76 l S";
/// What stands beside the area for name and date.
const NAME_AND_DATE: &str = "お名前・記入日";

/// Why a sheet cannot be made fillable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FillableError {
    /// No box and no area.
    #[error(
        "この様式には返信欄がありません。通常のPDFをお使いください / the form asks nothing: use the plain PDF"
    )]
    NothingToFill,
    /// The layout or the form is another sheet's.
    #[error(
        "用紙と様式が合いません。管理者にご連絡ください / form and layout do not belong together ({0}): tell the operator"
    )]
    OtherSheet(String),
    /// The PDF is not one of ours.
    #[error(
        "PDFに入力欄を付けられません。管理者にご連絡ください / no fields can be added to the PDF: tell the operator ({0})"
    )]
    Pdf(String),
}

impl From<lopdf::Error> for FillableError {
    fn from(error: lopdf::Error) -> Self {
        Self::Pdf(error.to_string())
    }
}

/// The sheet's PDF with fields. `form` and `answers` are those that it was rendered from. The same sheet gives the
/// same bytes.
///
/// # Errors
/// [`FillableError`].
pub fn make(
    sheet: &RenderedSheet,
    form: &FormDefinition,
    answers: &Answers,
) -> Result<Vec<u8>, FillableError> {
    let document = Document::load_mem(&sheet.pdf)?;
    let mut fields = Fields::new(document);
    let reply_page = sheet.layout.pages.iter().rfind(|page| !page.boxes.is_empty() || !page.zones.is_empty());
    let reply_page = reply_page.ok_or(FillableError::NothingToFill)?;
    for page in &sheet.layout.pages {
        fields.add_page(page, form, answers)?;
    }
    fields.add_seal(reply_page)?;
    fields.write()
}

/// A PDF that fields are being added to.
struct Fields {
    document: Document,
    /// The roots of the two families of names; a name's parts are joined by a full stop, so each part is a field.
    boxes: ObjectId,
    texts: ObjectId,
    on: ObjectId,
    off: ObjectId,
    ticks: Vec<Object>,
    typed: Vec<Object>,
    seal: Option<ObjectId>,
}

/// Where a page's annotations are collected.
struct Target<'a> {
    id: ObjectId,
    layout: &'a PageLayout,
    annotations: Vec<Object>,
}

impl Fields {
    fn new(mut document: Document) -> Self {
        // The tab order of a page is of 1.5, and viewers that save may add what is newer.
        "1.7".clone_into(&mut document.version);
        let on = document.add_object(appearance(100.0, 100.0, TICK));
        let off = document.add_object(appearance(100.0, 100.0, b""));
        let (boxes, texts) = (document.new_object_id(), document.new_object_id());
        let (ticks, typed) = (Vec::new(), Vec::new());
        Self { document, boxes, texts, on, off, ticks, typed, seal: None }
    }

    fn add_page(
        &mut self,
        layout: &PageLayout,
        form: &FormDefinition,
        answers: &Answers,
    ) -> Result<(), FillableError> {
        let mut target = Target { id: self.page(layout)?, layout, annotations: Vec::new() };
        for field in &form.replies {
            let boxes: Vec<_> = layout.boxes.iter().filter(|one| one.field == field.id).collect();
            if !boxes.is_empty() {
                self.add_boxes(&mut target, field, &boxes, answers)?;
            }
            for zone in layout.zones.iter().filter(|zone| zone.field == field.id) {
                self.add_text(&mut target, field, zone);
            }
        }
        let expected = layout.boxes.len() + layout.zones.len();
        if target.annotations.len() != expected {
            return Err(FillableError::OtherSheet(format!("page {}", layout.page)));
        }
        self.annotate(target.id, target.annotations)
    }

    fn page(&self, layout: &PageLayout) -> Result<ObjectId, FillableError> {
        let pages = self.document.get_pages();
        let id = pages.get(&u32::from(layout.page)).copied();
        id.ok_or_else(|| FillableError::OtherSheet(format!("page {}", layout.page)))
    }

    /// One field with a widget for each box, or a field of its own for each.
    fn add_boxes(
        &mut self,
        target: &mut Target,
        field: &ReplyField,
        boxes: &[&TickBox],
        answers: &Answers,
    ) -> Result<(), FillableError> {
        let parent = self.document.new_object_id();
        let one_only = matches!(field.kind, ReplyKind::ChooseOne { .. } | ReplyKind::Signature { .. });
        let mut kids = Vec::with_capacity(boxes.len());
        for one in boxes {
            let label = option_label(field, &one.option, answers)
                .ok_or_else(|| FillableError::OtherSheet(format!("{}.{}", one.field, one.option)))?;
            let mut widget = self.tick_box(target, parent, one);
            widget.set("TU", text_string(&format!("{} {label}", field.label.ja)));
            if !one_only {
                put(&mut widget, check_box_field(&one.option));
            }
            let id = self.document.add_object(widget);
            kids.push(Object::Reference(id));
            target.annotations.push(Object::Reference(id));
        }
        let mut group = dictionary! { "T" => text_string(&field.id), "Parent" => self.boxes, "Kids" => kids };
        if one_only {
            put(&mut group, check_box_field(&field.id));
            group.set("TU", text_string(&field.label.ja));
        }
        self.document.set_object(parent, group);
        self.ticks.push(Object::Reference(parent));
        Ok(())
    }

    fn tick_box(&self, target: &Target, parent: ObjectId, one: &TickBox) -> Dictionary {
        let states = dictionary! { OFF => self.off, one.option.as_str() => self.on };
        let rect = rect(target.layout, one.x_mm, one.y_mm, one.size_mm, one.size_mm);
        let mut widget = widget(target.id, rect, PRINT);
        widget.set("Parent", parent);
        widget.set("AS", Object::Name(OFF.into()));
        widget.set("AP", dictionary! { "N" => states });
        widget.set("MK", dictionary! { "CA" => Object::string_literal("4") });
        widget.set("DA", Object::string_literal(TICK_DA));
        widget
    }

    fn add_text(&mut self, target: &mut Target, field: &ReplyField, zone: &Zone) {
        let is_name = matches!(field.kind, ReplyKind::Signature { .. });
        let label = if is_name { NAME_AND_DATE } else { field.label.ja.as_str() };
        let (w_pt, h_pt) = (zone.w_mm / MM_A_POINT, zone.h_mm / MM_A_POINT);
        let drawn = self.document.add_object(appearance(w_pt, h_pt, b"/Tx BMC EMC"));
        let rect = rect(target.layout, zone.x_mm, zone.y_mm, zone.w_mm, zone.h_mm);
        let mut text = widget(target.id, rect, PRINT);
        let value = dictionary! {
            "FT" => "Tx",
            "T" => text_string(&field.id),
            "TU" => text_string(label),
            "Parent" => self.texts,
            "Ff" => if is_name { 0 } else { MULTI_LINE },
            "MaxLen" => TEXT_CHARS_MAX as i64,
            "V" => text_string(""),
            "DA" => Object::string_literal(TEXT_DA),
            "AP" => dictionary! { "N" => drawn },
        };
        put(&mut text, value);
        let id = self.document.add_object(text);
        self.typed.push(Object::Reference(id));
        target.annotations.push(Object::Reference(id));
    }

    /// The code of the page that is answered. As a widget of that page it stays with the page when others take the
    /// file apart.
    fn add_seal(&mut self, page: &PageLayout) -> Result<(), FillableError> {
        let page_id = self.page(page)?;
        let mut seal = widget(page_id, vec![0.into(); 4], HIDDEN);
        let value = dictionary! {
            "FT" => "Tx",
            "T" => text_string(SEAL),
            "Ff" => READ_ONLY,
            "V" => text_string(&page.code.text),
            "DA" => Object::string_literal(TEXT_DA),
        };
        put(&mut seal, value);
        let id = self.document.add_object(seal);
        self.seal = Some(id);
        self.annotate(page_id, vec![Object::Reference(id)])
    }

    fn annotate(&mut self, page: ObjectId, annotations: Vec<Object>) -> Result<(), FillableError> {
        let listed = self.document.get_dictionary(page)?.get_deref(b"Annots", &self.document);
        let mut all = listed.and_then(Object::as_array).cloned().unwrap_or_default();
        all.extend(annotations);
        let page = self.document.get_dictionary_mut(page)?;
        page.set("Annots", all);
        // The tab key goes by rows.
        page.set("Tabs", Object::Name(b"R".to_vec()));
        Ok(())
    }

    fn write(mut self) -> Result<Vec<u8>, FillableError> {
        let mut roots = Vec::new();
        for (root, name, kids) in [(self.boxes, BOXES, self.ticks), (self.texts, TEXTS, self.typed)] {
            if !kids.is_empty() {
                self.document.set_object(root, dictionary! { "T" => text_string(name), "Kids" => kids });
                roots.push(Object::Reference(root));
            }
        }
        roots.extend(self.seal.map(Object::Reference));
        let fonts = fonts(&mut self.document);
        let form = dictionary! {
            "Fields" => roots,
            "DA" => Object::string_literal(TEXT_DA),
            "DR" => dictionary! { "Font" => fonts },
        };
        let form = self.document.add_object(form);
        self.document.catalog_mut()?.set("AcroForm", form);
        let mut bytes = Vec::new();
        self.document.save_to(&mut bytes).map_err(lopdf::Error::from)?;
        Ok(bytes)
    }
}

/// The words beside a box.
fn option_label(field: &ReplyField, option: &str, answers: &Answers) -> Option<String> {
    match &field.kind {
        ReplyKind::ChooseOne { options }
        | ReplyKind::ChooseMany { options }
        | ReplyKind::Signature { options } => {
            options.iter().find(|one| one.id == option).map(|one| one.label.ja.clone())
        }
        ReplyKind::Slots { field } => {
            let mut slots = (1..).zip(answers.slots(field));
            slots.find(|(nth, _)| slot_option(*nth) == option).map(|(_, slot)| slot_text(slot))
        }
        ReplyKind::Handwriting { .. } => None,
    }
}

fn check_box_field(name: &str) -> Dictionary {
    dictionary! { "FT" => "Btn", "T" => text_string(name), "V" => OFF }
}

/// `Dictionary::extend` would make a list of two values of one key.
fn put(dict: &mut Dictionary, more: Dictionary) {
    for (key, value) in more {
        dict.set(key, value);
    }
}

fn widget(page: ObjectId, rect: Vec<Object>, flags: i64) -> Dictionary {
    dictionary! { "Type" => "Annot", "Subtype" => "Widget", "P" => page, "Rect" => rect, "F" => flags }
}

fn appearance(w_pt: f64, h_pt: f64, content: &[u8]) -> Stream {
    let bounds: Vec<Object> = vec![0.into(), 0.into(), hundredth(w_pt), hundredth(h_pt)];
    let dict = dictionary! { "Type" => "XObject", "Subtype" => "Form", "BBox" => bounds };
    Stream::new(dict, content.to_vec()).with_compression(false)
}

/// PDF counts from the bottom left, in points.
fn rect(page: &PageLayout, x_mm: f64, y_mm: f64, w_mm: f64, h_mm: f64) -> Vec<Object> {
    let bottom_mm = page.height_mm - y_mm - h_mm;
    [x_mm, bottom_mm, x_mm + w_mm, bottom_mm + h_mm].map(|mm| hundredth(mm / MM_A_POINT)).to_vec()
}

fn hundredth(pt: f64) -> Object {
    Object::Real(((pt * 100.0).round() / 100.0) as f32)
}

/// A font for what is typed and one for ticks; neither is carried in the file.
fn fonts(document: &mut Document) -> Dictionary {
    let descriptor = document.add_object(dictionary! {
        "Type" => "FontDescriptor",
        "FontName" => "MS-Gothic",
        "Flags" => 5,
        "FontBBox" => vec![Object::from(0), (-137).into(), 1000.into(), 859.into()],
        "ItalicAngle" => 0,
        "Ascent" => 859,
        "Descent" => -140,
        "CapHeight" => 709,
        "StemV" => 92,
    });
    let descendant = document.add_object(dictionary! {
        "Type" => "Font",
        "Subtype" => "CIDFontType2",
        "BaseFont" => "MS-Gothic",
        "CIDSystemInfo" => dictionary! {
            "Registry" => Object::string_literal("Adobe"),
            "Ordering" => Object::string_literal("Japan1"),
            "Supplement" => 6,
        },
        "FontDescriptor" => descriptor,
        "DW" => 1000,
        // Latin letters and half-width kana.
        "W" => vec![Object::from(1), 632.into(), 500.into()],
    });
    let japanese = document.add_object(dictionary! {
        "Type" => "Font",
        "Subtype" => "Type0",
        "BaseFont" => "MS-Gothic",
        "Encoding" => "Identity-H",
        "DescendantFonts" => vec![Object::Reference(descendant)],
    });
    let ticks = document.add_object(dictionary! {
        "Type" => "Font",
        "Subtype" => "Type1",
        "BaseFont" => "ZapfDingbats",
    });
    dictionary! { "JaGo" => japanese, "ZaDb" => ticks }
}
