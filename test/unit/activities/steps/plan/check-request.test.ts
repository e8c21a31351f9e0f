import { describe, expect, it } from 'vitest';
import type { Failure } from '../../../../../activities/failure.ts';
import { checkRequest } from '../../../../../activities/steps/plan/check-request.ts';
import { createModelInventory } from '../../../../model/model-deps.ts';
import { createModelFixture } from '../../../../model/model-fixture.ts';

const REQUEST = { source: 'old', target: 'new', tables: ['shop:*'] };

function check(request: object, isProtected = false) {
  const inventory = createModelInventory(createModelFixture().world);
  inventory.clusters.get('new')!.protected = isProtected;
  return checkRequest(request, inventory);
}

function refusalOf(request: object, isProtected = false): Failure {
  try {
    check(request, isProtected);
  } catch (error) {
    return error as Failure;
  }
  throw new Error('it was accepted');
}

const fieldsOf = (failure: Failure) => failure.toDetails().problems?.map(({ field }) => field);

describe('checkRequest', () => {
  it('a protected target: is refused, a protected source is not', () => {
    const failure = refusalOf(REQUEST, true);
    expect(failure.code).toBe('request.invalid');
    expect(failure.message).toMatch(/"new" is protected in clusters.yaml/);
    expect(check({ ...REQUEST, source: 'new', target: 'old' }, true)).toMatchObject({ source: 'new' });
  });

  it('an unknown cluster alone: has a code of its own and names the known ones', () => {
    const failure = refusalOf({ ...REQUEST, source: 'nowhere' });
    expect(failure.code).toBe('cluster.unknown');
    expect(failure.message).toMatch(/"nowhere".*old, new/);
  });

  it('every name that the clusters file lacks: at once, with the known ones', () => {
    const failure = refusalOf({
      ...REQUEST,
      source: 'nowhere',
      copy: { via: 'staging', staging: 'attic' },
      cutover: { fence: 'command', fenceCommand: 'stop-app', switchClients: 'turn' },
    });
    expect(failure.code).toBe('request.invalid');
    expect(fieldsOf(failure)).toEqual(['source', 'copy.staging', 'cutover.fenceCommand', 'cutover.switchClients']);
  });

  it('via staging without a name: the root called staging is meant', () => {
    expect(check({ ...REQUEST, copy: { via: 'staging' } }).copy.staging).toBe('staging');
  });
});
