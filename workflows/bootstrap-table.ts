import { defineQuery, setCurrentDetails, setHandler, setWorkflowOptions } from '@temporalio/workflow';
import type { BootstrapTableInput, BootstrapTableResult } from './contract/runs.ts';
import type { BootstrapStatus, TablePhase } from './contract/status.ts';
import type { CopyInput, CopyResult } from './contract/step-data.ts';
import { createChildBoard } from './flow/held-copies.ts';
import { setHoldBoard } from './flow/held-steps.ts';
import { step } from './flow/step-proxies.ts';
import { failWith, isCancelled, rethrowable, toCancellation, toCause } from './flow/workflow-failure.ts';

/**
 * One table's way to the target: snapshot → copy → restore. A child of `migrateTables`, with a history of its own.
 *
 * @throws ApplicationFailure with the code of the step that failed; `details[1].reached` says how far it came.
 */
export async function bootstrapTable(input: BootstrapTableInput): Promise<BootstrapTableResult> {
  requireInput(input);
  const child = createChild(input);
  setHoldBoard(createChildBoard(input.table.table, (held) => child.hold(held)));
  setHandler(defineQuery<BootstrapStatus>('status'), () => child.status, {
    description: 'Phase of this table, as JSON.',
  });
  try {
    return await bootstrap(input, child);
  } catch (error) {
    if (isCancelled(error)) throw toCancellation(error);
    throw rethrowable(toCause(error), { reached: child.status.phase });
  }
}

/** A defect of ours fails this table, which is quarantined, instead of repeating the workflow task for ever. */
setWorkflowOptions({ failureExceptionTypes: [TypeError, RangeError, ReferenceError] }, bootstrapTable);

/** Whoever starts it by hand gives it nothing, or something else. */
function requireInput(input: Partial<BootstrapTableInput> | undefined): void {
  if (typeof input?.table?.table === 'string' && input.run !== undefined) return;
  const message = 'bootstrapTable is started by migrateTables for each of its tables, and not by hand.';
  throw failWith('request.invalid', `${message} Start migrateTables with the table instead.`);
}

async function bootstrap(input: BootstrapTableInput, child: Child): Promise<BootstrapTableResult> {
  const { run, table, snapshot, again } = input;
  const startedMs = Date.now();
  child.enter('snapshot');
  const taken = await step(
    'takeSnapshot',
    { run, table: table.table, snapshot },
    { summary: `snapshot ${snapshot} of ${table.table}` },
  );
  const copied = await copy(input, { child, totalBytes: taken.bytes });
  child.enter('restore', { copiedBytes: copied.copiedBytes });
  await step('restoreTable', { run, table, snapshot, again }, { summary: `restore ${table.table} on ${run.target}` });
  child.enter('restored');
  return {
    table: table.table,
    sizeBytes: taken.bytes,
    copiedBytes: copied.copiedBytes,
    checksum: copied.checksum,
    durationMs: Date.now() - startedMs,
  };
}

/** Straight from root to root, or export → transfer → import by the staging folder. */
async function copy(input: BootstrapTableInput, { child, totalBytes }: CopyContext): Promise<CopyResult> {
  const { roots, table, run } = input;
  const { staging } = roots;
  child.enter('export', { sizeBytes: totalBytes });
  const exported = await step(
    'exportSnapshot',
    copyInput(input, totalBytes, [roots.source, staging?.uri ?? roots.target]),
    {
      summary: `export ${table.table} from ${run.source}`,
    },
  );
  if (staging === undefined) return exported;
  if (staging.targetUri !== staging.uri) {
    child.enter('transfer');
    await step('transferStaging', copyInput(input, totalBytes, [staging.uri, staging.targetUri]), {
      summary: `transfer ${table.table} to ${run.target}`,
    });
  }
  child.enter('import');
  return step('importSnapshot', copyInput(input, totalBytes, [staging.targetUri, roots.target]), {
    summary: `import ${table.table} on ${run.target}`,
  });
}

interface CopyContext {
  child: Child;
  totalBytes: number;
}

function copyInput(input: BootstrapTableInput, totalBytes: number, [fromRoot, toRoot]: [string, string]): CopyInput {
  const { run, table, snapshot, generation, mappers, bandwidthMb } = input;
  return { run, table: table.table, snapshot, generation, mappers, bandwidthMb, totalBytes, fromRoot, toRoot };
}

interface Child {
  readonly status: BootstrapStatus;
  enter(phase: TablePhase, change?: Partial<BootstrapStatus>): void;
  hold(held: string | undefined): void;
}

function createChild({ table, generation }: BootstrapTableInput): Child {
  let status: BootstrapStatus = {
    table: table.table,
    phase: 'waiting',
    since: new Date(Date.now()).toISOString(),
    generation,
    sizeBytes: table.sizeBytes,
    copiedBytes: 0,
  };
  const publish = (): void => {
    const { phase, since, held } = status;
    const why = held === undefined ? '' : `\n\n**Waits**: ${held.slice(0, 500)}`;
    setCurrentDetails(`**${phase}** of \`${status.table}\`, try ${generation}, since ${since}${why}`);
  };
  return {
    get status() {
      return status;
    },
    enter(phase, change) {
      status = { ...status, ...change, phase, since: new Date(Date.now()).toISOString() };
      publish();
    },
    hold(held) {
      const { held: _before, ...rest } = status;
      status = { ...rest, ...(held === undefined ? {} : { held }) };
      publish();
    },
  };
}
