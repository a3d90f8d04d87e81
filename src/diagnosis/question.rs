//! The questions that are asked before something risky is sent, wherever they are asked.

use crate::net::TlsFacts;
use crate::smtp::Exposure;
use crate::smtp::sasl::ITERATIONS_MIN;

/// A question whose answer is no unless the user says yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The question.
    pub title: &'static str,
    /// What the user should know.
    pub words: Vec<String>,
    /// What yes does.
    pub yes: &'static str,
}

/// The question before a secret goes over a link that exposes it.
pub fn exposed(exposure: Exposure, tls: Option<&TlsFacts>) -> Question {
    let mut words = Vec::new();
    match exposure {
        Exposure::Clear => {
            words.push(
                "This line contains a secret and the connection is not encrypted.".to_owned(),
            );
            words.push("Anyone on the network path can read it.".to_owned());
        }
        Exposure::Unverified => {
            words.push(
                "This line contains a secret, and the server's certificate could not be verified:"
                    .to_owned(),
            );
            words.extend(tls.map(|tls| tls.verdict.to_string()));
        }
    }
    words.push("The answer also counts for later secrets on this connection.".to_owned());
    Question {
        title: "Send the secret?",
        words,
        yes: "send it anyway",
    }
}

/// The question before a proof is sent for which the server asks for so few iterations. Nothing of the
/// password was sent; the login was cancelled meanwhile.
pub fn few_iterations(mechanism: &str, number: u32) -> Question {
    Question {
        title: "Send the proof of the password?",
        words: vec![
            format!("The server asks for {number} iterations of {mechanism}, and the standard for at least {ITERATIONS_MIN} (RFC 7677)."),
            "With so few, whoever sees the proof, or the server's list of passwords, can try out passwords quickly. A server that attacks asks for few on purpose.".to_owned(),
            "Nothing of the password has been sent: the login was cancelled.".to_owned(),
        ],
        yes: "log in anyway",
    }
}
