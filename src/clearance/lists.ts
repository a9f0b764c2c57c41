import { readCursor, readLimit, writeCursor } from '../store/cursor.ts';
import { countOf, days, type ListQuery, MOST_COUNTED, texts } from '../store/list-parameters.ts';
import { ListConditions, type ListedTable } from '../store/list-query.ts';
import type { Asked } from './asked.ts';
import { declarationLine } from './declaration-line.ts';
import { DECLARATION_COLUMNS, type DeclarationRow } from './declaration-row.ts';
import type { DeclarationPage } from './views.ts';
import { visibleDeclarations } from './visibility.ts';

const DECLARATIONS: ListedTable = {
  name: 'declarations',
  alias: 'd',
  columns: DECLARATION_COLUMNS,
  time: 'lodged_at',
};

/**
 * One page of the declarations that the actor sees, newest first. Query: `state`, `channel`, `procedure`, `office`,
 * `waitingFor`, `mrn`, `localReference`, `consignmentReference`, `chapter` (first two digits of the commodity code),
 * `text`, `lodgedFrom`, `lodgedTo` (days in UTC, inclusive), `limit`, `after`.
 * @throws the refusals `CURSOR-UNREADABLE`, `LIMIT-UNREADABLE`, `DAY-UNREADABLE`, `TEXT-UNREADABLE`.
 */
export async function listDeclarations(asked: Asked, query: ListQuery): Promise<DeclarationPage> {
  const limit = readLimit(query['limit']);
  const given = texts(query, [
    'state',
    'channel',
    'procedure',
    'office',
    'waitingFor',
    'mrn',
    'localReference',
    'consignmentReference',
    'chapter',
    'text',
  ]);
  const { lodgedFrom, lodgedTo } = days(query, ['lodgedFrom', 'lodgedTo']);
  const conditions = new ListConditions(DECLARATIONS, visibleDeclarations(asked.actor, asked.now, 1))
    .equals('state', given.state)
    .equals('channel', given.channel)
    .equals('procedure', given.procedure)
    .equals('office', given.office)
    .equals('waiting_for', given.waitingFor)
    .equals('mrn', given.mrn)
    .equals('lrn', given.localReference)
    .equals('ucr', given.consignmentReference)
    .equals('chapter', given.chapter)
    .contains('search_text', given.text)
    .between(lodgedFrom, lodgedTo);
  const page = { limit, after: readCursor(query['after']) };
  const rows = await conditions.page<DeclarationRow>(asked.transaction, page);
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    items: rows.slice(0, limit).map(declarationLine),
    ...(await countOf(page.after, limit, rows.length, () => conditions.count(asked.transaction, MOST_COUNTED + 1))),
    ...(last === undefined ? {} : { next: writeCursor({ at: last.lodged_at, id: last.id }) }),
  };
}
