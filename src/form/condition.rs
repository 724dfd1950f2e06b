//! Which fields of a form are shown, by what was chosen in others. Knows only ids; a form whose conditions
//! turn in a circle has no place here, since `check` refuses it (and is stopped all the same).

use super::definition::{Field, FormDefinition};

/// True when `field` is shown. `chosen` gives the ids of the options that are chosen in a field; what is chosen
/// in a field that is itself not shown does not count.
pub fn is_shown(form: &FormDefinition, field: &Field, chosen: &dyn Fn(&str) -> Vec<String>) -> bool {
    shown_within(form, field, chosen, form.fields.len())
}

fn shown_within(
    form: &FormDefinition,
    field: &Field,
    chosen: &dyn Fn(&str) -> Vec<String>,
    depth: usize,
) -> bool {
    let Some(when) = &field.when else { return true };
    let Some(other) = form.field(&when.field) else { return false };
    depth > 0
        && chosen(&other.id).iter().any(|option| when.is.contains(option))
        && shown_within(form, other, chosen, depth - 1)
}
