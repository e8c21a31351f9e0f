import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';

/** One project per layer of tests (CONTRIBUTING). Forks: the SDK's native parts do not survive worker threads. */
const layer = (
  name: string,
  include: string[],
  options: { testTimeout: number; serial?: boolean; alias?: Record<string, string>; globalSetup?: string },
) => ({
  resolve: { alias: options.alias ?? {} },
  test: {
    name,
    include,
    exclude: [...configDefaults.exclude, 'dist/**'],
    pool: 'forks' as const,
    testTimeout: options.testTimeout,
    hookTimeout: options.testTimeout,
    fileParallelism: !options.serial,
    ...(options.globalSetup === undefined ? {} : { globalSetup: options.globalSetup }),
  },
});

const simulator = fileURLToPath(new URL('./test/model/temporal-simulator.ts', import.meta.url));

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      layer('unit', ['test/unit/**/*.test.ts', 'test/model/**/*.test.ts', 'test/types/**/*.test.ts'], {
        testTimeout: 30_000,
      }),
      layer('workflows', ['test/workflows/**/*.test.ts'], { testTimeout: 120_000 }),
      layer('schedules', ['test/schedules/**/*.test.ts'], {
        testTimeout: 300_000,
        alias: { '@temporalio/workflow': simulator },
      }),
      layer('replay', ['test/replay/**/*.test.ts'], { testTimeout: 120_000 }),
      layer('ssh', ['test/ssh/**/*.test.ts'], { testTimeout: 120_000 }),
      layer('e2e', ['test/e2e/**/*.test.ts'], {
        testTimeout: 600_000,
        serial: true,
        globalSetup: 'test/e2e/global-setup.ts',
      }),
    ],
  },
});
