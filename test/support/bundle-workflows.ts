import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

declare module 'vitest' {
  interface ProvidedContext {
    /** File with the bundled code of the workflows. */
    workflowBundle: string;
  }
}

const workflowsPath = fileURLToPath(new URL('../../workflows/index.ts', import.meta.url));

export interface WorkflowBundle {
  file: string;
  remove(): Promise<void>;
}

/** Once for a layer: each worker and each test file would spend seconds on the same code. */
export async function bundleWorkflows(): Promise<WorkflowBundle> {
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  const folder = await mkdtemp(join(tmpdir(), 'thb-bundle-'));
  const file = join(folder, 'workflows.js');
  await writeFile(file, code);
  return { file, remove: () => rm(folder, { recursive: true, force: true }) };
}
