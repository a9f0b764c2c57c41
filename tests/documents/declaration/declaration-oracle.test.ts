import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { checkBytes } from '../../../src/documents/check.ts';
import { readWcoXml } from '../../../src/documents/declaration/read-wco-document.ts';
import { wcoSchemaFaults } from '../../../src/documents/declaration/validate-wco.ts';
import { type WcoKind, wcoShapeOf } from '../../../src/documents/declaration/wco-kinds.ts';
import { writeWco } from '../../../src/documents/declaration/write-wco.ts';
import type { Fault } from '../../../src/documents/fault.ts';
import type { JsonObject } from '../../../src/documents/json.ts';
import { Chance, Generator, mutate, TEXTS, written } from './wco-generator.ts';
import { documentOf, wcoJudge } from './wco-judge.ts';

function taken(xml: string): { readonly faults: readonly Fault[]; readonly kind?: WcoKind; readonly json: JsonObject } {
  const reading = readWcoXml(Buffer.from(xml));
  if (!reading.ok) return { faults: reading.faults, json: {} };
  const { kind, content } = reading;
  return { faults: [...content.faults, ...wcoSchemaFaults(kind, content.json, 'xml')], kind, json: content.json };
}

const kinds = [
  ['declaration', 'declaration'],
  ['declaration-response', 'response'],
] as const;

/** A cancellation as the official schema of cancellations has it, with texts that it may or may not take. */
function cancellation(chance: Chance): string {
  const text = (): string => chance.of(chance.is(4) ? TEXTS : ['1', '12', '007']).replace(/[&<>]/g, '');
  const maybe = (element: string): string => (chance.is(50) ? `<${element}>${text()}</${element}>` : '');
  const some = (inner: () => string): string => Array.from({ length: chance.number(3) }, inner).join('');
  const pointer = (): string => `<Pointer>${maybe('SequenceNumeric')}${maybe('DocumentSectionCode')}</Pointer>`;
  const information = (): string =>
    `<AdditionalInformation>${maybe('StatementCode')}<StatementDescription>${text()}</StatementDescription>${maybe('StatementTypeCode')}${some(pointer)}</AdditionalInformation>`;
  const amendment = (): string => `<Amendment><ChangeReasonCode>${text()}</ChangeReasonCode></Amendment>`;
  const submitter = chance.is(50) ? `<Submitter><ID>${text()}</ID></Submitter>` : '';
  return `<MetaData xmlns="urn:wco:datamodel:WCO:DocumentMetaData-DMS:2"><WCOTypeName>DEC</WCOTypeName><Declaration xmlns="urn:wco:datamodel:WCO:DEC-DMS:2"><FunctionCode>13</FunctionCode>${maybe('FunctionalReferenceID')}<ID>${text()}</ID><TypeCode>INV</TypeCode>${submitter}${information()}${some(information)}${amendment()}${some(amendment)}</Declaration></MetaData>`;
}

describe('documents of the WCO against the official schema', () => {
  for (const [kind, message] of kinds) {
    const judge = wcoJudge(message);
    const shape = wcoShapeOf(kind);
    const skip = judge === undefined && 'no corpus here';

    it(`takes every ${message} that the official schema takes, and writes it back the same`, { skip }, () => {
      fc.assert(
        fc.property(fc.integer(), (seed) => {
          const chance = new Chance(seed);
          const xml = written(new Generator(shape, chance).document(), chance);
          assert.equal(judge?.(xml), true, xml);
          const reading = taken(xml);
          assert.deepEqual(reading.faults, [], xml);
          const again = writeWco(shape, reading.json);
          assert.deepEqual(documentOf(again), documentOf(xml));
          assert.equal(judge?.(again), true);
        }),
        { numRuns: 300 },
      );
    });

    it(`refuses what the official schema refuses of a ${message} in which one thing was changed`, { skip }, () => {
      fc.assert(
        fc.property(fc.integer(), (seed) => {
          const chance = new Chance(seed);
          const document = new Generator(shape, chance).document();
          const change = mutate(document, chance);
          const xml = written(document, chance);
          const { faults } = taken(xml);
          assert.equal(faults.length === 0, judge?.(xml), `${change}: ${JSON.stringify(faults)} ${xml}`);
        }),
        { numRuns: 1000 },
      );
    });
  }

  const judge = wcoJudge('cancellation');
  it('takes every cancellation that the official schema of cancellations takes', { skip: judge === undefined }, () => {
    let taking = 0;
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const xml = cancellation(new Chance(seed));
        if (judge?.(xml) !== true) return;
        taking += 1;
        const { kind, faults, label } = checkBytes(Buffer.from(xml));
        assert.deepEqual(
          { kind, faults, label },
          { kind: 'declaration', faults: [], label: 'cancellation of a declaration' },
          xml,
        );
      }),
      { numRuns: 300 },
    );
    assert.ok(taking > 50, String(taking));
  });
});
