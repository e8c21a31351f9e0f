import { clearScreenDown, moveCursor } from 'node:readline';
import type { AppContext } from '../context.ts';
import type { Output } from '../output.ts';
import { toCalledForm } from '../program-name.ts';

export interface Painter {
  paint(view: { full: string[]; line: string }): void;
  /** Leaves the last picture standing. */
  finish(): void;
}

/** A live view on a terminal; one line per change on a pipe. Both go to stderr when stdout must hold a document. */
export function createPainter({ process, isTerminal, program }: AppContext, output: Output): Painter {
  return isTerminal && !output.isJson
    ? createLivePainter(process.stdout as NodeJS.WriteStream, program)
    : createLinePainter(output);
}

function createLivePainter(stream: NodeJS.WriteStream, program: string): Painter {
  let height = 0;
  return {
    paint({ full }) {
      if (height > 0) moveCursor(stream, 0, -height);
      clearScreenDown(stream);
      // What wraps, or brings a line break of its own, would be more lines than the next picture goes up.
      const width = Math.max(20, (stream.columns ?? 120) - 1);
      const lines = full.flatMap((text) => toCalledForm(text, program).split('\n')).map((line) => line.slice(0, width));
      stream.write(`${lines.join('\n')}\n`);
      height = lines.length;
    },
    finish: () => {
      height = 0;
    },
  };
}

/** Durations tick with every look: a line is new when it differs with its figures left out. */
function createLinePainter(output: Output): Painter {
  let last = '';
  return {
    paint({ line }) {
      const shape = line.replace(/[\d.]+ (?:ms|s|min|h|d)\b/g, '');
      if (shape === last) return;
      last = shape;
      if (output.isJson) output.note(line);
      else output.line(line);
    },
    finish: () => undefined,
  };
}
