//! What the annotation makes of an `impl` block: methods that share a state.
//!
//! Warnings are errors here, as in `annotation`.
#![deny(warnings, missing_docs, unreachable_pub, missing_debug_implementations, clippy::pedantic)]

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use lobe_plugin_sdk::{Args, Plugin, PluginError, Reply, State, lobe_plugin};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What is to be done.
#[derive(Debug, Default)]
struct Todos {
    tasks: Mutex<Vec<Task>>,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Task {
    title: String,
    priority: Priority,
}

/// How urgent it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
enum Priority {
    High,
    #[default]
    Low,
}

/// Keeps what is to be done.
#[lobe_plugin(identifier = "todo", title = "Todo", avatar = "📝", tags("tasks"), rename_all = "kebab-case")]
impl Todos {
    /// The most tasks there may be.
    const MOST: usize = 3;

    /// Add a task.
    #[lobe_plugin]
    async fn add_task(
        &self,
        /// What is to be done.
        #[lobe(length(min = 1))]
        title: String,
        #[lobe(default)] priority: Priority,
    ) -> Result<Task, PluginError> {
        let task = Task { title, priority };
        let mut tasks = self.tasks();
        if tasks.len() == Self::MOST {
            return Err(PluginError::too_many_requests("enough to do"));
        }
        tasks.push(task.clone());
        Ok(task)
    }

    /// List some tasks.
    #[lobe_plugin(title = "List")]
    fn list_tasks(
        self: Arc<Self>,
        /// How many at most.
        #[lobe(default = Self::MOST)]
        most: usize,
    ) -> Vec<Task> {
        self.tasks().iter().take(most).cloned().collect()
    }

    /// Take a task off the list.
    #[lobe_plugin(name = "drop")]
    fn drop_task(&self, Args(task): Args<Task>, State(step): State<usize>) -> usize {
        self.tasks().retain(|known| *known != task);
        step
    }

    /// Say whom it belongs to.
    #[lobe_plugin]
    fn owner() -> &'static str {
        "you"
    }

    /// Is not there.
    #[lobe_plugin]
    #[cfg(any())]
    fn never(&self, word: Missing) {}

    fn tasks(&self) -> std::sync::MutexGuard<'_, Vec<Task>> {
        self.tasks.lock().unwrap()
    }
}

fn names(plugin: &Plugin) -> Vec<&str> {
    plugin.operations().iter().map(lobe_plugin_sdk::Operation::name).collect()
}

async fn ask(plugin: &Plugin, operation: &str, arguments: Value) -> Result<String, PluginError> {
    plugin.ask(operation, arguments).await.map(Reply::into_text)
}

#[tokio::test]
async fn methods_share_what_they_are_called_on() {
    let plugin = Todos::default().into_plugin().with_state(7_usize);
    assert_eq!(names(&plugin), ["add-task", "list-tasks", "drop", "owner"]);
    assert_eq!(plugin.identity().description, "Keeps what is to be done.");

    let added = ask(&plugin, "add-task", json!({ "title": "rest" })).await.unwrap();
    assert_eq!(added, r#"{"title":"rest","priority":"Low"}"#);
    assert_eq!(ask(&plugin, "list-tasks", json!({})).await.unwrap(), format!("[{added}]"));
    assert_eq!(ask(&plugin, "list-tasks", json!({ "most": 0 })).await.unwrap(), "[]");
    let task = json!({ "title": "rest", "priority": "Low" });
    assert_eq!(ask(&plugin, "drop", task).await.unwrap(), "7");
    assert_eq!(ask(&plugin, "list-tasks", json!({})).await.unwrap(), "[]");
    assert_eq!(ask(&plugin, "owner", json!({})).await.unwrap(), "you");
}

#[tokio::test]
async fn they_are_described_and_judged_as_functions_are() {
    let plugin = Todos::default().into_plugin();
    let parameters = plugin.find("list-tasks").unwrap().get_parameters().as_object();
    assert_eq!(parameters["properties"]["most"]["default"], 3);
    assert_eq!(plugin.find("list-tasks").unwrap().get_title(), Some("List"));

    let error = ask(&plugin, "add-task", json!({ "title": "", "prioritty": "High" })).await.unwrap_err();
    assert_eq!((error.status(), error.faults().len()), (422, 2), "{error:?}");
    for _ in 0..Todos::MOST {
        ask(&plugin, "add-task", json!({ "title": "rest" })).await.unwrap();
    }
    let error = ask(&plugin, "add-task", json!({ "title": "rest" })).await.unwrap_err();
    assert_eq!(error.message(), "enough to do");
}

#[tokio::test]
async fn they_stay_methods() {
    let todos = Todos::default();
    let task = todos.add_task("rest".into(), Priority::High).await.unwrap();
    assert_eq!(todos.drop_task(Args(task), State(1)), 1);
    assert_eq!(Arc::new(todos).list_tasks(1), []);
    assert_eq!(Todos::owner(), "you");
}

#[tokio::test]
async fn what_they_share_may_be_made_when_the_plugin_starts() {
    let described = Todos::plugin();
    assert_eq!(described.operations().len(), 4);
    let missing = described.missing_states();
    assert!(missing[0].starts_with("alloc::sync::Arc<") && missing[0].ends_with("Todos>"), "{missing:?}");

    let connect = || async { Ok::<_, Infallible>(Arc::new(Todos::default())) };
    let started = described.with_state_from(connect).start().await.unwrap();
    assert_eq!(ask(&started, "list-tasks", json!({})).await.unwrap(), "[]");

    let shared = Arc::new(Todos::default());
    let plugin = Todos::plugin().with_state(Arc::clone(&shared));
    ask(&plugin, "add-task", json!({ "title": "rest" })).await.unwrap();
    assert_eq!(shared.tasks().len(), 1, "what was shared before is shared still");
}

/// Says things that nobody has to remember.
#[derive(Debug)]
struct Dice;

#[lobe_plugin(identifier = "dice", allow(missing_descriptions))]
impl Dice {
    #[lobe_plugin]
    fn sum(dice: Vec<u8>) -> u32 {
        dice.into_iter().map(u32::from).sum()
    }
}

/// Says things that need no words.
#[derive(Debug)]
struct Coin;

#[lobe_plugin(identifier = "coin")]
impl Coin {
    #[allow(deprecated)]
    #[lobe_plugin]
    fn flip(side: bool) -> bool {
        !side
    }
}

#[tokio::test]
async fn functions_that_share_nothing_need_nothing() {
    let plugin = Dice::plugin();
    assert!(plugin.missing_states().is_empty());
    assert_eq!(ask(&plugin, "sum", json!({ "dice": [1, 6] })).await.unwrap(), "7");
    assert_eq!(ask(&Coin::plugin(), "flip", json!({ "side": true })).await.unwrap(), "false");
}
