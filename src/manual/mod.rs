//! The manual: documentation of SMTP, read from the files of `assets/` and looked up by key.

mod advice;
mod certificate;
mod command;
mod condition;
mod enhanced;
mod extension;
mod failure;
mod interception;
mod login;
mod lookup;
mod mechanism;
mod message_pattern;
mod page;
mod parameter;
mod phase;
mod program;
mod program_error;
mod provider;
mod reply_code;
mod rule;
mod search;
mod sentence;
mod similar;
mod source;
mod table;
mod template;
mod topic;
mod tour;
mod value;

pub use advice::{Advice, StepAction};
pub use certificate::{AlertDoc, alert, alerts, certificate, certificates};
pub use command::{ArgumentDoc, CommandDoc, command, commands, terms};
pub use condition::{AddressFault, Condition, Fact, UnknownCondition};
pub use enhanced::{
    EnhancedCodeDoc, enhanced, enhanced_class, enhanced_codes, enhanced_of_vendors,
    enhanced_subject,
};
pub(crate) use enhanced::{Pattern as EnhancedPattern, enhanced_in_class};
pub use extension::{ExtensionDoc, ExtensionStatus, extension, extension_of, extensions};
pub use failure::{FailureDoc, failure};
pub use interception::{Interceptor, InterceptorKind, interceptor, interceptors};
pub(crate) use login::login_check;
pub use lookup::lookup;
pub(crate) use lookup::pages_about;
pub use mechanism::{InitialResponse, MechanismDoc, TlsRequirement, Usage, mechanism, mechanisms};
pub use message_pattern::{InvalidPattern, MessagePattern};
pub use page::{Page, Section, rows};
pub use parameter::{ParameterDoc, parameter, parameters};
pub use phase::{PhaseHint, hint, phase_hint};
pub use program::{ProgramDoc, programs, programs_in};
pub use program_error::{
    CommandTemplate, Detail, InvalidTemplate, ProgramErrorDoc, program_errors,
};
pub(crate) use provider::provider_by_text;
pub use provider::{Provider, provider, provider_of, providers};
pub use reply_code::{
    CodeMeaning, CodeStatus, ReplyCodeDoc, awaited_key, class_text, reply_code, reply_codes,
};
pub(crate) use rule::starts_word;
pub use rule::{ReplyRule, symptom, symptoms};
pub(crate) use search::capitalized;
pub(crate) use sentence::sentence;
pub use similar::UnknownTopic;
pub(crate) use similar::is_misspelt;
pub use source::cite;
pub use template::{AutoValue, Template, TemplateError, TemplateKind, TemplatePart, templates};
pub use topic::{Topic, TopicKind, overview, topics};
pub use tour::{Lesson, LessonStep, StepResult, lessons};
pub use value::{Value, fill};
