//! Passwords: hashed with argon2id and compared. Keeps nothing and never says which password it was.

use super::random;
use crate::domain::account::{Password, Secret};
use argon2::password_hash::{self, PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};

/// OWASP's first choice for argon2id (Password Storage Cheat Sheet): 19 MiB of memory, twice, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// RFC 9106 §3.1: 16 bytes of salt.
const SALT_BYTES: usize = 16;

/// A password could not be hashed or compared: not that it is wrong.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// No salt.
    #[error(transparent)]
    Random(#[from] random::NoRandomness),
    /// The stored hash is no PHC string of argon2, or there is no memory.
    #[error("the password cannot be compared ({0}): set it again with `renraku user password`")]
    Hash(password_hash::Error),
}

/// The PHC string of a password, with a new salt.
///
/// # Errors
/// [`PasswordError`].
pub fn hash(password: &Password) -> Result<Secret, PasswordError> {
    let salt = SaltString::encode_b64(&random::bytes::<SALT_BYTES>()?).map_err(PasswordError::Hash)?;
    let hash = argon2()?.hash_password(password.as_bytes(), &salt).map_err(PasswordError::Hash)?;
    Ok(Secret::new(hash.to_string()))
}

/// True when it is the password of `stored`. Takes the memory and the passes that `stored` names.
///
/// # Errors
/// [`PasswordError::Hash`].
pub fn is_password(password: &Password, stored: &Secret) -> Result<bool, PasswordError> {
    let stored = PasswordHash::new(stored.expose()).map_err(PasswordError::Hash)?;
    match argon2()?.verify_password(password.as_bytes(), &stored) {
        Ok(()) => Ok(true),
        Err(password_hash::Error::Password) => Ok(false),
        Err(error) => Err(PasswordError::Hash(error)),
    }
}

/// The work of [`is_password`] for a user who does not exist, so that the time tells nothing.
///
/// # Errors
/// [`PasswordError`].
pub fn is_nobodys(password: &Password) -> Result<bool, PasswordError> {
    hash(password).map(|_| false)
}

fn argon2() -> Result<Argon2<'static>, PasswordError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
        .map_err(|error| PasswordError::Hash(password_hash::Error::from(error)))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_itself_is_the_password() {
        let password = Password::new("三年前の夏に海へ行きました").unwrap();
        let (first, second) = (hash(&password).unwrap(), hash(&password).unwrap());
        assert_ne!(first.expose(), second.expose(), "each has its own salt");
        assert!(first.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", first.expose());
        assert!(is_password(&password, &first).unwrap());
        for wrong in ["三年前の夏に海へ行きまし", "", "三年前の夏に海へ行きました "]
        {
            assert!(!is_password(&Password::typed(wrong), &first).unwrap(), "{wrong}");
        }
        assert!(!is_nobodys(&password).unwrap());
    }

    #[test]
    fn a_hash_that_is_none_is_no_entrance() {
        for broken in ["", "plain", "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA", "$argon2id$v=19$m=19456,t=2,p=1"]
        {
            let entered = is_password(&Password::typed(""), &Secret::new(broken));
            assert!(!entered.unwrap_or(false), "{broken}");
        }
        assert!(is_password(&Password::typed(""), &Secret::new("plain")).is_err());
    }
}
