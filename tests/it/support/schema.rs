//! Checks values against a JSON schema, as far as `assets/schema.json` uses the language.

use serde_json::Value;

/// Checks a value; the error says where it does not fit.
pub fn check(value: &Value, schema: &Value, root: &Value) -> Result<(), String> {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let target = root.pointer(reference.trim_start_matches('#'));
        return check(value, target.ok_or(format!("no {reference}"))?, root);
    }
    if let Some(any) = schema.get("anyOf").and_then(Value::as_array) {
        let tried: Vec<String> = any
            .iter()
            .filter_map(|one| check(value, one, root).err())
            .collect();
        return if tried.len() < any.len() {
            Ok(())
        } else {
            Err(format!("{value} fits none: {}", tried.join("; ")))
        };
    }
    check_type(value, schema)?;
    if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
        && !allowed.contains(value)
    {
        return Err(format!("{value} is none of {allowed:?}"));
    }
    if let (Some(items), Some(values)) = (schema.get("items"), value.as_array()) {
        values
            .iter()
            .try_for_each(|value| check(value, items, root))?;
    }
    let Some(object) = value.as_object() else {
        return Ok(());
    };
    let properties = schema.get("properties").and_then(Value::as_object);
    for required in schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        if !object.contains_key(required.as_str().unwrap_or_default()) {
            return Err(format!("no {required}"));
        }
    }
    for (key, value) in object {
        match properties.and_then(|properties| properties.get(key)) {
            Some(schema) => check(value, schema, root).map_err(|why| format!("{key}: {why}"))?,
            None if schema.get("additionalProperties") == Some(&Value::Bool(false)) => {
                return Err(format!("unknown {key}"));
            }
            None => {}
        }
    }
    Ok(())
}

fn check_type(value: &Value, schema: &Value) -> Result<(), String> {
    let is = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.is_u64() || value.is_i64(),
        "null" => value.is_null(),
        _ => false,
    };
    let fits = match schema.get("type") {
        None => true,
        Some(Value::String(name)) => is(name),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).any(is),
        Some(_) => false,
    };
    if fits {
        Ok(())
    } else {
        Err(format!("{value} is no {}", schema["type"]))
    }
}
