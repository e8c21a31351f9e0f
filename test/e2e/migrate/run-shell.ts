import path from 'node:path';
import { runProgramOrFail } from '../../../sandbox/run-program.ts';

/** Lines of an operator in the HBase shell of a cluster; the first that fails ends it. */
export function runShell({ binDir }: { binDir: string }, lines: string[]): Promise<string> {
  const input = `${lines.join('\n')}\n`;
  return runProgramOrFail([path.join(binDir, 'hbase'), 'shell', '-n'], { timeoutMs: 180_000, input });
}
