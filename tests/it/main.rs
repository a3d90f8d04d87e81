//! All tests but those inside the modules and those against real servers, in one binary.

mod architecture;
mod cli;
mod console;
mod dialogues;
mod journeys;
mod line;
mod look;
mod manual;
mod message;
mod newcomer;
mod output;
mod practice;
mod record;
mod saved;
mod screens;
mod secrets;
mod support;
mod terminal;
mod tls;
mod tour;
mod typing;
mod wire;
