import { type Client, ScheduleNotFoundError } from '@temporalio/client';
import { defaultDataConverter } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import type { ConnectedClient } from '../../../client/connect.ts';

export interface Sent {
  what: 'start' | 'execute' | 'update' | 'query';
  name: string;
  workflowId: string;
  body: unknown;
}

export interface FakeTemporal {
  /** Answer of a workflow or an update, by name; an error is thrown. */
  answers?: Record<string, unknown>;
  hasWorker?: boolean;
  /** As Temporal describes them, by id. */
  described?: Record<string, temporal.api.workflowservice.v1.IDescribeWorkflowExecutionResponse>;
  list?: { workflowId: string; status: string; startTime: string }[];
}

interface Options {
  workflowId: string;
  args: unknown[];
}

/** As much of a client as the commands call, so that their words and exit codes can be seen without a server. */
export function connectFake({ answers = {}, hasWorker = true, list = [], described = {} }: FakeTemporal = {}) {
  const sent: Sent[] = [];
  const answer = async (call: Sent): Promise<unknown> => {
    sent.push(call);
    const value = answers[call.name];
    if (value instanceof Error) throw value;
    return value;
  };
  const getHandle = (workflowId: string) => ({
    query: (name: string) => answer({ what: 'query', name, workflowId, body: undefined }),
    executeUpdate: (name: string, { args }: { args: unknown[] }) =>
      answer({ what: 'update', name, workflowId, body: args[0] }),
    describe: async () => ({ raw: described[workflowId] ?? {} }),
  });
  const client = {
    withDeadline: (_: number, call: () => Promise<unknown>) => call(),
    options: { loadedDataConverter: defaultDataConverter },
    connection: { workflowService: { describeTaskQueue: async () => ({ pollers: hasWorker ? [{}] : [] }) } },
    schedule: {
      getHandle: (id: string) => ({
        describe: async () => {
          throw new ScheduleNotFoundError('not found', id);
        },
      }),
    },
    workflow: {
      getHandle,
      start: async (name: string, { workflowId, args }: Options) => {
        await answer({ what: 'start', name, workflowId, body: args[0] });
        return { firstExecutionRunId: 'r1' };
      },
      execute: (name: string, { workflowId, args }: Options) =>
        answer({ what: 'execute', name, workflowId, body: args[0] }),
      async *list() {
        for (const { workflowId, status, startTime } of list)
          yield { workflowId, status: { name: status }, startTime: new Date(startTime) };
      },
    },
  };
  let isClosed = false;
  const connected: ConnectedClient = {
    client: client as unknown as Client,
    target: { connectionOptions: {}, address: 'a:1', namespace: 'default', taskQueue: 'hbase', uiUrl: 'http://ui' },
    [Symbol.asyncDispose]: async () => void (isClosed = true),
  };
  return { connected, sent, isClosed: () => isClosed };
}
