//! Recent targets: which are remembered, and what with them.

use crossterm::event::KeyCode;
use ehlo::net::{Event, Failure, MailRoute, MailServers, MxHost};
use ehlo::tui::Look;

use crate::support::stage::Stage;

#[test]
fn a_target_is_remembered_once_its_server_has_greeted() {
    let mut stage = Stage::connected(Look::default());
    assert!(stage.reached.is_empty());
    stage.server(b"554 no service here\r\n");
    assert_eq!(stage.reached, ["mx.example.test:587"]);
    // Later replies and other lines are no greeting.
    let mut stage = Stage::greeted(Look::default());
    stage.client("NOOP");
    stage.server(b"250 ok\r\n220 again\r\n");
    assert_eq!(stage.reached.len(), 1);
    for failure in [Failure::Cancelled, Failure::Connect(Vec::new())] {
        let mut stage = Stage::new(Look::default());
        stage.press(":connect mx.example.test:25\n");
        stage.wire(Event::Started);
        stage.wire(Event::Failed(failure));
        assert!(stage.reached.is_empty());
    }
}

#[test]
fn a_domain_is_remembered_with_the_server_that_was_reached() {
    let mut stage = Stage::new(Look::default());
    stage.press(":connect alice@example.test\n");
    stage.wire(Event::Started);
    stage.wire(Event::MailRoute(Box::new(MailRoute {
        domain: "example.test".to_owned(),
        servers: MailServers::Mx(vec![MxHost {
            preference: 10,
            host: "mx.example.test".to_owned(),
        }]),
        authentic: false,
    })));
    stage.key(KeyCode::Down);
    stage.key(KeyCode::Enter);
    assert!(stage.reached.is_empty());
    stage.reconnected();
    stage.server(b"220 mx.example.test\r\n");
    assert_eq!(stage.reached, ["@example.test", "mx.example.test:25"]);
}

#[test]
fn the_tls_choice_is_remembered_but_no_weaker_check() {
    // Keys in the form, what is remembered.
    let (mut none, mut starttls) = (vec![KeyCode::Right], vec![KeyCode::Right; 2]);
    none.insert(0, KeyCode::Tab);
    none.insert(0, KeyCode::Tab);
    starttls.splice(0..0, [KeyCode::Tab, KeyCode::Tab]);
    for (keys, remembered) in [
        (Vec::new(), "mx.example.test:25"),
        (none, "mx.example.test:25 tls=none"),
        (starttls, "mx.example.test:25 tls=starttls"),
    ] {
        for verify in ["", "off", "require"] {
            let mut stage = Stage::new(Look::default());
            stage.model.preferences.overrides.verify = verify.parse().ok();
            stage.key(KeyCode::Enter);
            stage.type_text("mx.example.test");
            for key in &keys {
                stage.key(*key);
            }
            stage.key(KeyCode::Enter);
            stage.reconnected();
            stage.server(b"220 mx.example.test\r\n");
            let required = if verify == "require" {
                " verify=require"
            } else {
                ""
            };
            assert_eq!(stage.reached, [format!("{remembered}{required}")]);
        }
    }
}
