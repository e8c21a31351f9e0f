import type { TestProject } from 'vitest/node';
import { startSandbox, type SandboxDescription } from '../../sandbox/index.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The one pair of clusters that tests share; each test uses a namespace of its own. */
    sandbox: SandboxDescription;
  }
}

/** Starts the shared sandbox once for all end-to-end tests and stops it after the last one. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const sandbox = await startSandbox({
    pinnedTemporal: true,
    onProgress: (line) => process.stderr.write(`  ${line}\n`),
  });
  project.provide('sandbox', sandbox.description);
  return () => sandbox.stop();
}
