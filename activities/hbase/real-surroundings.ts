import type { Ask } from './ask.ts';
import { replies } from './replies.ts';
import type { SurroundingVerbs } from './surroundings.ts';

export function createSurroundingVerbs(ask: Ask): SurroundingVerbs {
  return {
    readUnloggedMutations: () => ask(replies.unlogged, 'readUnloggedMutations'),
    readSurroundings: (tables) => ask(replies.surroundings, 'readSurroundings', { args: { tables } }),
    readPeerLags: () => ask(replies.peerLags, 'readPeerLags'),
    probePorts: (endpoints) => ask(replies.probedPorts, 'probePorts', { args: { endpoints } }),
  };
}
