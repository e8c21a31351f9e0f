import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  ChildWorkflowFailure,
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

/** Small workflows for the stories that the simulator and a real server must tell alike. Short: a real clock waits. */

interface Steps {
  echo(input: string): Promise<string>;
  fail(input: { type: string; retryable: boolean }): Promise<string>;
  hang(input: string): Promise<string>;
}

const retry = { initialInterval: '100 milliseconds', maximumAttempts: 3 } as const;
const steps = proxyActivities<Steps>({ startToCloseTimeout: '1 minute', heartbeatTimeout: '2 seconds', retry });
const awaited = proxyActivities<Steps>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '2 seconds',
  retry,
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
});

export async function echoTwice(input: string): Promise<string> {
  const first = await steps.echo(input);
  await sleep('1 second');
  return steps.echo(first);
}

/** How a step ended that fails, with why the server tried no more. */
export async function failing(input: { type: string; retryable: boolean }): Promise<string> {
  try {
    return await steps.fail(input);
  } catch (error) {
    return describeFailure(error);
  }
}

/** What a step says that fails once it was told to stop. */
export async function failingWhileCancelled(): Promise<string> {
  try {
    return await awaited.hang('then fail');
  } catch (error) {
    return CancellationScope.nonCancellable(async () => describeFailure(error));
  }
}

export async function gated(): Promise<string> {
  let approved = '';
  const heard: string[] = [];
  setHandler(defineSignal<[string]>('approve'), (by) => {
    heard.push(`signal ${by}`);
    approved ||= by;
  });
  setHandler(defineQuery<string>('status'), () => approved || 'waiting');
  setHandler(
    defineUpdate<string, [string]>('tell'),
    (by) => {
      heard.push(`update ${by}`);
      return (approved ||= by);
    },
    {
      validator: (by) => {
        if (by === '') throw ApplicationFailure.nonRetryable('nobody', 'refused');
      },
    },
  );
  const inTime = await condition(() => approved !== '', '4 seconds');
  return inTime ? heard.join(', ') : 'expired';
}

/** A step before and one after the approval. */
export async function echoApproved(): Promise<string> {
  let approved = '';
  let remarks = 0;
  setHandler(defineSignal<[string]>('approve'), (by) => {
    approved = by;
  });
  setHandler(defineSignal('remark'), () => {
    remarks += 1;
  });
  let echoed = false;
  setHandler(defineUpdate<string>('settle'), async () => {
    await condition(() => echoed);
    return 'settled';
  });
  const before = await steps.echo('before');
  echoed = true;
  await condition(() => approved !== '');
  const after = await steps.echo(`after ${approved}`);
  await condition(() => remarks > 0);
  return `${before} ${after}`;
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
  const { workflowId } = workflowInfo();
  const results = inputs.map((input) =>
    executeChild(echoTwice, { args: [input], workflowId: `${workflowId}/${input}` }),
  );
  return Promise.all(results);
}

/** What the end of a child looks like to its parent. */
export async function parentOfOne(): Promise<string> {
  const { workflowId } = workflowInfo();
  try {
    await executeChild(hanging, { workflowId: `${workflowId}/child` });
    return 'went well';
  } catch (error) {
    const isOwn = CancellationScope.current().consideredCancelled;
    const word = isCancellation(error) ? 'cancelled' : 'failed';
    return `${word}, ${isOwn ? 'as I was' : 'and not I'}, ${error instanceof ChildWorkflowFailure}`;
  }
}

export async function hanging(): Promise<string> {
  return steps.hang('child');
}

/** All at once, so that some wait for a slot. */
export async function crowd(size: number): Promise<number> {
  const all = Array.from({ length: size }, (_, at) => steps.echo(`${at}`));
  return (await Promise.all(all)).length;
}

/** Goes the newer way when it runs, and has to find it again when it is replayed. */
export async function patchedOnce(): Promise<string> {
  const word = patched('newer') ? 'newer' : 'older';
  return steps.hang(word);
}

/** Goes another way when it is replayed: what the simulator must catch. */
export async function fickle(): Promise<string> {
  if (workflowInfo().unsafe.isReplaying) await sleep('1 minute');
  return steps.hang('b');
}

function describeFailure(error: unknown): string {
  if (!(error instanceof ActivityFailure)) return String(error);
  const { cause, retryState } = error;
  const what = cause instanceof ApplicationFailure ? `${cause.type}: ${cause.message}` : cause?.name;
  return `${what}, ${retryState}`;
}
