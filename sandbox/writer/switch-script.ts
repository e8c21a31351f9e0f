import { chmod, copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('./assets/switch-clients.sh', import.meta.url));

/** Where the writers of a sandbox have their folders; the switch script finds them there. */
export function toWritersDir(stateDir: string): string {
  return path.join(stateDir, 'writers');
}

/**
 * Puts the script that stands for an operator's client switch into the sandbox's folder: it tells every live writer
 * to reconnect and waits until each has written there. Returns its path.
 */
export async function writeSwitchScript(stateDir: string): Promise<string> {
  const file = path.join(stateDir, 'switch-clients');
  await mkdir(toWritersDir(stateDir), { recursive: true });
  await copyFile(SOURCE, file);
  await chmod(file, 0o755);
  return file;
}
