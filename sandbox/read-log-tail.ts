import { readFile } from 'node:fs/promises';

/** The last 2 KB of a log, or a note that there is none yet. */
export async function readLogTail(file: string): Promise<string> {
  try {
    return `End of ${file}:\n${(await readFile(file, 'utf8')).slice(-2048)}`;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return `No log at ${file}.`;
    throw error;
  }
}
