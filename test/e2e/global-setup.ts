import type { TestProject } from 'vitest/node';
import { startSandbox, startWorkerProcess, type SandboxDescription } from '../../sandbox/index.ts';
import { bundleWorkflows } from '../support/bundle-workflows.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The one pair of clusters that tests share; each test uses a namespace of its own. */
    sandbox: SandboxDescription;
  }
}

/** Starts the shared sandbox and a worker on it once for all end-to-end tests, and stops both after the last one. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const bundle = await bundleWorkflows();
  const sandbox = await startSandbox({
    pinnedTemporal: true,
    onProgress: (line) => process.stderr.write(`  ${line}\n`),
  });
  const { description, stateDir } = sandbox;
  const environment = { ...description.environment, TEMPORAL_HBASE_WORKFLOW_BUNDLE: bundle.file };
  await startWorkerProcess({ stateDir, environment, name: 'worker-shared' });
  project.provide('sandbox', description);
  project.provide('workflowBundle', bundle.file);
  return async () => {
    await sandbox.stop();
    await bundle.remove();
  };
}
