import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { XmlDocument, XmlElement } from 'libxml2-wasm';
import { canonicalBytesTakenOut, canonicalXml, digestOf } from '../../src/seal/canonical-xml.ts';
import { hasProgram } from '../support/programs.ts';

function elementOf(document: XmlDocument, path: string): XmlElement {
  const element = document.get(path, { b: 'urn:b' });
  assert.ok(element instanceof XmlElement);
  return element;
}

const nested =
  '<a xmlns="urn:a" xmlns:b="urn:b" xmlns:c="urn:c" xmlns:d="urn:d"><b:x  z="1" d:y=\'2\'><!-- no --><c:w/>t&gt;</b:x></a>';

describe('exclusive canonical form', () => {
  test('declares only the namespaces that are used, where they are used, and drops comments', () => {
    const document = XmlDocument.fromString(nested);
    const expected = '<b:x xmlns:b="urn:b" xmlns:d="urn:d" z="1" d:y="2"><c:w xmlns:c="urn:c"></c:w>t&gt;</b:x>';
    assert.equal(canonicalXml(elementOf(document, '//b:x')), expected);
    assert.equal(canonicalBytesTakenOut(elementOf(document, '//b:x')).toString(), expected);
    assert.equal(canonicalXml(document), '<a xmlns="urn:a"></a>');
    document.dispose();
  });

  test('writes the namespaces of a prefix list as inclusive canonicalisation does', () => {
    const document = XmlDocument.fromString(nested);
    assert.equal(
      canonicalXml(elementOf(document, '//b:x'), ['c', '#default']),
      '<b:x xmlns="urn:a" xmlns:b="urn:b" xmlns:c="urn:c" xmlns:d="urn:d" z="1" d:y="2"><c:w></c:w>t&gt;</b:x>',
    );
    document.dispose();
  });

  test('of an element is the same in its place and taken out, whatever its texts', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom('', ' xmlns:e="urn:e"', ' xmlns="urn:f"'),
        (text, more) => {
          const escaped = text
            .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
            .replace(/[&<>"]/g, (sign) => `&#${sign.codePointAt(0)};`);
          const document = XmlDocument.fromString(
            `<a xmlns:b="urn:b"><b:x${more} t="${escaped}"><y>${escaped}</y></b:x></a>`,
          );
          try {
            const inPlace = canonicalXml(elementOf(document, '//b:x'));
            assert.equal(canonicalBytesTakenOut(elementOf(document, '//b:x')).toString(), inPlace);
          } finally {
            document.dispose();
          }
        },
      ),
    );
  });

  test('is what xmllint makes of it', {
    skip: hasProgram('xmllint') ? false : 'xmllint is not on this machine',
  }, () => {
    const document = XmlDocument.fromString(nested);
    const said = execFileSync('xmllint', ['--exc-c14n', '-'], {
      input: nested.replace('<!-- no -->', ''),
      encoding: 'utf8',
    });
    assert.equal(canonicalXml(document), said.trimEnd());
    document.dispose();
  });

  test('a digest is SHA-256 in base64', () => {
    assert.equal(digestOf('abc'), 'ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=');
    assert.equal(digestOf(Buffer.from('abc')), digestOf('abc'));
  });
});
