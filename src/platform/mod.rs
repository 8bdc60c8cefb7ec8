//! What differs between operating systems.

#![allow(unsafe_code, reason = "calls of the operating system")]

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use unix::*;
#[cfg(windows)]
pub use windows::*;
