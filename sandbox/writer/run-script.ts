import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { JRUBY } from '../../activities/hbase/jruby.ts';
import { runProgramOrFail } from '../run-program.ts';

/** The cluster a script works on: the folder of its gateway commands, which know everything else. */
export interface ScriptCluster {
  name: string;
  binDir: string;
}

export type ScriptName = 'writer.rb' | 'read-rows.rb' | 'load-tables.rb' | 'delete-rows.rb';

/** The command of one of our scripts on the JRuby that comes with HBase. */
export function toScriptCommand(cluster: ScriptCluster, script: ScriptName): readonly [string, ...string[]] {
  const file = fileURLToPath(new URL(`./assets/${script}`, import.meta.url));
  return [path.join(cluster.binDir, 'hbase'), ...JRUBY, file];
}

/** Runs a script to its end and returns its stdout. */
export function runScript(
  cluster: ScriptCluster,
  call: { script: ScriptName; args: readonly string[]; timeoutMs: number },
): Promise<string> {
  const [program, ...rest] = toScriptCommand(cluster, call.script);
  return runProgramOrFail([program, ...rest, ...call.args], { timeoutMs: call.timeoutMs });
}
