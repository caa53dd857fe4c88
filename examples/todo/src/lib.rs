//! A list of things to do, kept in SQLite: several operations that share one value, which is made when the plugin starts.
//!
//! Run with `cargo run -p todo`; the list is in `todo.sqlite`, or where `TODO_DATABASE` says. There is one list for
//! everybody who may call.

mod store;

use std::sync::Arc;

use lobe_plugin_sdk::{Plugin, lobe_plugin};

pub use store::{Store, Task, TaskError};

/// What the operations share.
#[derive(Clone, Debug)]
pub struct Todos(Store);

/// Keeps a list of things to do.
#[lobe_plugin(title = "To do", avatar = "✅", tags("list", "tasks"))]
impl Todos {
    /// Add a task to the list.
    #[lobe_plugin]
    pub async fn add_task(
        &self,
        /// What is to be done.
        #[lobe(length(min = 1, max = 500), example = "Water the plants")]
        text: String,
    ) -> Result<Task, TaskError> {
        self.0.add(&text).await
    }

    /// List the tasks, the oldest first.
    #[lobe_plugin]
    pub async fn list_tasks(
        &self,
        /// Whether to list those that are done as well.
        #[lobe(default = false)]
        done_too: bool,
        /// The most tasks to list.
        #[lobe(default = 50, range(min = 1, max = 200))]
        limit: u8,
    ) -> Result<Vec<Task>, TaskError> {
        self.0.list(done_too, limit).await
    }

    /// Mark a task as done.
    #[lobe_plugin]
    pub async fn complete_task(
        &self,
        /// The task's number, as the list shows it.
        id: i64,
    ) -> Result<Task, TaskError> {
        self.0.complete(id).await
    }

    /// Remove a task from the list for good.
    #[lobe_plugin]
    pub async fn remove_task(
        &self,
        /// The task's number, as the list shows it.
        id: i64,
    ) -> Result<Task, TaskError> {
        self.0.remove(id).await
    }
}

/// Makes the plugin; its list is opened when it starts, and made if there is none.
pub fn plugin(database: impl Into<String>) -> Plugin {
    let database = database.into();
    Todos::plugin().with_state_from(move || {
        let opening = Store::open(database.clone());
        async { opening.await.map(|store| Arc::new(Todos(store))) }
    })
}

#[cfg(test)]
mod tests {
    use lobe_plugin_sdk::PluginError;
    use serde_json::{Value, json};

    use super::*;

    async fn started(database: &str) -> Plugin {
        plugin(database).start().await.unwrap()
    }

    async fn ask(plugin: &Plugin, operation: &str, arguments: Value) -> Result<Value, PluginError> {
        let reply = plugin.ask(operation, arguments).await?;
        Ok(serde_json::from_str(reply.as_text()).unwrap())
    }

    fn task(id: i64, text: &str, done: bool) -> Value {
        json!({ "id": id, "text": text, "done": done })
    }

    #[tokio::test]
    async fn a_task_from_its_beginning_to_its_end() {
        let plugin = started("sqlite::memory:").await;
        let (plants, cat) = (task(1, "Water the plants", false), task(2, "'); DROP TABLE tasks; --", false));
        for expected in [&plants, &cat] {
            let added = ask(&plugin, "add_task", json!({ "text": expected["text"] })).await.unwrap();
            assert_eq!(added, *expected);
        }
        assert_eq!(ask(&plugin, "list_tasks", json!({})).await.unwrap(), json!([plants, cat]));

        let done = task(1, "Water the plants", true);
        assert_eq!(ask(&plugin, "complete_task", json!({ "id": 1 })).await.unwrap(), done);
        assert_eq!(ask(&plugin, "list_tasks", json!({})).await.unwrap(), json!([cat]));
        let all = ask(&plugin, "list_tasks", json!({ "done_too": true })).await.unwrap();
        assert_eq!(all, json!([done, cat]));
        let one = ask(&plugin, "list_tasks", json!({ "done_too": true, "limit": 1 })).await.unwrap();
        assert_eq!(one, json!([done]));

        assert_eq!(ask(&plugin, "remove_task", json!({ "id": 2 })).await.unwrap(), cat);
        let added = ask(&plugin, "add_task", json!({ "text": "Feed the cat" })).await.unwrap();
        assert_eq!(added["id"], 3, "a number is never used again");
    }

    #[tokio::test]
    async fn a_task_that_is_not_there_is_said_to_be() {
        let plugin = started("sqlite::memory:").await;
        for operation in ["complete_task", "remove_task"] {
            let error = ask(&plugin, operation, json!({ "id": 7 })).await.unwrap_err();
            assert_eq!(error.status(), 404);
            assert_eq!(error.message(), "there is no task 7; `list_tasks` lists those that are there");
        }
    }

    #[tokio::test]
    async fn the_list_outlives_the_program() {
        let file = std::env::temp_dir().join(format!("todo-{}.sqlite", std::process::id()));
        let database = format!("sqlite:{}", file.display());
        ask(&started(&database).await, "add_task", json!({ "text": "Stay" })).await.unwrap();
        let listed = ask(&started(&database).await, "list_tasks", json!({})).await.unwrap();
        std::fs::remove_file(file).unwrap();
        assert_eq!(listed, json!([task(1, "Stay", false)]));
    }

    #[test]
    fn every_client_takes_it() {
        lobe_plugin_sdk::testing::assert_accepted(&plugin("sqlite::memory:"));
    }

    #[tokio::test]
    async fn a_place_where_no_database_can_be_keeps_the_plugin_from_starting() {
        let error = plugin("sqlite:/nowhere/todo.sqlite").start().await.unwrap_err();
        assert!(error.to_string().contains("Todos>` cannot be made"), "{error}");
    }
}
