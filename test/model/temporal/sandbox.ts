import { bundleWorkflowCode } from '@temporalio/worker';
import type { WorkflowBundleWithSourceMapAndFilename } from '@temporalio/worker/lib/workflow/workflow-worker-thread/input.js';
import { ReusableVMWorkflowCreator } from '@temporalio/worker/lib/workflow/reusable-vm.js';
import { parseWorkflowCode } from '@temporalio/worker/lib/worker.js';
import type { Workflow } from '@temporalio/worker/lib/workflow/interface.js';
import { TypedSearchAttributes } from '@temporalio/common';
import { dropPromiseTraces, NO_LIMIT_MS } from '../../support/quick-sandbox.ts';

/**
 * The SDK's own sandbox without a server: the real bundle in the real `vm` context, driven by activations as Core
 * would send them. It is the SDK's internal API; its own tests drive it the same way.
 */
export interface WorkflowSandbox {
  load(run: LoadRequest): Promise<Workflow>;
}

export interface LoadRequest {
  workflowId: string;
  runId: string;
  workflowType: string;
  startedMs: number;
  seed: number;
  parent: { workflowId: string; runId: string } | undefined;
}

const silent = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };

const sandboxes = new Map<string, Promise<WorkflowSandbox>>();

/** One bundle and one context per process and path: bundling takes a second. */
export function getSandbox(workflowsPath: string): Promise<WorkflowSandbox> {
  const known = sandboxes.get(workflowsPath) ?? createSandbox(workflowsPath);
  sandboxes.set(workflowsPath, known);
  return known;
}

async function createSandbox(workflowsPath: string): Promise<WorkflowSandbox> {
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: silent });
  const bundle: WorkflowBundleWithSourceMapAndFilename = parseWorkflowCode(code);
  dropPromiseTraces();
  const creator = await ReusableVMWorkflowCreator.create(bundle, NO_LIMIT_MS, new Set());
  return { load: (run) => creator.createWorkflow(toOptions(run)) };
}

function toOptions({ workflowId, runId, workflowType, startedMs, seed, parent }: LoadRequest) {
  const startTime = new Date(startedMs);
  return {
    info: {
      workflowId,
      runId,
      workflowType,
      searchAttributes: {},
      typedSearchAttributes: new TypedSearchAttributes(),
      ...(parent ? { parent: { ...parent, namespace: 'default' } } : {}),
      taskQueue: 'hbase',
      namespace: 'default',
      firstExecutionRunId: runId,
      originalExecutionRunId: runId,
      startTime,
      runStartTime: startTime,
      taskTimeoutMs: 10_000,
      attempt: 1,
      historyLength: 3,
      historySize: 500,
      continueAsNewSuggested: false,
      targetWorkerDeploymentVersionChanged: false,
      currentBuildId: '',
      unsafe: { now: Date.now, isReplaying: false, isReplayingHistoryEvents: false, random: NO_RANDOM },
    },
    randomnessSeed: [seed & 255, (seed >> 8) & 255, (seed >> 16) & 255, (seed >> 24) & 255],
    now: startedMs,
    showStackTraceSources: false,
  };
}

/** Set again by the SDK when the run starts. */
const NO_RANDOM = { random: () => 0, uuid4: () => '', fillRandom: (bytes: Uint8Array) => bytes };
