import path from 'node:path';
import { Failure } from '../../activities/failure.ts';
import { defaultStateDir } from '../../sandbox/folders.ts';
import { downSandbox, upSandbox, type SandboxDescription } from '../../sandbox/index.ts';
import type { AppContext } from '../context.ts';
import type { Output } from '../output.ts';
import type { ReportPage } from '../render/html-report.ts';

export interface DemoOptions {
  /** Agree to everything without asking. */
  yes: boolean;
  /** Leave everything up to play with. */
  keep: boolean;
  context: AppContext;
  output: Output;
}

/** What a demo has shown: for scripts, for a terminal and for a browser. */
export interface FinishedDemo {
  /** Of the files of its report. */
  name: 'demo' | 'backup-demo';
  result: { ok: boolean };
  reports: object[];
  lines: string[];
  page: ReportPage;
}

export interface DemoSandbox {
  description: SandboxDescription;
  startedMs: number;
  sandboxMs: number;
}

/** A fresh sandbox in the demo's own folder, which is stopped at the end unless it is kept. */
export async function withDemoSandbox<T>(
  { output, keep }: DemoOptions,
  work: (sandbox: DemoSandbox) => Promise<T>,
): Promise<T> {
  const stateDir = path.join(path.dirname(defaultStateDir()), 'demo');
  const startedMs = Date.now();
  await downSandbox({ stateDir });
  try {
    const { description } = await upSandbox({ stateDir, onProgress: (line) => output.note(line) });
    output.note(`Web UI: ${description.uiUrl}`);
    return await work({ description, startedMs, sandboxMs: Date.now() - startedMs });
  } finally {
    if (keep)
      output.note(
        `everything is still up: . ${stateDir}/env; stop it: temporal-hbase sandbox down --state-dir ${stateDir}`,
      );
    else await downSandbox({ stateDir });
  }
}

export function throwIfInterrupted({ interrupted }: AppContext): void {
  if (interrupted.aborted) throw new Failure('cancelled', 'the demo was interrupted');
}
