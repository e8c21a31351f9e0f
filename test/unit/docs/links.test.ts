import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const PAGES = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(ROOT, 'docs')).map((name) => join('docs', name)),
].filter((name) => name.endsWith('.md'));

/** GitHub's rule: lower case, punctuation away, spaces to hyphens. */
const toAnchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');

const readPage = (page: string): string => readFileSync(join(ROOT, page), 'utf8').replace(/^```.*?^```/gms, '');
const listAnchors = (page: string): string[] =>
  [...readPage(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => toAnchor(heading));
const listLinks = (page: string): string[] =>
  [...readPage(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link));

function isBroken(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(ROOT, target))) return true;
  return anchor !== undefined && !listAnchors(target).includes(anchor);
}

test.each(PAGES)('%s: every relative link leads somewhere', (page) => {
  expect(listLinks(page).filter((link) => isBroken(page, link))).toEqual([]);
});

test('README.md: names every page of docs/', () => {
  const linked = new Set(listLinks('README.md').map((link) => link.split('#')[0]));
  expect(PAGES.filter((page) => page.startsWith('docs/') && !linked.has(page))).toEqual([]);
});

/** Code in backticks that looks like a file of ours: a page must not name what was moved away. */
test.each(PAGES)('%s: every file it names exists', (page) => {
  const files = [
    ...readPage(page).matchAll(/`((?:activities|client|sandbox|scripts|test|worker|workflows)\/[\w./-]+)`/g),
  ];
  expect(files.map(([, file = '']) => file).filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});
