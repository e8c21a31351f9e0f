import { inflateRawSync } from 'node:zlib';

import { Failure } from '../../activities/failure.ts';

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const STORED = 0;
const DEFLATED = 8;

interface Entry {
  name: string;
  method: number;
  packedBytes: number;
  localOffset: number;
  /** Of the whole entry in the directory. */
  length: number;
}

/** The content of the one file of a zip archive whose name ends so. For archives below 4 GB without a comment. */
export function unzipEntry(archive: Buffer, nameEnd: string): Buffer {
  const found = listEntries(archive).filter(({ name }) => name.endsWith(nameEnd));
  const [entry] = found;
  if (entry === undefined || found.length > 1) {
    throw new Failure(
      'sandbox.failed',
      `The archive has ${found.length} files whose name ends in ${nameEnd}, not one.`,
    );
  }
  // The local header has a name and extra data of its own lengths.
  const start = entry.localOffset + 30 + archive.readUInt16LE(entry.localOffset + 26);
  const from = start + archive.readUInt16LE(entry.localOffset + 28);
  const packed = archive.subarray(from, from + entry.packedBytes);
  if (entry.method === STORED) return packed;
  if (entry.method === DEFLATED) return inflateRawSync(packed);
  throw new Failure('sandbox.failed', `${entry.name} is packed by method ${entry.method}, which is not known here.`);
}

function listEntries(archive: Buffer): Entry[] {
  const end = archive.length - 22;
  if (end < 0 || archive.readUInt32LE(end) !== END_OF_DIRECTORY) {
    throw new Failure('sandbox.failed', 'The file is no zip archive, or it was cut off.');
  }
  const entries: Entry[] = [];
  let offset = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left -= 1) {
    const entry = readEntry(archive, offset);
    entries.push(entry);
    offset += entry.length;
  }
  return entries;
}

function readEntry(archive: Buffer, offset: number): Entry {
  if (archive.readUInt32LE(offset) !== DIRECTORY_ENTRY) {
    throw new Failure('sandbox.failed', 'The directory of the zip archive is damaged.');
  }
  const [nameLength, extraLength, commentLength] = [28, 30, 32].map((at) => archive.readUInt16LE(offset + at));
  return {
    name: archive.toString('utf8', offset + 46, offset + 46 + (nameLength ?? 0)),
    method: archive.readUInt16LE(offset + 10),
    packedBytes: archive.readUInt32LE(offset + 20),
    localOffset: archive.readUInt32LE(offset + 42),
    length: 46 + (nameLength ?? 0) + (extraLength ?? 0) + (commentLength ?? 0),
  };
}
