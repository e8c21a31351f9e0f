import type { Ask, Change } from './ask.ts';
import type { FileStore } from './cluster.ts';
import { replies } from './replies.ts';

export function createFileStore(ask: Ask, change: Change): FileStore {
  return {
    create: (path, content, options) =>
      ask(replies.flag, 'createFile', { args: { path, content, ...options }, isChange: true }),
    read: (path) => ask(replies.optionalText, 'readFile', { args: { path } }),
    list: (path) => ask(replies.files, 'listFiles', { args: { path } }),
    measure: (path) => ask(replies.measure, 'measureFiles', { args: { path } }),
    move: (from, to) => ask(replies.flag, 'moveFile', { args: { from, to }, isChange: true }),
    remove: (path, options) => ask(replies.flag, 'removeFile', { args: { path, ...options }, isChange: true }),
    probeWrite: (folder) => change('probeWrite', { args: { folder } }),
  };
}
