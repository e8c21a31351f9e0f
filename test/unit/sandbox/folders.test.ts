import { homedir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';

import { defaultStateDir } from '../../../sandbox/folders.ts';
import { findFreePorts } from '../../../sandbox/free-ports.ts';

afterEach(() => vi.unstubAllEnvs());

test('defaultStateDir: follows XDG_STATE_HOME', () => {
  vi.stubEnv('XDG_STATE_HOME', '/var/state');
  expect(defaultStateDir()).toBe('/var/state/temporal-hbase/sandbox');
});

test('defaultStateDir: a relative XDG_STATE_HOME is invalid and ignored', () => {
  vi.stubEnv('XDG_STATE_HOME', 'state');
  expect(defaultStateDir()).toBe(path.join(homedir(), '.local/state/temporal-hbase/sandbox'));
});

test('findFreePorts: different ports below the range that the system gives to clients', async () => {
  const ports = await findFreePorts(30);
  expect(new Set(ports).size).toBe(30);
  expect(Math.max(...ports)).toBeLessThan(32_768);
});
