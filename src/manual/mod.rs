//! The manual: documentation of SMTP, read from the files of `assets/` and looked up by key.

mod certificate;
mod command;
mod enhanced;
mod explain;
mod extension;
mod failure;
mod lookup;
mod matches;
mod mechanism;
mod page;
mod parameter;
mod phase;
mod provider;
mod remark;
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

pub use certificate::{AlertDoc, alert, alerts, certificate, certificates};
pub use command::{ArgumentDoc, CommandDoc, command, commands, terms};
pub use enhanced::{
    EnhancedCodeDoc, enhanced, enhanced_class, enhanced_codes, enhanced_of_vendors,
    enhanced_subject,
};
pub use explain::{Explanation, ReplyContext, explain, specific_advice};
pub use extension::{ExtensionDoc, ExtensionStatus, extension, extension_of, extensions};
pub use failure::{Advice, failure};
pub use lookup::lookup;
pub use mechanism::{InitialResponse, MechanismDoc, TlsRequirement, Usage, mechanism, mechanisms};
pub use page::{Page, Section, rows};
pub use parameter::{ParameterDoc, parameter, parameters};
pub use phase::{PhaseHint, hint, phase_hint};
pub use provider::{Provider, provider, provider_of, providers};
pub use reply_code::{
    CodeMeaning, CodeStatus, ReplyCodeDoc, awaited_key, class_text, reply_code, reply_codes,
};
pub use rule::{ReplyRule, symptom, symptoms};
pub use similar::UnknownTopic;
pub use source::cite;
pub use template::{AutoValue, Template, TemplateError, TemplateKind, TemplatePart, templates};
pub use topic::{Topic, TopicKind, overview, topics};
pub use tour::{Lesson, LessonStep, StepResult, lessons};
