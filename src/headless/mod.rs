//! Sessions without a screen: scripts, single messages, checks. They use the same wire, core,
//! diagnosis and records as the console; what a script sends is what is typed there, and what it
//! prints is what the transcript shows.

pub mod check;
mod conversation;
mod login;
mod message;
mod outcome;
mod plain;
pub mod ports;
mod printer;
mod recorder;
mod route;
mod run;
pub mod script;
mod send;
mod session;
mod stage;
mod stamp;
mod survey;
mod tap;

pub use conversation::{Answer, Conversation, REPLY_TIMEOUT, Stop};
pub use login::{LoginFailure, LoginNeed, LoginPlan, log_in};
pub use message::{MESSAGE_CAP, Message, MessageError, MessageParts, read};
pub use outcome::{Outcome, first_line};
pub use plain::{LineFault, Lines, plain};
pub use recorder::{Output, Recorder};
pub use route::mail_servers;
pub use run::{RunOptions, Steps, run};
pub use send::{Dsn, SendOptions, SendResult, StartTls, send};
pub use stage::Stage;
pub use stamp::Stamp;
pub use survey::{SURVEY_CAP, Survey};
pub use tap::{TapPrint, tap};
