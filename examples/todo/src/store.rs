//! Where the tasks are: the only room that knows SQL.

use std::str::FromStr as _;

use lobe_plugin_sdk::{IntoPluginError, PluginError};
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Task {
    /// Its number, which no other task ever gets.
    pub id: i64,
    /// What is to be done.
    pub text: String,
    /// Whether it is done.
    pub done: bool,
}

/// A list of tasks; clones share it.
#[derive(Clone, Debug)]
pub struct Store(SqlitePool);

/// Says why nothing became of it.
#[derive(Debug)]
pub enum TaskError {
    /// The list has no task of this number.
    NoSuchTask(i64),
    /// The database fails.
    Database(sqlx::Error),
}

impl From<sqlx::Error> for TaskError {
    fn from(cause: sqlx::Error) -> Self {
        Self::Database(cause)
    }
}

impl IntoPluginError for TaskError {
    fn into_plugin_error(self) -> PluginError {
        match self {
            Self::NoSuchTask(id) => PluginError::not_found(format!(
                "there is no task {id}; `list_tasks` lists those that are there"
            )),
            Self::Database(cause) => PluginError::internal(cause),
        }
    }
}

const TABLE: &str = "CREATE TABLE IF NOT EXISTS tasks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    text TEXT NOT NULL,
    done INTEGER NOT NULL DEFAULT FALSE
)";

type Row = (i64, String, bool);

impl Store {
    /// Opens the list in a database (`sqlite:tasks.sqlite`, `sqlite::memory:`), and makes it if there is none.
    ///
    /// # Errors
    ///
    /// When there can be no database at this place.
    pub async fn open(database: String) -> Result<Self, sqlx::Error> {
        let options = SqliteConnectOptions::from_str(&database)?.create_if_missing(true);
        // One connection, kept for good: SQLite writes one thing at a time anyway, and a list in memory is its
        // connection's.
        let pool = SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
        let pool = pool.connect_with(options).await?;
        sqlx::query(TABLE).execute(&pool).await?;
        Ok(Self(pool))
    }

    pub(crate) async fn add(&self, text: &str) -> Result<Task, TaskError> {
        let insert = sqlx::query_as("INSERT INTO tasks (text) VALUES (?) RETURNING id, text, done");
        Ok(task(insert.bind(text).fetch_one(&self.0).await?))
    }

    pub(crate) async fn list(&self, done_too: bool, limit: u8) -> Result<Vec<Task>, TaskError> {
        let select =
            sqlx::query_as("SELECT id, text, done FROM tasks WHERE done = FALSE OR ? ORDER BY id LIMIT ?");
        let rows: Vec<Row> = select.bind(done_too).bind(limit).fetch_all(&self.0).await?;
        Ok(rows.into_iter().map(task).collect())
    }

    pub(crate) async fn complete(&self, id: i64) -> Result<Task, TaskError> {
        let update = sqlx::query_as("UPDATE tasks SET done = TRUE WHERE id = ? RETURNING id, text, done");
        let row = update.bind(id).fetch_optional(&self.0).await?;
        row.map(task).ok_or(TaskError::NoSuchTask(id))
    }

    pub(crate) async fn remove(&self, id: i64) -> Result<Task, TaskError> {
        let delete = sqlx::query_as("DELETE FROM tasks WHERE id = ? RETURNING id, text, done");
        let row = delete.bind(id).fetch_optional(&self.0).await?;
        row.map(task).ok_or(TaskError::NoSuchTask(id))
    }
}

fn task((id, text, done): Row) -> Task {
    Task { id, text, done }
}
