import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatRequest, parseReply } from '../../../activities/hbase/agent-protocol.ts';

const REQUEST = { id: 7, verb: 'createFile', operation: 'wf/1/2', beforeMs: 1234 };

describe('formatRequest', () => {
  test('a request is one line of printable ASCII, whatever its text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (content) => {
        const line = formatRequest({ ...REQUEST, args: { content } });
        const { args } = JSON.parse(line) as { args: { content: string } };
        return /^[\x20-\x7e]+\n$/.test(line) && args.content === content;
      }),
    );
  });
});

describe('parseReply', () => {
  test('a reply is read behind its sentinel', () => {
    expect(parseReply('@ab {"id":7,"at":12,"ok":[1]}', '@ab')).toEqual({ id: 7, atMs: 12, ok: [1] });
  });

  test('a line of a library is never a reply, not even one that looks like it', () => {
    for (const line of ['SLF4J: Class path contains', '{"id":7,"at":12,"ok":true}', '@other {"id":7,"at":1}', '@ab']) {
      expect(parseReply(line, '@ab')).toBeUndefined();
    }
  });

  test('an error keeps its classes; odd parts become defaults', () => {
    const line = '@ab {"id":7,"at":12,"error":{"kind":"failed","class":"a.B","message":"m","chain":["c.D",5]}}';
    expect(parseReply(line, '@ab')?.error).toEqual({
      kind: 'failed',
      className: 'a.B',
      message: 'm',
      chain: ['c.D'],
      causes: [],
    });
  });

  test('a damaged line behind the sentinel throws', () => {
    expect(() => parseReply('@ab {"id":', '@ab')).toThrow();
    expect(() => parseReply('@ab {"ok":1}', '@ab')).toThrow('without id');
  });
});
