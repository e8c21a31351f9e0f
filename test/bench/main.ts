import { parseArgs } from 'node:util';
import { PARTS, runBench, type Part } from './bench.ts';
import { formatResult } from './figures.ts';

const USAGE = `usage: npm run bench [-- [--json] [--only ${PARTS.join('|')}]… [--cutovers COUNT]]`;
const DEFAULT_CUTOVERS = 10;

function parse(args: string[]): { json: boolean; parts: readonly Part[]; cutovers: number } {
  const { values } = parseArgs({
    args,
    options: {
      json: { type: 'boolean' },
      only: { type: 'string', multiple: true },
      cutovers: { type: 'string' },
    },
  });
  const { json = false, only = PARTS } = values;
  const cutovers = Number(values.cutovers ?? DEFAULT_CUTOVERS);
  const isKnown = only.every((name) => PARTS.some((part) => part === name));
  if (!isKnown || !Number.isSafeInteger(cutovers) || cutovers < 1) throw new TypeError('no such part or count');
  return { json, parts: PARTS.filter((part) => only.includes(part)), cutovers };
}

function refuse(error: unknown): never {
  console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  process.exit(2);
}

async function main(): Promise<void> {
  let asked: ReturnType<typeof parse>;
  try {
    asked = parse(process.argv.slice(2));
  } catch (error) {
    refuse(error);
  }
  const startedMs = performance.now();
  const note = (text: string) => {
    console.error(`${((performance.now() - startedMs) / 1000).toFixed(1).padStart(6)} s  ${text}`);
  };
  const result = await runBench({ ...asked, note });
  console.log(asked.json ? JSON.stringify(result) : formatResult(result));
}

await main();
