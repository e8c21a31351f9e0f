import { deflateRawSync } from 'node:zlib';

export interface ZipFile {
  name: string;
  content: Buffer;
  isDeflated?: boolean;
}

/** A zip archive as packers write it: local headers with extra data of their own, then the directory. */
export function makeZip(files: readonly ZipFile[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const file of files) {
    const entry = toEntry(file, offset);
    parts.push(entry.local);
    directory.push(entry.listed);
    offset += entry.local.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, listed, end]);
}

function toEntry({ name, content, isDeflated = true }: ZipFile, offset: number): { local: Buffer; listed: Buffer } {
  const packed = isDeflated ? deflateRawSync(content) : content;
  const extra = Buffer.from('extra');
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(name.length, 26);
  local.writeUInt16LE(extra.length, 28);
  const listed = Buffer.alloc(46);
  listed.writeUInt32LE(0x02014b50, 0);
  listed.writeUInt16LE(isDeflated ? 8 : 0, 10);
  listed.writeUInt32LE(packed.length, 20);
  listed.writeUInt16LE(name.length, 28);
  listed.writeUInt32LE(offset, 42);
  return {
    local: Buffer.concat([local, Buffer.from(name), extra, packed]),
    listed: Buffer.concat([listed, Buffer.from(name)]),
  };
}
