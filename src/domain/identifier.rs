//! Identifiers of the field and their check digits. A check digit warns; it never blocks.

/// The check digit M10W21: from the right, weights 2, 1, 2, …; the digits of each product are
/// added; (10 − sum mod 10) mod 10.
#[must_use]
pub fn check_digit_m10w21(digits: impl DoubleEndedIterator<Item = u32>) -> u32 {
    let sum: u32 = digits
        .rev()
        .zip([2, 1].into_iter().cycle())
        .map(|(digit, weight)| digit * weight)
        .map(|product| product / 10 + product % 10)
        .sum();
    (10 - sum % 10) % 10
}
