import { configDefaults, defineConfig } from 'vitest/config';

/** One project per layer of tests (CONTRIBUTING). Forks: the SDK's native parts do not survive worker threads. */
const layer = (
  name: string,
  include: string[],
  options: { testTimeout: number; serial?: boolean; globalSetup?: string; maxConcurrency?: number; retry?: number },
) => ({
  test: {
    name,
    include,
    exclude: [...configDefaults.exclude, 'dist/**', ...(name === 'e2e' ? MATRIX : [])],
    pool: 'forks' as const,
    testTimeout: options.testTimeout,
    hookTimeout: options.testTimeout,
    fileParallelism: !options.serial,
    retry: options.retry ?? 0,
    setupFiles: ['test/support/tell-on-failure.ts'],
    ...(options.globalSetup === undefined ? {} : { globalSetup: options.globalSetup }),
    ...(options.maxConcurrency === undefined ? {} : { maxConcurrency: options.maxConcurrency }),
  },
});

/** Beyond the time budget: `npm run matrix`, before a release and after a change to what they are about. */
const MATRIX = [
  'test/e2e/sandbox/hbase-cluster.test.ts',
  'test/e2e/sandbox/install-temporal.test.ts',
  'test/e2e/sandbox/sandbox.test.ts',
  'test/e2e/migrate/beside-other-peers.test.ts',
  'test/e2e/migrate/beside-other-peers-1.7.test.ts',
  'test/e2e/faults/reset-past-mark.test.ts',
  'test/e2e/migrate/on-yarn.test.ts',
  'test/e2e/migrate/from-1.7.test.ts',
  'test/e2e/migrate/from-2.6.test.ts',
  'test/e2e/migrate/unreadable-wal.test.ts',
  'test/e2e/migrate/touched-rows.test.ts',
  'test/e2e/backup/shared-file-system.test.ts',
  'test/e2e/hbase/line-1.7.test.ts',
  'test/e2e/hbase/refusal-classes.test.ts',
  'test/e2e/hbase/queued-fence.test.ts',
];

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      layer('unit', ['test/unit/**/*.test.ts', 'test/model/**/*.test.ts', 'test/types/**/*.test.ts'], {
        testTimeout: 30_000,
      }),
      layer('workflows', ['test/workflows/**/*.test.ts'], {
        testTimeout: 180_000,
        globalSetup: 'test/workflows/global-setup.ts',
        maxConcurrency: 4,
      }),
      layer('schedules', ['test/schedules/**/*.test.ts'], { testTimeout: 300_000 }),
      layer('replay', ['test/replay/**/*.test.ts'], { testTimeout: 120_000 }),
      layer('ssh', ['test/ssh/**/*.test.ts'], { testTimeout: 120_000 }),
      layer('e2e', ['test/e2e/**/*.test.ts'], {
        testTimeout: 900_000,
        serial: true,
        globalSetup: 'test/e2e/global-setup.ts',
        retry: 1,
      }),
      layer('matrix', MATRIX, { testTimeout: 900_000, serial: true, globalSetup: 'test/e2e/global-setup.ts' }),
    ],
  },
});
