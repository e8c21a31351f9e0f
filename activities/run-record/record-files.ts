import { z } from 'zod';
import type { OperationPlan } from '../../workflows/contract/backup/plans.ts';
import type { MigrationPlan } from '../../workflows/contract/plan.ts';
import { digestOf } from '../digest.ts';

/** What a file of the record says, or why it cannot be read: damage is reported, never skipped. */
export type Parsed<T> = { value: T } | { damage: string };

const claimSchema = z.looseObject({ runId: z.string(), workflowId: z.string(), table: z.string(), at: z.string() });
const noteSchema = z.looseObject({ subject: z.string(), at: z.string(), value: z.unknown() });
const markSchema = z.looseObject({ decision: z.enum(['cut-over', 'unfence']), by: z.string(), at: z.string() });
const planShape = {
  formatVersion: z.literal(1),
  runId: z.string(),
  workflowId: z.string(),
  tables: z.array(z.looseObject({ table: z.string(), snapshot: z.string() })),
  digest: z.string(),
};
const planSchema = z.union([
  z.looseObject({
    ...planShape,
    operation: z.enum(['backup', 'restore', 'drill', 'expiry', 'archive', 'export', 'import']),
    cluster: z.looseObject({ name: z.string() }),
    root: z.looseObject({ uri: z.string() }),
  }),
  z.looseObject({ ...planShape, peerId: z.string(), markerTable: z.string().optional() }),
]);

/** A migration's plan, or that of a run on one cluster and a backup root. */
export type RunPlan = MigrationPlan | OperationPlan;

export function isOperation(plan: RunPlan): plan is OperationPlan {
  return 'operation' in plan;
}

export type ClaimFile = z.infer<typeof claimSchema>;

export const parseClaim = (text: string): Parsed<ClaimFile> => parseFile(text, claimSchema);
export const parseNote = (text: string): Parsed<z.infer<typeof noteSchema>> => parseFile(text, noteSchema);
export const parseMark = (text: string): Parsed<z.infer<typeof markSchema>> => parseFile(text, markSchema);

/** A plan whose digest does not fit was changed by hand: nobody may clean up by it. */
export function parsePlan(text: string): Parsed<RunPlan> {
  const parsed = parseFile(text, planSchema);
  if ('damage' in parsed) return parsed;
  const { digest, ...rest } = parsed.value;
  return digestOf(rest) === digest
    ? { value: parsed.value as unknown as RunPlan }
    : { damage: 'its digest does not fit its content' };
}

function parseFile<T>(text: string, schema: z.ZodType<T>): Parsed<T> {
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? { value: parsed.data } : { damage: z.prettifyError(parsed.error) };
  } catch (error) {
    return { damage: `no JSON: ${(error as Error).message}` };
  }
}
