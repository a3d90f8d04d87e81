//! Opens the list of templates.

use crate::headless::Stamp;
use crate::manual::templates;
use crate::tui::model::Model;
use crate::tui::popup::Popup;
use crate::tui::popup::templates::Templates;
use crate::tui::popup::templates::filled::TemplateValues;

/// Opens the list of templates, with known values for their blanks, searched for `name`.
pub(super) fn open_templates(model: &mut Model, stamp: Stamp, name: &str) {
    let status = &model.session.connection.status;
    let host = model.preferences.plan.helo.as_deref();
    let envelope = &status.envelope;
    let mut values = Vec::new();
    values.extend(host.map(|host| ("client", host.to_owned())));
    if !envelope.reverse_path.is_empty() {
        values.push(("from", envelope.reverse_path.clone()));
    }
    values.extend(
        envelope
            .forward_paths
            .first()
            .map(|path| ("to", path.clone())),
    );
    let values = TemplateValues {
        id: stamp.message_id(&envelope.reverse_path, host),
        date: stamp.date,
        values,
    };
    let all = [model.preferences.templates.as_slice(), templates()].concat();
    let mut popup = Templates::new(all, values, status);
    popup.choose(name);
    model.session.popups.push(Popup::Templates(Box::new(popup)));
}
