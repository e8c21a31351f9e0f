import { endQuietlyOnClosedPipe } from './closed-pipe.ts';
import { createAppContext } from './context.ts';
import { runApp } from './run-app.ts';

endQuietlyOnClosedPipe(process);
await runApp(process.argv.slice(2), createAppContext(process));
