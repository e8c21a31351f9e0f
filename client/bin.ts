#!/usr/bin/env node
// The published program. Older Node cannot even read what main imports, so the version is looked at first.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `temporal-hbase needs Node.js 22.18 or newer; this is ${process.version}. Install a newer one and run again.`,
  );
  process.exit(14);
}
await import('./main.ts');
