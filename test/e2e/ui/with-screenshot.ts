import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { WebUi } from './web-ui.ts';

/** Leaves a picture of the page behind when the steps fail. */
export async function withScreenshot(ui: WebUi, steps: () => Promise<void>): Promise<void> {
  try {
    await steps();
  } catch (error) {
    const file = path.join(await mkdtemp(path.join(tmpdir(), 'temporal-hbase-ui-')), 'failed.png');
    await ui.saveScreenshot(file);
    console.error(`the page as it was: ${file}`);
    throw error;
  }
}
