import { readFileSync } from 'node:fs';
import type { FlagParametersForType } from '@stricli/core';
import { Failure } from '../../activities/failure.ts';
import type { AppContext } from '../context.ts';
import { parseMigrationRequest, type MigrateTablesInput } from '../../workflows/contract/requests/migrate-tables.ts';

/** The migration on the command line: a JSON file, flags, or both; flags win. */
export interface RequestFlags {
  input?: string;
  source?: string;
  target?: string;
  tables?: string;
  name?: string;
  via?: 'direct' | 'staging';
  maxWritePause?: string;
  fence?: 'readonly' | 'disable' | 'command';
  switchClients?: string;
  acceptWarnings?: string;
  automatic?: boolean;
}

const text = (brief: string, placeholder: string) =>
  ({ kind: 'parsed', parse: String, brief, placeholder, optional: true }) as const;

export const REQUEST_FLAGS: FlagParametersForType<RequestFlags, AppContext> = {
  input: text('JSON file with the request, - for standard input', 'file'),
  source: text('Cluster the tables are on', 'cluster'),
  target: text('Cluster they move to', 'cluster'),
  tables: text('Names and patterns, comma-separated', 'orders,shop:*'),
  name: text('Name of the migration; the same name cannot run twice', 'name'),
  via: { kind: 'enum', values: ['direct', 'staging'], brief: 'How files are copied', optional: true },
  maxWritePause: text('Bound of the write pause', '30s'),
  fence: { kind: 'enum', values: ['readonly', 'disable', 'command'], brief: 'How writes are stopped', optional: true },
  switchClients: text('Command of the clusters file that switches the clients', 'name'),
  acceptWarnings: text('Codes of preflight warnings you accept, comma-separated', 'codes'),
  automatic: { kind: 'boolean', brief: 'Cut over without approval (drills only)', optional: true, withNegated: false },
};

/** @throws Failure `request.invalid` with every problem at once, before anything is started. */
export function readRequest(flags: RequestFlags): MigrateTablesInput {
  const fromFile = flags.input === undefined ? {} : readJson(flags.input);
  const merged = withoutUndefined({
    ...fromFile,
    ...withoutUndefined({ source: flags.source, target: flags.target, name: flags.name }),
    ...(flags.tables === undefined ? {} : { tables: splitList(flags.tables) }),
    ...(flags.acceptWarnings === undefined ? {} : { acceptWarnings: splitList(flags.acceptWarnings) }),
    copy: mergeSection(fromFile['copy'], { via: flags.via }),
    cutover: mergeSection(fromFile['cutover'], {
      maxWritePause: flags.maxWritePause,
      fence: flags.fence,
      switchClients: flags.switchClients,
      approval: flags.automatic === true ? 'automatic' : undefined,
    }),
  });
  const parsed = parseMigrationRequest(merged);
  if ('problems' in parsed) throw new Failure('request.invalid', parsed.message, {}, { problems: parsed.problems });
  return merged as unknown as MigrateTablesInput;
}

function readJson(file: string): Record<string, unknown> {
  const value = parseFile(file);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Failure('request.invalid', `the request in ${file} is not one JSON object`);
}

function parseFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file === '-' ? 0 : file, 'utf8'));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Failure('request.invalid', `the request in ${file} could not be read: ${why}`, {}, { cause });
  }
}

/** `a, b` → both; nothing between two commas is nothing. */
export const splitList = (list: string) =>
  list
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);

/** A section that flags do not touch stays as the file has it, also when it is of a wrong type: the parser says so. */
function mergeSection(section: unknown, flags: Record<string, unknown>): unknown {
  const chosen = withoutUndefined(flags);
  if (Object.keys(chosen).length === 0) return section;
  return { ...(typeof section === 'object' ? section : {}), ...chosen };
}

function withoutUndefined(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined));
}
