import { expect, test } from 'vitest';

import { listServing } from '../../../sandbox/ssh/cut-connections.ts';

const TABLE = `
    1     0 systemd
   10     1 /usr/sbin/sshd
   11    10 sshd
   12    11 sshd
   13    12 bash
   14    13 sshd
   20     1 sshd
   21    20 sshd-session
`;

test('listServing: all that serves a connection, and nothing that a connection runs', () => {
  expect(listServing(TABLE, 10)).toEqual([11, 12]);
});

test('listServing: also by the name that newer releases use, and only of this server', () => {
  expect(listServing(TABLE, 20)).toEqual([21]);
});
