import { describe, expect, test } from 'vitest';
import type { TableDescription } from '../../../../activities/hbase/cluster.ts';
import { type ImportJudgement, judgeTableImport } from '../../../../activities/steps/export/judge-import.ts';
import { clusterFacts, tableDescription } from '../../../support/preflight-facts.ts';
import { tableFileOf } from '../../catalogue/export-fixture.ts';

interface Given {
  found?: Partial<TableDescription> & { hasRows?: boolean };
  intoExisting?: boolean;
  isProtected?: boolean;
  families?: string[];
  known?: Partial<ImportJudgement>;
}

function judge({ found, intoExisting = false, isProtected = false, families = [], known = {} }: Given): string[] {
  const existing = found && { ...tableDescription('shop:a'), hasRows: false, ...found };
  const facts = {
    request: { intoExisting },
    cluster: 'new',
    facts: clusterFacts('new', '2.6.1'),
    families,
    namespaces: ['shop'],
    protectedClusters: isProtected ? ['new'] : [],
    otherClusters: ['old'],
    tables: [{ as: 'shop:a', exported: tableFileOf(), found: existing }],
    ...known,
  } as unknown as ImportJudgement;
  return judgeTableImport(facts).map(({ level, code }) => `${level} ${code}`);
}

const family = (name: string) => ({ ...tableDescription('shop:a').families[0]!, name });

describe('judgeTableImport', () => {
  test('an absent table is fine, also in a namespace that is made', () => {
    expect(judge({})).toEqual([]);
    expect(judge({ known: { namespaces: [] } })).toEqual(['info namespace.created']);
  });

  test('a protected cluster and a full one are never touched', () => {
    expect(judge({ isProtected: true })).toEqual(['error cluster.protected']);
    expect(judge({ known: { facts: { ...clusterFacts('new', '2.6.1'), freeBytes: 1 } } })).toEqual([
      'error disk.target-full',
    ]);
  });

  test('a table that holds data needs consent; an empty one does not', () => {
    const families = [family('d')];
    expect(judge({ found: { families } })).toEqual(['info import.exists']);
    expect(judge({ found: { families, hasRows: true } })).toEqual(['error import.has-data', 'info import.exists']);
    expect(judge({ found: { families, hasRows: true }, intoExisting: true })).toEqual(['info import.exists']);
  });

  test('a table that cannot take the cells: disabled, READONLY, or without a family that was exported', () => {
    const families = [family('d')];
    expect(judge({ found: { families, enabled: false } })).toContain('error import.not-writable');
    expect(judge({ found: { families, readOnly: true } })).toContain('error import.not-writable');
    expect(judge({ found: { families: [family('e')] } })).toContain('error import.family');
    expect(judge({ found: { families: [family('e')] }, families: ['e'] })).not.toContain('error import.family');
  });

  test('a replicated table needs consent by name', () => {
    const peer = { id: 'dr', clusterKey: 'zk:1:/hbase', enabled: true, replicateAll: true, serial: false };
    const lists = { tables: [], namespaces: [], excludeTables: [], excludeNamespaces: [] };
    const facts = { ...clusterFacts('new', '2.6.1'), peers: [{ ...peer, ...lists }] };
    expect(judge({ known: { facts } })).toEqual(['warn import.replicated']);
  });
});
