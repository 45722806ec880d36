// SPDX-License-Identifier: MIT
// redis-rs with rustls, and its ConnectionManager, which connects again by itself.
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisError, TlsCertificates};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(3);

fn setting(name: &str) -> String {
    std::env::var(format!("CLIENT_{name}")).unwrap_or_default()
}

fn say(outcome: &str, error: &str) {
    let text: String = error.chars().map(|c| if c == '"' || c == '\\' || c.is_control() { ' ' } else { c }).collect();
    println!("{{\"outcome\":\"{outcome}\",\"error\":\"{text}\"}}");
}

async fn connect() -> Result<ConnectionManager, RedisError> {
    let uri = format!("rediss://{}:{}@{}:{}/", setting("USER"), setting("PASSWORD"), setting("HOST"), setting("PORT"));
    let root = std::fs::read(setting("CA")).expect("CLIENT_CA");
    let client = Client::build_with_tls(uri, TlsCertificates { client_tls: None, root_cert: Some(root) })?;
    let config = ConnectionManagerConfig::new()
        .set_number_of_retries(1)
        .set_connection_timeout(Some(LIMIT))
        .set_response_timeout(Some(LIMIT));
    ConnectionManager::new_with_config(client, config).await
}

async fn ping(manager: &mut ConnectionManager) -> Result<(), RedisError> {
    redis::cmd("PING").query_async::<String>(manager).await.map(|_| ())
}

async fn again(manager: &mut ConnectionManager) -> Result<(), RedisError> {
    let mut line = String::new();
    say("first", "");
    std::io::stdin().read_line(&mut line).expect("stdin");
    let mut result = ping(manager).await;
    for _ in 0..2 {
        if result.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        result = ping(manager).await;
    }
    result
}

async fn run() -> Result<(), RedisError> {
    let mut manager = connect().await?;
    ping(&mut manager).await?;
    if setting("AGAIN").is_empty() { Ok(()) } else { again(&mut manager).await }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    rustls::crypto::aws_lc_rs::default_provider().install_default().expect("the provider"); // as its README says
    match run().await {
        Ok(()) => say("accepted", ""),
        Err(error) => say("refused", &format!("{error:?}")),
    }
}
