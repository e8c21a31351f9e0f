import { createAppContext } from './context.ts';
import { runApp } from './run-app.ts';

await runApp(process.argv.slice(2), createAppContext(process));
