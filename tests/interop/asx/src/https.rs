//! Mutual TLS at both ends. asx-rs has no server, and its own client refuses addresses of this machine
//! (src/transport/egress.rs), so the tests bring their own through its `HttpClient` trait.

use crate::configuration::{Configuration, Key};
use asx::{BoxFuture, HttpClient, Inbound};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_openssl::client::legacy::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use openssl::pkey::PKey;
use openssl::ssl::{Ssl, SslAcceptor, SslConnector, SslContextBuilder, SslMethod, SslVerifyMode, SslVersion};
use openssl::x509::X509;
use std::error::Error;
use std::net::SocketAddr;
use std::pin::Pin;
use tokio::net::TcpListener;
use tokio_openssl::SslStream;

/// Our own certificate, and the authorities that may have certified the other end.
fn identify(context: &mut SslContextBuilder, own: &Key, authorities: &[String]) -> Result<(), Box<dyn Error>> {
    context.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    context.set_certificate(X509::from_pem(own.certificate.as_bytes())?.as_ref())?;
    context.set_private_key(PKey::private_key_from_pem(own.key.as_bytes())?.as_ref())?;
    for authority in authorities {
        context
            .cert_store_mut()
            .add_cert(X509::from_pem(authority.as_bytes())?)?;
    }
    Ok(())
}

/// A client that keeps its connections open.
#[derive(Debug, Clone)]
pub struct MutualTls(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

impl MutualTls {
    pub fn new(configuration: &Configuration) -> Result<Self, Box<dyn Error>> {
        let mut context = SslConnector::builder(SslMethod::tls_client())?;
        identify(&mut context, &configuration.local.tls, &configuration.anchors)?;
        let mut plain = HttpConnector::new();
        plain.enforce_http(false);
        plain.set_nodelay(true);
        let connector = HttpsConnector::with_connector(plain, context)?;
        Ok(Self(Client::builder(TokioExecutor::new()).build(connector)))
    }
}

type Failure = Box<dyn Error + Send + Sync>;

impl HttpClient for MutualTls {
    fn send(&self, request: http::Request<Bytes>) -> BoxFuture<'_, Result<http::Response<Bytes>, Failure>> {
        Box::pin(async move {
            let response = self.0.request(request.map(Full::new)).await?;
            let (head, body) = response.into_parts();
            Ok(http::Response::from_parts(head, body.collect().await?.to_bytes()))
        })
    }
}

/// Serves the receiving side of asx-rs on a free port of 127.0.0.1, for callers with a certificate of the authorities.
pub async fn serve(configuration: &Configuration, inbound: Inbound) -> Result<SocketAddr, Box<dyn Error>> {
    let mut context = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
    identify(&mut context, &configuration.local.tls, &configuration.anchors)?;
    context.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    context.set_session_id_context(b"selat-interop-asx")?;
    let acceptor = context.build();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let inbound = inbound.clone();
            let Ok(ssl) = Ssl::new(acceptor.context()) else {
                continue;
            };
            tokio::spawn(async move {
                if let Err(error) = converse(stream, ssl, inbound).await {
                    eprintln!("connection ended: {error}");
                }
            });
        }
    });
    Ok(address)
}

async fn converse(stream: tokio::net::TcpStream, ssl: Ssl, inbound: Inbound) -> Result<(), Failure> {
    stream.set_nodelay(true)?;
    let mut stream = SslStream::new(ssl, stream)?;
    Pin::new(&mut stream).accept().await?;
    hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(inbound))
        .await?;
    Ok(())
}
