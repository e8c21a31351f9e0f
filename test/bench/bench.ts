import { startSandbox, type SandboxDescription } from '../../sandbox/index.ts';
import { NO_FIGURES, toResult, type BenchResult, type Figures } from './figures.ts';
import { measureAgentCall } from './measure-agent-call.ts';
import { measureOneTable, measureTwentyTables } from './measure-migrations.ts';
import { measureTakeover } from './measure-takeover.ts';
import { measureWritePause } from './measure-write-pause.ts';
import { startMigrator, type Migrator } from './migration.ts';

/** What every part works with. */
export interface Bench {
  readonly sandbox: SandboxDescription;
  readonly migrator: Migrator;
  /** Progress, for whoever watches. */
  note(text: string): void;
}

export const PARTS = ['one', 'twenty', 'pause', 'agent', 'takeover'] as const;
export type Part = (typeof PARTS)[number];

export interface BenchOptions {
  parts: readonly Part[];
  /** Of the part `pause`. */
  cutovers: number;
  note(text: string): void;
}

/** All parts on one fresh sandbox, one after another. */
export async function runBench({ parts, cutovers, note }: BenchOptions): Promise<BenchResult> {
  await using started = await startSandbox({ onProgress: note });
  const sandbox = started.description;
  await using migrator = await startMigrator(sandbox);
  const bench: Bench = { sandbox, migrator, note };
  let figures: Figures = NO_FIGURES;
  const measure: Record<Part, () => Promise<Partial<Figures>>> = {
    agent: async () => ({ agentCallMsMedian: await measureAgentCall(bench) }),
    one: async () => ({ oneTableRatio: await measureOneTable(bench) }),
    twenty: async () => ({ twentyTablesRatio: await measureTwentyTables(bench) }),
    takeover: async () => ({ takeoverMs: await measureTakeover(bench) }),
    pause: async () => ({ writePauseMs: await measureWritePause(bench, cutovers) }),
  };
  for (const part of PARTS.filter((each) => parts.includes(each))) figures = { ...figures, ...(await measure[part]()) };
  return toResult(figures, sandbox.pair);
}
