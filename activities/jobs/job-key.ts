import { Failure } from '../failure.ts';
import type { JobKey } from './jobs.ts';

export interface JobKeyParts {
  runId: string;
  step: string;
  subject: string;
  generation: string;
}

const PART = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;
/** In claim names, where a slash would be a folder. No part may contain it. */
const SEPARATOR = '~';

/** Every part is a folder name on the gateway, so what could lead out of the work folder is refused. */
export function parseJobKey(key: JobKey): JobKeyParts {
  const [runId, step, subject, generation, ...rest] = key.split('/');
  const parts = [runId, step, subject, generation];
  if (rest.length > 0 || !parts.every((part) => part !== undefined && PART.test(part) && part.length <= 200)) {
    throw new Failure(
      'internal',
      `"${key}" is no job key: <runId>/<step>/<subject>/<generation>, letters, digits, "_", "-", "."`,
    );
  }
  return { runId: runId ?? '', step: step ?? '', subject: subject ?? '', generation: generation ?? '' };
}

/** The name of a job's claim below its run's `jobs` folder. WARNING: on users' clusters; never change it. */
export function toClaimName({ step, subject, generation }: JobKeyParts): string {
  return [step, subject, generation].join(SEPARATOR);
}

/** undefined for what is no claim's name. */
export function fromClaimName(runId: string, name: string): JobKey | undefined {
  const parts = name.split(SEPARATOR);
  return parts.length === 3 && parts.every((part) => PART.test(part)) ? [runId, ...parts].join('/') : undefined;
}
