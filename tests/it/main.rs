//! All tests but those inside the modules and those against real servers, in one binary.

mod dialogues;
mod practice;
mod support;
