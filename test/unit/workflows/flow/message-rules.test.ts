import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MessageName } from '../../../../workflows/contract/messages.ts';
import { RESUMABLE, type Inbox } from '../../../../workflows/flow/inbox.ts';
import { MESSAGE_RULES } from '../../../../workflows/flow/message-rules.ts';
import { inboxAtGate, tableStatus, verdict } from './status-fixture.ts';

/** Sends as the handlers do: refused with the reason, or accepted. */
function send(inbox: Inbox, name: MessageName, body?: unknown): string | undefined {
  const reason = MESSAGE_RULES[name].refuse(inbox, body);
  if (reason === undefined) MESSAGE_RULES[name].accept(inbox, body);
  return reason;
}
const approval = { by: 'ann', digest: 'e1' };

test.each(Object.entries(MESSAGE_RULES))(
  '%s: the first line of its description is a summary, then JSON to paste',
  (_, rule) => {
    const [summary, json = ''] = rule.description.split('\n');
    expect(summary).toMatch(/^[A-Z].*\.$/);
    expect(typeof JSON.parse(json.replace('JSON: ', ''))).toBe('object');
  },
);

test('approveCutover: bound to the digest that status shows', () => {
  const inbox = inboxAtGate();
  expect(send(inbox, 'approveCutover', { by: 'ann', digest: 'e0' })).toContain('stale; status shows e1');
  expect(send(inbox, 'approveCutover', approval)).toBeUndefined();
  expect(inbox.approval).toEqual(approval);
});

test('approveCutover: twice is refused with the name of the first', () => {
  const inbox = inboxAtGate();
  send(inbox, 'approveCutover', approval);
  expect(send(inbox, 'approveCutover', { by: 'bob', digest: 'e1' })).toBe('approved already, by ann');
});

test('approveCutover: the same again is the same approval, in every later phase', () => {
  const inbox = inboxAtGate();
  send(inbox, 'approveCutover', approval);
  inbox.keeper.update({ phase: 'cutting-over', canCutOver: false });
  expect(MESSAGE_RULES.approveCutover.refuse(inbox, approval)).toBeUndefined();
  expect(MESSAGE_RULES.approveCutover.accept(inbox, approval)).toBe('approved by ann already: the cutover goes on');
  expect(send(inbox, 'approveCutover', { by: 'ann', digest: 'e0' })).toBe('approved already, by ann');
});

test('approveCutover: refused while there is no digest that could have been looked at', () => {
  const inbox = inboxAtGate();
  inbox.keeper.update({ evidenceDigest: undefined });
  expect(send(inbox, 'approveCutover', approval)).toContain('status shows none yet');
});

test('approveCutover: refused when its own time has passed, or is none', () => {
  const inbox = inboxAtGate();
  expect(send(inbox, 'approveCutover', { ...approval, notAfter: '2020-01-01T00:00:00Z' })).toContain('is past');
  expect(send(inbox, 'approveCutover', { ...approval, notAfter: 'noon' })).toContain('the body must be');
  expect(send(inbox, 'approveCutover', { ...approval, notAfter: '2999-01-01T00:00:00Z' })).toBeUndefined();
});

test('rejectCutover: takes an approval back until the fence, and is too late from then on', () => {
  const inbox = inboxAtGate();
  send(inbox, 'approveCutover', approval);
  inbox.keeper.update({ phase: 'cutting-over' });
  expect(send(inbox, 'rejectCutover', { by: 'bob' })).toContain('too late: approved by ann');
  inbox.keeper.update({ phase: 'verifying' });
  expect(send(inbox, 'rejectCutover', { by: 'bob' })).toBeUndefined();
  expect(inbox.approval).toBeUndefined();
});

test('approveCutover: too early while tables are copied', () => {
  expect(send(inboxAtGate({ phase: 'copying', canCutOver: false }), 'approveCutover', approval)).toBe(
    'too early: the phase is copying',
  );
});

test('approveCutover: after a rejection only resume allows it again', () => {
  const inbox = inboxAtGate();
  expect(send(inbox, 'rejectCutover', { by: 'bob', reason: 'freeze' })).toBeUndefined();
  expect(send(inbox, 'approveCutover', approval)).toContain('rejected by bob: freeze');
  expect(send(inbox, 'resume')).toContain('only resume with {"code": "rejected"} takes that back');
  expect(send(inbox, 'resume', { by: 'bob', code: 'rejected' })).toBeUndefined();
  expect(send(inbox, 'approveCutover', approval)).toBeUndefined();
});

test('approveCutover: refused while paused', () => {
  const inbox = inboxAtGate();
  send(inbox, 'pause', { by: 'ann' });
  expect(send(inbox, 'approveCutover', approval)).toContain('paused');
});

test('approveCutover: refused while the watch has seen a bulk load', () => {
  const inbox = inboxAtGate();
  inbox.keeper.block({ code: 'bulk-load', table: 'shop:a', message: '3 files were bulk loaded' });
  expect(send(inbox, 'approveCutover', approval)).toContain('3 files were bulk loaded');
});

test.each([undefined, null, 'yes', [], {}, { by: 'ann' }, { by: '', digest: 'e1' }, { by: 1, digest: 'e1' }])(
  'approveCutover: %j is refused with the shape it needs',
  (body) => {
    expect(send(inboxAtGate(), 'approveCutover', body)).toContain('the body must be {"by"');
  },
);

test('retryTable: only for a table that cannot go on by itself', () => {
  const inbox = inboxAtGate();
  expect(send(inbox, 'retryTable', { table: 'shop:a' })).toContain('nothing to try again');
  expect(send(inbox, 'retryTable', { table: 'shop:x' })).toContain('not in this migration');
  inbox.keeper.setTable('shop:a', { phase: 'mismatch' });
  expect(send(inbox, 'retryTable', { table: 'shop:a' })).toBeUndefined();
  expect(send(inbox, 'retryTable', { table: 'shop:a' })).toContain('already');
});

test('retryTable: a copied table waits until the others are copied, or its peer would be lost', () => {
  const inbox = inboxAtGate({
    phase: 'copying',
    tables: [tableStatus('shop:a', { phase: 'restored' }), tableStatus('shop:b')],
  });
  inbox.keeper.block({ code: 'bulk-load', table: 'shop:a', message: 'x' });
  expect(send(inbox, 'retryTable', { table: 'shop:a' })).toContain('once the other tables are copied');
});

test('cutOverWithout: never leaves out a healthy table, nor all of them', () => {
  const inbox = inboxAtGate();
  expect(send(inbox, 'cutOverWithout', { by: 'ann', tables: ['shop:a'] })).toContain('not shop:a');
  inbox.keeper.setTable('shop:a', { phase: 'mismatch', verification: verdict('shop:a', { result: 'different' }) });
  inbox.keeper.block({ code: 'verification', table: 'shop:a', message: '2 rows differ' });
  expect(send(inbox, 'cutOverWithout', { by: 'ann', tables: ['shop:a'] })).toBeUndefined();
  expect(inbox.keeper.status.blockers).toEqual([]);
  inbox.keeper.setTable('shop:b', { phase: 'mismatch' });
  expect(send(inbox, 'cutOverWithout', { by: 'ann', tables: ['shop:b'] })).toContain('no table would be left');
});

test('cancelMigration: stops the work once, and is refused past the mark', () => {
  const inbox = inboxAtGate();
  let stops = 0;
  inbox.stopWork = () => (stops += 1);
  expect(send(inbox, 'cancelMigration', { dropTargetTables: true })).toBeUndefined();
  expect(send(inbox, 'cancelMigration')).toContain('already');
  expect(stops).toBe(1);
  const past = inboxAtGate();
  past.keeper.setCutover(1, { outcome: 'cut-over' });
  expect(send(past, 'cancelMigration')).toContain('only goes forward');
});

test('clientsSwitched: only when the clients are waited for', () => {
  const inbox = inboxAtGate();
  expect(send(inbox, 'clientsSwitched')).toContain('nothing waits');
  inbox.keeper.block({ code: 'clients', message: 'x' });
  expect(send(inbox, 'clientsSwitched', { by: 'ann' })).toBeUndefined();
  expect(inbox.clientsSwitchedBy).toBe('ann');
});

test('resume: names what it lifts and what still waits, and lifts one by its code', () => {
  const inbox = inboxAtGate();
  send(inbox, 'pause', { by: 'ann' });
  inbox.keeper.block({ code: 'disk', message: '91 % full' });
  inbox.keeper.block({ code: 'watch', message: 'no right to look' });
  const { refuse, accept } = MESSAGE_RULES.resume;
  expect(refuse(inbox, { code: 'held' })).toBe('nothing waits with the code held');
  expect(refuse(inbox, { code: 'lag' })).toContain('not lag');
  expect(accept(inbox, { code: 'disk' })).toBe(
    'lifted disk (91 % full); still waiting: paused (paused by ann), watch (no right to look)',
  );
  expect(accept(inbox, {})).toBe('lifted paused (paused by ann), watch (no right to look)');
  expect(inbox.keeper.status).toMatchObject({ paused: false, blockers: [] });
});

test('resume: without a code no set of blockers makes it lift a rejection', () => {
  const codes = fc.subarray([...RESUMABLE, 'lag', 'approval', 'bulk-load']);
  fc.assert(
    fc.property(codes, fc.option(fc.constantFrom(...RESUMABLE, 'lag'), { nil: undefined }), (standing, code) => {
      const inbox = inboxAtGate();
      for (const each of standing) inbox.keeper.block({ code: each, message: each });
      const reason = send(inbox, 'resume', code === undefined ? {} : { code });
      const left = inbox.keeper.status.blockers.map((blocker) => blocker.code);
      const lifted = standing.filter((each) => !left.includes(each));
      expect(lifted.every((each) => RESUMABLE.includes(each) && (code === undefined || code === each))).toBe(true);
      expect(lifted.includes('rejected')).toBe(code === 'rejected' && standing.includes('rejected'));
      expect(reason === undefined).toBe(lifted.length > 0);
    }),
  );
});

test('resume: refused when nothing waits for it', () => {
  expect(send(inboxAtGate(), 'resume')).toBe('nothing waits for resume');
});
