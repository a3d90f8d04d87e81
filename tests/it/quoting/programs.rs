//! Programs that read passwords, as they are written in a script or a file.

use std::fs;

use ehlo::quoting::Place;
use tempfile::TempDir;

use crate::support::tool::Tool;

/// A program that reads what is written in a place.
pub struct Program {
    /// The tool that the machine must have.
    tool: &'static str,
    /// The file in which the text is written, with `TEXT` for it.
    file: &'static str,
    /// A command that reads each file `N.in` and writes what arrives to `N.out`, with a `=` before it;
    /// nothing if the file is refused.
    command: &'static [&'static str],
}

/// A function that keeps the argument of its first call.
const POSIX: &str = "shown=
show() { [ -n \"$shown\" ] || printf '=%s' \"$1\" >&3; shown=yes; }
PATH=/nonexistent
show TEXT

wait
";

const BASH: Program = Program {
    tool: "openssl",
    file: POSIX,
    command: &["sh", "-c", "export HOME=$PWD/home; bash=$(command -v bash); 
        for f in *.in; do rm -rf home; mkdir home; cd home; $bash --norc --noprofile ../$f 3>../${f%.in}.out </dev/null 2>/dev/null; cd ..; done"],
};

const SH: Program = Program {
    command: &[
        "sh",
        "-c",
        "export HOME=$PWD/home; sh=$(command -v sh); 
        for f in *.in; do rm -rf home; mkdir home; cd home; $sh ../$f 3>../${f%.in}.out </dev/null 2>/dev/null; cd ..; done",
    ],
    ..BASH
};

const ZSH: Program = Program {
    tool: "zsh",
    command: &[
        "sh",
        "-c",
        "export HOME=$PWD/home; zsh=$(command -v zsh); 
        for f in *.in; do rm -rf home; mkdir home; cd home; $zsh -f ../$f 3>../${f%.in}.out </dev/null 2>/dev/null; cd ..; done",
    ],
    ..BASH
};

const FISH: Program = Program {
    tool: "fish",
    file: "function show
    set -q shown; or printf '=%s' $argv[1] >&3
    set -g shown yes
end
set PATH /nonexistent
show TEXT
",
    command: &[
        "sh",
        "-c",
        "export HOME=$PWD/home; fish=$(command -v fish); 
        for f in *.in; do rm -rf home; mkdir home; cd home; $fish --no-config ../$f 3>../${f%.in}.out </dev/null 2>/dev/null; cd ..; done",
    ],
};

const GIT: Program = Program {
    tool: "git",
    file: "[sendemail]\n\tsmtpUser = alice\n\tsmtpPass = TEXT\n\tsmtpAuth = PLAIN\n",
    command: &[
        "sh",
        "-c",
        "for f in *.in; do
        git config --file $f --get sendemail.smtpPass >value 2>/dev/null || continue
        { printf =; head -c -1 value; } >${f%.in}.out; done",
    ],
};

const DOTENV: Program = Program {
    tool: "dotenv",
    file: "HOST=mx.example\nPASSWORD=TEXT\n",
    command: &[
        "python3",
        "-c",
        "
import dotenv, glob
for name in glob.glob('*.in'):
    value = dotenv.dotenv_values(name).get('PASSWORD')
    if value is not None:
        open(name[:-2] + 'out', 'wb').write(b'=' + value.encode())
",
    ],
};

const YAML: Program = Program {
    tool: "yaml",
    file: "host: mx.example\npassword: TEXT\nport: 587\n",
    command: &[
        "python3",
        "-c",
        "
import yaml, glob
for name in glob.glob('*.in'):
    try:
        value = yaml.safe_load(open(name, 'rb'))['password']
    except (yaml.YAMLError, ValueError):
        continue
    if isinstance(value, str) or value is None:
        open(name[:-2] + 'out', 'wb').write(b'=' + (value or '').encode())
",
    ],
};

const URL: Program = Program {
    tool: "python3",
    file: "smtp://alice:TEXT@mx.example:587/",
    command: &[
        "python3",
        "-c",
        "
import glob, urllib.parse
for name in glob.glob('*.in'):
    try:
        url = urllib.parse.urlsplit(open(name, 'rb').read().decode('utf-8', 'surrogateescape'))
    except ValueError:
        continue
    if url.hostname == 'mx.example':
        value = urllib.parse.unquote_to_bytes(url.password.encode('utf-8', 'surrogateescape'))
        open(name[:-2] + 'out', 'wb').write(b'=' + value)
",
    ],
};

const PHP: Program = Program {
    tool: "php",
    file: "return TEXT;",
    command: &[
        "php",
        "-n",
        "-d",
        "error_reporting=0",
        "-r",
        "
function read_text($text) { return eval($text); }
foreach (glob('*.in') as $name) {
    try {
        file_put_contents(substr($name, 0, -2) . 'out', '=' . read_text(file_get_contents($name)));
    } catch (Throwable $error) {
    }
}",
    ],
};

/// Needs the compiler that links Rust programs.
const C: Program = Program {
    tool: "openssl",
    file: "fputs(\"=\", out); fputs(TEXT, out); fclose(out);\n",
    command: &[
        "sh",
        "-c",
        "{ echo '#include <stdio.h>'
        echo 'int main(void) { FILE *out;'
        for f in *.in; do echo \"out = fopen(\\\"${f%.in}.out\\\", \\\"wb\\\");\"; cat $f; done
        echo 'return 0; }'; } >all.c
        cc -w -o all all.c && ./all",
    ],
};

impl Program {
    /// The program that reads a place; none for those that run only on Windows, or are too large for a
    /// test.
    pub const fn of(place: Place) -> Option<Self> {
        Some(match place {
            Place::Bash => BASH,
            Place::Zsh => ZSH,
            Place::Fish => FISH,
            Place::Dotenv => DOTENV,
            Place::Git => GIT,
            Place::Yaml => YAML,
            Place::Url => URL,
            Place::Php => PHP,
            Place::C => C,
            Place::Cron => SH,
            Place::PowerShell | Place::Cmd | Place::Compose | Place::Msmtp => return None,
        })
    }

    /// What arrives of each text; nothing of one that the program refuses. `None` if the machine lacks
    /// the program.
    pub fn read(&self, texts: &[Vec<u8>]) -> Option<Vec<Option<Vec<u8>>>> {
        let tool = Tool::have(self.tool)?;
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("home")).unwrap();
        let path = |at: usize, ending: &str| folder.path().join(format!("{at:05}.{ending}"));
        let (before, after) = self.file.split_once("TEXT").unwrap();
        for (at, text) in texts.iter().enumerate() {
            let file = [before.as_bytes(), text, after.as_bytes()].concat();
            fs::write(path(at, "in"), file).unwrap();
        }
        let (program, arguments) = self.command.split_first().unwrap();
        let output = tool
            .command(folder.path(), program)
            .args(arguments)
            .output()
            .unwrap();
        assert!(
            output.status.success() || output.stderr.is_empty(),
            "{output:?}"
        );
        let arrived = |at: usize| {
            let value = fs::read(path(at, "out")).ok()?;
            Some(value.strip_prefix(b"=")?.to_vec())
        };
        Some((0..texts.len()).map(arrived).collect())
    }
}
