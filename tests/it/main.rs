//! All tests but those inside the modules and those against real servers, in one binary.

mod architecture;
mod dialogues;
mod practice;
mod screens;
mod support;
mod terminal;
mod wire;
