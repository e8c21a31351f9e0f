// Types, lint, format and dead code. All of them run, so that one pass shows everything.
import { spawnSync } from 'node:child_process';

const checks = [
  ['types', 'tsc', '-p', '.'],
  ['lint', 'oxlint', '--type-aware', '--deny-warnings'],
  ['format', 'prettier', '--check', '--log-level', 'warn', '.'],
  ['dead code', 'knip'],
  ['sizes', 'node', 'scripts/check-sizes.mjs'],
];

let failed = 0;
for (const [title, command, ...args] of checks) {
  const startedAt = Date.now();
  const run = spawnSync(command, args, { stdio: 'inherit', timeout: 10 * 60_000 });
  const ok = run.status === 0;
  if (!ok) failed += 1;
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${title} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`);
}
console.log(`check: ${checks.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
