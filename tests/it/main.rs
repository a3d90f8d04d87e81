//! The integration tests, in one binary. Tests with real servers are in `tests/servers.rs`.

mod architecture;
mod cli;
mod console;
mod dialogues;
mod journeys;
mod line;
mod log;
mod look;
mod manual;
mod message;
mod newcomer;
mod output;
mod pastes;
mod practice;
mod record;
mod saved;
mod screens;
mod secrets;
mod support;
mod surprises;
mod terminal;
mod tls;
mod tour;
mod typing;
mod wire;
