//! The numbers that exports return.

/// Outcome of a call. Numbers are never reused; a retired one stays here as a comment.
///
/// 1xx: the input, 2xx: the job, 3xx: the library or the machine.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PwbStatus {
    Ok = 0,
    /// A pointer is NULL where bytes or a result belong.
    NullPointer = 101,
    /// Longer than 16 MiB.
    TooLarge = 102,
    InvalidUtf8 = 103,
    MalformedJson = 104,
    UnknownField = 105,
    MissingField = 106,
    /// A field has the wrong type.
    InvalidField = 107,
    /// A field has the right type, but not a permitted value.
    OutOfRange = 108,
    /// The handle names no waiting secret.
    UnknownSecret = 109,
    /// No job has this id: never started, or closed.
    UnknownJob = 201,
    /// 64 jobs are open already, or 256 secrets wait.
    TooMany = 202,
    /// The job does not expect what was offered, or it has ended.
    NotExpected = 203,
    /// A panic was caught; the error names an incident id.
    Internal = 301,
    /// A file could not be read or written.
    Io = 302,
}
