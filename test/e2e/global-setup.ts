import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import type { TestProject } from 'vitest/node';
import { startSandbox, startWorkerProcess, type SandboxDescription } from '../../sandbox/index.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The one pair of clusters that tests share; each test uses a namespace of its own. */
    sandbox: SandboxDescription;
    /** For every worker: bundling is half of its start. */
    workflowBundle: string;
  }
}

const WORKFLOWS = fileURLToPath(new URL('../../workflows/index.ts', import.meta.url));

/** Starts the shared sandbox and a worker on it once for all end-to-end tests, and stops both after the last one. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [sandbox, { code }] = await Promise.all([
    startSandbox({ pinnedTemporal: true, onProgress: (line) => process.stderr.write(`  ${line}\n`) }),
    bundleWorkflowCode({ workflowsPath: WORKFLOWS, logger: new DefaultLogger('ERROR') }),
  ]);
  const { description, stateDir } = sandbox;
  const workflowBundle = path.join(stateDir, 'workflow-bundle.js');
  await writeFile(workflowBundle, code);
  const environment = { ...description.environment, TEMPORAL_HBASE_WORKFLOW_BUNDLE: workflowBundle };
  await startWorkerProcess({ stateDir, environment, name: 'worker-shared' });
  project.provide('sandbox', description);
  project.provide('workflowBundle', workflowBundle);
  return () => sandbox.stop();
}
