import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** File with the bundled code of the workflows. */
    workflowBundle: string;
  }
}

const workflowsPath = fileURLToPath(new URL('../../workflows/index.ts', import.meta.url));

/** Bundles the workflows once: each file would spend seconds on the same code. */
export async function setup(project: TestProject): Promise<() => void> {
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  const folder = mkdtempSync(join(tmpdir(), 'thb-bundle-'));
  const file = join(folder, 'workflows.js');
  writeFileSync(file, code);
  project.provide('workflowBundle', file);
  return () => rmSync(folder, { recursive: true });
}
