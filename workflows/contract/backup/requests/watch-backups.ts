import { z } from 'zod';
import type { Problem } from '../../failures.ts';
import { durationSchema } from '../../requests/duration.ts';
import { cluster, named, problem } from '../../requests/fields.ts';
import { parseRequest, type Parsed, type RequestKind } from '../../requests/parse-request.ts';
import type { WatchRequest } from '../alerts.ts';
import { root, setName } from './fields.ts';

export const alertTargets = z.array(named('an alert target'), {
  error: 'must be a list of alert targets of the clusters file',
});
/** A trouble that stands is told again so much later. */
export const remind = durationSchema({ least: '10m', most: '366d' });
export const REMIND_MS = 86_400_000;

const objectiveSchema = z.strictObject({
  rpo: durationSchema({ least: '1m', most: '3660d' }).optional().describe('Age of the last complete backup.'),
  proven: durationSchema({ least: '1m', most: '3660d' }).optional().describe('Age of the last proof.'),
  archiveEvery: durationSchema({ least: '1m', most: '1d' }).optional().describe('Between two ticks of its archive.'),
});

const watchedSchema = z.strictObject(
  {
    set: setName,
    cluster: cluster('cluster whose gateway reads the root,'),
    root: root.describe('Name of the storage root in the clusters file that holds the backups.'),
    objective: objectiveSchema.prefault({}).describe('What is expected of it, as durations.'),
    to: alertTargets.default([]).describe('Alert targets of the clusters file.'),
    remind: remind.default(REMIND_MS).describe('A trouble that stands is told again so much later.'),
  },
  { error: 'must be a group such as {"set": "nightly", "cluster": "old", "root": "backups"}' },
);

const requestSchema = z.strictObject({
  sets: z.array(watchedSchema, { error: 'must be a list of sets' }).min(1, { error: 'must name at least one set' }),
});

/** What `watchBackups` is started with. */
export type WatchBackupsInput = z.input<typeof requestSchema>;

/** Shown to whoever starts it with an empty input, and by `temporal-hbase input`. */
export const exampleWatch = {
  sets: [
    { set: 'nightly', cluster: 'old', root: 'backups', objective: { rpo: '26h', proven: '14d' }, to: ['on-call'] },
  ],
} satisfies WatchBackupsInput;

const WATCH: RequestKind<typeof requestSchema, WatchRequest> = {
  noun: 'watch request',
  schema: requestSchema,
  knownFields: { '': Object.keys(requestSchema.shape) },
  example: exampleWatch,
  findContradictions: ({ sets }) => findRepeatedSet(sets.map(({ set }) => set)),
  toRequest: ({ sets }) => ({ sets: sets.map(toWatchedSet) }),
};

function toWatchedSet({ objective, remind: remindMs, ...rest }: z.output<typeof watchedSchema>) {
  const { rpo, proven, archiveEvery } = objective;
  return {
    ...rest,
    remindMs,
    objective: {
      ...(rpo === undefined ? {} : { rpoMs: rpo }),
      ...(proven === undefined ? {} : { provenMs: proven }),
      ...(archiveEvery === undefined ? {} : { archiveEveryMs: archiveEvery }),
    },
  };
}

/** Two of a name would take each other's alerts back. */
function findRepeatedSet(sets: readonly string[]): Problem[] {
  const [repeated] = sets.filter((set, index) => sets.indexOf(set) !== index);
  return problem(repeated !== undefined, { field: 'sets', message: `${JSON.stringify(repeated)} is named twice` });
}

/** Parses what a user gave, or answers with all problems at once. Never throws. */
export function parseWatchRequest(input: unknown): Parsed<WatchRequest> {
  return parseRequest(WATCH, input);
}

/** JSON Schema of the input, for editors. */
export function watchRequestJsonSchema(): object {
  return z.toJSONSchema(requestSchema, { io: 'input' });
}
