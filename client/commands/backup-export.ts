import type { FlagParametersForType } from '@stricli/core';
import type { AppContext } from '../context.ts';
import { type CommandCall, defineCommand } from '../define-command.ts';
import { formatChains } from '../render/exports.ts';
import { type PlaceFlags, PLACE_FLAGS, UNSOUND, withClient } from './backup-catalogue.ts';
import { definedOnly, OPERATION_FLAGS, type OperationFlags, split, start, text } from './backup-operations.ts';

interface ChainFlags extends Omit<OperationFlags, 'set'> {
  chain?: string;
  tables?: string;
}

const { set: _set, ...PLACE_AND_WAIT } = OPERATION_FLAGS;
const CHAIN_FLAGS: FlagParametersForType<ChainFlags, AppContext> = {
  ...PLACE_AND_WAIT,
  chain: text('Name of the chain of exports', 'chain'),
  tables: text('Names and patterns, comma-separated', 'orders,shop:*'),
};

interface ExportFlags extends ChainFlags {
  versions?: number;
  families?: string;
  raw?: boolean;
  to?: string;
  newBase?: boolean;
}

export const backupExportCommand = defineCommand<ExportFlags>({
  brief: "Export tables cell by cell with HBase's Export: whole first, then what came since",
  examples: [
    "temporal-hbase backup export --cluster old --root backups --chain shop --tables 'shop:*' --wait",
    "temporal-hbase backup export --cluster old --root backups --chain raw --tables 'shop:*' --raw --families d",
  ],
  flags: {
    ...CHAIN_FLAGS,
    versions: {
      kind: 'parsed',
      parse: Number,
      brief: 'Newest versions of each cell; 1 without, all with --raw',
      placeholder: 'number',
      optional: true,
    },
    families: text('Only these column families, comma-separated', 'd,e'),
    raw: { kind: 'boolean', brief: 'Delete markers too', optional: true, withNegated: false },
    to: text('End of the time range, with its zone', '2026-11-21T07:15:00Z'),
    newBase: { kind: 'boolean', brief: 'Begin anew with the whole tables', optional: true, withNegated: false },
  },
  run: (call) => {
    const { chain, tables, versions, families, raw, to, newBase } = call.flags;
    const more = { tables: split(tables), families: split(families) };
    return start('exportTables', call, { chain, versions, raw, to, newBase, ...more });
  },
});

interface ImportFlags extends ChainFlags {
  upTo?: string;
  intoNamespace?: string;
  suffix?: string;
  intoExisting?: boolean;
}

export const backupImportCommand = defineCommand<ImportFlags>({
  brief: 'Import a chain of exports, under the own or another name',
  examples: [
    'temporal-hbase backup import --cluster new --root backups --chain shop --into-namespace imported --wait',
    'temporal-hbase backup import --cluster new --root backups --chain shop --up-to 20261121T071500Z-k3x9',
  ],
  flags: {
    ...CHAIN_FLAGS,
    upTo: text('Last export that is applied; the newest without', 'export-id'),
    intoNamespace: text('Put them into this namespace', 'namespace'),
    suffix: text('Put this at the end of their names', 'suffix'),
    intoExisting: { kind: 'boolean', brief: 'Into tables that hold data', optional: true, withNegated: false },
  },
  run: (call) => {
    const { chain, tables, upTo, intoNamespace, suffix, intoExisting } = call.flags;
    const as = definedOnly({ namespace: intoNamespace, suffix });
    const names = Object.keys(as).length === 0 ? {} : { as };
    return start('importTables', call, { chain, tables: split(tables), upTo, intoExisting, ...names });
  },
});

export const backupExportsCommand = defineCommand<PlaceFlags & { chain?: string }>({
  brief: 'List the chains of exports of a root, from the root alone',
  examples: [
    'temporal-hbase backup exports --cluster old --root backups',
    'temporal-hbase backup exports --cluster old --root backups --chain shop --json',
  ],
  flags: { ...PLACE_FLAGS, chain: text('Only this chain', 'chain') },
  run: listExports,
});

async function listExports(call: CommandCall<PlaceFlags & { chain?: string }>): Promise<number> {
  const { cluster, root, chain } = call.flags;
  const wanted = { cluster, root, ...(chain === undefined ? {} : { chain }) };
  const { chains } = await withClient(call, (client) => client.listExports(wanted));
  call.output.document({ chains });
  for (const line of formatChains(chains)) call.output.line(line);
  return chains.every(({ damaged }) => damaged.length === 0) ? 0 : UNSOUND;
}
