//! 番号の確認: a page with a code goes to a number that nobody has verified. The clinic reads the code out, or faxes the
//! page back; only then may anything with client data be sent there.

use super::submit::Rule;
use super::{FlowError, Result};
use crate::domain::account::By;
use crate::domain::directory::RouteKind;
use crate::domain::id::{ClinicId, DeliveryId, NumberTestId};
use crate::domain::letter::{CodeTry, NumberTest, typed_code};
use crate::seal::random;
use crate::store::{NewNumberTest, Store};
use jiff::Timestamp;

/// Sends a test page to `address`, the number as it was shown to whoever asks.
///
/// # Errors
/// [`FlowError::NoAssociation`] when nobody is named whom a stranger could call; the store's `Conflict` when the number is
/// another one now, or had its share of test pages.
pub fn send_page(
    store: &dyn Store,
    rule: &Rule,
    clinic_id: ClinicId,
    (route, address): (RouteKind, &str),
    by: &By,
    now: Timestamp,
) -> Result<NumberTest> {
    rule.association.as_ref().ok_or(FlowError::NoAssociation)?;
    let new = NewNumberTest {
        id: NumberTestId::new_at(now),
        delivery_id: DeliveryId::new_at(now),
        clinic_id,
        route,
        address: address.to_owned(),
        code: code()?,
    };
    Ok(store.add_number_test(&new, by, now)?)
}

/// Compares what the clinic read out. Full-width digits and anything between them are fine.
///
/// # Errors
/// [`FlowError::Missing`] when it is not six digits: then nothing was tried.
pub fn read_out(
    store: &dyn Store,
    id: NumberTestId,
    typed: &str,
    by: &By,
    now: Timestamp,
) -> Result<CodeTry> {
    let code = typed_code(typed).ok_or(FlowError::Missing(
        "確認番号は6桁の数字です。もう一度お確かめください / the code has six digits: please ask again",
    ))?;
    Ok(store.try_code(id, &code, by, now)?)
}

/// Six random digits. (2³² mod 10⁶ favours some codes by less than one in four thousand.)
fn code() -> Result<String> {
    let number = u32::from_be_bytes(random::bytes::<4>()?) % 1_000_000;
    Ok(format!("{number:06}"))
}
