import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test('docs/troubleshooting.md: is what the failure table says', () => {
  const script = fileURLToPath(new URL('../../../scripts/generate-docs.mjs', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8', timeout: 25_000 });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});
