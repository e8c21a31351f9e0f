import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatBytes, formatDuration, formatSince } from '../../../../client/render/quantities.ts';

describe('formatBytes', () => {
  test.each([
    [0, '0 B'],
    [1_023, '1023 B'],
    [1_024, '1.0 KiB'],
    [1_048_575, '1.0 MiB'],
    [1_610_612_736, '1.5 GiB'],
    [-1, '0 B'],
  ])('%d bytes: %s', (bytes, expected) => {
    expect(formatBytes(bytes)).toBe(expected);
  });

  test('any size: is a number below 1024 with its unit, and right to a tenth', () => {
    const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 52 }), (bytes) => {
        const [value = '', unit = ''] = formatBytes(bytes).split(' ');
        expect(Number(value)).toBeLessThan(1_024);
        const unitBytes = 1_024 ** units.indexOf(unit);
        expect(Math.abs(Number(value) * unitBytes - bytes)).toBeLessThanOrEqual(0.06 * unitBytes);
      }),
    );
  });
});

describe('formatDuration', () => {
  test.each([
    [0, '0 ms'],
    [350, '350 ms'],
    [999.7, '1.0 s'],
    [4_200, '4.2 s'],
    [59_999, '1 min 0 s'],
    [185_000, '3 min 5 s'],
    [3_599_999, '1 h 0 min'],
    [7_800_000, '2 h 10 min'],
    [273_600_000, '3 d 4 h'],
  ])('%d ms: %s', (durationMs, expected) => {
    expect(formatDuration(durationMs)).toBe(expected);
  });

  test('any duration: no part is as large as the next unit', () => {
    const limits = { ms: 1_000, s: 60, min: 60, h: 24, d: Infinity } as const;
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e12, noNaN: true }), (durationMs) => {
        const parts = [...formatDuration(durationMs).matchAll(/([\d.]+) (ms|s|min|h|d)/g)];
        expect(parts.length).toBeGreaterThan(0);
        for (const [, value, unit] of parts) expect(Number(value)).toBeLessThan(limits[unit as keyof typeof limits]);
      }),
    );
  });

  test('formatSince: a clock that is behind shows nothing negative', () => {
    expect(formatSince('2026-11-20T10:00:01.000Z', Date.parse('2026-11-20T10:00:00.000Z'))).toBe('0 ms');
  });
});
