import { describe, expect, it } from 'vitest';
import { toIgnoreBefore } from '../../../../activities/steps/proof/ttl-margin.ts';

const FOREVER = 2_147_483_647;

describe('toIgnoreBefore', () => {
  it('families for ever: nothing is ignored', () => {
    expect(toIgnoreBefore([{ name: 'd', ttlSeconds: FOREVER }], 10_000)).toBeUndefined();
  });

  it('a day of TTL: cells that expire within two minutes are not compared', () => {
    const nowMs = 1_000_000_000;
    const families = [
      { name: 'd', ttlSeconds: 86_400 },
      { name: 'e', ttlSeconds: FOREVER },
    ];
    expect(toIgnoreBefore(families, nowMs)).toEqual({ d: nowMs - 86_400_000 + 120_000 });
  });

  it('a TTL of a minute: half of it is still compared', () => {
    expect(toIgnoreBefore([{ name: 'd', ttlSeconds: 60 }], 1_000_000)).toEqual({ d: 1_000_000 - 30_000 });
  });
});
