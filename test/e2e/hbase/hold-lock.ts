import { readFileSync } from 'node:fs';
import { JRUBY } from '../../../activities/hbase/jruby.ts';
import type { Gateway } from '../../../activities/ssh/gateway.ts';
import { waitUntil } from '../../../sandbox/wait-until.ts';

const SCRIPT = readFileSync(new URL('./hold-lock.rb', import.meta.url), 'utf8');

/** Takes the exclusive lock of a table at the master, as a change that hangs would. */
export async function holdLock(gateway: Gateway, table: string): Promise<{ release(): Promise<void> }> {
  const path = `/tmp/hold-lock-${process.pid}-${Math.floor(Math.random() * 1e9)}.rb`;
  await gateway.upload({ path, content: SCRIPT, mode: 0o600 });
  const channel = await gateway.open([gateway.cluster.programs.hbase, ...JRUBY, path, table]);
  let printed = '';
  channel.stdout.on('data', (data: Buffer) => (printed += data.toString()));
  channel.stderr.on('data', (data: Buffer) => (printed += data.toString()));
  await waitUntil(() => /^LOCKED$/m.test(printed) || undefined, {
    what: `the lock of ${table}`,
    timeoutMs: 60_000,
    describe: () => printed.slice(-2_000),
  });
  return {
    release: async () => {
      channel.stdin.end();
      await channel.exit;
      await gateway.exec(['rm', '-f', '--', path], { timeoutMs: 10_000 });
    },
  };
}
