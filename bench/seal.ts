import { execFileSync, spawnSync } from 'node:child_process';
import { createPublicKey, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SignatureAlgorithm, SignedXml } from 'xml-crypto';
import { toXml } from '../src/documents/codec.ts';
import { readXml } from '../src/documents/read-xml.ts';
import { validateDocument } from '../src/documents/validate.ts';
import {
  createNationalAuthority,
  generatePrivateKey,
  issueCertificate,
  publicKeyOf,
} from '../src/pki/certificate-authority.ts';
import { signP256, verifyP256 } from '../src/seal/ecdsa-signature.ts';
import { sealDocument } from '../src/seal/seal.ts';
import { verifySeal } from '../src/seal/verify-seal.ts';
import { exampleCertificate } from '../tests/documents/examples.ts';

// Seal and verify a certificate of origin, against xml-crypto (same process) and xmlsec1 (one process of its own that
// repeats the work in memory): the same algorithm everywhere, ECDSA P-256 with SHA-256, exclusive canonicalisation.
// xml-crypto makes and checks a plain enveloped signature only, with our own ECDSA and a key that is read once; xmlsec1
// the whole seal with its XAdES properties. "Selat, parsed" verifies as a node does that reads the document on: parsed
// by libxml2 and canonicalised from there, where "Selat" needs no parser for what its own sealer wrote.

const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const ENVELOPED = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature';
const ECDSA = 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256';
const SHA256 = 'http://www.w3.org/2001/04/xmlenc#sha256';
const ROUNDS = 7;

const authority = await createNationalAuthority({
  country: 'TH',
  name: 'Authority',
  notBefore: new Date('2026-01-01'),
  years: 10,
});
const privateKey = await generatePrivateKey('sealing');
const certificate = issueCertificate(authority, {
  use: 'sealing',
  country: 'TH',
  commonName: 'Bench',
  publicKey: publicKeyOf(privateKey),
  notBefore: new Date('2026-01-01'),
  notAfter: new Date('2030-01-01'),
});
const by = { privateKey, certificate, signingTime: new Date('2026-02-26T08:42:10Z') };
const { goodsItems, invoices } = exampleCertificate();
const document = exampleCertificate({ goodsItems: goodsItems.slice(0, 1), invoices: invoices.slice(0, 1) });
if (validateDocument('certificate-of-origin', document).length > 0) throw new Error('The sample is not valid.');
const xml = toXml('certificate-of-origin', document);
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

/** Microseconds for each of `count` calls. */
function microseconds(count: number, work: () => void): number {
  const begin = process.hrtime.bigint();
  for (let done = 0; done < count; done += 1) work();
  return Number(process.hrtime.bigint() - begin) / count / 1000;
}

const publicKeys = new Map<string, KeyObject>();

function publicKeyFrom(text: string): KeyObject {
  const key = publicKeys.get(text) ?? createPublicKey(text);
  publicKeys.set(text, key);
  return key;
}

/** ECDSA for xml-crypto, which has none of its own. */
class EcdsaSha256 implements SignatureAlgorithm {
  getSignature = (signedInfo: unknown): string =>
    signP256(Buffer.from(String(signedInfo)), privateKey).toString('base64');
  verifySignature = (material: string, key: unknown, signature: string): boolean =>
    verifyP256(Buffer.from(material), publicKeyFrom(String(key)), Buffer.from(signature, 'base64'));
  getAlgorithmName = (): string => ECDSA;
}

function newSignedXml(): SignedXml {
  const signed = new SignedXml({
    privateKey: pem,
    publicCert: certificate.toString(),
    signatureAlgorithm: ECDSA,
    canonicalizationAlgorithm: EXCLUSIVE,
  });
  Object.assign(signed.SignatureAlgorithms, { [ECDSA]: EcdsaSha256 });
  return signed;
}

function sealByXmlCrypto(): string {
  const signed = newSignedXml();
  signed.addReference({ xpath: '/*', isEmptyUri: true, transforms: [ENVELOPED, EXCLUSIVE], digestAlgorithm: SHA256 });
  signed.computeSignature(xml);
  return signed.getSignedXml();
}

function verifyByXmlCrypto(sealed: string): void {
  const signed = newSignedXml();
  signed.loadSignature(/<Signature [\s\S]*<\/Signature>/.exec(sealed)?.[0] ?? '');
  if (!signed.checkSignature(sealed)) throw new Error('xml-crypto does not verify its own signature.');
}

/** As a node does that reads the document on. */
function verifyParsed(bytes: Buffer): void {
  const reading = readXml(bytes);
  if (!reading.ok) throw new Error('The document cannot be read.');
  const { ok } = verifySeal(reading.document);
  reading.document.dispose();
  if (!ok) throw new Error('The seal does not hold.');
}

/** Microseconds that one command of xmlsec1 takes for each repetition in memory. */
function xmlsec1(folder: string, ...args: readonly string[]): number {
  const [command = '', ...others] = args;
  const timed = (repeat: number): number => {
    const ids = ['--id-attr:Id', 'http://uri.etsi.org/01903/v1.3.2#:SignedProperties'];
    const begin = process.hrtime.bigint();
    execFileSync('xmlsec1', [command, '--repeat', String(repeat), ...ids, ...others], { cwd: folder, stdio: 'ignore' });
    return Number(process.hrtime.bigint() - begin) / 1000;
  };
  // The difference of a long and a short run leaves out the start of the process and the reading of keys.
  const [short, long] = [100, 1100];
  const begun = timed(short);
  return (timed(long) - begun) / (long - short);
}

function writeForXmlsec1(folder: string, sealed: Buffer): void {
  writeFileSync(join(folder, 'key.pem'), pem);
  writeFileSync(join(folder, 'certificate.pem'), certificate.toString());
  writeFileSync(join(folder, 'authority.pem'), authority.certificate.toString());
  writeFileSync(join(folder, 'sealed.xml'), sealed);
  const template = sealed
    .toString()
    .replace(/<ds:DigestValue>[^<]*/g, '<ds:DigestValue>')
    .replace(/<ds:SignatureValue>[^<]*/, '<ds:SignatureValue>')
    .replace(/<ds:X509Certificate>[^<]*<\/ds:X509Certificate>/, '<ds:X509Certificate/>');
  writeFileSync(join(folder, 'template.xml'), template);
}

interface Times {
  readonly seal: number;
  readonly verify: number;
}

/** The best of several measurements. */
function best(times: readonly Times[]): Times {
  return { seal: Math.min(...times.map((one) => one.seal)), verify: Math.min(...times.map((one) => one.verify)) };
}

function row(name: string, times: Times, ours: Times): string {
  const both = times.seal + times.verify;
  const columns = [times.seal, times.verify, both].map((one) => one.toFixed(0).padStart(8)).join(' ');
  return `${name.padEnd(13)} ${columns}   ${(both / (ours.seal + ours.verify)).toFixed(1)} ×`;
}

const sealed = sealDocument(xml, by);
if (!verifySeal(sealed).ok) throw new Error('The seal does not hold.');
const sealedByOther = sealByXmlCrypto();
verifyByXmlCrypto(sealedByOther);
const hasXmlsec1 = spawnSync('sh', ['-c', 'command -v xmlsec1']).status === 0;
const folder = mkdtempSync(join(tmpdir(), 'selat-bench-'));
const ours: Times[] = [];
const parsed: Times[] = [];
const theirs: Times[] = [];
const outside: Times[] = [];
try {
  writeForXmlsec1(folder, sealed);
  microseconds(2000, () => verifySeal(sealDocument(xml, by)));
  microseconds(1000, () => verifyParsed(sealed));
  microseconds(30, () => verifyByXmlCrypto(sealByXmlCrypto()));
  // One after the other in every round, so that whatever else the machine does falls on all alike.
  for (let round = 0; round < ROUNDS; round += 1) {
    const seal = microseconds(1000, () => sealDocument(xml, by));
    ours.push({ seal, verify: microseconds(1000, () => verifySeal(sealed)) });
    parsed.push({ seal, verify: microseconds(500, () => verifyParsed(sealed)) });
    const other = microseconds(25, sealByXmlCrypto);
    theirs.push({ seal: other, verify: microseconds(25, () => verifyByXmlCrypto(sealedByOther)) });
    if (!hasXmlsec1) continue;
    const key = ['--privkey-pem', 'key.pem,certificate.pem', '--output', '/dev/null'];
    outside.push({
      seal: xmlsec1(folder, '--sign', ...key, 'template.xml'),
      verify: xmlsec1(folder, '--verify', '--trusted-pem', 'authority.pem', 'sealed.xml'),
    });
  }
} finally {
  rmSync(folder, { recursive: true });
}

const model = cpus()[0]?.model ?? 'unknown processor';
console.log(
  `Seal and verify, ${Buffer.byteLength(xml)} bytes before and ${sealed.length} after sealing, ECDSA P-256, µs each, one core`,
);
console.log(`${new Date().toISOString()}  ${model}, ${cpus().length} cores, Node ${process.version}`);
console.log(`${''.padEnd(13)}     seal   verify     both   time against Selat`);
console.log(row('Selat', best(ours), best(ours)));
console.log(row('Selat, parsed', best(parsed), best(ours)));
console.log(row('xml-crypto', best(theirs), best(ours)));
console.log(hasXmlsec1 ? row('xmlsec1', best(outside), best(ours)) : 'xmlsec1 is not installed here.');
