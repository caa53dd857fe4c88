//! xAI's API refuses a choice among nothing
//! (<https://github.com/lobehub/lobehub/blob/v2.2.10/packages/model-runtime/src/core/contextBuilders/normalizeToolSchema.ts>).

use serde_json::Value;

use super::{Objections, walk};

pub(super) fn judge(schema: &Value, objections: &mut Objections) {
    walk::each(schema, &mut |place, schema| {
        let empty = schema["enum"].as_array().is_some_and(Vec::is_empty);
        objections.unless(
            !empty,
            place,
            "an empty `enum`",
            "list what there is to choose from, or leave it out",
        );
    });
}
