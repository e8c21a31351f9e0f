import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { renderBackupPage } from '../../../client/render/backup-page.ts';
import { pageWith } from '../../unit/client/render/page-fixture.ts';
import { launchChromium } from './chromium.ts';

let browser: Browser;
let folder: string;
beforeAll(async () => {
  browser = await launchChromium();
  folder = await mkdtemp(path.join(tmpdir(), 'thb-page-'));
});
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

interface Opened {
  page: Page;
  /** Whatever the browser complained of, or asked anybody for. */
  complaints: string[];
  requests: string[];
}

async function open(text: string, colorScheme: 'light' | 'dark' = 'light'): Promise<Opened> {
  const file = path.join(folder, 'backups.html');
  await writeFile(file, renderBackupPage(pageWith(text)));
  const page = await browser.newPage({ colorScheme });
  const opened: Opened = { page, complaints: [], requests: [] };
  page.on('console', (message) => opened.complaints.push(message.text()));
  page.on('pageerror', (error) => opened.complaints.push(error.message));
  page.on('dialog', (dialog) => {
    opened.complaints.push(dialog.message());
    void dialog.dismiss();
  });
  page.on('request', (request) => opened.requests.push(request.url()));
  await page.goto(pathToFileURL(file).href);
  return opened;
}

/** As text, since these files know no names of browsers. */
function readStyle(page: Page, selector: string, property: string): Promise<string> {
  return page.evaluate(`getComputedStyle(document.querySelector('${selector}')).${property}`);
}

test('backup page: renders with its style, without a complaint and without a request', async () => {
  const { page, complaints, requests } = await open('nightly');
  expect(await page.title()).toBe('Backups: ■ CRITICAL');
  const calendar = page.locator('table.calendar');
  expect(await calendar.getAttribute('aria-label')).toBe('Backups and drills of nightly');
  expect(await calendar.locator('td[title]').count()).toBe(13 * 7 - 1);
  const friday = calendar.getByTitle('2026-11-20, Friday: 2 × complete backup, drill that proved a restore');
  expect(await friday.textContent()).toBe('●✓');
  // The policy of the page let its own style in.
  expect(await readStyle(page, 'table.calendar td', 'textAlign')).toBe('center');
  expect(await page.getByRole('heading', { level: 2 }).first().textContent()).toContain('nightly');
  expect(complaints).toEqual([]);
  expect(requests).toHaveLength(1);
});

test('backup page: hostile names are text', async () => {
  const hostile = `</td></table></style><script>alert('x')</script><img src=x onerror="alert('y')">`;
  const { page, complaints, requests } = await open(hostile);
  expect(await page.getByRole('heading', { level: 2 }).first().textContent()).toContain(hostile);
  expect(await page.locator('script, img').count()).toBe(0);
  expect(await page.locator('table.calendar').count()).toBe(1);
  expect(complaints).toEqual([]);
  expect(requests).toHaveLength(1);
});

test('backup page: is readable in the dark too', async () => {
  const colors: string[] = [];
  for (const scheme of ['light', 'dark'] as const) {
    const { page } = await open('nightly', scheme);
    colors.push(await readStyle(page, 'html', 'color'));
  }
  expect(new Set(colors).size).toBe(2);
});
