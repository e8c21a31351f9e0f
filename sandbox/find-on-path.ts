import { access, constants } from 'node:fs/promises';
import path from 'node:path';

/** The absolute path of a program on PATH, else in one of `otherFolders`, else `undefined`. */
export async function findOnPath(program: string, otherFolders: readonly string[] = []): Promise<string | undefined> {
  const onPath = (process.env['PATH'] ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  for (const folder of [...onPath, ...otherFolders]) {
    const file = path.join(folder, program);
    const usable = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (usable) return file;
  }
  return undefined;
}
