//! What the TypeScript side tells the process: names, keys and certificates in PEM.

use asx::as4::As4;
use asx::{Certificate, HttpClient, KeyPair, LocalParty, Partner, Profile};
use serde::Deserialize;
use std::error::Error;

/// A key with the certificate that vouches for it, both in PEM.
#[derive(Debug, Clone, Deserialize)]
pub struct Key {
    pub certificate: String,
    pub key: String,
}

impl Key {
    pub fn pair(&self) -> asx::Result<KeyPair> {
        KeyPair::from_pem(self.certificate.as_bytes(), self.key.as_bytes())
    }
}

/// This access point.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Local {
    pub party_id: String,
    pub party_type: String,
    pub signing: Key,
    pub encryption: Key,
    pub tls: Key,
}

/// The access point at the other end.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Other {
    pub party_id: String,
    pub party_type: String,
    /// https address that takes messages.
    pub endpoint: String,
    /// Certificates in PEM.
    pub signing: String,
    pub encryption: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Configuration {
    /// `edelivery-1.15`, `peppol`, `entsog` or `bdew`, as asx-rs has them.
    pub profile: String,
    pub local: Local,
    pub partner: Other,
    /// Certificates in PEM that signers and the other end of TLS must chain to.
    pub anchors: Vec<String>,
}

fn profile_named(name: &str) -> Result<Profile, Box<dyn Error>> {
    match name {
        "edelivery-1.15" => Ok(Profile::edelivery_1_15()),
        "peppol" => Ok(Profile::peppol()),
        "entsog" => Ok(Profile::entsog()),
        "bdew" => Ok(Profile::bdew()),
        other => Err(format!("asx-rs has no profile {other}").into()),
    }
}

impl Configuration {
    pub fn partner(&self) -> asx::Result<Partner> {
        let partner = &self.partner;
        Ok(Partner::new(&partner.party_id)
            .party_type(&partner.party_type)
            .endpoint(&partner.endpoint)
            .signing_cert(Certificate::from_pem(partner.signing.as_bytes())?)
            .encryption_cert(Certificate::from_pem(partner.encryption.as_bytes())?))
    }

    /// The access point of asx-rs. Fails where its profile does not take the keys: the words of asx-rs say why.
    pub fn access_point(&self, http: impl HttpClient) -> Result<As4, Box<dyn Error>> {
        let local = LocalParty::new(&self.local.party_id)
            .party_type(&self.local.party_type)
            .signer(self.local.signing.pair()?)
            .decrypter(self.local.encryption.pair()?);
        let mut builder = As4::builder(profile_named(&self.profile)?)
            .local(local)
            .partner(self.partner()?)
            .http_client(http);
        for anchor in &self.anchors {
            builder = builder.trust_anchor(Certificate::from_pem(anchor.as_bytes())?);
        }
        Ok(builder.build()?)
    }
}
