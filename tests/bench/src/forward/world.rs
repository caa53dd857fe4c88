//! What is around the servers: nginx as the upstream, which answers static JSON and has the documents, in a folder for
//! everything that is written.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::openapi::Document;
use super::scenario::manifest;
use crate::process::{ServerProcess, free_port};

/// What the plugin's server answers to everything.
pub(super) const ANSWER: &str =
    r#"{"clothes":[{"description":"as bright as the day","name":"Yellow shirt"}],"mood":"happy","today":0}"#;
/// How many entries the index has: about as many as the public one.
const ENTRIES: usize = 61;

/// The upstream, and the folder.
pub(crate) struct World {
    folder: PathBuf,
    upstream: ServerProcess,
}

impl World {
    pub(crate) fn start() -> Result<Self, Box<dyn Error>> {
        let port = free_port()?;
        let folder = std::env::temp_dir().join(format!("lobe-bench-forward-{}", std::process::id()));
        fs::create_dir_all(folder.join("www"))?;
        fs::write(folder.join("www/manifest.json"), manifest(port, "").to_string())?;
        fs::write(folder.join("www/index.json"), index(port).to_string())?;
        for document in Document::ALL {
            fs::write(folder.join("www").join(document.file()), document.write(port).to_string())?;
        }
        let www = folder.join("www");
        let routes = format!(
            "root {}; default_type application/json;\n\
             location / {{ }}\n\
             location /api/ {{ return 200 '{ANSWER}'; }}",
            www.display()
        );
        let upstream = nginx(&folder, "upstream", Nginx { port, workers: 1, routes: &routes, outside: "" })?;
        Ok(Self { folder, upstream })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the upstream's port.
    pub(crate) fn upstream(&self) -> u16 {
        self.upstream.port()
    }

    /// Returns where the market index stands.
    pub(crate) fn index(&self) -> String {
        format!("http://127.0.0.1:{}/index.json", self.upstream())
    }

    /// Starts nginx with two workers, which hand everything on to the upstream.
    pub(super) fn proxy(&self) -> Result<ServerProcess, Box<dyn Error>> {
        let upstream = self.upstream();
        let outside = format!(
            "upstream up {{ server 127.0.0.1:{upstream}; keepalive 512; keepalive_requests 10000000; }}"
        );
        let routes =
            "location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ''; }";
        nginx(&self.folder, "proxy", Nginx { port: free_port()?, workers: 2, routes, outside: &outside })
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // What cannot be removed is left to whoever cleans the folder for temporary files.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// What one nginx differs in from another.
#[derive(Clone, Copy)]
struct Nginx<'a> {
    port: u16,
    workers: usize,
    /// What stands in its `server`, and beside it.
    routes: &'a str,
    outside: &'a str,
}

fn nginx(folder: &Path, name: &str, of: Nginx<'_>) -> Result<ServerProcess, Box<dyn Error>> {
    let Nginx { port, workers, routes, outside } = of;
    let folder = folder.join(name);
    fs::create_dir_all(&folder)?;
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {kind};\n"))
        .concat();
    let configuration = format!(
        "worker_processes {workers};\ndaemon off;\npid nginx.pid;\nerror_log /dev/null crit;\n\
         events {{ worker_connections 16384; }}\n\
         http {{\naccess_log off;\nkeepalive_requests 10000000;\nclient_body_buffer_size 256k;\n\
         client_max_body_size 8m;\n{temporary}{outside}\n\
         server {{ listen 127.0.0.1:{port} backlog=4096;\n{routes}\n}}\n}}\n"
    );
    let file = folder.join("nginx.conf");
    fs::write(&file, configuration)?;
    let mut command = Command::new("nginx");
    ServerProcess::start(port, command.arg("-p").arg(&folder).arg("-c").arg(&file).stderr(Stdio::null()))
}

fn index(port: u16) -> Value {
    let entry = |number: usize| {
        let identifier = if number + 1 == ENTRIES { "bench".to_owned() } else { format!("plugin-{number}") };
        json!({
            "author": "LobeHub",
            "createdAt": "2026-01-01",
            "homepage": "https://github.com/lobehub/lobe-chat-plugins",
            "identifier": identifier,
            "manifest": format!("http://127.0.0.1:{port}/manifest.json"),
            "meta": { "avatar": "🧩", "description": "What it does", "tags": ["web"], "title": "Plugin" },
            "schemaVersion": 1,
        })
    };
    json!({ "plugins": (0..ENTRIES).map(entry).collect::<Vec<_>>(), "schemaVersion": 1 })
}
