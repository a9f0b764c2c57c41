//! asx-rs as the other access point of Selat's interoperability tests, and as a measure for its speed. See README.md.

mod bench;
mod commands;
mod configuration;
mod https;

use std::error::Error;
use std::io::Read;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    match std::env::args().nth(1).as_deref() {
        None => commands::run().await,
        Some("bench") => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text)?;
            println!("{}", bench::run(serde_json::from_str(&text)?).await?);
            Ok(())
        }
        Some(other) => Err(format!("unknown word {other}; none, or bench").into()),
    }
}
