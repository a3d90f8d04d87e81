//! Compares texts with stored snapshots.

/// Asserts that a text equals the snapshot of this name in `tests/snapshots`. The name may begin
/// with a folder, as in `record/text`.
#[track_caller]
pub fn snapshot(name: &str, text: &str) {
    let (folder, name) = name.rsplit_once('/').unwrap_or(("", name));
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(format!("../../snapshots/{folder}"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}
