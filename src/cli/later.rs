//! Arguments of a subcommand that are described to clap only if the subcommand is named: all of them
//! would take longer than a short session.

use std::ops::Deref;

use clap::error::Error;
use clap::{ArgMatches, Args, Command, FromArgMatches};

/// The arguments of a subcommand.
#[derive(Debug)]
pub(super) struct Later<T>(Box<T>);

impl<T> Deref for Later<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Args> Args for Later<T> {
    fn augment_args(command: Command) -> Command {
        command.defer(describe::<T>)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<T: FromArgMatches> FromArgMatches for Later<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        T::from_arg_matches(matches).map(|arguments| Self(Box::new(arguments)))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches(matches)
    }
}

fn describe<T: Args>(command: Command) -> Command {
    let about = command.get_about().cloned().unwrap_or_default();
    let global = command.get_arguments().map(|arg| arg.get_id().clone());
    let global: Vec<_> = global.collect();
    let command = T::augment_args(command).about(about).long_about(None);
    // In the help, the arguments of the subcommand come before those of the program.
    let to_the_end = |command: Command, id| command.mut_arg(id, |arg| arg);
    global.into_iter().fold(command, to_the_end)
}
