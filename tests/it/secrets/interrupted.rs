//! A password that is typed after the login has failed or the connection has gone is not shown.

use ehlo::smtp::End;
use ehlo::tui::Look;

use crate::support::stage::Stage;

fn logging_in() -> Stage {
    let mut stage = Stage::greeted(Look::default());
    stage.client("EHLO me.example");
    stage.server(b"250-mx.example\r\n250 AUTH LOGIN\r\n");
    stage.client("AUTH LOGIN");
    stage.server(b"334 VXNlcm5hbWU6\r\n");
    stage
}

#[track_caller]
fn hides_what_is_typed(mut stage: Stage) {
    stage.type_text("mailbox1");
    stage.hides("mailbox1");
    stage.control('u');
    stage.type_text("MAIL");
    stage.hides("> MAIL");
    stage.type_text(" FROM:<>");
    stage.shows("> MAIL FROM:<>");
}

#[test]
fn the_server_closes_in_the_middle_of_auth() {
    let mut stage = logging_in();
    stage.end(End::Closed);
    hides_what_is_typed(stage);
}

#[test]
fn the_login_is_refused() {
    let mut stage = logging_in();
    stage.client("*");
    stage.server(b"535 5.7.8 no\r\n");
    hides_what_is_typed(stage);
}

#[test]
fn a_plain_response_typed_as_a_command_is_hidden() {
    let mut stage = Stage::greeted(Look::default());
    stage.type_text("AGFsaWNlAHdvbmRlcmxhbmQ=");
    stage.hides("AGFsaWNlAHdv");
    stage.press("\n");
    stage.control('y');
    stage.hides("AGFsaWNlAHdv");
    assert_eq!(stage.sent(), "AGFsaWNlAHdvbmRlcmxhbmQ=\r\n");
    assert!(stage.history.is_empty(), "{:?}", stage.history);
}
