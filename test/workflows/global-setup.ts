import type { TestProject } from 'vitest/node';
import { bundleWorkflows } from '../support/bundle-workflows.ts';

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const bundle = await bundleWorkflows();
  project.provide('workflowBundle', bundle.file);
  return bundle.remove;
}
