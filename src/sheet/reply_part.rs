//! The reply part: complete in itself, so that it can be cut off and faxed alone. Carries the client's
//! masked initial and never a name.

use super::SheetOrder;
use super::metrics::{
    ANSWER_PT, BOX_LABEL_GAP_MM, BOX_MM, BOX_STROKE_MM, CODE_X_MM, COLUMN_GAP_MM, EDGE_MM, FAX_PT, NUMBER_PT,
    REPLY_FOOT_MM, REPLY_HEAD_MM, REPLY_LEFT_MM, REPLY_RIGHT_MM, REPLY_STEP_MM, ROW_MM, RULE_MM, WIDTH_MM,
};
use super::request_part::{draw_sample, slot_text, weekday};
use super::{foot_top_mm, metrics};
use crate::form::definition::{DueRule, ReplyField, ReplyKind};
use crate::form::layout::{PageLayout, TickBox, Zone};
use crate::form::reply::slot_option;
use crate::typeset::canvas::Page;
use crate::typeset::font::Face;

const LABEL_MM: f64 = 8.5;
const SIGNATURE_MM: f64 = 14.0;
const SIGNATURE_ZONE_MM: f64 = 11.0;

/// The reply part of one sheet, measured.
pub struct ReplyPart<'a> {
    order: &'a SheetOrder<'a>,
    sections: Vec<Section<'a>>,
    height_mm: f64,
}

/// One reply field with what is printed for it.
struct Section<'a> {
    field: &'a ReplyField,
    options: Vec<(String, String)>,
    columns: usize,
}

impl<'a> ReplyPart<'a> {
    /// Measures the reply part of a sheet.
    pub fn new(order: &'a SheetOrder<'a>) -> Self {
        let sections: Vec<_> =
            order.form.replies.iter().filter_map(|field| Section::of(field, order)).collect();
        let inside_mm: f64 = sections.iter().map(Section::height_mm).sum();
        let exact_mm = REPLY_HEAD_MM + inside_mm + REPLY_FOOT_MM;
        let height_mm = (exact_mm / REPLY_STEP_MM).ceil() * REPLY_STEP_MM;
        Self { order, sections, height_mm }
    }

    /// From the upper corner squares' top to the lower ones' foot.
    pub fn height_mm(&self) -> f64 {
        self.height_mm
    }

    /// Draws it at the page's foot and notes its boxes and areas in the layout.
    pub fn draw(&self, page: &mut Page, layout: &mut PageLayout) {
        let top_mm = foot_top_mm(self.height_mm);
        draw_cut_line(
            page,
            top_mm,
            &format!("切り取り線(下の{}だけをFAXしていただいても届きます)", name_of_part(self.order)),
        );
        draw_head(page, self.order, top_mm);
        let mut y_mm = top_mm + REPLY_HEAD_MM;
        for section in &self.sections {
            section.draw(page, layout, y_mm);
            y_mm += section.height_mm();
        }
    }
}

/// The foot of the last page of a sheet that wants no answer.
pub fn draw_end(page: &mut Page, order: &SheetOrder, height_mm: f64) {
    let top_mm = foot_top_mm(height_mm);
    let text = |page: &mut Page, down_mm: f64, text: &str| {
        page.text(REPLY_LEFT_MM, top_mm + down_mm, Face::Bold, ANSWER_PT, text);
    };
    text(page, 6.0, order.form.title.ja.as_str());
    text(page, 14.0, &format!("連絡番号 {}", order.number));
    text(page, 22.0, "ご返信は不要です。この用紙の返送も必要ありません。");
}

/// The foot of a page that asks nothing: number and code, so that a stray page finds its request.
pub fn draw_strip(page: &mut Page, order: &SheetOrder, height_mm: f64, asks: bool) {
    let top_mm = foot_top_mm(height_mm);
    let text = |page: &mut Page, down_mm: f64, text: &str| {
        page.text(REPLY_LEFT_MM, top_mm + down_mm, Face::Bold, ANSWER_PT, text);
    };
    text(page, 6.0, &format!("{}(つづきのページがあります)", order.form.title.ja));
    let label = if order.form.is_blank() { "" } else { "連絡番号 " };
    text(page, 14.0, &format!("{label}{}", order.number));
    let reply = if asks {
        format!("{}は最後のページにあります。", name_of_part(order))
    } else {
        "ご返信は不要です。".to_owned()
    };
    text(page, 22.0, &format!("{reply}このページの返送は不要です。"));
}

/// What the part at the foot is called: on a blank sheet nobody replies.
fn name_of_part(order: &SheetOrder) -> &'static str {
    if order.form.is_blank() { "記入欄" } else { "返信欄" }
}

fn draw_cut_line(page: &mut Page, top_mm: f64, text: &str) {
    let y_mm = top_mm - 4.5;
    let middle_mm = WIDTH_MM / 2.0;
    let half_mm = Face::Regular.width_mm(text, metrics::BODY_PT) / 2.0 + 2.0;
    page.dashed((EDGE_MM, y_mm), (middle_mm - half_mm, y_mm), RULE_MM, 2.0);
    page.text_centred(middle_mm, y_mm + 1.4, Face::Regular, metrics::BODY_PT, text);
    page.dashed((middle_mm + half_mm, y_mm), (WIDTH_MM - EDGE_MM, y_mm), RULE_MM, 2.0);
}

/// What it is, where it goes, by when, about whom, what to do; the code stands to the right.
fn draw_head(page: &mut Page, order: &SheetOrder, top_mm: f64) {
    let title = format!("{}  {}", name_of_part(order), order.form.title.ja);
    page.text(REPLY_LEFT_MM, top_mm + 5.5, Face::Bold, NUMBER_PT, title);
    if order.sample {
        draw_sample(page, 136.0, top_mm + 5.5);
    }
    let to = if order.form.is_blank() { "送信先FAX" } else { "返信先FAX" };
    labelled(page, top_mm + 14.5, REPLY_LEFT_MM, to, order.return_fax, FAX_PT);
    if order.form.is_blank() {
        labelled(page, top_mm + 22.5, REPLY_LEFT_MM, "送信", "いつでもお送りいただけます", NUMBER_PT);
        labelled(
            page,
            top_mm + 30.5,
            REPLY_LEFT_MM,
            "用紙",
            "コピーして何度でもお使いいただけます",
            NUMBER_PT,
        );
    } else {
        draw_due_and_number(page, order, top_mm);
    }
    page.text(REPLY_LEFT_MM, top_mm + 38.0, Face::Bold, ANSWER_PT, order.form.question.ja.as_str());
}

/// By when, and about which request.
fn draw_due_and_number(page: &mut Page, order: &SheetOrder, top_mm: f64) {
    let due = match (order.form.due, order.due_on) {
        (DueRule::Hours { hours }, _) => format!("送信から{hours}時間以内"),
        (_, Some(date)) => format!("{}({})まで", order.form.dates.show(date), weekday(date)),
        (_, None) => "ご返信は不要です".to_owned(),
    };
    labelled(page, top_mm + 22.5, REPLY_LEFT_MM, "返送期日", &due, NUMBER_PT);
    labelled(page, top_mm + 30.5, REPLY_LEFT_MM, "連絡番号", order.number, NUMBER_PT);
    if let Some(client) = order.answers.client() {
        labelled(page, top_mm + 30.5, 96.0, "利用者", &format!("{} 様", client.masked_initial()), NUMBER_PT);
    }
}

fn labelled(page: &mut Page, baseline_mm: f64, x_mm: f64, label: &str, value: &str, size_pt: f64) {
    page.text(x_mm, baseline_mm, Face::Regular, ANSWER_PT, label);
    let label_mm = Face::Regular.width_mm(label, ANSWER_PT);
    let value_x_mm = (x_mm + label_mm + 3.0).max(if x_mm < 50.0 { 44.0 } else { x_mm });
    debug_assert!(value_x_mm < CODE_X_MM);
    page.text(value_x_mm, baseline_mm, Face::Bold, size_pt, value);
}

impl<'a> Section<'a> {
    /// `None` for slots where none are offered.
    fn of(field: &'a ReplyField, order: &SheetOrder) -> Option<Self> {
        let options: Vec<(String, String)> = match &field.kind {
            ReplyKind::ChooseOne { options }
            | ReplyKind::ChooseMany { options }
            | ReplyKind::Signature { options } => {
                options.iter().map(|option| (option.id.clone(), option.label.ja.clone())).collect()
            }
            ReplyKind::Slots { field } => {
                let slots = order.answers.slots(field);
                slots
                    .iter()
                    .enumerate()
                    .map(|(index, slot)| (slot_option(index + 1), slot_text(slot)))
                    .collect()
            }
            ReplyKind::Handwriting { .. } => Vec::new(),
        };
        if options.is_empty() && !matches!(field.kind, ReplyKind::Handwriting { .. }) {
            return None;
        }
        let columns = columns_for(&options);
        Some(Self { field, options, columns })
    }

    fn height_mm(&self) -> f64 {
        match self.field.kind {
            ReplyKind::Handwriting { height_mm } => f64::from(height_mm) + 2.5,
            ReplyKind::Signature { .. } => SIGNATURE_MM,
            _ => LABEL_MM + self.options.len().div_ceil(self.columns) as f64 * ROW_MM,
        }
    }

    fn draw(&self, page: &mut Page, layout: &mut PageLayout, top_mm: f64) {
        match self.field.kind {
            ReplyKind::Handwriting { height_mm } => {
                self.draw_label(page, top_mm + 2.0);
                let x_mm = REPLY_LEFT_MM + label_mm(&self.field.label.ja) + 4.0;
                let size_mm = (REPLY_RIGHT_MM - x_mm, f64::from(height_mm));
                self.draw_zone(page, layout, (x_mm, top_mm + 1.5), size_mm);
            }
            ReplyKind::Signature { .. } => self.draw_signature(page, layout, top_mm),
            _ => {
                self.draw_label(page, top_mm);
                let pitch_mm = (REPLY_RIGHT_MM - REPLY_LEFT_MM) / self.columns as f64;
                for (index, option) in self.options.iter().enumerate() {
                    let x_mm = REPLY_LEFT_MM + (index % self.columns) as f64 * pitch_mm;
                    let y_mm = top_mm + LABEL_MM + (index / self.columns) as f64 * ROW_MM;
                    self.draw_box(page, layout, option, x_mm, y_mm);
                }
            }
        }
    }

    fn draw_label(&self, page: &mut Page, top_mm: f64) {
        page.text(REPLY_LEFT_MM, top_mm + 4.8, Face::Bold, ANSWER_PT, self.field.label.ja.as_str());
    }

    /// Label, boxes and the area for name and date in one row.
    fn draw_signature(&self, page: &mut Page, layout: &mut PageLayout, top_mm: f64) {
        let box_y_mm = top_mm + (SIGNATURE_ZONE_MM - BOX_MM) / 2.0 + 1.5;
        let baseline_mm = box_y_mm + BOX_MM / 2.0 + 1.5;
        page.text(REPLY_LEFT_MM, baseline_mm, Face::Bold, ANSWER_PT, self.field.label.ja.as_str());
        let mut x_mm = REPLY_LEFT_MM + Face::Bold.width_mm(&self.field.label.ja, ANSWER_PT) + 5.0;
        for option in &self.options {
            self.draw_box(page, layout, option, x_mm, box_y_mm);
            x_mm += BOX_MM + BOX_LABEL_GAP_MM + label_mm(&option.1) + 6.0;
        }
        page.text(x_mm, baseline_mm, Face::Regular, ANSWER_PT, "お名前・記入日");
        x_mm += label_mm("お名前・記入日") + 2.0;
        self.draw_zone(page, layout, (x_mm, top_mm + 1.5), (REPLY_RIGHT_MM - x_mm, SIGNATURE_ZONE_MM));
    }

    fn draw_box(
        &self,
        page: &mut Page,
        layout: &mut PageLayout,
        option: &(String, String),
        x_mm: f64,
        y_mm: f64,
    ) {
        page.frame(x_mm, y_mm, BOX_MM, BOX_MM, BOX_STROKE_MM);
        let baseline_mm = y_mm + BOX_MM / 2.0 + 1.5;
        page.text(x_mm + BOX_MM + BOX_LABEL_GAP_MM, baseline_mm, Face::Regular, ANSWER_PT, option.1.as_str());
        layout.boxes.push(TickBox {
            field: self.field.id.clone(),
            option: option.0.clone(),
            x_mm,
            y_mm,
            size_mm: BOX_MM,
        });
    }

    fn draw_zone(&self, page: &mut Page, layout: &mut PageLayout, at_mm: (f64, f64), size_mm: (f64, f64)) {
        page.frame(at_mm.0, at_mm.1, size_mm.0, size_mm.1, RULE_MM);
        layout.zones.push(Zone {
            field: self.field.id.clone(),
            x_mm: at_mm.0,
            y_mm: at_mm.1,
            w_mm: size_mm.0,
            h_mm: size_mm.1,
        });
    }
}

fn label_mm(label: &str) -> f64 {
    Face::Regular.width_mm(label, ANSWER_PT)
}

/// As many columns as the longest label allows: three, two or one.
fn columns_for(options: &[(String, String)]) -> usize {
    let widest_mm = options.iter().map(|(_, label)| label_mm(label)).fold(0.0, f64::max);
    let needed_mm = BOX_MM + BOX_LABEL_GAP_MM + widest_mm + COLUMN_GAP_MM;
    let fits = |columns: usize| needed_mm <= (REPLY_RIGHT_MM - REPLY_LEFT_MM) / columns as f64;
    (2..=3).rev().find(|columns| fits(*columns)).unwrap_or(1)
}
