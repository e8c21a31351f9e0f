import { z } from 'zod';
import { cluster } from '../../requests/fields.ts';
import { parseRequest, type Parsed, type RequestKind } from '../../requests/parse-request.ts';
import type { DrillRequest } from '../requests.ts';
import { backupId, by, findUselessChoices, root, setName } from './fields.ts';

const requestSchema = z.strictObject({
  cluster: cluster('cluster on which scratch tables are made and dropped,'),
  root: root.describe('Name of the storage root in the clusters file that holds the backups.'),
  set: setName.optional().describe('Only backups of this set.'),
  backup: backupId.optional().describe('The one that has been unproven longest when left out.'),
  by,
});

/** What `testRestore` is started with. */
export type TestRestoreInput = z.input<typeof requestSchema>;

/** Shown to whoever starts it with an empty input, and by `temporal-hbase input`. */
export const exampleDrill = { cluster: 'lab', root: 'backups', set: 'shop' } satisfies TestRestoreInput;

const DRILL: RequestKind<typeof requestSchema, DrillRequest> = {
  noun: 'drill request',
  schema: requestSchema,
  knownFields: { '': Object.keys(requestSchema.shape) },
  example: exampleDrill,
  findRawContradictions: (input) => findUselessChoices(input, ['set']),
  toRequest: ({ set, backup, by: who, ...rest }) => ({
    ...rest,
    ...(set === undefined ? {} : { set }),
    ...(backup === undefined ? {} : { backup }),
    ...(who === undefined ? {} : { by: who }),
  }),
};

/** Parses what a user gave, or answers with all problems at once. Never throws. */
export function parseDrillRequest(input: unknown): Parsed<DrillRequest> {
  return parseRequest(DRILL, input);
}

/** JSON Schema of the input, for editors. */
export function drillRequestJsonSchema(): object {
  return z.toJSONSchema(requestSchema, { io: 'input' });
}
