import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  executeChild,
  isCancellation,
  patched,
  proxyActivities,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';

/** Small workflows for the tests of the simulator. */

interface Steps {
  echo(input: string): Promise<string>;
  fail(input: { type: string; retryable: boolean }): Promise<string>;
  hang(input: string): Promise<string>;
}

const retry = { initialInterval: '100 milliseconds', maximumAttempts: 3 } as const;
const steps = proxyActivities<Steps>({ startToCloseTimeout: '1 minute', heartbeatTimeout: '5 seconds', retry });

export async function echoTwice(input: string): Promise<string> {
  const first = await steps.echo(input);
  await sleep('10 minutes');
  return steps.echo(first);
}

export async function failing(input: { type: string; retryable: boolean }): Promise<string> {
  try {
    return await steps.fail(input);
  } catch (error) {
    const cause = error instanceof ActivityFailure ? error.cause : error;
    if (cause instanceof ApplicationFailure) return `${cause.type}: ${cause.message}`;
    throw error;
  }
}

export async function gated(): Promise<string> {
  let approved = '';
  setHandler(defineSignal<[string]>('approve'), (by) => {
    approved = by;
  });
  setHandler(defineQuery<string>('status'), () => approved || 'waiting');
  setHandler(defineUpdate<string, [string]>('tell'), (by) => (approved = by), {
    validator: (by) => {
      if (by === '') throw ApplicationFailure.nonRetryable('nobody', 'refused');
    },
  });
  const inTime = await condition(() => approved !== '', '1 hour');
  return inTime ? approved : 'expired';
}

export async function undoing(): Promise<string> {
  try {
    return await steps.hang('x');
  } catch (error) {
    if (!isCancellation(error)) throw error;
    return CancellationScope.nonCancellable(async () => `undone ${await steps.echo('all')}`);
  }
}

export async function parent(inputs: string[]): Promise<string[]> {
  const results = inputs.map((input) => executeChild(echoTwice, { args: [input], workflowId: `child-${input}` }));
  return Promise.all(results);
}

/** Goes another way when it is replayed: what the simulator must catch. */
export async function fickle(): Promise<string> {
  if (workflowInfo().unsafe.isReplaying) await sleep('1 minute');
  return steps.hang('b');
}

/** Goes the newer way when it runs, and has to find it again when it is replayed. */
export async function patchedOnce(): Promise<string> {
  const word = patched('newer') ? 'newer' : 'older';
  return steps.hang(word);
}
