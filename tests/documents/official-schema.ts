import { readFileSync } from 'node:fs';
import { XmlDocument, XsdValidator } from 'libxml2-wasm';
import { xmlRegisterFsInputProviders } from 'libxml2-wasm/lib/nodejs.mjs';
import { corpusPath } from '../support/corpus.ts';

/** Judges XML by an official UBL schema of the corpus; undefined where the corpus is not there. */
export function officialJudge(
  name: 'CertificateOfOrigin' | 'ApplicationResponse',
): ((xml: string) => void) | undefined {
  const path = corpusPath(`ubl/xsdrt/maindoc/UBL-${name}-2.5.xsd`);
  if (path === undefined) return undefined;
  xmlRegisterFsInputProviders();
  const schema = XmlDocument.fromBuffer(readFileSync(path), { url: path });
  const validator = XsdValidator.fromDoc(schema);
  return (xml) => {
    const document = XmlDocument.fromString(xml);
    try {
      validator.validate(document);
    } finally {
      document.dispose();
    }
  };
}
