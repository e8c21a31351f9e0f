import { expect, test } from 'vitest';
import { resolveTarget, toUiLink } from '../../../client/connect.ts';

const EMPTY = { TEMPORAL_CONFIG_FILE: '/nowhere/temporal.toml' };

test.each([
  [
    'what TEMPORAL_UI_URL says',
    { TEMPORAL_ADDRESS: 'host:7233', TEMPORAL_UI_URL: 'https://ui.example/' },
    'https://ui.example',
  ],
  ['the one of Temporal Cloud', { TEMPORAL_ADDRESS: 'ns.a1b2.tmprl.cloud:7233' }, 'https://cloud.temporal.io'],
  ['the one beside a development server', { TEMPORAL_ADDRESS: 'host:7233' }, 'http://host:8233'],
])('Web UI: is %s', (_title, env, uiUrl) => {
  expect(resolveTarget({}, { ...EMPTY, ...env }).uiUrl).toBe(uiUrl);
});

test('link: namespace and workflow id are escaped', () => {
  const target = { ...resolveTarget({ namespace: 'my ns' }, EMPTY), uiUrl: 'http://ui' };
  expect(toUiLink(target, 'migrate-a/b')).toBe('http://ui/namespaces/my%20ns/workflows/migrate-a%2Fb');
});

test('target: a flag wins over the environment', () => {
  const target = resolveTarget({ address: 'flag:1' }, { ...EMPTY, TEMPORAL_ADDRESS: 'env:2' });
  expect(target).toMatchObject({ address: 'flag:1', namespace: 'default', taskQueue: 'hbase' });
});
