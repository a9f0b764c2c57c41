//! How fast asx-rs exchanges with itself: a client and an endpoint of this process over mutual TLS on 127.0.0.1, every
//! receipt verified. What it keeps (duplicates) it keeps in memory: nothing is written to a disk.

use crate::configuration::Configuration;
use crate::https::{MutualTls, serve};
use asx::as4::{As4, Message, UserMessage};
use asx::{MemoryDedup, Partner, Payload, Reject, Verified};
use serde::Deserialize;
use serde_json::{Value, json};
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BenchRequest {
    sender: Configuration,
    receiver: Configuration,
    /// Bytes of the one payload, read from this file.
    file: String,
    mime_type: String,
    in_flight: usize,
    seconds: f64,
    /// Seconds of the same load before anything is measured.
    warm_up: f64,
}

/// User and system time of this process in seconds, where the kernel tells it as Linux does.
fn cpu_seconds() -> Option<f64> {
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let (_, after_name) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    Some(ticks / TICKS_PER_SECOND)
}

/// The greatest memory of this process so far, in bytes.
fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}

/// What every message of a run carries.
#[derive(Debug, Clone)]
struct Load {
    partner: Partner,
    bytes: bytes::Bytes,
    mime_type: String,
}

impl Load {
    fn message(&self) -> Message {
        Message::to(&self.partner)
            .service("urn:bench:service")
            .action("urn:bench:action")
            .conversation_id("bench")
            .payload(Payload::new(self.bytes.clone(), self.mime_type.clone()))
    }
}

/// Sends for some time, `in_flight` at a time. Returns how long each message took until its receipt was verified.
async fn exchange(as4: &As4, load: &Load, time: Duration, in_flight: usize) -> Result<Vec<Duration>, Box<dyn Error>> {
    let end = Instant::now() + time;
    let mut senders = JoinSet::new();
    for _ in 0..in_flight {
        let (as4, load) = (as4.clone(), load.clone());
        senders.spawn(async move {
            let mut times = Vec::new();
            while Instant::now() < end {
                let before = Instant::now();
                as4.send(load.message()).await?;
                times.push(before.elapsed());
            }
            Ok::<_, asx::Error>(times)
        });
    }
    let mut times = Vec::new();
    while let Some(sender) = senders.join_next().await {
        times.extend(sender??);
    }
    Ok(times)
}

fn milliseconds(sorted: &[Duration], share: f64) -> f64 {
    let index = ((sorted.len() as f64 * share) as usize).min(sorted.len().saturating_sub(1));
    sorted.get(index).map_or(0.0, |time| time.as_secs_f64() * 1_000.0)
}

/// Measures, and tells the result as one JSON object.
pub async fn run(request: BenchRequest) -> Result<Value, Box<dyn Error>> {
    let BenchRequest {
        mut sender,
        receiver,
        file,
        mime_type,
        in_flight,
        seconds,
        warm_up,
    } = request;
    let bytes = bytes::Bytes::from(std::fs::read(file)?);
    let taken = Arc::new(AtomicUsize::new(0));
    let counter = taken.clone();
    let receiving = receiver.access_point(MutualTls::new(&receiver)?)?;
    let inbound = receiving.inbound(MemoryDedup::default(), move |_: Verified<UserMessage>| {
        counter.fetch_add(1, Ordering::Relaxed);
        async { Ok::<(), Reject>(()) }
    });
    let address = serve(&receiver, inbound).await?;
    sender.partner.endpoint = format!("https://{address}/as4");
    let sending = sender.access_point(MutualTls::new(&sender)?)?;
    let load = Load {
        partner: sender.partner()?,
        bytes,
        mime_type,
    };
    exchange(&sending, &load, Duration::from_secs_f64(warm_up), in_flight).await?;
    taken.store(0, Ordering::Relaxed);
    let cpu_before = cpu_seconds();
    let before = Instant::now();
    let mut times = exchange(&sending, &load, Duration::from_secs_f64(seconds), in_flight).await?;
    let seconds = before.elapsed().as_secs_f64();
    let cpu = cpu_seconds().zip(cpu_before).map(|(after, before)| after - before);
    times.sort_unstable();
    Ok(json!({
        "version": "asx-rs 0.16.2",
        "profile": sender.profile,
        "payloadBytes": load.bytes.len(),
        "inFlight": in_flight,
        "messages": times.len(),
        "taken": taken.load(Ordering::Relaxed),
        "seconds": seconds,
        "messagesPerSecond": times.len() as f64 / seconds,
        "p50Milliseconds": milliseconds(&times, 0.5),
        "p99Milliseconds": milliseconds(&times, 0.99),
        "cpuSeconds": cpu,
        "cpuMicrosecondsPerMessage": cpu.map(|cpu| cpu * 1e6 / times.len() as f64),
        "peakBytes": peak_bytes(),
    }))
}
