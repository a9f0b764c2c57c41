//! One access point, told what to do by JSON lines: commands come on standard input, answers and events go to standard
//! output. See README.md for each line.

use crate::configuration::Configuration;
use crate::https::{MutualTls, serve};
use asx::as4::{As4, Message, UserMessage};
use asx::{MemoryDedup, Payload, Reject, Verified};
use serde::Deserialize;
use serde_json::{Value, json};
use std::error::Error;
use std::io::Write;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, BufReader};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PayloadFile {
    file: String,
    mime_type: String,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Command {
    /// Becomes an access point; a later one replaces it.
    Configure { configuration: Box<Configuration> },
    Send {
        message_id: Option<String>,
        service: String,
        action: String,
        conversation_id: Option<String>,
        payloads: Vec<PayloadFile>,
        /// Sends the same message a second time, as after a receipt that was lost.
        #[serde(default)]
        twice: bool,
    },
    /// Sends to the test service.
    Ping { payloads: Vec<PayloadFile> },
    /// How the next messages are answered: taken, refused for good, or refused for now.
    Answer { with: Answer },
}

#[derive(Debug, Deserialize)]
struct Line {
    id: u64,
    #[serde(flatten)]
    command: Command,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Answer {
    Take,
    RefuseForGood,
    RefuseForNow,
}

#[derive(Debug)]
struct Standing {
    as4: As4,
    configuration: Configuration,
}

fn say(line: &Value) {
    let mut out = std::io::stdout().lock();
    // Nobody is left to tell when the output is closed; the input ends then too.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sha256(bytes: &[u8]) -> String {
    hex(&openssl::sha::sha256(bytes))
}

fn tell_received(message: &Verified<UserMessage>) {
    let payloads: Vec<Value> = message
        .payloads()
        .iter()
        .map(|payload| {
            json!({
                "mimeType": payload.mime_type(),
                "bytes": payload.bytes().len(),
                "sha256": sha256(payload.bytes()),
            })
        })
        .collect();
    say(&json!({
        "event": "received",
        "messageId": message.message_id(),
        "from": message.from(),
        "conversationId": message.conversation_id(),
        "service": message.service(),
        "action": message.action(),
        "signer": sha256(message.signer().der()),
        "payloads": payloads,
    }));
}

fn read_payloads(files: Vec<PayloadFile>) -> std::io::Result<Vec<Payload>> {
    files
        .into_iter()
        .map(|each| Ok(Payload::new(std::fs::read(each.file)?, each.mime_type)))
        .collect()
}

/// What asx-rs says of a message it sent: the receipt that it verified, or why it has none.
async fn send(as4: &As4, message: Message) -> Value {
    match as4.send(message).await {
        Ok(receipt) => json!({
            "receipted": true,
            "messageId": receipt.evidence().message_id(),
            "signer": sha256(receipt.signer().der()),
            "receiptBytes": receipt.evidence().signal().map_or(0, <[u8]>::len),
        }),
        Err(error) => {
            let signal = error.evidence().and_then(|record| record.signal());
            json!({
                "receipted": false,
                "kind": format!("{:?}", error.kind()),
                "code": error.ebms_code(),
                "reason": error.to_string(),
                "retryable": error.is_retryable(),
                "signal": signal.map(String::from_utf8_lossy),
            })
        }
    }
}

#[derive(Debug)]
struct AccessPoint {
    standing: Mutex<Option<Arc<Standing>>>,
    answer: Arc<Mutex<Answer>>,
}

impl AccessPoint {
    fn standing(&self) -> Result<Arc<Standing>, Box<dyn Error>> {
        let standing = self.standing.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        standing.clone().ok_or_else(|| "not configured yet".into())
    }

    async fn configure(&self, configuration: Configuration) -> Result<Value, Box<dyn Error>> {
        let as4 = configuration.access_point(MutualTls::new(&configuration)?)?;
        let answer = self.answer.clone();
        let inbound = as4.inbound(MemoryDedup::default(), move |message: Verified<UserMessage>| {
            let answer = *answer.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            async move {
                match answer {
                    Answer::Take => {
                        tell_received(&message);
                        Ok(())
                    }
                    Answer::RefuseForGood => Err(Reject::permanent("told to refuse")),
                    Answer::RefuseForNow => Err(Reject::new("told to refuse for now")),
                }
            }
        });
        let address = serve(&configuration, inbound).await?;
        *self.standing.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) =
            Some(Arc::new(Standing { as4, configuration }));
        Ok(json!({ "endpoint": format!("https://{address}/as4") }))
    }

    async fn obey(&self, command: Command) -> Result<Value, Box<dyn Error>> {
        match command {
            Command::Configure { configuration } => self.configure(*configuration).await,
            Command::Answer { with } => {
                *self.answer.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = with;
                Ok(json!({}))
            }
            Command::Send {
                message_id,
                service,
                action,
                conversation_id,
                payloads,
                twice,
            } => {
                let standing = self.standing()?;
                let mut message = Message::to(&standing.configuration.partner()?)
                    .service(service)
                    .action(action);
                if let Some(id) = message_id {
                    message = message.message_id(id);
                }
                if let Some(id) = conversation_id {
                    message = message.conversation_id(id);
                }
                for payload in read_payloads(payloads)? {
                    message = message.payload(payload);
                }
                if twice {
                    // The id and time are kept, as the documentation of `Message` asks of whoever sends again.
                    message = message.timestamp(std::time::SystemTime::now());
                    send(&standing.as4, message.clone()).await;
                }
                Ok(send(&standing.as4, message).await)
            }
            Command::Ping { payloads } => {
                let standing = self.standing()?;
                let mut message = Message::ping(&standing.configuration.partner()?);
                for payload in read_payloads(payloads)? {
                    message = message.payload(payload);
                }
                Ok(send(&standing.as4, message).await)
            }
        }
    }
}

/// Obeys until the input ends.
pub async fn run() -> Result<(), Box<dyn Error>> {
    let access_point = AccessPoint {
        standing: Mutex::new(None),
        answer: Arc::new(Mutex::new(Answer::Take)),
    };
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(text) = lines.next_line().await? {
        let line: Line = match serde_json::from_str(&text) {
            Ok(line) => line,
            Err(error) => {
                say(&json!({ "error": format!("not a command: {error}") }));
                continue;
            }
        };
        match access_point.obey(line.command).await {
            Ok(answer) => say(&json!({ "id": line.id, "answer": answer })),
            Err(error) => say(&json!({ "id": line.id, "error": error.to_string() })),
        }
    }
    Ok(())
}
