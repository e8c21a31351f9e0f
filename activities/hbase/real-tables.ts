import type { Ask, Change } from './ask.ts';
import type { HBaseCluster, TableDescription } from './cluster.ts';
import { replies } from './replies.ts';
import { getSchemaDigest } from './schema-digest.ts';

type TableVerbs = Pick<
  HBaseCluster,
  | 'listTables'
  | 'readTable'
  | 'listRegions'
  | 'listNamespaces'
  | 'createNamespace'
  | 'deleteNamespace'
  | 'createTable'
  | 'enableTable'
  | 'disableTable'
  | 'deleteTable'
  | 'alterTable'
  | 'isEveryRegionOpen'
  | 'probeFence'
  | 'giveBack'
  | 'readTableLocks'
>;

export function createTableVerbs(ask: Ask, change: Change): TableVerbs {
  return {
    listTables: () => ask(replies.texts, 'listTables'),
    readTable: (table) => readTable(ask, table),
    listRegions: (table) => ask(replies.regions, 'listRegions', { args: { table }, table }),
    listNamespaces: () => ask(replies.texts, 'listNamespaces'),
    createNamespace: (namespace) => change('createNamespace', { args: { namespace } }),
    deleteNamespace: (namespace) => change('deleteNamespace', { args: { namespace } }),
    createTable: (spec) => change('createTable', { args: { ...spec }, table: spec.table }),
    enableTable: (table) => change('enableTable', { args: { table }, table }),
    disableTable: (table, guard) => change('disableTable', { args: { table, markPath: guard?.markPath }, table }),
    deleteTable: (table) => change('deleteTable', { args: { table }, table }),
    alterTable: (table, wanted, guard) =>
      change('alterTable', { args: { table, change: wanted, markPath: guard?.markPath }, table }),
    isEveryRegionOpen: (table) => ask(replies.flag, 'isEveryRegionOpen', { args: { table }, table }),
    giveBack: (table, as) => change('giveBack', { args: { table, ...as }, table }),
    readTableLocks: (tables) => ask(replies.tableLocks, 'readTableLocks', { args: { tables } }),
    probeFence: (table) => ask(replies.fence, 'probeFence', { args: { table }, table }),
  };
}

async function readTable(ask: Ask, table: string): Promise<TableDescription | undefined> {
  const description = await ask(replies.table, 'readTable', { args: { table }, table });
  return description && { ...description, schemaDigest: getSchemaDigest(description) };
}
