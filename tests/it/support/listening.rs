//! A command that listens, as a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};

use super::pty::{EHLO, Home};

/// A listening command; dropping it ends it.
pub struct Listening {
    child: Child,
    /// It ends once nobody reads what it prints.
    output: BufReader<ChildStdout>,
    /// Its first line.
    pub first: String,
    /// The port on which it listens.
    pub port: String,
}

impl Listening {
    /// Starts `ehlo` with these arguments, and waits for the line that says where it listens.
    pub fn start(home: &Home, arguments: &[&str]) -> Self {
        let mut child = Command::new(EHLO)
            .args(arguments)
            .env_clear()
            .envs(home.environment())
            .env("BOBS_PASSWORD", "rabbit hole")
            .current_dir(home.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut first).unwrap();
        let port = first.split_once("127.0.0.1:").map_or("", |(_, rest)| rest);
        let port = port.chars().take_while(char::is_ascii_digit).collect();
        Self {
            child,
            output,
            first,
            port,
        }
    }

    /// The address of its port.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The next line that it prints.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line
    }

    /// What it prints up to a line with this text.
    pub fn wait_for(&mut self, text: &str) -> String {
        let mut printed = String::new();
        while !printed.contains(text) {
            let line = self.line();
            assert!(!line.is_empty(), "no {text:?}: {printed}");
            printed.push_str(&line);
        }
        printed
    }

    /// Sends Ctrl-C, and returns the rest of what it prints.
    pub fn interrupt(mut self) -> String {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &pid]).status().unwrap();
        assert!(sent.success());
        let mut printed = String::new();
        self.output.read_to_string(&mut printed).unwrap();
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}: {printed}");
        printed
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
