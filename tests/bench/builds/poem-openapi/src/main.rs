//! The example of its README, with its arguments in the body, as a plugin has them.
#![allow(dead_code)]

use poem::{Route, Server, listener::TcpListener};
use poem_openapi::{
    Object, OpenApi, OpenApiService,
    payload::{Json, PlainText},
};

struct Api;

#[derive(Object)]
struct Greeting {
    /// Who is greeted.
    name: String,
    // one more field
}

#[OpenApi]
impl Api {
    /// Greet somebody.
    #[oai(path = "/greet", method = "post")]
    async fn greet(&self, body: Json<Greeting>) -> PlainText<String> {
        PlainText(format!("hello, {}!", body.name))
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let service = OpenApiService::new(Api, "Hello", "1.0").server("http://127.0.0.1:3000");
    let page = service.swagger_ui();
    let app = Route::new().nest("/", service).nest("/docs", page);
    Server::new(TcpListener::bind("127.0.0.1:3000")).run(app).await
}
