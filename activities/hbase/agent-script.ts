import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** Order matters only for `core` (names the others use while loading) and the entry, which comes last. */
const SHARED = [
  'json',
  'core',
  'status',
  'verbs',
  'protocol',
  'files',
  'descriptors',
  'tables',
  'table_work',
  'fences',
  'snapshots',
  'manifests',
  'snapshot_files',
  'peers',
  'wal_reading',
  'wals',
  'queues',
  'rows',
  'digests',
  'snapshot_readings',
  'wal_archive',
  'wal_rows',
  'facts',
  'surroundings',
  'areas',
];

export interface AgentScript {
  /** Carries the hash of the content, so that a script on a gateway is never another version's. */
  fileName: string;
  content: string;
}

/** The resident agent, or the detached fence guard: the same Ruby files with another entry, as one script. */
export function loadAgentScript(entry: 'agent' | 'guard'): AgentScript {
  const content = [...SHARED, entry].map(readPart).join('\n');
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 16);
  return { fileName: `${entry}-${hash}.rb`, content };
}

// The packed product holds the Ruby files beside the compiled ones: the path must not depend on this file's suffix.
function readPart(part: string): string {
  return readFileSync(new URL(`./agent/${part}.rb`, import.meta.url), 'utf8');
}
