import { XmlCData, XmlDocument, XmlElement, XmlText, XsdValidator } from 'libxml2-wasm';
import { xmlRegisterFsInputProviders } from 'libxml2-wasm/lib/nodejs.mjs';
import { childNodes } from '../../../src/documents/xml-children.ts';
import { corpusPath } from '../../support/corpus.ts';

const METADATA = 'urn:wco:datamodel:WCO:DocumentMetaData-DMS:2';

/** The official schema of a kind of message, as a program that says whether it accepts a document. */
export type Judge = (xml: string | Uint8Array) => boolean;

const WRAPPERS = {
  declaration: ['declaration/DocumentMetaData_2_DMS.xsd', 'DEC', 'declaration/WCO_DEC_2_DMS.xsd'],
  cancellation: ['declaration/CANCEL_METADATA.xsd', 'DEC', 'declaration/CANCEL.xsd'],
  response: ['notification/DocumentMetaData_2_DMS.xsd', 'RES', 'notification/WCO_RES_2_DMS.xsd'],
} as const;

/** Judges messages by the official schemas of the corpus; undefined where the corpus is not there. */
export function wcoJudge(message: keyof typeof WRAPPERS): Judge | undefined {
  const folder = corpusPath('wco-declaration/xsd');
  if (folder === undefined) return undefined;
  xmlRegisterFsInputProviders();
  const [wrapper, content, schema] = WRAPPERS[message];
  const text = `<xs:schema targetNamespace="${METADATA}" xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified">
    <xs:include schemaLocation="${wrapper}"/>
    <xs:import namespace="urn:wco:datamodel:WCO:${content}-DMS:2" schemaLocation="${schema}"/></xs:schema>`;
  const validator = XsdValidator.fromDoc(XmlDocument.fromString(text, { url: `${folder}/judge.xsd` }));
  return (xml) => {
    let document: XmlDocument;
    try {
      document = typeof xml === 'string' ? XmlDocument.fromString(xml) : XmlDocument.fromBuffer(xml);
    } catch {
      return false;
    }
    try {
      validator.validate(document);
      return true;
    } catch {
      return false;
    } finally {
      document.dispose();
    }
  };
}

function contentOf(element: XmlElement): unknown {
  const attributes = element.attrs
    .filter(({ namespaceUri, name }) => !(namespaceUri.endsWith('XMLSchema-instance') && name === 'schemaLocation'))
    .map(({ namespaceUri, name, value }) => `{${namespaceUri}}${name}=${value}`)
    .sort();
  const nodes = childNodes(element);
  const children = nodes.filter((node) => node instanceof XmlElement);
  const text = nodes
    .filter((node) => node instanceof XmlText || node instanceof XmlCData)
    .map((node) => node.content)
    .join('');
  const isBlank = children.length > 0 && /^[ \t\r\n]*$/.test(text);
  return [`{${element.namespaceUri}}${element.name}`, attributes, isBlank ? '' : text, children.map(contentOf)];
}

/** What makes two XML texts the same document: names, attributes, texts and order. */
export function documentOf(xml: string | Uint8Array): unknown {
  const document = typeof xml === 'string' ? XmlDocument.fromString(xml) : XmlDocument.fromBuffer(xml);
  try {
    return contentOf(document.root);
  } finally {
    document.dispose();
  }
}
