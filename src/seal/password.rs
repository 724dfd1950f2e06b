//! Passwords: hashed with argon2id and compared. Keeps nothing and never says which password it was.

use super::random;
use crate::domain::account::{Password, Secret};
use argon2::password_hash::{self, Output, ParamsString, PasswordHash, Salt, SaltString};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use std::sync::{Mutex, PoisonError};

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
    /// Argon2 does not take these numbers.
    #[error("the password cannot be compared ({0}): set it again with `renraku user password`")]
    Work(argon2::Error),
}

/// The PHC string of a password, with a new salt.
///
/// # Errors
/// [`PasswordError`].
pub fn hash(password: &Password) -> Result<Secret, PasswordError> {
    let salt = random::bytes::<SALT_BYTES>()?;
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(PasswordError::Work)?;
    let output = work(password, &salt, Algorithm::Argon2id, Version::V0x13, &params)?;
    let salt = SaltString::encode_b64(&salt).map_err(PasswordError::Hash)?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params).map_err(PasswordError::Hash)?,
        salt: Some(salt.as_salt()),
        hash: Some(output),
    };
    Ok(Secret::new(hash.to_string()))
}

/// True when it is the password of `stored`. Takes the memory and the passes that `stored` names.
///
/// # Errors
/// [`PasswordError::Hash`].
pub fn is_password(password: &Password, stored: &Secret) -> Result<bool, PasswordError> {
    let stored = PasswordHash::new(stored.expose()).map_err(PasswordError::Hash)?;
    let missing = PasswordError::Hash(password_hash::Error::PhcStringField);
    let (Some(salt), Some(expected)) = (stored.salt, stored.hash) else { return Err(missing) };
    let mut bytes = [0; Salt::MAX_LENGTH];
    let salt = salt.decode_b64(&mut bytes).map_err(PasswordError::Hash)?;
    let algorithm = Algorithm::try_from(stored.algorithm).map_err(PasswordError::Hash)?;
    let version = stored.version.map_or(Ok(Version::default()), Version::try_from);
    let params = Params::try_from(&stored).map_err(PasswordError::Hash)?;
    let output = work(password, salt, algorithm, version.map_err(PasswordError::Work)?, &params)?;
    // Takes the same time wherever they differ.
    Ok(output == expected)
}

/// The work of [`is_password`] for a user who does not exist, so that the time tells nothing.
///
/// # Errors
/// [`PasswordError`].
pub fn is_nobodys(password: &Password) -> Result<bool, PasswordError> {
    hash(password).map(|_| false)
}

/// Argon2's memory, kept for the life of the process: taken and given back for each password, nineteen megabytes
/// would come to lie between what the server keeps, once a thread. One password at a time has it; the work takes
/// all of a processor anyway.
static MEMORY: Mutex<Vec<Block>> = Mutex::new(Vec::new());

fn work(
    password: &Password,
    salt: &[u8],
    algorithm: Algorithm,
    version: Version,
    params: &Params,
) -> Result<Output, PasswordError> {
    let mut memory = MEMORY.lock().unwrap_or_else(PoisonError::into_inner);
    let blocks = params.block_count();
    if memory.len() < blocks {
        memory.resize(blocks, Block::default());
    }
    let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
    Output::init_with(length, |output| {
        Argon2::new(algorithm, version, params.clone())
            .hash_password_into_with_memory(password.as_bytes(), salt, output, &mut memory[..blocks])
            .map_err(password_hash::Error::from)
    })
    .map_err(PasswordError::Hash)
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

    /// Whoever else reads or writes such a string understands the same by it.
    #[test]
    fn a_hash_is_as_everybody_writes_it() {
        use argon2::password_hash::{PasswordHasher, PasswordVerifier};
        let password = Password::typed("a sentence is fine");
        let own = hash(&password).unwrap();
        let read = PasswordHash::new(own.expose()).unwrap();
        assert!(Argon2::default().verify_password(password.as_bytes(), &read).is_ok());
        let salt = SaltString::encode_b64(b"sixteen bytes ok").unwrap();
        // Others took more memory, more passes, two lanes, a shorter output.
        for (memory_kib, passes, lanes, length) in [(19_456, 2, 1, None), (32_768, 3, 2, Some(16))] {
            let params = Params::new(memory_kib, passes, lanes, length).unwrap();
            let theirs = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
            let theirs = theirs.hash_password(password.as_bytes(), &salt).unwrap().to_string();
            assert!(is_password(&password, &Secret::new(theirs.as_str())).unwrap(), "{theirs}");
            assert!(!is_password(&Password::typed("another"), &Secret::new(theirs)).unwrap());
        }
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
