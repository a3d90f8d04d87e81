//! How a password is written in a place, held by the programs that read it: the literals arrive, and
//! what is said to arrive without care does arrive.

mod careless;
mod command_line;
mod cron;
mod literals;
mod on_screen;
mod passwords;
mod programs;
mod reports;
