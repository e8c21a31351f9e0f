import { existsSync } from 'node:fs';
import { Failure } from '../../activities/failure.ts';
import { resolveTarget } from '../connect.ts';
import { defineCommand } from '../define-command.ts';

interface WorkerFlags {
  clusters?: string;
  metrics?: string;
  workflowBundle?: string;
  log?: 'json' | 'text';
}

/** The native part of the SDK is loaded here only, so that every other command starts quickly. */
export const workerCommand = defineCommand<WorkerFlags>({
  brief: 'Run a worker until it is stopped; jobs on the clusters go on without it',
  examples: [
    'temporal-hbase worker --clusters clusters.yaml',
    'temporal-hbase worker --clusters clusters.yaml --metrics 0.0.0.0:9464 --log json',
  ],
  flags: {
    clusters: {
      kind: 'parsed',
      parse: String,
      brief: 'Clusters file (TEMPORAL_HBASE_CLUSTERS)',
      placeholder: 'file',
      optional: true,
    },
    metrics: {
      kind: 'parsed',
      parse: String,
      brief: 'Address for Prometheus metrics',
      placeholder: 'host:port',
      optional: true,
    },
    workflowBundle: {
      kind: 'parsed',
      parse: String,
      brief: 'Workflows bundled beforehand, seconds less at each start (TEMPORAL_HBASE_WORKFLOW_BUNDLE)',
      placeholder: 'file',
      optional: true,
    },
    log: { kind: 'enum', values: ['json', 'text'], brief: 'Log format; text on a terminal, else json', optional: true },
  },
  async run({ flags, context, output }) {
    const clusters = flags.clusters ?? context.env['TEMPORAL_HBASE_CLUSTERS'];
    if (clusters === undefined) {
      throw new Failure('inventory.invalid', 'no clusters file: give --clusters FILE or set TEMPORAL_HBASE_CLUSTERS');
    }
    const workflowBundle = flags.workflowBundle ?? context.env['TEMPORAL_HBASE_WORKFLOW_BUNDLE'];
    if (workflowBundle !== undefined && !existsSync(workflowBundle)) {
      throw new Failure('request.invalid', `--workflow-bundle: there is no file ${workflowBundle}`);
    }
    const { startWorker } = await import('../../worker/start-worker.ts');
    const { connectionOptions, address, namespace, taskQueue } = resolveTarget(flags, context.env);
    const worker = await startWorker({
      clusters,
      connection: connectionOptions,
      namespace,
      taskQueue,
      logFormat: flags.log ?? (context.isTerminal ? 'text' : 'json'),
      ...(workflowBundle === undefined ? {} : { workflowBundle }),
      ...(flags.metrics === undefined ? {} : { metricsAddress: flags.metrics }),
    });
    output.note(`polling "${taskQueue}" in "${namespace}" at ${address}; stop with Ctrl-C`);
    await worker.stopped;
  },
});
