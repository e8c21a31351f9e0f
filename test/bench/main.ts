import { parseArgs } from 'node:util';
import { BACKUP_PARTS, type BackupPart, runBackupBench } from './backup/backup-bench.ts';
import { formatBackupBench } from './backup/backup-figures.ts';
import { PARTS, runBench, type Part } from './bench.ts';
import { formatResult } from './figures.ts';

const USAGE = `usage: npm run bench [-- [--json] [--only ${PARTS.join('|')}]… [--cutovers COUNT]]
       npm run bench -- backup [--json] [--only ${BACKUP_PARTS.join('|')}]…`;
const DEFAULT_CUTOVERS = 10;

interface Asked {
  isBackup: boolean;
  json: boolean;
  parts: readonly Part[];
  backupParts: readonly BackupPart[];
  cutovers: number;
}

function parse(args: string[]): Asked {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      json: { type: 'boolean' },
      only: { type: 'string', multiple: true },
      cutovers: { type: 'string' },
    },
  });
  const { json = false } = values;
  const isBackup = positionals[0] === 'backup';
  const names: readonly string[] = isBackup ? BACKUP_PARTS : PARTS;
  const only = values.only ?? names;
  const cutovers = Number(values.cutovers ?? DEFAULT_CUTOVERS);
  const isKnown = only.every((name) => names.includes(name));
  const [which, ...more] = positionals;
  if ((which ?? 'backup') !== 'backup' || more.length > 0)
    throw new TypeError(`no such bench: ${positionals.join(' ')}`);
  if (!isKnown || !Number.isSafeInteger(cutovers) || cutovers < 1) throw new TypeError('no such part or count');
  const parts = PARTS.filter((part) => only.includes(part));
  return { isBackup, json, parts, backupParts: BACKUP_PARTS.filter((part) => only.includes(part)), cutovers };
}

function refuse(error: unknown): never {
  console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  process.exit(2);
}

async function main(): Promise<void> {
  let asked: Asked;
  try {
    asked = parse(process.argv.slice(2));
  } catch (error) {
    refuse(error);
  }
  const startedMs = performance.now();
  const note = (text: string) => {
    console.error(`${((performance.now() - startedMs) / 1000).toFixed(1).padStart(6)} s  ${text}`);
  };
  if (asked.isBackup) {
    const result = await runBackupBench({ parts: asked.backupParts, note });
    console.log(asked.json ? JSON.stringify(result) : formatBackupBench(result));
    return;
  }
  const result = await runBench({ ...asked, note });
  console.log(asked.json ? JSON.stringify(result) : formatResult(result));
}

await main();
